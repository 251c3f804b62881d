"""A description as stages, as a picture and as a page. Loads no torch.

What it shows is found in ``properties.describe``.
"""
