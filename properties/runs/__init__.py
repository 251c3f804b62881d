"""A net run once for many properties, and left as it was found.

Nothing here asserts anything: what must hold stands in ``properties.themes``.
"""
