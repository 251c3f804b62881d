"""A net run once for many properties, and left as it was found.

What must hold stands in ``properties.themes``; only what ``copies`` tries and a net cannot do is a ``Violation`` here.
"""
