"""The other half of the circle."""

from imports_in_a_circle import net  # noqa: F401
