"""GoogLeNet: a published torchinfo table met row by row, and every way in which torchvision's net differs from it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import torch
from support.subjects import on_meta, randomise, torchvision_builder
from torch import nn
from torchinfo import ModelStatistics, summary

import arches
from arches.googlenet import TABLE

ROW = re.compile(r"^[ │├└─]*(\w+)(?:: (\d+-\d+))? +\[([\d, ]+)\] +([\d,]+|--)$")


@pytest.fixture(scope="module")
def table() -> ModelStatistics:
    """torchinfo's table of our net for the published input."""
    return summary(
        on_meta(arches.googlenet),
        (20, 3, 224, 224),
        depth=3,
        device="meta",
        mode="eval",
        verbose=0,
        row_settings=("depth",),
        col_names=("output_size", "num_params"),
    )


@pytest.fixture(scope="module")
def rows(table: ModelStatistics) -> dict[str, tuple[str, str, str]]:
    """Depth index to layer type, output shape and parameters, as the publication prints them."""
    matches = [match for line in str(table).splitlines() if (match := ROW.match(line))]
    return {
        index or "0": (layer, shape.replace(", ", "x"), parameters.replace(",", ""))
        for layer, index, shape, parameters in (match.groups() for match in matches)
    }


def published() -> dict[str, tuple[str, str, str]]:
    """The published rows; rows 1-16, 1-17, 2-35 and 3-67 to 3-70 are missing from the publication."""
    with (Path(__file__).parent / "facts" / "googlenet_summary.csv").open(newline="") as file:
        return {
            row["depth_index"]: (row["layer_type"], row["output_shape"], row["parameters"])
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize(("index", "expected"), [pytest.param(*row, id=row[0]) for row in published().items()])
def test_published_row(rows, index, expected):
    """torchinfo prints this row for our net: layer type, output shape, parameters."""
    assert expected == rows[index]


def test_rows_missing_from_the_publication(rows):
    """torchinfo prints seven rows more than the publication, and these are the gaps in its numbering."""
    assert {"1-16", "1-17", "2-35", "3-67", "3-68", "3-69", "3-70"} == rows.keys() - published().keys()


def test_rows_stand_in_the_published_order(rows):
    """The published rows come in the order in which torchinfo prints them."""
    assert list(published()) == [index for index in rows if index in published()]


def test_total_parameters(table):
    """The publication's total is 13,385,816 parameters, all of them trainable."""
    assert 13_385_816 == table.total_params == table.trainable_params


def test_total_multiply_adds(table):
    """The publication's total is 31.82 G multiply-adds for a batch of 20."""
    assert "31.82" == f"{table.total_mult_adds / 1e9:.2f}"


@pytest.mark.parametrize(
    ("expected", "which"), [("12.04", "total_input"), ("1034.49", "total_output_bytes"), ("53.54", "total_param_bytes")]
)
def test_memory(table, expected, which):
    """The publication's megabytes: 12.04 of input, 1034.49 of activations forward and backward, 53.54 of parameters."""
    assert expected == f"{getattr(table, which) / 1e6:.2f}"


def test_total_memory(table):
    """The publication's total is 1100.08 MB."""
    total = table.total_input + table.total_output_bytes + table.total_param_bytes
    assert "1100.08" == f"{total / 1e6:.2f}"


@pytest.mark.parametrize("train", [False, True])
def test_three_outputs_in_both_modes(train):
    """The published net returns three tensors (20, 1000), in eval mode too."""
    net = on_meta(arches.googlenet).train(train)
    with torch.no_grad():
        outputs = net(torch.empty(20, 3, 224, 224, device="meta"))
    assert [(20, 1000)] * 3 == [tuple(output.shape) for output in outputs]


@pytest.mark.parametrize(("position", "layer"), [(0, "fc"), (1, "aux4a"), (2, "aux4d")])
def test_order_of_the_outputs(position, layer):
    """The outputs come in the order main, head after 4a, head after 4d."""
    net = on_meta(arches.googlenet, num_classes=3)
    net.load_state_dict(randomise(net), assign=True)
    seen: list[torch.Tensor] = []
    net.get_submodule(layer).register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        outputs = net(torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)))
    assert torch.equal(seen[0], outputs[position])


def test_heads_hang_after_4a_and_4d():
    """The heads read what inception modules 4a and 4d return."""
    net = on_meta(arches.googlenet)
    seen: dict[str, object] = {}
    for name in ("inception4a", "inception4d"):
        net.get_submodule(name).register_forward_hook(lambda m, inputs, output, name=name: seen.update({name: output}))
    for name in ("aux4a", "aux4d"):
        net.get_submodule(name).register_forward_pre_hook(lambda m, inputs, name=name: seen.update({name: inputs[0]}))
    with torch.no_grad():
        net(torch.empty(1, 3, 224, 224, device="meta"))
    assert seen["inception4a"] is seen["aux4a"]
    assert seen["inception4d"] is seen["aux4d"]


@pytest.mark.parametrize("row", TABLE)
def test_5x5_branches_are_5x5(row):
    """The third branch of every inception module is a 5x5 convolution with padding 2."""
    conv = on_meta(arches.googlenet).get_submodule(f"inception{row}.branch3.1.layers.0")
    assert ((5, 5), (2, 2)) == (conv.kernel_size, conv.padding)


def test_every_convolution_is_followed_by_norm_and_relu():
    """A convolution has no bias; batch norm with eps 1e-5 and ReLU follow it."""
    blocks = [m for m in on_meta(arches.googlenet).modules() if type(m).__name__ == "BasicConv2d"]
    assert [("Conv2d", "BatchNorm2d", "ReLU")] * 59 == [tuple(type(m).__name__ for m in b.layers) for b in blocks]
    assert {(None, 1e-5)} == {(block.layers[0].bias, block.layers[1].eps) for block in blocks}


def test_pools_between_stages():
    """All four max pools are 3x3 at stride 2 with ceil_mode."""
    net = on_meta(arches.googlenet)
    pools = [net.maxpool1, net.maxpool2, net.maxpool3, net.maxpool4]
    assert [(3, 2, 0, True)] * 4 == [(p.kernel_size, p.stride, p.padding, p.ceil_mode) for p in pools]


@pytest.mark.parametrize("head", ["aux4a", "aux4d"])
def test_head(head):
    """A head is a 5x5 average pool at stride 3, 1x1 to 128, and linear layers 2048 -> 1024 -> classes."""
    pool, conv = on_meta(arches.googlenet).get_submodule(head).features
    linears = [m for m in on_meta(arches.googlenet).get_submodule(head).classifier if isinstance(m, nn.Linear)]
    assert (5, 3) == (pool.kernel_size, pool.stride)
    assert ((1, 1), 128) == (conv.layers[0].kernel_size, conv.layers[0].out_channels)
    assert [(2048, 1024), (1024, 1000)] == [(m.in_features, m.out_features) for m in linears]


def test_dropout_rates():
    """The paper drops 40 % before the main classifier and 70 % in the heads."""
    drops = {name: m.p for name, m in on_meta(arches.googlenet).named_modules() if isinstance(m, nn.Dropout)}
    assert {"aux4a.classifier.2": 0.7, "aux4d.classifier.2": 0.7, "dropout": 0.4} == drops


def test_there_is_no_local_response_normalisation():
    """The net of 2014 has local response normalisation and no batch norm; this one has it the other way round."""
    kinds = {type(m) for m in on_meta(arches.googlenet).modules()}
    assert nn.LocalResponseNorm not in kinds
    assert nn.BatchNorm2d in kinds


def test_published_flatten_mixes_images():
    """``view(-1, 4 * 4 * 128)``, as published, turns 16 images with maps of 3x3 into 9 rows."""
    pooled = torch.empty(16, 128, 3, 3)
    assert 9 == len(pooled.view(-1, 4 * 4 * 128))
    assert 16 == len(torch.flatten(pooled, 1))


def test_our_flatten_rejects_what_the_published_one_mixes():
    """At 192x192 the pooled map is 3x3: 16 images are an error, not 9 rows of logits."""
    with torch.no_grad(), pytest.raises(RuntimeError, match="1152"):
        on_meta(arches.googlenet)(torch.empty(16, 3, 192, 192, device="meta"))


@pytest.mark.parametrize(("expected", "aux_logits"), [(13_004_888, True), (6_624_904, False)])
def test_parameters_of_torchvisions(expected, aux_logits):
    """torchvision's net has 13,004,888 parameters with its heads and 6,624,904 without."""
    net = on_meta(arches.googlenet_torchvision, aux_logits=aux_logits)
    assert expected == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("row", TABLE)
def test_torchvision_has_3x3_for_5x5(row):
    """torchvision's third branch is 3x3 (https://github.com/pytorch/vision/issues/906)."""
    conv = on_meta(arches.googlenet_torchvision).get_submodule(f"inception{row}.branch3.1.conv")
    assert ((3, 3), (1, 1)) == (conv.kernel_size, conv.padding)


def test_the_5x5_branches_are_the_whole_difference_in_parameters():
    """Real 5x5 branches cost 380,928 parameters more than torchvision's 3x3."""
    theirs = sum(p.numel() for p in on_meta(arches.googlenet_torchvision).parameters())
    assert 380_928 == sum(p.numel() for p in on_meta(arches.googlenet).parameters()) - theirs


def test_torchvision_has_another_eps():
    """torchvision's batch norms have eps 0.001."""
    norms = [m for m in on_meta(arches.googlenet_torchvision).modules() if isinstance(m, nn.BatchNorm2d)]
    assert {0.001} == {norm.eps for norm in norms}


def test_torchvision_has_another_last_pool():
    """torchvision's last max pool is 2x2, the three before it are 3x3."""
    net = on_meta(arches.googlenet_torchvision)
    assert [3, 3, 3, 2] == [p.kernel_size for p in (net.maxpool1, net.maxpool2, net.maxpool3, net.maxpool4)]


@pytest.mark.parametrize("side", [64, 192, 300])
def test_torchvisions_heads_pool_adaptively(side):
    """torchvision's heads bring any map to 4x4, so that sizes pass which the paper's heads refuse."""
    with torch.no_grad():
        outputs = on_meta(arches.googlenet_torchvision).train()(torch.empty(2, 3, side, side, device="meta"))
    assert [(2, 1000)] * 3 == [tuple(output.shape) for output in outputs]


def test_torchvisions_dropout_rates():
    """torchvision drops 20 % before the main classifier and 70 % in the heads."""
    net = on_meta(arches.googlenet_torchvision)
    drops = {name: m.p for name, m in net.named_modules() if isinstance(m, nn.Dropout)}
    assert {"aux1.dropout": 0.7, "aux2.dropout": 0.7, "dropout": 0.2} == drops


def test_torchvisions_heads_are_silent_in_eval_mode():
    """In eval mode torchvision's net returns one tensor."""
    output = on_meta(arches.googlenet_torchvision)(torch.empty(2, 3, 224, 224, device="meta"))
    assert (2, 1000) == output.shape


def test_torchvisions_order_of_the_outputs():
    """In train mode torchvision's net returns main, head after 4d, head after 4a, as a named tuple."""
    net = on_meta(arches.googlenet_torchvision).train()
    seen: dict[str, object] = {}
    for name in ("fc", "aux1", "aux2"):
        net.get_submodule(name).register_forward_hook(lambda m, inputs, output, name=name: seen.update({name: output}))
    with torch.no_grad():
        outputs = net(torch.empty(2, 3, 224, 224, device="meta"))
    assert ("logits", "aux_logits2", "aux_logits1") == outputs._fields
    assert [True] * 3 == [output is seen[name] for output, name in zip(outputs, ("fc", "aux2", "aux1"), strict=True)]


def test_without_heads_training_returns_one_tensor():
    """``aux_logits=False`` leaves one output in train mode."""
    output = on_meta(arches.googlenet_torchvision, aux_logits=False).train()(torch.empty(2, 3, 64, 64, device="meta"))
    assert (2, 1000) == output.shape


def test_without_heads_the_state_dict_is_torchvisions():
    """Without heads, keys, order and shapes are those of torchvision's net without heads."""
    theirs = on_meta(torchvision_builder("googlenet"), aux_logits=False).state_dict()
    ours = on_meta(arches.googlenet_torchvision, aux_logits=False).state_dict()
    assert [(k, v.shape) for k, v in theirs.items()] == [(k, v.shape) for k, v in ours.items()]
