"""Raises KeyboardInterrupt, as if a person had pressed Ctrl-C."""

raise KeyboardInterrupt
