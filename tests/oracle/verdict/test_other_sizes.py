"""Which sizes a verdict holds for: a net that raises at some sizes, or always once it is trained; the second size."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from properties import check
from properties.oracle.parties.scope import Scope
from properties.oracle.parties.sizes import second_size


class _Head(nn.Module):
    """A classifier with dropout after its ReLU."""

    def __init__(self, *, inplace: bool = False, pool: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.drop = nn.Dropout(0.5, inplace=inplace)
        self.hidden = nn.Linear(8, 8)
        self.fc = nn.Linear(8, 4)
        self.pool = nn.AdaptiveAvgPool2d(1) if pool == 0 else nn.AvgPool2d(pool)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = self.hidden(torch.flatten(self.pool(torch.relu(self.conv(x))), 1))
        return self.fc(self.drop(torch.relu(x)))


def test_a_net_that_cannot_be_trained_is_equal_nowhere():
    """Its graph is the reference's; its backward pass raises at every size, so no size is said to be equal."""
    found = check(lambda: _Head(inplace=True, pool=0), lambda: _Head(pool=0), input_shape=(3, 16, 16))
    (deviation,) = found.deviations

    assert ("deviates", None) == (found.verdict, found.domain)
    assert ("training", "train", "raised") == (deviation.kind, deviation.mode, deviation.attribute)
    assert deviation.message.startswith("in train mode the candidate raises RuntimeError: one of the variables needed")


@pytest.mark.parametrize("inplace", [False, True])
def test_a_domain_is_named_only_for_a_net_that_can_be_trained_there(inplace):
    """A pool of one size is equal at that size, unless the net raises there as well."""
    found = check(lambda: _Head(inplace=inplace), lambda: _Head(pool=0), input_shape=(3, 4, 4))

    assert ("deviates" if inplace else "conditional") == found.verdict
    assert inplace == (found.domain is None)


@pytest.mark.parametrize(
    ("accepted", "size"),
    [
        (range(1, 999), (3, 255, 197)),
        (range(209, 225), (3, 223, 221)),
        (range(224, 232), (3, 225, 225)),
        ((224,), None),
    ],
)
def test_a_second_size_is_found_above_or_below(accepted, size):
    """A head of one size leaves a few sizes, which end at the one that the net is made for."""
    net = SimpleNamespace(scope=Scope(), accepts=lambda shape, mode: all(side in accepted for side in shape[2:]))

    assert size == second_size(net, (3, 224, 224))


class _TrainsAtOneSize(nn.Module):
    """A head that is there in train mode alone, and takes a few sizes only."""

    def __init__(self, accepted: range) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8, 4)
        self.accepted = accepted

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """Logits, in train mode twice."""
        if self.training and x.shape[-1] not in self.accepted:
            raise ValueError("no such size")
        x = self.fc(torch.relu(self.conv(x)).mean((2, 3)))
        return (x, x) if self.training else x


def test_a_reference_that_trains_at_few_sizes_is_captured_at_one_of_them():
    """What eval mode accepts, train mode may not: the check looks for a size that both do, and does not end."""
    few, one, many = range(13, 17), range(16, 17), range(1, 999)

    assert (
        "identical"
        == check(lambda: _TrainsAtOneSize(few), lambda: _TrainsAtOneSize(few), input_shape=(3, 16, 16)).verdict
    )
    found = check(lambda: _TrainsAtOneSize(one), lambda: _TrainsAtOneSize(many), input_shape=(3, 16, 16))
    assert ("conditional", ["train"]) == (found.verdict, [deviation.mode for deviation in found.deviations])
    assert "is rejected in train mode (ValueError: no such size" in found.deviations[0].message


def test_a_domain_names_what_the_nets_do_not_share():
    """Both have a bias that a norm takes off again; the pool is what makes the difference."""

    def net(pool):
        parts = (nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), pool, nn.Flatten(), nn.Linear(128, 5))
        return nn.Sequential(*parts)

    found = check(lambda: net(nn.AvgPool2d(8)), lambda: net(nn.AdaptiveAvgPool2d(4)), input_shape=(3, 32, 32))

    assert "conditional" == found.verdict
    assert found.domain is not None
    assert "adaptive" in found.domain
    assert "bias" not in found.domain
