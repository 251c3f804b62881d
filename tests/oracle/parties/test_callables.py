"""From Python, whatever can be called for a net is a candidate and a reference."""

import functools

import pytest
import torch
from torch import nn

from properties import check, port
from properties.describe import describe


class Net(nn.Module):
    """A convolution and a classifier."""

    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.fc = nn.Linear(width, 5)

    def forward(self, x):
        """Logits."""
        return self.fc(self.conv(x).relu().mean((2, 3)))


class Shop:
    """Makes nets, by itself and by its methods."""

    def __call__(self):
        """A net."""
        return Net()

    def made(self):
        """A net."""
        return Net()

    @classmethod
    def of_class(cls):
        """A net."""
        return Net()


def _local():
    def local():
        return Net()

    return local


HELD = Net()
CALLABLES = {
    "a lambda": lambda: Net(),
    "a local function": _local(),
    "a partial": functools.partial(Net, width=8),
    "a partial of a lambda": functools.partial(lambda width: Net(width), 8),
    "a bound method": Shop().made,
    "a method of a class": Shop.of_class,
    "an object that is called": Shop(),
    "a class": Net,
    "an instance": Net(),
    "a lambda of an instance": lambda: HELD,
}
every = pytest.mark.parametrize("net", CALLABLES.values(), ids=CALLABLES)


@every
def test_it_is_a_candidate_and_a_reference(net):
    """Without a size for its input, which is found, and without a name that is a target."""
    verdicts = [check(net, Net, profile="quick").verdict, check(Net, net, profile="quick").verdict]

    assert ["identical", "identical"] == verdicts


@every
def test_it_deviates_where_it_should(net):
    """A wider net is found out on either side."""
    wider = functools.partial(Net, 16)
    verdicts = [check(net, wider, profile="quick").verdict, check(wider, net, profile="quick").verdict]

    assert ["deviates", "deviates"] == verdicts


@every
def test_it_is_described(net):
    """With all its layers."""
    assert 5 == describe(net, input_shape=(1, 3, 16, 16)).outputs[0][1]


@every
def test_a_checkpoint_is_moved_from_it_and_to_it(net, tmp_path):
    """Every tensor arrives."""
    torch.save(Net().state_dict(), tmp_path / "from.pth")

    counts = [port(tmp_path / "from.pth", *pair, tmp_path / "to.pth").counts for pair in ((net, Net), (Net, net))]

    assert [{"moved": 4}] * 2 == counts


def test_a_net_that_a_function_returns_again_and_again_is_left_as_it_was():
    """Its weights are the caller's."""
    before = {key: tensor.clone() for key, tensor in HELD.state_dict().items()}

    check(lambda: HELD, Net, profile="quick")

    assert all(torch.equal(tensor, before[key]) for key, tensor in HELD.state_dict().items())


def test_a_function_with_the_name_of_a_reference_is_not_that_reference():
    """It is what it builds."""

    def alexnet():
        return Net()

    alexnet.__qualname__ = "alexnet"

    assert "deviates" == check(alexnet, "alexnet", profile="quick", input_shape=(3, 64, 64)).verdict
