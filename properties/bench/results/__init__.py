"""Saved benchmark runs as tables and pictures. Loads no torch.

How the figures are measured is the matter of ``properties.bench.measure``.
"""
