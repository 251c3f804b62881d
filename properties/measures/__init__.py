"""What a theme measures or does to a net: gradients, distributions, dropouts, statistics, steps, twins, transforms.

What more than one theme runs is in ``properties.runs``, and what must hold stands in ``properties.themes``.
"""
