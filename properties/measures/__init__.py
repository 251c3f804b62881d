"""One quantity each that a single theme asserts about: gradients, statistics, dropouts, twins, steps.

Running a net is the matter of ``properties.runs``, and what must hold stands in ``properties.themes``.
"""
