"""A net and its layers: the two CIFAR forms, chains, stages and hooks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from support.subjects import subject_of
from torch import nn

from properties.graph.alignment.align import isomorphism
from properties.runs.forward import agree, filled, hooked, outputs
from properties.strategies import images
from properties.subject import Subject
from properties.themes import composition

FORMS = subject_of("cifar10_net"), subject_of("cifar10_net_sequential")


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_two_cifar_forms_have_one_graph(mode):
    """Attribute by attribute or as one Sequential, in either mode it is the same net (facts E)."""
    one, other = FORMS

    assert isomorphism(one.graph(mode), other.graph(mode)) is not None


@given(images(min_size=32, max_size=39, max_batch=5))
def test_the_two_cifar_forms_agree_on_every_legal_image(drawn):
    """With the same weights both return the same bits, for every batch and size they accept (facts E)."""
    one, other = FORMS
    image = one.randn(drawn.n, drawn.size, drawn.seed)
    twin = filled(other.build, one.net)

    assert agree(outputs(one.net, image), outputs(twin, image))


def test_d2l_is_a_for_loop_over_its_layers():
    """The book's net, layer by layer, has the published sizes and the bits of the whole (facts A)."""
    net, image = subject_of("resnet18_d2l").net, torch.randn(1, 1, 224, 224)
    sizes, value = [], image
    with torch.no_grad():
        for layer in net:
            value = layer(value)
            sizes.append(tuple(value.shape))

    maps = [(1, 64, 56, 56), (1, 64, 56, 56), (1, 128, 28, 28), (1, 256, 14, 14), (1, 512, 7, 7)]
    assert sizes == [*maps, (1, 512, 1, 1), (1, 512), (1, 10)]
    assert outputs(net, image)[0].equal(value)


def test_hooks_are_gone_afterwards():
    """No hook outlives its check, even one that raises."""
    net = nn.Sequential(nn.Linear(2, 2))

    def fails(module, arguments, output):
        raise RuntimeError("seen")

    with pytest.raises(RuntimeError, match="seen"), hooked(net, {"0": fails}):
        net(torch.zeros(1, 2))

    assert not net[0]._forward_hooks


def test_filling_needs_as_many_tensors():
    """Tensors are never dropped in silence."""
    with pytest.raises(RuntimeError, match="one net has 2 tensors, the other 4"):
        filled(lambda: nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))


def test_a_shared_layer_is_seen_once_per_call():
    """One ReLU called in two places gives two calls, in the graph and in the hooks."""

    def build():
        relu = nn.ReLU()
        return nn.Sequential(nn.Linear(4, 3), relu, nn.Linear(3, 2), relu)

    subject = Subject(lambda: nn.Sequential(nn.Flatten(), *build()), name="net", input_shape=(1, 2, 2))

    composition.hooks_see_what_the_graph_says.verify(subject)


def test_dropout_may_be_missing_from_an_eval_graph():
    """A layer that does nothing in eval mode is seen by hooks and not by the graph; that is no contradiction."""
    subject = Subject(
        lambda: nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(4, 2)), name="net", input_shape=(1, 2, 2)
    )

    composition.hooks_see_what_the_graph_says.verify(subject)
