"""Strategies keep their bounds, reach the variety they promise, shrink to the simplest and refuse the impossible."""

from __future__ import annotations

import pytest
import torch
from hypothesis import find, given, settings
from hypothesis.errors import NoSuchExample

from properties import strategies as some
from properties.strategies import BlockConfig, ConvConfig, Images, PoolConfig, ResNetConfig

MANY = settings(max_examples=1000, deadline=None, database=None)


def _legal(config):
    try:
        return bool(config.output_shape())
    except ValueError:
        return False


@settings(max_examples=200)
@given(some.images(min_batch=2, max_batch=4, min_size=5, max_size=9))
def test_images_keep_their_bounds(batch):
    """Batch, height and width lie within what was asked for."""
    assert 2 <= batch.n <= 4
    assert all(5 <= side <= 9 for side in batch.size)


@settings(max_examples=100)
@given(some.images(square=True), some.images(square=False))
def test_images_are_square_or_not_as_asked(square, oblong):
    """square=True draws squares only, square=False none."""
    assert square.size[0] == square.size[1]
    assert oblong.size[0] != oblong.size[1]


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [
        pytest.param(some.images(), lambda x: x.size[0] != x.size[1], id="height is not width"),
        pytest.param(some.images(), lambda x: x.n == 1, id="one image"),
        pytest.param(some.images(), lambda x: x.size[0] % 2 == 1 and x.size[0] > 1, id="odd"),
        pytest.param(some.images(min_size=7), lambda x: 7 in x.size, id="smallest"),
        pytest.param(some.conv_configs(), lambda c: c.padding == "same", id="same"),
        pytest.param(
            some.conv_configs(), lambda c: c.padding == "same" and c.kernel_size[0] % 2 == 0, id="same, even kernel"
        ),
        pytest.param(some.conv_configs(), lambda c: len(set(c.kernel_size)) == 2, id="oblong kernel"),
        pytest.param(some.conv_configs(), lambda c: len(c.size) == 1, id="one axis"),
        pytest.param(some.conv_configs(), lambda c: c.groups > 1 and max(c.dilation) > 1, id="groups and dilation"),
        pytest.param(some.conv_configs(rejected=True), lambda c: not _legal(c), id="rejected convolution"),
        pytest.param(some.pool_configs(), lambda c: c.kind == "avg" and c.ceil_mode, id="average pool, ceil_mode"),
        pytest.param(some.pool_configs(), lambda c: max(c.dilation) > 1, id="dilated pool"),
        pytest.param(some.pool_configs(rejected=True), lambda c: not _legal(c), id="rejected pool"),
        pytest.param(some.block_configs(), lambda c: not c.projects, id="identity shortcut"),
        pytest.param(some.block_configs(), lambda c: c.projects and c.stride == 1, id="projection at stride 1"),
        pytest.param(some.resnet_configs(), lambda c: c.block == "bottleneck" and c.groups > 1, id="grouped"),
        pytest.param(some.resnet_configs(), lambda c: len(set(c.depths)) > 1, id="uneven depths"),
        pytest.param(some.memory_formats(), lambda m: m is torch.channels_last, id="channels last"),
        pytest.param(some.dtypes(), lambda d: d is torch.bfloat16, id="bfloat16"),
        pytest.param(some.devices(), lambda d: d == "meta", id="meta"),
    ],
)
def test_strategies_reach_their_variety(strategy, wanted):
    """What a strategy is for is drawn sooner or later."""
    try:
        find(strategy, wanted, settings=MANY)
    except NoSuchExample:
        pytest.fail("never drawn")


@pytest.mark.parametrize(
    ("strategy", "simplest"),
    [
        (some.images(min_batch=1, min_size=3), Images(n=1, size=(3, 3), seed=0)),
        (
            some.conv_configs(),
            ConvConfig(1, 1, (1,), (1,), (0,), (1,), 1, False, (1,)),
        ),
        (some.pool_configs(), PoolConfig("max", (1,), (1,), (0,), (1,), False, False, (1,))),
        (some.block_configs(), BlockConfig("basic", 1, 1, 1)),
        (some.resnet_configs(), ResNetConfig("basic", (1, 1, 1, 1), 1, 64, 1)),
        (some.devices(), "cpu"),
        (some.dtypes(), torch.float32),
        (some.memory_formats(), torch.contiguous_format),
    ],
    ids=str,
)
def test_strategies_shrink_to_the_simplest(strategy, simplest):
    """Where anything will do, the simplest is found."""
    assert simplest == find(strategy, lambda _: True, settings=MANY)


def test_images_print_well():
    """A counterexample can be pasted back."""
    assert "Images(n=2, size=(33, 47), seed=0)" == repr(Images(n=2, size=(33, 47)))


@settings(max_examples=300)
@given(some.conv_configs(), some.pool_configs())
def test_layer_configs_are_legal_unless_asked(conv, pool):
    """Without rejected=True every configuration is one that the layer accepts."""
    assert _legal(conv)
    assert _legal(pool)


@settings(max_examples=100)
@given(some.resnet_configs(blocks=("basic",), max_depth=2))
def test_basic_blocks_have_one_group_of_64(config):
    """Basic blocks have no groups, as torchvision's refuse them."""
    assert ("basic", 1, 64) == (config.block, config.groups, config.width_per_group)
    assert all(1 <= depth <= 2 for depth in config.depths)


@settings(max_examples=100)
@given(some.block_configs(blocks=("bottleneck",)))
def test_bottlenecks_put_out_four_times_their_width(config):
    """A bottleneck's output is divisible by its expansion."""
    assert 0 == config.out_channels % config.expansion
    assert 4 == config.expansion


@pytest.mark.parametrize(
    ("message", "call"),
    [
        pytest.param("min_batch must be at least 1, got 0", lambda: some.images(min_batch=0), id="batch"),
        pytest.param(
            "max_size must be at least min_size=9, got 8", lambda: some.images(min_size=9, max_size=8), id="size"
        ),
        pytest.param(
            "must be above min_size=4", lambda: some.images(min_size=4, max_size=4, square=False), id="never square"
        ),
        pytest.param("only must be a device that is here, one of cpu", lambda: some.devices(only="tpu"), id="device"),
        pytest.param("min_bits must be at most 64 on cpu, got 128", lambda: some.dtypes(min_bits=128), id="bits"),
        pytest.param("must be at most 32 on mps", lambda: some.dtypes(device="mps", min_bits=64), id="mps"),
        pytest.param("dims must be some of 1, 2 and 3", lambda: some.conv_configs(dims=()), id="no dims"),
        pytest.param("dims must be some of 1, 2 and 3", lambda: some.pool_configs(dims=(4,)), id="dims"),
        pytest.param("max_size must be at least min_size=0", lambda: some.pool_configs(max_size=-1), id="max_size"),
        pytest.param("blocks must be some of basic, bottleneck", lambda: some.block_configs(blocks=()), id="no blocks"),
        pytest.param("max_stride must be at least", lambda: some.block_configs(max_stride=0), id="stride"),
        pytest.param("max_depth must be at least", lambda: some.resnet_configs(max_depth=0), id="depth"),
    ],
)
def test_impossible_arguments_raise_with_their_bounds(message, call):
    """Impossible arguments raise ValueError at once, with the bounds."""
    with pytest.raises(ValueError, match=message):
        call()
