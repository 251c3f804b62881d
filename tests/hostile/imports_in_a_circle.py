"""Imports a neighbour that imports it."""

from imports_in_a_circle_too import net  # noqa: F401
