"""What a graph tells by itself: costs, residual blocks, gradient flow, receptive fields.

Nothing here compares two graphs or runs a net.
"""
