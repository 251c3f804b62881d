"""Nets to try the oracle on: single mistakes that it must find, and rewrites that it must not blame."""
