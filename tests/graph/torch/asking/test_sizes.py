"""Sizes that remember, as a forward pass gets them: every way in which its code can learn a size, and no other."""

import pytest
import torch
from torch import nn

from properties.graph.torch.capture import ask, capture


class Net(nn.Module):
    """A net whose forward is a function of the image."""

    def __init__(self, run):
        super().__init__()
        self.run = run
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        """One pass."""
        return self.conv(self.run(x))


def questions(run, size=(2, 3, 20, 30), mode="eval"):
    """What is asked, without where."""
    found = ask(Net(run), input_shape=size, mode=mode)
    return [(q.operator, q.left, q.right, q.answer) for q in found.questions]


@pytest.mark.parametrize(
    ("run", "asked"),
    [
        (lambda x: x if x.shape[2] > 16 else x * 2, (">", 20, 16, 1)),
        (lambda x: x if x.size(3) > 16 else x * 2, (">", 30, 16, 1)),
        (lambda x: x if x.size()[0] == 1 else x * 2, ("==", 2, 1, 0)),
        (lambda x: x if x.numel() < 10 else x * 2, ("<", 3600, 10, 0)),
        (lambda x: x if torch.numel(x) < 10 else x * 2, ("<", 3600, 10, 0)),
        (lambda x: x if x.stride(2) != 30 else x * 2, ("!=", 30, 30, 0)),
        (lambda x: x if len(x) > 16 else x * 2, ("number", 2, 2, 0)),
        (lambda x: torch.cat(x.split(16)), ("parts", 1, 1, 1)),
        (lambda x: torch.cat(torch.chunk(x, 4, dim=2), 2), ("parts", 4, 1, 4)),
        (lambda x: torch.stack(tuple(image for image in x)), ("parts", 2, 1, 2)),
        (lambda x: torch.stack(x.unbind(3), 3), ("parts", 30, 1, 30)),
    ],
    ids=[
        "shape",
        "size of an axis",
        "size",
        "numel",
        "torch.numel",
        "stride",
        "len",
        "split",
        "chunk",
        "list",
        "unbind",
    ],
)
def test_a_way_to_learn_a_size_is_heard(run, asked):
    """In a capture and in a pass that only asks."""
    assert [asked] == questions(run)
    graph = capture(Net(run), input_shape=(2, 3, 20, 30))
    assert [asked] == [(q.operator, q.left, q.right, q.answer) for q in graph.asked.questions]


@pytest.mark.parametrize(
    "run",
    [
        lambda x: x.view(x.shape[0], 3, -1, x.shape[3]),
        lambda x: nn.functional.interpolate(x, scale_factor=2),
        lambda x: torch.zeros(x.shape) + x,
        lambda x: x.flip(2) if x.dim() == 4 else x,
    ],
    ids=["view", "interpolate", "zeros", "dim"],
)
def test_a_use_of_a_size_that_decides_nothing_is_no_question(run):
    """Operators take sizes as they are."""
    assert [] == questions(run)


def test_what_is_asked_before_the_net_raises_is_kept():
    """With what it raised."""

    def refuses(x):
        assert x.shape[2] == 256, "wrong height"
        return x

    found = ask(Net(refuses), input_shape=(1, 3, 20, 20))

    assert [(20, 256)] == [(q.left, q.right) for q in found.questions]
    assert "wrong height" in found.raised


def test_a_net_that_depends_on_numbers_is_asked_all_the_same():
    """It cannot be recorded, so it runs with memory."""

    def looks(x):
        return x * 2 if x.sum().item() > 0 and x.shape[2] > 5 else x if x.shape[3] > 16 else -x

    assert [(">", 30, 16, 1)] == questions(looks)


def test_the_operators_that_ran_tell_two_paths_apart():
    """And not two sizes of one path."""
    net = Net(lambda x: x if x.shape[2] < 25 else x * 2)
    small, other, large = (ask(net, input_shape=(1, 3, side, 20)) for side in (20, 24, 25))

    assert small.calls == other.calls != large.calls


def test_a_net_that_calls_itself_gets_what_it_returns():
    """Only what it returns at last is taken apart."""

    class Halves(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x):
            if len(x) > 1:
                return torch.cat([self(half) for half in x.chunk(2)])
            return self.fc(x)

    graph = capture(Halves(), input_shape=(2, 4))

    assert 2 == sum(op.kind == "linear" for op in graph.ops)
