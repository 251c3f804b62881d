"""Judges a net that this package did not write."""
