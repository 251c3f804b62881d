"""What the nets share."""

CLASSES = 10
