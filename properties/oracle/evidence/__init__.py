"""Both nets in numbers: what differs, the smallest image that shows it, the layer at which they part.

What follows from it is said in ``properties.oracle.verdict``.
"""
