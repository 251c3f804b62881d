"""Its nets."""
