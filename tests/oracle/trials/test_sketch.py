"""Sketches of large tensors: equal for equal numbers, other for any others; a trial has those of large gradients."""

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from properties.oracle.parties.local import LocalParty
from properties.oracle.trials.sketch import is_large, sketched
from properties.oracle.trials.trial import Draw, Filling, Trial

LARGE = (300, 500)


def drawn(seed: int = 0) -> torch.Tensor:
    """A large tensor."""
    return torch.randn(LARGE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def one_number_off(tensor: torch.Tensor) -> torch.Tensor:
    """The last number is another."""
    tensor[-1, -1] += 1
    return tensor


def far_numbers_swapped(tensor: torch.Tensor) -> torch.Tensor:
    """Two numbers that fall into one sum have changed places."""
    flat = tensor.view(-1)
    flat[[0, 1 << 14]] = flat[[1 << 14, 0]]
    return tensor


@pytest.mark.parametrize("change", [one_number_off, far_numbers_swapped, torch.flipud, torch.neg])
def test_what_differs_shows(change):
    """Numbers that are others, or stand elsewhere, give another sketch; the same ones the same."""
    assert torch.equal(sketched(drawn()), sketched(drawn()))
    assert not torch.allclose(sketched(drawn()), sketched(change(drawn())), rtol=1e-6)


def test_sketches_add_up():
    """The sketch of a sum is the sum of the sketches, which is what a gradient in two parts needs."""
    assert torch.allclose(sketched(drawn(1)) + sketched(drawn(2)), sketched(drawn(1) + drawn(2)))


class Wide(nn.Module):
    """One layer with a large weight, run twice, the second time under a checkpoint if so asked."""

    def __init__(self, recomputed: bool = False) -> None:
        super().__init__()
        self.layer = nn.Linear(LARGE[0], LARGE[0], bias=False)
        self.recomputed = recomputed

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Both runs."""
        first = self.layer(x)
        return checkpoint(self.layer, first, use_reentrant=True) if self.recomputed else self.layer(first)


def gradient(net: nn.Module, **settings) -> torch.Tensor:
    """The gradient of the layer's weight as a trial returns it."""
    asked = Trial(
        {"w": Filling((LARGE[0], LARGE[0]), low=-0.1, high=0.1)},
        {"layer.weight": "w"},
        Draw((2, LARGE[0])),
        gradients=True,
        **settings,
    )
    found = LocalParty(lambda: net, "net").observe(asked)
    assert found.raised is None
    return found.tensors["gradient of layer.weight"]


def test_a_large_gradient_comes_as_its_sketch():
    """It is the sketch of what comes where it is asked for whole; no hook is left behind."""
    net = Wide()
    whole = gradient(net, whole=("layer.weight",))

    assert is_large(net.layer.weight)
    assert net.layer.weight.shape == whole.shape
    assert torch.allclose(sketched(whole), gradient(net), rtol=1e-9)
    assert not net.layer.weight._post_accumulate_grad_hooks


def test_a_gradient_that_comes_in_parts_is_added_up():
    """A layer that backward runs again and a layer that runs once have one gradient."""
    assert torch.allclose(gradient(Wide()), gradient(Wide(recomputed=True)), rtol=1e-9)
