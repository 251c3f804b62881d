"""The compiled closed form of whole nets: right for every size, fast, and clear about what it rejects."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from support.subjects import subject_of
from torch import nn

from properties.graph.analysis.receptive_field import receptive_fields
from properties.graph.ir import Op, OpGraph, Param
from properties.graph.rules.canonical import canonicalise
from properties.graph.sizes.plan import IllegalInput, UnpredictableSize, compile_sizes
from properties.graph.torch.capture import capture
from properties.strategies import images
from properties.subject import Subject
from properties.targets.target import builder


def _chain(*ops: Op, shape=(2, 3, 8, 8)) -> OpGraph:
    """Operators one after another, by hand; ``inputs`` are filled in where they are missing."""
    body = [op if op.inputs else op.with_(inputs=(position,)) for position, op in enumerate(ops)]
    nodes = [Op("input", shape=shape), *body]
    nodes.append(Op("output", (len(nodes) - 1,), shape=nodes[-1].shape))
    return OpGraph(tuple(nodes))


def _conv(kernel=3, stride=1, padding=0, channels=4, where="conv"):
    pair = {"kernel_size": (kernel, kernel), "stride": (stride, stride), "padding": (padding, padding)}
    return Op("conv", attributes={**pair, "out_channels": channels, "dilation": (1, 1), "groups": 1}, where=where)


def _linear(inputs, outputs):
    weight = Param("fc.weight", "parameter", (outputs, inputs))
    return Op("linear", attributes={"out_features": outputs}, params={"weight": weight}, where="fc")


def _norm(training):
    return Op("batch_norm", attributes={"eps": 1e-5, "momentum": 0.1, "training": training}, where="norm")


@pytest.fixture(scope="module")
def resnet50():
    """ResNet-50 and its plan."""
    subject = subject_of("resnet50")
    return subject, compile_sizes(subject.graph())


def test_sizes_of_a_chain_worked_out_by_hand():
    """A convolution, a flatten and a linear layer."""
    plan = compile_sizes(_chain(_conv(3, 2, 1), Op("flatten", attributes={"start": 1}), _linear(4 * 4 * 4, 10)))
    assert ((5, 3, 8, 8), (5, 4, 4, 4), (5, 64), (5, 10), (5, 10)) == plan(5, 8, 8)
    assert ((5, 10),) == plan.outputs(5, 7, 8)


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)], ids=("average", "maximum"))
def test_a_global_pool_has_one_size_and_sees_the_whole_image(pool):
    """At every size of the input, not only at the captured one."""
    graph = canonicalise(capture(nn.Sequential(nn.Conv2d(3, 4, 3), pool), input_shape=(1, 3, 8, 8))).graph
    (at,) = (position for position, op in enumerate(graph.ops) if op.kind.startswith("global"))

    assert ((2, 4, 1, 1),) == compile_sizes(graph).outputs(2, 20, 11)
    assert [True, True] == [field.whole for field in receptive_fields(graph)[at] or ()]


def test_a_flattened_map_of_another_size_is_rejected_by_the_linear_layer():
    """The message names the layer and both numbers of features."""
    plan = compile_sizes(_chain(_conv(3, 2, 1), Op("flatten", attributes={"start": 1}), _linear(4 * 4 * 4, 10)))
    assert "fc: its input has 100 features, but its weight is for 64" == plan.why_not(1, 10, 10)
    assert 7 == plan.smallest()
    assert not plan.accepts(1, 9, 9)


def test_a_window_that_does_not_fit_is_rejected_with_the_axis():
    """The message names the layer, the axis and the sizes."""
    plan = compile_sizes(_chain(_conv(5, padding=1, where="stem.conv")))
    with pytest.raises(
        IllegalInput, match=r"^stem\.conv: along axis 3, where its input has 2 positions, the window"
    ) as caught:
        plan(1, 8, 2)
    assert (1, "stem.conv") == (caught.value.position, caught.value.label)


@pytest.mark.parametrize("sizes", [(0, 8, 8), (1, 0, 8), (1, 8, -1)])
def test_empty_inputs_are_rejected(sizes):
    """No images, no rows and no columns are no input."""
    assert "every size must be at least 1" in compile_sizes(_chain(Op("relu"))).why_not(*sizes)


def test_batch_norm_needs_two_values_in_train_mode():
    """One image of one pixel is accepted in eval mode only; two images are accepted in both."""
    train, infer = compile_sizes(_chain(_norm(True))), compile_sizes(_chain(_norm(False)))
    assert "norm: in train mode it needs more than 1 value per channel, got 1" == train.why_not(1, 1, 1)
    assert (2, 1) == (train.smallest(1), train.smallest(2))
    assert infer.accepts(1, 1, 1)


@pytest.mark.parametrize(("size", "expected"), [(5, 2), (6, 2), (7, 3)])
def test_ceil_mode_drops_a_window_that_starts_outside(size, expected):
    """Kernel 1 and stride 3 with ceil_mode: windows at 0, 3, 6."""
    attributes = {"kernel_size": (1, 1), "stride": (3, 3), "padding": (0, 0), "dilation": (1, 1), "ceil_mode": True}
    plan = compile_sizes(_chain(Op("max_pool", attributes=attributes)))
    assert (1, 3, expected, 1) == plan(1, size, 2)[1]


def test_branches_of_different_sizes_are_rejected_where_they_meet():
    """An addition takes equal sizes, or broadcasts a single position."""
    ops = (Op("input", shape=(2, 4, 8, 8)), _conv().with_(inputs=(0,)), _conv(padding=1).with_(inputs=(0,)))
    graph = OpGraph((*ops, Op("add", (1, 2), shape=(2, 4, 8, 8), where="block"), Op("output", (3,))))
    plan = compile_sizes(graph)
    assert "block: its operands have 6 and 8 positions along one axis" == plan.why_not(1, 8, 8)
    assert (1, 4, 3, 3) == plan(1, 3, 3)[3]


def test_an_unknown_operator_is_predicted_where_it_was_captured_and_never_guessed():
    """Elsewhere the error names it."""
    plan = compile_sizes(_chain(Op("fold_up", shape=(2, 12, 4, 4), where="shuffle")))
    assert (2, 12, 4, 4) == plan(2, 8, 8)[1]
    with pytest.raises(UnpredictableSize, match="shuffle: no rule gives the size of fold_up's result"):
        plan(2, 10, 8)


def test_an_unknown_operator_that_kept_the_size_is_elementwise():
    """What has its input's size when captured is taken for elementwise."""
    assert (1, 3, 5, 7) == compile_sizes(_chain(Op("softsign", shape=(2, 3, 8, 8))))(1, 5, 7)[1]


def test_an_upsampling_to_the_captured_size_is_not_elementwise():
    """A resize to 8x8 keeps the size of an 8x8 image only."""
    plan = compile_sizes(_chain(Op("upsample_nearest2d", shape=(2, 3, 8, 8))))
    with pytest.raises(UnpredictableSize):
        plan(2, 9, 9)


def test_a_net_with_two_inputs_is_refused():
    """Sizes of two inputs are not one (n, h, w)."""
    graph = OpGraph((Op("input", shape=(1, 3, 8, 8)), Op("input", shape=(1, 3, 8, 8)), Op("output", (0, 1))))
    with pytest.raises(UnpredictableSize, match="needs one input"):
        compile_sizes(graph)


def test_no_accepted_size_is_an_error():
    """smallest() says at which size the net was captured."""
    plan = compile_sizes(_chain(_conv(9)))
    with pytest.raises(ValueError, match=r"no square input up to 8 is accepted; .* captured at \(2, 3, 8, 8\)"):
        plan.smallest(largest=8)


def test_resnet50_at_224_is_the_papers_table(resnet50):
    """Stage outputs of arXiv:1512.03385, Table 1."""
    _, plan = resnet50
    shapes = plan(1, 224, 224)
    stages = [
        shapes[plan.result_of[name]] for name in ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "fc")
    ]
    assert stages[:2] == [(1, 64, 112, 112), (1, 64, 56, 56)]
    assert stages[2:] == [(1, 256, 56, 56), (1, 512, 28, 28), (1, 1024, 14, 14), (1, 2048, 7, 7), (1, 1000)]


def test_the_plan_gives_the_captured_shapes_back(resnet50):
    """At the captured size every operator has the captured shape."""
    subject, plan = resnet50
    captured = [op.shape for op in subject.graph().ops]
    assert captured[:-1] == list(plan(2, 224, 224))[:-1]


@pytest.mark.parametrize(
    "target",
    [
        "mobilenet_v2",
        "mobilenet_v3_small",
        pytest.param("densenet121", marks=pytest.mark.slow),
        pytest.param("efficientnet_b0", marks=pytest.mark.slow),
        pytest.param("inception_v3", marks=pytest.mark.slow),
    ],
)
def test_nets_outside_the_reference_list_are_predicted(target):
    """torchvision's other families: every operator at the captured size, the logits at another one."""
    subject = Subject(lambda: builder(f"torchvision:{target}")(), name=target, input_shape=(3, 299, 299))
    plan = compile_sizes(subject.graph())
    captured = [op.shape for op in subject.graph().ops]
    assert captured[:-1] == list(plan(2, 299, 299))[:-1]
    other = torch.empty(1, 3, 301, 190, device="meta")
    assert (tuple(subject.meta(other).shape),) == plan.outputs(1, 301, 190)


@given(images(min_size=1, max_size=40))
def test_shared_subexpressions_do_not_mix_height_and_width(batch):
    """Swapping height and width swaps those of every map."""
    plan = compile_sizes(_chain(_conv(3, 2, 1), _conv(2, 1, 1), _conv(1, 3)))
    height, width = batch.size
    swapped = [(n, c, w, h) for n, c, h, w in plan(batch.n, width, height)]
    assert swapped == list(plan(batch.n, height, width))
