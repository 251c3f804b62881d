"""ResNets: He et al. 2015, Table 1; torchvision's and the paper's bottleneck; two tutorials' ResNet-18."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.subjects import macs, on_meta, randomise, sizes
from torch import nn

import arches
from arches.resnet import BasicBlock, Bottleneck, BottleneckV1, ResNet
from properties import formulas
from properties.targets.libraries import import_torchvision

IMAGENET = (3, 224, 224)


def at(net: nn.Module, modules: list[str], *shape: int) -> list[tuple[int, ...]]:
    """Sizes of the modules' outputs for an image on the meta device."""
    return sizes(net, modules, torch.empty(1, *shape, device="meta"))


# Dive into Deep Learning's ResNet-18 for one-channel images, section 8.6.


def test_d2l_layer_by_layer():
    """A ``for`` loop over the book's ``Sequential`` shows the eight published shapes."""
    x, seen = torch.empty(1, 1, 224, 224, device="meta"), []
    for layer in on_meta(arches.resnet18_d2l):
        x = layer(x)
        seen.append(tuple(x.shape))
    maps = [(1, 64, 56, 56), (1, 64, 56, 56), (1, 128, 28, 28), (1, 256, 14, 14), (1, 512, 7, 7)]
    assert [*maps, (1, 512, 1, 1), (1, 512), (1, 10)] == seen


def test_d2l_is_a_plain_sequential():
    """The book's net is a ``Sequential`` of five stages and a head of three layers."""
    net = on_meta(arches.resnet18_d2l)
    assert type(net) is nn.Sequential
    assert ["Sequential"] * 5 + ["AdaptiveAvgPool2d", "Flatten", "Linear"] == [type(m).__name__ for m in net]


def test_d2l_derivations():
    """(224 - 7 + 2*3)/2 + 1 = 112 and (112 - 3 + 2*1)/2 + 1 = 56, as the formula and as the net has them."""
    assert 112 == formulas.conv_size(224, 7, stride=2, padding=3)
    assert 56 == formulas.conv_size(112, 3, stride=2, padding=1)
    assert [(64, 112, 112), (64, 56, 56)] == at(on_meta(arches.resnet18_d2l), ["0.0", "0.3"], 1, 224, 224)


def test_d2l_every_convolution_has_a_bias():
    """Every convolution of the book's net keeps its bias."""
    convs = [m for m in on_meta(arches.resnet18_d2l).modules() if isinstance(m, nn.Conv2d)]
    assert 20 == len(convs)
    assert all(conv.bias is not None for conv in convs)


def test_d2l_projections():
    """A 1x1 projection with bias stands on the first block of stages 2 to 4 only, and no batch norm follows it."""
    net = on_meta(arches.resnet18_d2l)
    found = {name: m for name, m in net.named_modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1)}
    assert ["2.0.conv3", "3.0.conv3", "4.0.conv3"] == list(found)
    assert [(2, 2)] * 3 == [conv.stride for conv in found.values()]
    norms = sum(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    assert 1 + 2 * 8 == norms  # the stem's, and two a block: none for a projection


# He et al. 2015, Table 1, and torchvision's resnet*.


@pytest.mark.parametrize(
    ("expected", "build"),
    [
        (11_689_512, arches.resnet18),
        (21_797_672, arches.resnet34),
        (25_557_032, arches.resnet50),
        (44_549_160, arches.resnet101),
        (60_192_808, arches.resnet152),
        (25_557_032, arches.resnet50_v1),
        (44_549_160, arches.resnet101_v1),
        (60_192_808, arches.resnet152_v1),
    ],
)
def test_parameters(expected, build):
    """torchvision's documentation gives these counts; where the stride stands does not change them."""
    assert expected == sum(p.numel() for p in on_meta(build).parameters())


@pytest.mark.parametrize(
    ("expected", "build"),
    [
        ({"BasicBlock": [2, 2, 2, 2]}, arches.resnet18),
        ({"BasicBlock": [3, 4, 6, 3]}, arches.resnet34),
        ({"Bottleneck": [3, 4, 6, 3]}, arches.resnet50),
        ({"Bottleneck": [3, 4, 23, 3]}, arches.resnet101),
        ({"Bottleneck": [3, 8, 36, 3]}, arches.resnet152),
    ],
)
def test_blocks(expected, build):
    """Kind and number of the blocks in each stage are Table 1's."""
    net = on_meta(build)
    stages = [net.layer1, net.layer2, net.layer3, net.layer4]
    kinds = {type(block).__name__ for stage in stages for block in stage}
    assert expected == {kind: [len(stage) for stage in stages] for kind in kinds}


@pytest.mark.parametrize("build", [arches.resnet18, arches.resnet50, arches.resnet50_v1, arches.resnext50_32x4d])
def test_no_convolution_has_a_bias(build):
    """No convolution has a bias, as batch norm follows each."""
    assert not any(name.endswith("bias") and "conv" in name for name, _ in on_meta(build).named_parameters())


PRINTED = [  # Table 1's last row, x10^9; "v1" is the paper's form, and 18 and 34 have one form only
    (1.8, arches.resnet18),
    (3.6, arches.resnet34),
    (3.8, arches.resnet50_v1),
    (7.6, arches.resnet101_v1),
    (11.3, arches.resnet152_v1),
]


@pytest.mark.parametrize(("printed", "build"), PRINTED)
def test_multiply_adds_of_the_paper(printed, build):
    """The paper's form costs what Table 1 prints, to less than a unit of its last digit."""
    assert abs(macs(on_meta(build), IMAGENET) / 1e9 - printed) < 0.1


@pytest.mark.parametrize(
    ("printed", "build"), [(3.8, arches.resnet50), (7.6, arches.resnet101), (11.3, arches.resnet152)]
)
def test_v15_costs_more_than_the_paper_prints(printed, build):
    """With the stride on the 3x3, nets with bottlenecks cost at least 0.2 x10^9 more than Table 1 prints."""
    assert macs(on_meta(build), IMAGENET) / 1e9 - printed > 0.2


@pytest.mark.parametrize(
    ("expected", "build"),
    [
        ("3.858", arches.resnet50_v1),
        ("7.570", arches.resnet101_v1),
        ("11.282", arches.resnet152_v1),
        ("4.089", arches.resnet50),
        ("7.801", arches.resnet101),
        ("11.514", arches.resnet152),
    ],
)
def test_multiply_adds_of_both_forms(expected, build):
    """The two forms of the bottleneck cost 3.858, 7.570, 11.282 and 4.089, 7.801, 11.514 x10^9."""
    assert expected == f"{macs(on_meta(build), IMAGENET) / 1e9:.3f}"


def test_first_block_of_resnet50_projects_at_stride_1():
    """ResNet-50's ``layer1.0`` projects 64 to 256 channels at stride 1, by a 1x1 convolution and batch norm."""
    conv, norm = on_meta(arches.resnet50).layer1[0].downsample
    assert (64, 256, (1, 1), (1, 1), None) == (
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        conv.bias,
    )
    assert isinstance(norm, nn.BatchNorm2d)


def test_first_block_of_resnet18_is_an_identity():
    """ResNet-18's ``layer1.0`` has no projection."""
    assert on_meta(arches.resnet18).layer1[0].downsample is None


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("in_channels", [16, 32, 64, 128])
@pytest.mark.parametrize("block", [BasicBlock, Bottleneck, BottleneckV1])
def test_shortcut_rule(block, in_channels, stride):
    """The shortcut is the identity exactly when stride is 1 and channels agree, else 1x1 at the block's stride."""
    built = block(in_channels, 32, stride=stride)
    identity = stride == 1 and in_channels == 32 * block.expansion
    assert identity is (built.downsample is None)
    if not identity:
        assert (stride, stride) == built.downsample[0].stride


@pytest.mark.parametrize(("block", "strides"), [(Bottleneck, (1, 2, 1)), (BottleneckV1, (2, 1, 1))])
def test_where_the_stride_stands(block, strides):
    """v1.5 has the stride on the 3x3 convolution, the paper on the first 1x1."""
    built = block(64, 32, stride=2)
    assert strides == tuple(conv.stride[0] for conv in (built.conv1, built.conv2, built.conv3))


@pytest.mark.parametrize(
    ("build", "v1"),
    [
        (arches.resnet50, arches.resnet50_v1),
        (arches.resnet101, arches.resnet101_v1),
        (arches.resnet152, arches.resnet152_v1),
    ],
)
def test_both_forms_have_the_same_state_dict(build, v1):
    """Keys, order and shapes of the state_dict are the same in both forms."""
    expected = [(name, tensor.shape) for name, tensor in on_meta(build).state_dict().items()]
    assert expected == [(name, tensor.shape) for name, tensor in on_meta(v1).state_dict().items()]


def test_a_strict_load_into_the_other_form_gives_wrong_logits():
    """A strict load of the one form's state_dict into the other succeeds, and the logits differ."""
    net, v1 = on_meta(arches.resnet50), on_meta(arches.resnet50_v1)
    state = randomise(net)
    net.load_state_dict(state, strict=True, assign=True)
    v1.load_state_dict(state, strict=True, assign=True)
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, actual = net(x), v1(x)
    assert (expected - actual).abs().max() > 0.01 * expected.std()


# The family: torchvision's general builder beside ours.


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, tuple[int, ...], int, int, int]:
    """Block, depths, groups, width of a group and classes."""
    block = draw(st.sampled_from(["BasicBlock", "Bottleneck"]))
    depths = draw(st.tuples(*[st.integers(1, 3)] * 4))
    groups = draw(st.sampled_from([1, 2, 4, 32])) if block == "Bottleneck" else 1
    width = draw(st.sampled_from([1, 4, 24, 64, 128])) if block == "Bottleneck" else 64
    return block, depths, groups, width, draw(st.integers(1, 20))


@given(configurations())
def test_every_configuration_is_torchvisions(config):
    """For every block, depths, groups, width, classes, all layers and tensors are those of torchvision's ``ResNet``."""
    block, depths, groups, width, classes = config
    theirs = import_torchvision().models.resnet
    with torch.device("meta"):
        reference = theirs.ResNet(
            getattr(theirs, block), list(depths), num_classes=classes, groups=groups, width_per_group=width
        )
        net = ResNet(
            {"BasicBlock": BasicBlock, "Bottleneck": Bottleneck}[block],
            depths,
            num_classes=classes,
            groups=groups,
            width_per_group=width,
        )
    assert repr(reference) == repr(net)
    expected = [(name, tensor.shape) for name, tensor in reference.state_dict().items()]
    assert expected == [(name, tensor.shape) for name, tensor in net.state_dict().items()]


@pytest.mark.parametrize("block", ["BasicBlock", "Bottleneck"])
@pytest.mark.parametrize("zero_init_residual", [False, True])
def test_zero_init_residual_is_torchvisions(block, zero_init_residual):
    """With the same seed, ``zero_init_residual`` leaves bit for bit torchvision's weights."""
    theirs = import_torchvision().models.resnet
    torch.manual_seed(0)
    reference = theirs.ResNet(getattr(theirs, block), [1, 1, 1, 1], zero_init_residual=zero_init_residual)
    torch.manual_seed(0)
    ours = {"BasicBlock": BasicBlock, "Bottleneck": Bottleneck}[block]
    net = ResNet(ours, [1, 1, 1, 1], zero_init_residual=zero_init_residual)
    assert all(torch.equal(a, b) for a, b in zip(reference.parameters(), net.parameters(), strict=True))


@pytest.mark.parametrize(("groups", "width"), [(2, 64), (1, 128)])
def test_basic_block_has_no_grouped_form(groups, width):
    """Like torchvision's, ``BasicBlock`` refuses groups and widths."""
    with pytest.raises(ValueError, match="BasicBlock has groups=1 and width_per_group=64 only"):
        on_meta(lambda: ResNet(BasicBlock, (1, 1, 1, 1), groups=groups, width_per_group=width))


@pytest.mark.parametrize("depths", [(1, 1, 1), (1, 1, 1, 1, 1), ()])
def test_there_are_four_depths(depths):
    """Another number of stages is refused."""
    with pytest.raises(ValueError, match="depths must have 4 entries"):
        ResNet(BasicBlock, depths)


def test_a_stage_has_a_block():
    """A stage without a block is refused, and the message says which."""
    with pytest.raises(ValueError, match=r"^depths\[2\] must be at least 1, got 0$"):
        ResNet(BasicBlock, (1, 1, 0, 1))


@pytest.mark.parametrize(
    ("expected", "build"),
    [
        ((32, 128), arches.resnext50_32x4d),
        ((32, 256), arches.resnext101_32x8d),
        ((64, 256), arches.resnext101_64x4d),
        ((1, 128), arches.wide_resnet50_2),
        ((1, 128), arches.wide_resnet101_2),
    ],
)
def test_groups_and_width_of_the_wider_nets(expected, build):
    """ResNeXt's Table 1 has groups in the inner 3x3, Wide ResNet twice its channels."""
    conv = on_meta(build).layer1[0].conv2
    assert expected == (conv.groups, conv.out_channels)


# A tutorial's ResNet-18 with a 3x3 stem, and what it says of the standard one.

STAGES = ["layer1", "layer2", "layer3", "layer4"]
TUTORIAL = [(64, 56, 56), (128, 56, 56), (256, 28, 28), (512, 14, 14)]  # its sizes for the standard net at 224x224


def test_published_listing_cannot_be_built():
    """The tutorial's constructor reads ``self.inplanes`` before anything assigns it."""

    class AsPrinted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=3, stride=1, padding=1, bias=False)
            self.inplanes = 64

    with pytest.raises(AttributeError, match="inplanes"):
        AsPrinted()


def test_true_sizes_of_the_standard_net():
    """At 224x224 the stages of ResNet-18 give 56x56x64, 28x28x128, 14x14x256, 7x7x512."""
    expected = [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]
    assert expected == at(on_meta(arches.resnet18), STAGES, *IMAGENET)


def test_three_of_the_tutorials_four_sizes_are_wrong():
    """Of the sizes that the tutorial prints for the standard net, stage 1's holds and the other three do not."""
    actual = at(on_meta(arches.resnet18), STAGES, *IMAGENET)
    assert [True, False, False, False] == [claim == size for claim, size in zip(TUTORIAL, actual, strict=True)]


def test_the_three_wrong_sizes_belong_to_the_3x3_stem():
    """They are the sizes of the tutorial's own net at 224x224, where stage 1's is then wrong."""
    actual = at(on_meta(arches.resnet18_cifar), STAGES, *IMAGENET)
    assert [False, True, True, True] == [claim == size for claim, size in zip(TUTORIAL, actual, strict=True)]
    assert (64, 112, 112) == actual[0]


def test_3x3_stem():
    """The stem is a 3x3 convolution, stride 1, padding 1, no bias; its max pool is 3x3 at stride 2 with padding 1."""
    net = on_meta(arches.resnet18_cifar)
    conv, pool = net.conv1, net.maxpool
    assert ((3, 3), (1, 1), (1, 1), None) == (conv.kernel_size, conv.stride, conv.padding, conv.bias)
    assert (3, 2, 1) == (pool.kernel_size, pool.stride, pool.padding)
    assert [(64, 32, 32), (64, 16, 16)] == at(net, ["conv1", "maxpool"], 3, 32, 32)


def test_3x3_stem_keeps_the_four_stages():
    """Behind the stem every layer is ResNet-18's."""

    def stages(net: nn.Module) -> list[tuple[str, torch.Size]]:
        return [(name, tensor.shape) for name, tensor in net.state_dict().items() if name.startswith("layer")]

    assert stages(on_meta(arches.resnet18)) == stages(on_meta(arches.resnet18_cifar))


def test_stem_is_initialised_like_the_rest():
    """The replaced stem starts from N(0, 2 / fan_out) as well: a standard deviation of 0.059."""
    torch.manual_seed(0)
    assert abs(arches.resnet18_cifar().conv1.weight.std().item() / (2 / (64 * 9)) ** 0.5 - 1) < 0.05


def test_no_layer_is_left_over():
    """The net holds as many convolutions as ResNet-18: the replaced stem is gone."""
    kinds = [
        Counter(type(m).__name__ for m in on_meta(build).modules())
        for build in (arches.resnet18, arches.resnet18_cifar)
    ]
    assert kinds[0]["Conv2d"] == kinds[1]["Conv2d"] == 20
