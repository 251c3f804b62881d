"""Whether the fresh tensors of both nets start alike, and what each start is called.

It compares distributions, and nothing that a net computes.
"""
