"""A package with a net in it."""
