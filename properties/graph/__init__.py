"""The one representation of a net; themes and oracle both read it."""
