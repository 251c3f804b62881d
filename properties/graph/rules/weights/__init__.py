"""Rules that are valid under a weight map: tensors are reshaped, reordered, joined or split.

They lead to ``equivalent``, and each tensor that they touch records a ``Recipe`` of how it is made.
"""
