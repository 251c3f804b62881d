"""Whether both nets initialise their tensors alike, and the name of each initialisation.

It compares distributions, and nothing that a net computes.
"""
