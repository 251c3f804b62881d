"""Has a number where the factory should be."""

net = 7
