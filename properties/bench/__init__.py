"""How fast a forward pass is, measured so that a figure can be believed: what ``tests/benchmarks`` is made of.

pytest-benchmark keeps the rounds, files, comparisons and tables. Here is what it has no word for. In ``measure``: the
device's own clock (``timer``), two nets that take turns (``pairing``), the device's limits (``ceilings``,
``roofline``), outputs held against float64 before anything is timed (``contest``), the ways to run a net (``modes``).
In ``results``: what ``archproof bench-report`` makes of saved files (``saved``, ``table``, ``picture``).
"""
