"""The CIFAR-10 network of PyTorch tutorials: its published shapes and count, and its two forms."""

from __future__ import annotations

import pytest
import torch
from support.subjects import on_meta, sizes
from torch import nn

import arches
from properties import formulas

PUBLISHED = [(32, 32, 32), (32, 16, 16), (32, 16, 16), (32, 8, 8), (64, 8, 8), (64, 4, 4), (1024,), (64,), (10,)]
MODULES = ["conv1", "maxpool1", "conv2", "maxpool2", "conv3", "maxpool3", "flatten", "linear1", "linear2"]

both_forms = pytest.mark.parametrize("build", [arches.cifar10_net, arches.cifar10_net_sequential])


def test_shapes_attribute_by_attribute():
    """The tutorial's figure: 32@32x32, 32@16x16, 32@16x16, 32@8x8, 64@8x8, 64@4x4, 1024, 64, 10."""
    assert PUBLISHED == sizes(on_meta(arches.cifar10_net), MODULES, torch.empty(1, 3, 32, 32, device="meta"))


def test_shapes_layer_by_layer():
    """A ``for`` loop over the ``Sequential`` shows the same nine shapes."""
    x, seen = torch.empty(1, 3, 32, 32, device="meta"), []
    for layer in on_meta(arches.cifar10_net_sequential).children():
        x = layer(x)
        seen.append(tuple(x.shape[1:]))
    assert PUBLISHED == seen


@both_forms
def test_a_batch_of_64(build):
    """A batch of 64 gives (64, 10)."""
    assert (64, 10) == on_meta(build)(torch.empty(64, 3, 32, 32, device="meta")).shape


@both_forms
def test_parameters(build):
    """Either form has 145,578 parameters."""
    assert 145_578 == sum(p.numel() for p in on_meta(build).parameters())


@both_forms
def test_there_is_no_activation(build):
    """The layers are convolutions, max pools, a flatten and linear layers, and no function stands between them."""
    layers = [type(layer) for layer in on_meta(build).modules() if not any(layer.children())]
    assert [nn.Conv2d, nn.MaxPool2d] * 3 + [nn.Flatten, nn.Linear, nn.Linear] == layers
    program = torch.export.export(on_meta(build), (torch.empty(2, 3, 32, 32, device="meta"),))
    assert len(layers) == sum(node.op == "call_function" for node in program.graph.nodes)


def test_both_forms_give_the_same_result():
    """With the weights of the one, the other returns the same logits bit for bit, and as many gradients."""
    net, twin = arches.cifar10_net(), arches.cifar10_net_sequential()
    twin.load_state_dict(dict(zip(twin.state_dict(), net.state_dict().values(), strict=True)))
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    ours, theirs = net(x), twin(x)
    assert torch.equal(ours, theirs)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(net.parameters(), twin.parameters(), strict=True))


def test_seeds_give_both_forms_the_same_weights():
    """Built after the same seed, both forms start from the same weights."""
    torch.manual_seed(0)
    net = arches.cifar10_net()
    torch.manual_seed(0)
    twin = arches.cifar10_net_sequential()
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), twin.parameters(), strict=True))


def test_padding_solved_from_the_size_formula():
    """To keep 32 with kernel 5, dilation 1 and stride 1, the size formula has one padding: 2."""
    assert [2] == [padding for padding in range(16) if formulas.conv_size(32, 5, padding=padding) == 32]
    net = on_meta(arches.cifar10_net)
    assert [(2, 2)] * 3 == [conv.padding for conv in (net.conv1, net.conv2, net.conv3)]


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # add_graph traces with it
@both_forms
def test_graph_is_written_for_tensorboard(build, tmp_path):
    """``SummaryWriter.add_graph`` writes the graph that the tutorial shows."""
    tensorboard = pytest.importorskip("torch.utils.tensorboard", exc_type=ImportError)
    with tensorboard.SummaryWriter(tmp_path) as writer:
        writer.add_graph(build(), torch.zeros(64, 3, 32, 32))
    (events,) = tmp_path.iterdir()
    assert b"Conv2d" in events.read_bytes()
