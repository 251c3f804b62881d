"""What ``describe`` says about a net, against figures worked out by hand or published."""

import json
import re

import pytest
import torch
import torchinfo
from torch import nn

from properties.describe import describe, styled_lines, text
from properties.describe.solve import parse_question
from properties.errors import CandidateError, TargetError


@pytest.fixture(scope="module")
def resnet18():
    """The description that most tests read."""
    return describe("resnet18")


def _layer(description, name):
    return next(layer for layer in description.layers if layer.name == name)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("0.0", "floor((224 - 7 + 2*3)/2) + 1 = 112"),
        ("0.3", "floor((112 - 3 + 2*1)/2) + 1 = 56"),
    ],
)
def test_the_formulas_shown_to_the_reader_have_their_numbers(name, formula):
    """The stem's two derivations (facts A)."""
    assert (formula,) == _layer(describe("resnet18_d2l"), name).formula


def test_the_output_sizes_are_those_of_the_paper(resnet18):
    """Stage by stage at 224x224 (facts B and C)."""
    sizes = {line.name: line.layer.output for line in resnet18.outline(1)}

    assert (1, 64, 56, 56) == sizes["layer1"]
    assert (1, 128, 28, 28) == sizes["layer2"]
    assert (1, 256, 14, 14) == sizes["layer3"]
    assert (1, 512, 7, 7) == sizes["layer4"]
    assert (1, 1000) == sizes["fc"]


def test_the_cifar_net_has_the_published_shapes():
    """Layer by layer (facts E)."""
    expected = ["32x32x32", "32x16x16", "32x16x16", "32x8x8", "64x8x8", "64x4x4", "1024", "64", "10"]

    described = describe("cifar10_net")

    assert expected == ["x".join(map(str, layer.output[1:])) for layer in described.layers]
    assert 145_578 == described.totals.params


@pytest.mark.parametrize(
    ("target", "where", "kind", "why"),
    [
        ("resnet18", "layer1.0", "identity", "stride 1 and 64 = 64 channels"),
        ("resnet18", "layer2.0", "projection", "stride 2 and 64 -> 128 channels"),
        ("torchvision:resnet50", "layer1.0", "projection", "64 -> 256 channels"),
    ],
)
def test_a_shortcut_has_its_kind_and_reason(target, where, kind, why):
    """The rule of He et al. 2015, section 3.3, with the block's own numbers (facts B)."""
    layers = describe(target).layers

    (found,) = [shortcut for layer in layers for shortcut in layer.shortcuts if shortcut.where == where]

    assert (kind, why) == (found.kind, found.why)


def test_a_shortcut_may_project_for_its_stride_alone():
    """A block that keeps its channels and halves its size."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = nn.Conv2d(8, 8, 3, stride=2, padding=1)
            self.shortcut = nn.Conv2d(8, 8, 1, stride=2)

        def forward(self, x):
            return self.branch(x) + self.shortcut(x)

    add = _layer(describe(Block), "(add)")

    assert ["projection shortcut: stride 2"] == [str(shortcut) for shortcut in add.shortcuts]


def test_receptive_field_and_total_stride_are_those_of_the_net(resnet18):
    """The stem sees 11 positions, 4 apart; the last stage 435, 32 apart (Araujo et al. 2019, table 1)."""
    assert ((11, 11), (4, 4)) == (_layer(resnet18, "maxpool").sees, _layer(resnet18, "maxpool").step)
    assert ((435, 435), (32, 32)) == (resnet18.outline(1)[7].layer.sees, resnet18.outline(1)[7].layer.step)
    assert (None, None) == _layer(resnet18, "avgpool").sees


def test_the_axes_have_a_formula_each_where_they_differ():
    """A net on an image that is not square."""
    layer = describe(lambda: nn.Conv2d(3, 8, (3, 5), stride=(2, 1), padding=(1, 2)), input_shape=(1, 3, 40, 60)).layers[
        0
    ]

    assert ("H: floor((40 - 3 + 2*1)/2) + 1 = 20", "W: floor((60 - 5 + 2*2)/1) + 1 = 60") == layer.formula
    assert "conv 3x5 /2x1" == f"{layer.kind} {layer.settings}"


def test_an_operator_outside_the_vocabulary_has_its_sizes_and_no_formula():
    """It is shown all the same."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Upsample(scale_factor=2))

    layer = describe(net, input_shape=(1, 3, 8, 8)).layers[1]

    assert ("upsample_nearest2d", ((1, 4, 8, 8),), (1, 4, 16, 16), ()) == (
        layer.kind,
        layer.inputs,
        layer.output,
        layer.formula,
    )


def test_the_channels_of_a_concatenation_add_up():
    """GoogLeNet's first inception module (Szegedy et al. 2014, Table 1)."""
    layer = _layer(describe("googlenet"), "inception3a (cat)")

    assert ("64 + 128 + 32 + 32 = 256 channels",) == layer.formula


def test_the_totals_of_googlenet_are_the_published_ones():
    """torchinfo's table for 20 images (facts D)."""
    totals = describe("googlenet", input_shape=(20, 3, 224, 224)).totals

    assert (13_385_816, 13_385_816) == (totals.params, totals.trainable)
    assert "31.82" == f"{totals.mult_adds / 1e9:.2f}"
    shown = (totals.input_mb, totals.forward_backward_mb, totals.params_mb, totals.total_mb)
    assert ["12.04", "1034.49", "53.54", "1100.08"] == [f"{size:.2f}" for size in shown]


@pytest.mark.parametrize("target", ["alexnet", "vgg11_bn", "googlenet_torchvision", "resnext50_32x4d"])
def test_the_closed_forms_count_as_torchinfo_does(target):
    """The fallback for nets that torchinfo cannot run agrees with it where it can."""
    from properties.describe.layers import closed_form_totals
    from properties.describe.net import captured

    subject = captured(target, None)
    ours = closed_form_totals(subject.graph)
    theirs = torchinfo.summary(subject.net, input_size=(1, 3, 224, 224), device="meta", verbose=0)

    assert (theirs.total_params, theirs.total_mult_adds) == (ours.params, ours.mult_adds)
    assert theirs.total_output_bytes / 1e6 == ours.forward_backward_mb


def test_the_layers_add_up_to_the_totals(resnet18):
    """Parameters and macs, whatever is folded."""
    for depth in (None, 0, 1, 2):
        shown = [line.layer for line in resnet18.outline(depth) if not line.heading]
        assert (11_689_512, 1_814_073_344) == (sum(la.params for la in shown), sum(la.macs for la in shown))
        assert len(resnet18.layers) == sum(layer.operators for layer in shown)


def test_a_shared_parameter_counts_once():
    """One layer applied twice."""

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1, bias=False)

        def forward(self, x):
            return self.conv(self.conv(x))

    assert [9, 0] == [layer.params for layer in describe(Twice).layers]


def test_what_does_not_run_in_eval_mode_is_said():
    """torchvision's GoogLeNet computes its auxiliary heads in train mode only (facts D)."""
    described = describe("googlenet_torchvision")

    assert ("not run in eval mode: aux1, aux2 (6,379,984 parameters)",) == described.notes
    assert 13_004_888 == described.totals.params


def test_depth_folds_deeper_modules_into_one_line(resnet18):
    """Depth 1 shows the net's own children."""
    names = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "(flatten)", "fc"]
    lines = resnet18.outline(1)
    layer2 = lines[5].layer

    assert names == [line.name for line in lines]
    assert ("Sequential", 525_568, ((1, 64, 56, 56),)) == (layer2.kind, layer2.params, layer2.inputs)
    assert ["projection", "identity"] == [shortcut.kind for shortcut in layer2.shortcuts]


def test_the_input_is_guessed_from_the_net():
    """A net for MNIST and one without convolutions, nothing said about their inputs."""
    mnist = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
    perceptron = nn.Sequential(nn.Linear(784, 10))

    assert ((1, 1, 28, 28), (1, 784)) == (describe(mnist).input_shape, describe(perceptron).input_shape)


def test_a_net_of_ones_own_is_left_as_it_was():
    """Modes and weights of an instance."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4).eval(), nn.Dropout())
    before = {key: value.clone() for key, value in net.state_dict().items()}

    describe(net)

    assert [True, True, False, True] == [module.training for module in net.modules()]
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


@pytest.mark.parametrize(
    ("target", "shape", "parts"),
    [
        ("alexnet", (1, 3, 32, 32), ("features.12", "the smallest square it accepts is --input 1,3,63,63")),
        ("cifar10_net", (1, 3, 64, 64), ("linear1", "go from --input 1,3,32,32 to 39x39")),
        ("resnet18_d2l", (1, 3, 224, 224), ("it takes 1 channels, not 3", "write 1,1,224,224")),
        ("resnet18", (224, 224), ("has not 4 numbers", "write 1,3,224,224")),
    ],
)
def test_an_input_the_net_rejects_names_one_that_works(target, shape, parts):
    """Which layer rejects it, and what to type instead; what is suggested is then accepted."""
    with pytest.raises(TargetError) as caught:
        describe(target, input_shape=shape)

    assert all(part in str(caught.value) for part in parts)


def test_a_net_that_raises_is_reported_with_its_own_last_line():
    """Its exception, file and line."""

    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)

        def forward(self, x):
            raise RuntimeError("out of\nideas")

    with pytest.raises(
        CandidateError, match=r"raised in forward at .*: RuntimeError: out of ideas \(test_description.py"
    ):
        describe(Broken)


def test_json_is_documented_and_complete(resnet18):
    """It survives a round trip and names what its documentation names."""
    content = json.loads(json.dumps(resnet18.to_dict()))

    assert {"schema", "target", "source", "input", "outputs", "layers", "totals", "notes"} == set(content)
    assert (1, [1, 3, 224, 224], [[1, 1000]]) == (content["schema"], content["input"], content["outputs"])
    assert all(key in type(resnet18).to_dict.__doc__ for layer in content["layers"] for key in layer)
    assert "conv1" == content["layers"][0]["name"]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_text_fits_the_terminal(resnet18, width):
    """Where the columns do not fit, the formula goes below."""
    lines = ["".join(span.text for span in line) for line in styled_lines(resnet18, width=width)]

    assert max(map(len, lines)) <= width
    assert any("floor((224 - 7 + 2*3)/2) + 1 = 112" in line for line in lines)


def test_the_text_says_what_the_net_costs(resnet18):
    """Totals in the words of torchinfo."""
    shown = text(resnet18, depth=1)

    assert "parameters  11,689,512 (all trainable)" in shown
    assert "mult-adds   1.81 G" in shown


def test_styles_change_no_character(resnet18):
    """Styled lines and plain text say the same."""
    styled = "\n".join("".join(span.text for span in line).rstrip() for line in styled_lines(resnet18, width=100))

    assert styled == text(resnet18, width=100)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("kernel=5,in=32,out=32", "padding 2 (stride 1, dilation 1): floor((32 - 5 + 2*2)/1) + 1 = 32"),
        ("kernel=7,in=224,out=112", "padding 3 (stride 2, dilation 1): floor((224 - 7 + 2*3)/2) + 1 = 112"),
        (
            "kernel=7,stride=2,padding=3,in=224",
            "out 112 (stride 2, padding 3, dilation 1): floor((224 - 7 + 2*3)/2) + 1 = 112",
        ),
        ("kernel=3,in=32,out=30,dilation=?", "padding 0 (stride 1, dilation 1): floor((32 - 3)/1) + 1 = 30"),
    ],
)
def test_the_size_formula_is_solved(question, answer):
    """The padding that keeps 32 with a 5x5 kernel (facts E), and others; the most usual solution first."""
    asked = parse_question(question)

    assert answer == asked.text(asked.solve()).splitlines()[0]


def test_a_formula_without_solution_says_so():
    """No stride makes an image larger."""
    asked = parse_question("kernel=3,in=224,out=500")

    assert "no solution: no stride or padding fits kernel 3, dilation 1, in 224, out 500" == asked.text(asked.solve())


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("kernel:5", "'kernel:5' is not NAME=NUMBER"),
        ("kernl=5,in=3", "did you mean kernel?"),
        ("kernel=5,kernel=5", "given twice"),
        ("kernel=5", "at least one of in and out"),
        ("in=5", "kernel is needed"),
        ("kernel=0,in=5", "kernel_size must be at least 1"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(question, complaint):
    """What is wrong with it, and what there is."""
    with pytest.raises(ValueError, match=re.escape(complaint)):
        parse_question(question).solve()
