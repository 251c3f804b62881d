"""Asks for a terabyte."""

import torch


def net():
    """Allocate."""
    return torch.nn.Linear(2**19, 2**19, device="cpu")
