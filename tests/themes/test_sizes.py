"""The size properties on PyTorch's own layers, on three reference nets, and where they do not apply."""

from __future__ import annotations

import pytest
import torch
from support.subjects import subject_of
from torch import nn

from properties.graph.analysis.receptive_field import receptive_fields
from properties.measures.layer_subject import LayerSubject
from properties.subject import Subject
from properties.themes import sizes

LAYERS = (
    sizes.convolution_sizes_equal_the_closed_form,
    sizes.convolution_accepts_exactly_what_the_closed_form_accepts,
    sizes.pool_sizes_equal_the_closed_form,
    sizes.pool_accepts_exactly_what_the_closed_form_accepts,
)
NETS = tuple(prop for prop in (getattr(sizes, name) for name in sizes.__all__) if prop not in LAYERS)
SMALL = ("resnet18", "cifar10_net", "alexnet")


@pytest.mark.parametrize("prop", LAYERS, ids=str)
def test_pytorchs_layers_follow_the_closed_form(prop):
    """PyTorch's convolutions and pools have, accept and reject what the closed form says."""
    prop.verify(LayerSubject())


@pytest.mark.parametrize("prop", LAYERS, ids=str)
def test_layer_properties_say_nothing_about_nets(prop):
    """A property of layers does not apply to a net, nor one of nets to layers."""
    assert not prop.applies(Subject(nn.Identity, name="net"))
    assert not any(other.applies(LayerSubject()) for other in NETS)


@pytest.mark.parametrize("prop", NETS, ids=str)
@pytest.mark.parametrize("name", SMALL)
def test_reference_nets_have_the_sizes_they_claim(name, prop):
    """Three reference nets of different kinds satisfy every size property; the grid has the rest."""
    prop.verify(subject_of(name))


@pytest.mark.parametrize(
    ("name", "expected", "stride"),
    [("resnet18", 435, 32), ("resnet34", 899, 32), ("vgg16", 212, 32), ("alexnet", 195, 32)],
)
def test_receptive_fields_are_the_known_ones(name, expected, stride):
    """The last map before the head sees as many pixels as Araujo, Norris & Sim 2019 (Table 1) and hand counts say."""
    fields = [axes for axes in receptive_fields(subject_of(name).graph()) if axes and not axes[0].whole]
    assert (expected, stride) == (fields[-1][0].size, fields[-1][0].stride)


def test_a_check_leaves_the_net_in_the_mode_it_found():
    """The train mode check puts every module back."""
    subject = subject_of("resnet18")
    subject.meta.layer1.train()
    sizes.smallest_input_in_train_mode_is_the_published_one.check(subject)
    assert {"layer1"} == {path for path, module in subject.meta.named_children() if module.training}


def test_a_strangers_net_without_size_rules_is_left_alone():
    """A net with an operator whose size nobody knows is not judged by guessed sizes."""

    class Shuffles(nn.Module):
        def forward(self, x):
            return torch.nn.functional.interpolate(x, scale_factor=2)

    subject = Subject(Shuffles, name="shuffles", input_shape=(3, 8, 8))
    assert not sizes.every_layer_has_the_predicted_size.applies(subject)
