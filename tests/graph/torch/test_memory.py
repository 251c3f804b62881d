"""Writes in place: what every name of the memory shows afterwards, and what is left behind."""

import pytest
import torch
from support.pairs import SHAPE, Net, conv, normal_form
from torch import nn

from properties.graph.alignment.align import isomorphism
from properties.graph.torch.capture import capture


def _write(view):
    def run(n, x):
        y = n.a(x)
        view(y).relu_()
        return y

    return run


@pytest.mark.parametrize(
    "view",
    [lambda y: y.flatten(1), lambda y: y.permute(0, 2, 3, 1), lambda y: y.view(2, -1), lambda y: y[:]],
    ids=["flatten", "permute", "view", "whole slice"],
)
def test_a_write_through_a_whole_view_is_a_write(view):
    """Changing all of a tensor through a view of it is changing it."""
    net, plain = Net(_write(view), a=conv()), Net(lambda n, x: n.a(x).relu(), a=conv())

    assert isomorphism(normal_form(net).graph, normal_form(plain).graph)


def test_a_write_through_a_part_is_kept():
    """Changing a part puts it back into the whole, wherever the part was taken."""
    first, second = (Net(_write(view), a=conv()) for view in (lambda y: y[:, :4], lambda y: y.narrow(1, 0, 4)))
    other = Net(_write(lambda y: y[:, 4:]), a=conv())

    assert isomorphism(normal_form(first).graph, normal_form(second).graph)
    assert not isomorphism(normal_form(first).graph, normal_form(other).graph)


def test_a_copy_is_not_written_through():
    """reshape shares memory where it can and copies where it cannot; the trace knows which."""

    def run(n, x):
        y = n.a(x).permute(0, 2, 3, 1)
        z = y.reshape(2, -1)  # a copy, because y's memory is in another order
        z.relu_()
        return y.flatten(1) + z

    plain = Net(lambda n, x: (lambda y: y.flatten(1) + y.flatten(1).relu())(n.a(x).permute(0, 2, 3, 1)), a=conv())

    assert isomorphism(normal_form(Net(run, a=conv())).graph, normal_form(plain).graph)


def test_batch_counters_are_no_effect():
    """A norm's statistics and its counter are part of the norm; another buffer that changes is reported."""
    counting = Net(lambda n, x: (n.t.mul_(2.0), n.a(x))[1], a=conv(), t=nn.Buffer(torch.ones(1)))

    assert ("",) == capture(
        nn.Sequential(conv(), nn.BatchNorm2d(8)), input_shape=SHAPE, mode="train"
    ).output.attributes["paths"]
    assert ("", "changes a buffer") == capture(counting, input_shape=SHAPE).output.attributes["paths"]
