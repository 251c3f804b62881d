"""Known deviations in the settings of a layer: strides, windows, widths, norms, tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from properties.graph.ir import Op, OpGraph
from properties.oracle.known.case import Case, Known, branch, is_depthwise, join_of, next_layer, weighted

__all__ = ["ALEXNET_2012", "ALEXNET_2014", "SETTINGS", "conv_widths"]

ALEXNET_2012 = (96, 256, 384, 384, 256)  # Krizhevsky et al. 2012, both GPUs together
ALEXNET_2014 = (64, 192, 384, 256, 256)  # Krizhevsky 2014, "One weird trick", torchvision's
_BOTTLENECK = [1, 3, 1]


def conv_widths(graph: OpGraph) -> tuple[int, ...]:
    """Output channels of every convolution, in execution order."""
    return tuple(op.attributes["out_channels"] for _, op in graph.of_kind("conv"))


def _kernel(op: Op) -> Any:
    """The side of a square kernel."""
    kernel = op.attributes.get("kernel_size")
    return kernel[0] if isinstance(kernel, tuple) and len(set(kernel)) == 1 else kernel


def _strided(case: Case) -> tuple[int, int] | None:
    """Where the stride should stand and where it stands, for one that moved, as positions in the reference."""
    if case.edit.attribute != "stride" or len(case.edit.reference) != 2:
        return None
    first, second = case.edit.reference
    is_on_first = set(case.edit.before) == {1}
    return (second, first) if is_on_first else (first, second)


def _moves(case: Case, *, onto: int, away_from: int) -> bool:
    """Whether a stride moved within a bottleneck, between kernels of these sizes."""
    places = _strided(case)
    if places is None:
        return False
    should, stands = (case.reference.ops[place] for place in places)
    chain = weighted(case.reference, branch(case.reference, places[0]))
    is_bottleneck = [_kernel(op) for op in chain] == _BOTTLENECK and should in chain and chain[0] in (should, stands)
    return is_bottleneck and stands in chain and (_kernel(stands), _kernel(should)) == (onto, away_from)


def _is_late(case: Case) -> bool:
    places = _strided(case)
    return places is not None and places[1] > places[0] and "add" in _between(case.reference, *places)


def _is_early(case: Case) -> bool:
    places = _strided(case)
    return places is not None and places[1] < places[0] and "add" in _between(case.reference, places[1], places[0])


def _between(graph: OpGraph, first: int, last: int) -> list[str]:
    return [op.kind for op in graph.ops[first:last]]


def _stage_moved(case: Case) -> bool:
    places = _strided(case)
    return places is not None and all(is_depthwise(case.reference.ops[place]) for place in places)


def _eps_is_width(case: Case) -> bool:
    values = case.changes("eps")
    return values is not None and isinstance(values[1], int | float) and values[1] >= 2 and values[1] == _width(case)


def _width(case: Case) -> int:
    return case.theirs.shape[1] if len(case.theirs.shape) > 1 else 0


def _is(case: Case, kind: str, name: str, before: object = None, after: object = None) -> bool:
    """Whether one setting of one kind of layer went from one value to another; None stands for any."""
    values = case.changes(name)
    if values is None or case.ours.kind != kind:
        return False
    return (before is None or values[0] == before) and (after is None or values[1] == after)


def _turned_momentum(case: Case) -> bool:
    values = case.changes("momentum")
    if values is None or not all(isinstance(value, float) for value in values):
        return False
    return values[1] >= 0.9 and values[0] <= 0.5  # type: ignore[operator]


def _kernels(case: Case, before: int, after: int) -> bool:
    values = case.changes("kernel_size")
    return (
        values is not None
        and case.ours.kind == "conv"
        and (_kernel(case.ours), _kernel(case.theirs)) == (before, after)
    )


def _in_concatenation(case: Case) -> bool:
    return join_of(case.reference, case.edit.reference[0]) == "cat"


def _is_first_conv(graph: OpGraph, position: int) -> bool:
    return next((at for at, _ in graph.of_kind("conv")), None) == position


def _on_stem(case: Case) -> bool:
    return bool(case.edit.reference) and _is_first_conv(case.reference, case.edit.reference[0])


def _bordered_stem(case: Case) -> bool:
    if not (_kernels(case, 3, 1) and _on_stem(case)):
        return False
    return any(side not in (0, (0, 0)) for side in _sides(case.theirs.attributes["padding"]))


def _expands(case: Case) -> bool:
    if not _kernels(case, 1, 3):
        return False
    following = next_layer(case.reference, case.edit.reference[0])
    return following is not None and is_depthwise(following)


def _first_grouped(case: Case) -> bool:
    values = case.changes("groups")
    if values is None or values[0] != 1:
        return False
    chain = weighted(case.reference, branch(case.reference, case.edit.reference[0]))
    return len(chain) > 1 and chain[0] is case.ours and [_kernel(op) for op in chain] == _BOTTLENECK


def _groups_ignored(case: Case) -> bool:
    values = case.changes("groups")
    return values is not None and values[1] == 1 and not is_depthwise(case.ours)


def _alexnet(case: Case, ours: Sequence[int], theirs: Sequence[int]) -> bool:
    is_about = case.names("out_channels")
    return is_about and (conv_widths(case.reference), conv_widths(case.candidate)) == (ours, theirs)


def _stem_width(case: Case) -> bool:
    has_depthwise = any(is_depthwise(op) for _, op in case.reference.of_kind("conv"))
    return case.changes("out_channels") is not None and _on_stem(case) and has_depthwise


def _dense_stem(case: Case) -> bool:
    values = case.changes("out_channels")
    if values is None or not _on_stem(case) or values[1] not in (2 * values[0], values[0] / 2):  # type: ignore[operator]
        return False
    return any(op.kind == "cat" and op.inputs[0] != op.inputs[-1] for op in case.reference.ops) and any(
        op.kind == "avg_pool" for op in case.reference.ops
    )


def _grouped_width(case: Case) -> bool:
    if not case.names("out_channels", "groups"):
        return False
    chain = weighted(case.reference, branch(case.reference, case.edit.reference[0]))
    is_grouped = any(op.attributes.get("groups", 1) > 1 and not is_depthwise(op) for op in chain)
    return is_grouped and [_kernel(op) for op in chain] == _BOTTLENECK


def _sides(padding: object) -> list[object]:
    return list(padding) if isinstance(padding, tuple) else []


def _is_uneven(padding: object) -> bool:
    return any(isinstance(side, tuple) and side[0] != side[1] for side in _sides(padding))


def _uneven(case: Case) -> bool:
    values = case.changes("padding")
    return values is not None and _is_uneven(values[0]) != _is_uneven(values[1])


def _turned_padding(case: Case) -> bool:
    values = case.changes("padding")
    if values is None:
        return False
    before, after = _sides(values[0])[-2:], _sides(values[1])[-2:]
    return len(before) == 2 and before[0] != before[1] and before == after[::-1]


def _bias_before_norm(case: Case) -> bool:
    if case.edit.kind != "parameter" or case.edit.attribute != "bias" or not case.edit.after:
        return False
    following = [case.candidate.ops[user].kind for user in case.candidate.users[case.edit.candidate[0]]]
    return case.ours.kind in ("conv", "linear") and following == ["batch_norm"]


def _small_pool(case: Case, before: int, after: int) -> bool:
    is_pool = case.changes("kernel_size") is not None and case.ours.kind == "max_pool"
    follows_branches = is_pool and "cat" in _between(case.reference, 0, case.edit.reference[0])
    return follows_branches and (_kernel(case.ours), _kernel(case.theirs)) == (before, after)


_VISION = "https://github.com/pytorch/vision"
_TF_EPS = "https://github.com/gzuidhof/nn-transfer/pull/3"
_CAFFE = "https://github.com/jwyang/faster-rcnn.pytorch/issues/343"
_CIFAR100 = "https://github.com/weiaicunzai/pytorch-cifar100"
_SAME = "https://github.com/keras-team/keras/issues/16363"

# fmt: off
SETTINGS = (
    Known("ResNet v1: the stride is on the first 1x1 convolution, as in the paper; v1.5 has it on the 3x3",
          f"{_VISION}/issues/191", lambda case: _moves(case, onto=1, away_from=3)),
    Known("ResNet v1.5: the stride is on the 3x3 convolution; v1, the paper's, has it on the first 1x1",
          f"{_VISION}/issues/191", lambda case: _moves(case, onto=3, away_from=1)),
    Known("strides of the stages as in the paper's table; the authors' code and its ports differ from it",
          "https://github.com/tensorflow/tpu/issues/383", _stage_moved),
    Known("the stride is in a later block of the stage, as in slim, and not in the first",
          "https://github.com/tensorflow/models/issues/2130", _is_late),
    Known("the stride is in an earlier block; slim has it at the end of a stage",
          "https://github.com/tensorflow/models/issues/2130", _is_early),
    Known("eps was given the number of channels, as by BatchNorm2d(n, n)",
          f"{_CIFAR100}/issues/96", _eps_is_width),
    Known("TensorFlow's batch norm epsilon (1e-3); PyTorch's is 1e-5",
          _TF_EPS, lambda case: _is(case, "batch_norm", "eps", 1e-5, 1e-3)),
    Known("PyTorch's batch norm epsilon (1e-5), where the net has TensorFlow's (1e-3)",
          _TF_EPS, lambda case: _is(case, "batch_norm", "eps", 1e-3, 1e-5)),
    Known("the norm's epsilon does not match",
          _TF_EPS, lambda case: case.names("eps")),
    Known("batch norm momentum in TensorFlow's convention (0.9, where PyTorch writes 0.1)",
          "https://github.com/kazuto1011/deeplab-pytorch/issues/79", _turned_momentum),
    Known("Caffe's pooling, which rounds sizes up (ceil_mode)",
          _CAFFE, lambda case: _is(case, "max_pool", "ceil_mode", after=True)),
    Known("pooling that rounds sizes down, where the net has Caffe's, which rounds up (ceil_mode)",
          _CAFFE, lambda case: _is(case, "max_pool", "ceil_mode", after=False)),
    Known("average pool without the padding in its count, as in the FID network",
          "https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py",
          lambda case: _is(case, "avg_pool", "count_include_pad", after=False)),
    Known("average pool with the padding in its count; the FID network leaves it out",
          "https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py",
          lambda case: _is(case, "avg_pool", "count_include_pad", after=True)),
    Known("GELU by its tanh approximation instead of erf",
          "https://github.com/TransformerLensOrg/TransformerLens/pull/596",
          lambda case: _is(case, "gelu", "approximate", "none", "tanh")),
    Known("GELU by erf instead of its tanh approximation",
          "https://github.com/TransformerLensOrg/TransformerLens/pull/596",
          lambda case: _is(case, "gelu", "approximate", "tanh", "none")),
    Known("the first 1x1 convolution of the block is grouped; only the 3x3 should be",
          f"{_CIFAR100}/blob/master/models/resnext.py", _first_grouped),
    Known("groups is ignored",
          "https://github.com/miraclewkf/ResNeXt-PyTorch/issues/3", _groups_ignored),
    Known("Inception's 5x5 branch built as 3x3, as in torchvision's GoogLeNet",
          f"{_VISION}/issues/906", lambda case: _kernels(case, 5, 3) and _in_concatenation(case)),
    Known("Inception's 5x5 branch as in the paper; torchvision's GoogLeNet has 3x3 there",
          f"{_VISION}/issues/906", lambda case: _kernels(case, 3, 5) and _in_concatenation(case)),
    Known("the expansion is a 3x3 convolution instead of a 1x1",
          "https://github.com/aladdinpersson/Machine-Learning-Collection/issues/77", _expands),
    Known("the stem is a 1x1 convolution, whose padding adds a border",
          f"{_CIFAR100}/blob/master/models/mobilenetv2.py", _bordered_stem),
    Known("the small stem of a CIFAR net in a net for ImageNet",
          "https://github.com/kuangliu/pytorch-cifar/issues/18", lambda case: _kernels(case, 7, 3) and _on_stem(case)),
    Known("AlexNet's widths of 2012 (96-256-384-384-256); torchvision has those of 2014 (64-192-384-256-256)",
          f"{_VISION}/issues/185", lambda case: _alexnet(case, ALEXNET_2014, ALEXNET_2012)),
    Known("AlexNet's widths of 2014, torchvision's (64-192-384-256-256), instead of those of 2012 (96-256-384-384-256)",
          f"{_VISION}/issues/185", lambda case: _alexnet(case, ALEXNET_2012, ALEXNET_2014)),
    Known("the width multiplier and the stem: one net applies it there and the other does not",
          f"{_VISION}/pull/1224", _stem_width),
    Known("DenseNet's first convolution: twice the growth rate with bottlenecks, 16 channels without",
          "https://github.com/bamos/densenet.pytorch/pull/16", _dense_stem),
    Known("ResNeXt's width or number of groups",
          "https://github.com/prlz77/ResNeXt.pytorch/issues/14", _grouped_width),
    Known("TensorFlow's SAME padding, uneven at stride 2, against an even one",
          _SAME, _uneven),
    Known("padding of height and width exchanged",
          "https://github.com/lukemelas/EfficientNet-PyTorch/pull/235", _turned_padding),
    Known("bias before a batch norm, which takes it away again",
          f"{_CIFAR100}/blob/master/models/mobilenetv2.py", _bias_before_norm),
    Known("torchvision's 2x2 max pool, where the paper's GoogLeNet has 3x3",
          f"{_VISION}/blob/main/torchvision/models/googlenet.py", lambda case: _small_pool(case, 3, 2)),
    Known("the paper's 3x3 max pool, where torchvision's GoogLeNet has 2x2",
          f"{_VISION}/blob/main/torchvision/models/googlenet.py", lambda case: _small_pool(case, 2, 3)),
    Known("variance with or without Bessel's correction in a norm written by hand",
          "https://github.com/huggingface/pytorch-image-models/issues/1090",
          lambda case: case.names("correction", "unbiased")),
    Known("one norm shared where there should be several",
          "https://github.com/patrick-kidger/equinox/pull/521",
          lambda case: case.edit.attribute == "shared" and bool(case.edit.after) and case.ours.kind.endswith("_norm")),
)
# fmt: on
