"""Aborts its process."""

import os


def net():
    """Abort."""
    os.abort()
