"""Forgets to return its net."""


def net():
    """Build something else."""
    return None
