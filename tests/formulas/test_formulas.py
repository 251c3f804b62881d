"""The closed forms against hand-computed figures, published tables and PyTorch's own layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from properties import formulas
from properties.formulas import ReceptiveField, RejectedSize

STEM = {"stride": 2, "padding": 3}


@pytest.mark.parametrize(
    ("expected", "size", "kernel_size", "arguments"),
    [
        (112, 224, 7, {"stride": 2, "padding": 3}),  # the stem of a ResNet, arXiv:1512.03385, Table 1
        (56, 112, 3, {"stride": 2, "padding": 1}),
        (32, 32, 5, {"padding": 2}),
        (55, 224, 11, {"stride": 4, "padding": 2}),  # AlexNet's first
        (28, 32, 3, {"dilation": 2}),
        (32, 32, 4, {"padding": "same", "dilation": 3}),
        (33, 32, 4, {"padding": (2, 2)}),
        (32, 32, 4, {"padding": (1, 2)}),
        (1, 1, 1, {}),
    ],
)
def test_convolution_sizes(expected, size, kernel_size, arguments):
    """A convolution's output size is the one worked out by hand."""
    assert expected == formulas.conv_size(size, kernel_size, **arguments)


@pytest.mark.parametrize(
    ("expected", "size", "kernel_size", "arguments"),
    [
        (56, 112, 3, {"stride": 2, "padding": 1}),
        (56, 112, 3, {"stride": 2, "ceil_mode": True}),  # GoogLeNet, arXiv:1409.4842, Table 1
        (55, 112, 3, {"stride": 2}),
        (16, 32, 2, {}),
        (1, 1, 3, {"stride": 3, "ceil_mode": True}),  # one incomplete window
        (2, 5, 1, {"stride": 3, "ceil_mode": True}),  # positions 0 and 3; a third window would start at 6
        (2, 5, 2, {"stride": 3, "padding": 1, "ceil_mode": True}),  # starts at -1 and 2; a third at 5 is outside
        (2, 5, 2, {"padding": 1, "stride": 3, "dilation": 3}),
    ],
)
def test_pool_sizes(expected, size, kernel_size, arguments):
    """A pool's output size is the one worked out by hand, dropped windows included."""
    assert expected == formulas.pool_size(size, kernel_size, **arguments)


def test_transposed_convolution_undoes_the_size_of_a_convolution():
    """A transposed convolution gives back the size that the convolution was given, with the right output padding."""
    assert (112, 224) == (
        formulas.conv_size(224, 7, **STEM),
        formulas.conv_transpose_size(112, 7, **STEM, output_padding=1),
    )


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("kernel_size must be at least 1, got 0", lambda: formulas.conv_size(8, 0)),
        ("stride must be at least 1, got 0", lambda: formulas.conv_size(8, 3, stride=0)),
        ("dilation must be at least 1, got -1", lambda: formulas.conv_size(8, 3, dilation=-1)),
        ("padding must be at least 0, got -1", lambda: formulas.conv_size(8, 3, padding=-1)),
        ("padding must be at least 0, got -2", lambda: formulas.conv_size(8, 3, padding=(1, -2))),
        ("padding='same' needs stride 1, got stride=2", lambda: formulas.conv_size(8, 3, stride=2, padding="same")),
        ("padding must be an int, a pair of ints or 'same'", lambda: formulas.conv_size(8, 3, padding="full")),
        ("padding must be at most half of kernel_size=3, got 2", lambda: formulas.pool_size(8, 3, padding=2)),
        ("output_padding must be smaller than", lambda: formulas.conv_transpose_size(8, 3, output_padding=1)),
        ("in_channels must be divisible by groups=2, got 3", lambda: formulas.conv_weight_shape(3, 4, (1,), groups=2)),
        ("out_channels must be divisible by groups=2", lambda: formulas.conv_weight_shape(4, 3, (1,), groups=2)),
        ("dtype must be one of", lambda: formulas.num_bytes((1,), "float31")),
        ("needs the input size or the output size", lambda: formulas.solve(kernel_size=3)),
        ("stride must be at least 1, got -3", lambda: formulas.solve(in_size=3, stride=-3)),
        (
            "must have the same total stride, got",
            lambda: ReceptiveField.join([ReceptiveField(), ReceptiveField(0, 0, 2)]),
        ),
        ("needs at least one receptive field", lambda: ReceptiveField.join([])),
    ],
)
def test_wrong_arguments_say_the_invariant_and_what_came(message, call):
    """A wrong argument raises ValueError with the invariant and the value."""
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert not isinstance(caught.value, RejectedSize)


@pytest.mark.parametrize(
    ("why", "call"),
    [
        ("spans 5 positions, but the padded input has only 4", lambda: formulas.conv_size(2, 5, padding=1)),
        ("input must have at least 1 position, got 0", lambda: formulas.conv_size(0, 1, padding=1)),
        ("output must have at least 1 position, but would have 0", lambda: formulas.pool_size(1, 3)),
        ("but would have 0$", lambda: formulas.pool_size(1, 3, stride=2, ceil_mode=True)),
        ("but would have -1", lambda: formulas.conv_transpose_size(1, 1, padding=1)),
        ("got 0$", lambda: formulas.adaptive_bins(0, 3)),
    ],
)
def test_sizes_that_do_not_fit_are_rejected(why, call):
    """A size that a well-formed layer does not accept raises RejectedSize, and says why."""
    with pytest.raises(RejectedSize, match=why):
        call()


def test_a_size_that_is_not_an_int_is_a_type_error():
    """A kernel of 3.0 raises TypeError."""
    with pytest.raises(TypeError, match=r"kernel_size must be an int, got 3\.0"):
        formulas.conv_size(8, 3.0)


@pytest.mark.parametrize(("size", "output_size"), [(7, 3), (3, 7), (6, 6), (1, 4), (13, 6)])
def test_adaptive_bins_are_pytorchs(size, output_size):
    """Averaging over the bins gives what PyTorch's adaptive pool gives."""
    signal = torch.arange(size, dtype=torch.float64) ** 2
    bins = formulas.adaptive_bins(size, output_size)
    expected = nn.AdaptiveAvgPool1d(output_size)(signal[None, None])[0, 0]
    assert expected.tolist() == pytest.approx([signal[first:end].mean().item() for first, end in bins])


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("floor((224 - 7 + 2*3)/2) + 1 = 112", formulas.conv_formula(224, 7, stride=2, padding=3)),
        (
            "floor((224 - 2*(3 - 1) - 1 + 2*2)/1) + 1 = 224",
            formulas.conv_formula(224, 3, padding=2, dilation=2),
        ),
        ("floor((32 - 4 + 1 + 2)/1) + 1 = 32", formulas.conv_formula(32, 4, padding="same")),
        ("ceil((112 - 3)/2) + 1 = 56", formulas.pool_formula(112, 3, stride=2, ceil_mode=True)),
        ("floor((112 - 3 + 2*1)/2) + 1 = 56", formulas.pool_formula(112, 3, stride=2, padding=1)),
        (
            "ceil((5 - 1)/3) + 1 - 1 = 2 (the last window would start outside)",
            formulas.pool_formula(5, 1, stride=3, ceil_mode=True),
        ),
        ("(7 - 1)*2 - 2*1 + 4 = 14", formulas.conv_transpose_formula(7, 4, stride=2, padding=1)),
        ("7 -> 1", formulas.adaptive_formula(7, 1)),
    ],
)
def test_formulas_are_printed_with_their_numbers(expected, text):
    """The formula is printed as the tutorials print it, with its numbers filled in."""
    assert expected == text


def test_solving_for_the_padding_that_keeps_32_with_kernel_5():
    """Keeping 32 with kernel 5 and dilation 1 takes stride 1 and padding 2 (facts, section E)."""
    (window,) = formulas.solve(kernel_size=5, in_size=32, out_size=32)
    assert "kernel=5 stride=1 padding=2 dilation=1: floor((32 - 5 + 2*2)/1) + 1 = 32" == str(window)


def test_solutions_are_all_there_are():
    """Solving finds exactly the windows that a search over the formula finds, the most usual first."""
    by_search = {
        (d, s, p, k, n)
        for k in range(1, 6)
        for s in range(1, 4)
        for d in range(1, 3)
        for p in range(d * (k - 1) + 1)
        for n in range(1, 10)
        if n + 2 * p > d * (k - 1) and formulas.conv_size(n, k, stride=s, padding=p, dilation=d) == 4
    }
    found = formulas.solve(out_size=4, dilation=None, max_kernel_size=5, max_stride=3, max_dilation=2, max_size=9)
    assert by_search == {(w.dilation, w.stride, w.padding, w.kernel_size, w.in_size) for w in found}
    assert sorted(found) == list(found)


def test_solving_for_the_output_leaves_one_answer():
    """With everything but the output given there is one solution, or none where the window does not fit."""
    whole = {"kernel_size": 7, "stride": 2, "padding": 3, "in_size": 224}
    assert [112] == [window.out_size for window in formulas.solve(**whole)]
    assert () == formulas.solve(kernel_size=5, stride=1, padding=0, in_size=4)


def test_receptive_field_of_a_resnets_stem():
    """The stem of a ResNet sees 11 pixels, 4 apart: 7 + 2*2, and 2*2."""
    field = formulas.receptive_field([(7, 2, 3, 1), (3, 2, 1, 1)])
    assert (11, 4, -5, 5, 0.0) == (field.size, field.stride, field.first, field.last, field.centre)


def test_receptive_field_of_vgg16():
    """VGG-16's last pool sees 212 pixels, 32 apart (Araujo, Norris & Sim 2019, Table 1)."""
    conv, pool = (3, 1, 1, 1), (2, 2, 0, 1)
    chain = [layer for depth in (2, 2, 3, 3, 3) for layer in [conv] * depth + [pool]]
    field = formulas.receptive_field(chain)
    assert (212, 32) == (field.size, field.stride)


def test_receptive_field_of_dilated_taps_counts_the_gaps():
    """Two 3-tap windows with dilation 1 and 2 see 7 pixels (arXiv:1511.07122, section 2)."""
    assert 7 == formulas.receptive_field([(3, 1, 1, 1), (3, 1, 2, 2)]).size


def test_branches_that_meet_see_what_any_of_them_sees():
    """Joining a 5-tap and an off-centre 3-tap branch covers both."""
    wide, right = ReceptiveField().window(5, padding=2), ReceptiveField().window(3)
    assert ReceptiveField(-2, 2, 1) == ReceptiveField.join([wide, right])
    assert ReceptiveField.join([wide, formulas.WHOLE_AXIS]).whole


def test_receptive_field_at_a_position_leaves_padding_out():
    """Position 0 of a ResNet's stem sees pixels 0 to 5 of an image, position 1 pixels 0 to 9."""
    field = formulas.receptive_field([(7, 2, 3, 1), (3, 2, 1, 1)])
    assert [(0, 5), (0, 9), (3, 11)] == [field.at(0, 64), field.at(1, 64), field.at(2, 12)]


def test_parameters_and_macs_of_a_convolution():
    """The 7x7 stem has 9,408 weights and 118,013,952 multiply-adds at 112x112 (arXiv:1512.03385, Table 1)."""
    assert (9408, 9472) == (
        formulas.conv_params(3, 64, (7, 7), bias=False),
        formulas.conv_params(3, 64, (7, 7)),
    )
    assert 118_013_952 == formulas.conv_macs(3, 64, (7, 7), (112, 112))


def test_groups_divide_parameters_and_macs():
    """A depthwise convolution has one filter for each channel."""
    assert 32 * 9 == formulas.conv_params(32, 32, (3, 3), groups=32, bias=False)
    assert 32 * 9 * 25 == formulas.conv_macs(32, 32, (3, 3), (5, 5), groups=32)


def test_parameters_and_macs_of_linear_and_norm():
    """ResNet-50's classifier has 2,049,000 parameters; a norm has two numbers a channel."""
    assert (2_049_000, 2_048_000) == (formulas.linear_params(2048, 1000), formulas.linear_macs(2048, 1000))
    assert (128, 0) == (formulas.norm_params(64), formulas.norm_params(64, affine=False))


def test_bytes_of_an_image_batch():
    """Twenty float32 images of 3x224x224 take 12.04 MB (facts, section D)."""
    assert 12.04 == round(formulas.num_bytes((20, 3, 224, 224)) / 1e6, 2)
    assert 2 * 5 == formulas.num_bytes((5,), "bfloat16")


@pytest.mark.parametrize("kernel_size", [1, 2, 5])
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("output_padding", [0, 1, 2])
def test_transposed_convolutions_are_pytorchs(kernel_size, stride, padding, dilation, output_padding):
    """PyTorch's transposed convolution has, accepts and rejects what the closed form says."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": output_padding}
    layer = nn.ConvTranspose1d(1, 1, kernel_size, **settings)
    for size in (1, 2, 6):
        try:
            expected = layer(torch.zeros(1, 1, size)).shape[-1]
        except RuntimeError:
            with pytest.raises(ValueError, match=r"must (be|have)"):
                formulas.conv_transpose_size(size, kernel_size, **settings)
        else:
            assert expected == formulas.conv_transpose_size(size, kernel_size, **settings)
