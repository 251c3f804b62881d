"""Everything of the forward benchmarks that runs a net or counts what it does.

What is made of saved figures is in ``properties.bench.results``.
"""
