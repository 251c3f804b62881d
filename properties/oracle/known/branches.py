"""Known deviations in which operators there are and what they read: shortcuts, branches, gates, heads."""

from __future__ import annotations

from properties.graph.ir import Op, OpGraph
from properties.oracle.known.case import (
    Case,
    Known,
    branch,
    is_extra,
    is_missing,
    join_of,
    kinds,
    layers_above,
    on_shortcut,
    replaces,
    sources,
    users,
    weighted,
)

__all__ = ["OPERATORS"]

_PADDED = {"pad", "cat", "slice", "constant", "full", "avg_pool", "zeros", "mul"}
_ARITHMETIC = {"add", "sub", "mul", "div", "slice", "select", "cat", "stack", "unsqueeze", "select_scatter"}
_GATES = {"sigmoid", "hardsigmoid"}
_PLACES = ("operator-missing", "operator-extra", "wiring")
_RANDOM = {"bernoulli", "rand", "dropout", "feature_dropout"}


def _order(case: Case) -> bool:
    return case.edit.kind == "wiring" and case.edit.attribute == "order" and case.ours.kind == "cat"


def _patches(case: Case) -> bool:
    return _order(case) and set(sources(case.reference, case.edit.reference[0])) == {"slice"}


def _outputs_swapped(case: Case) -> bool:
    return case.edit.kind == "output" and case.edit.attribute == "order"


def _transforms(graph: OpGraph, positions: tuple[int, ...]) -> bool:
    ops = [graph.ops[position] for position in positions]
    reads = {graph.ops[source].kind for p in positions for source in graph.ops[p].inputs if source not in positions}
    scales = {"mul", "div"} & {op.kind for op in ops}
    return (
        bool(scales) and reads <= {"input", "constant"} and "input" in reads and {op.kind for op in ops} <= _ARITHMETIC
    )


def _projects(ops: list[Op]) -> bool:
    return kinds(ops) in (["conv"], ["conv", "batch_norm"], ["avg_pool", "conv", "batch_norm"])


def _extra_projection(case: Case) -> bool:
    return case.edit.kind == "operator-extra" and _projects(case.extra()) and _feeds_addition(case)


def _feeds_addition(case: Case) -> bool:
    return users(case.candidate, case.edit.candidate) == ["add"] and on_shortcut(case)


def _norm_on_identity(case: Case) -> bool:
    is_norm = is_extra(case, "batch_norm") and users(case.candidate, case.edit.candidate) == ["add"]
    return is_norm and not weighted(case.candidate, branch(case.candidate, case.edit.candidate[0]))


def _option_a(case: Case) -> bool:
    if case.edit.kind != "operator-replaced" or not _projects(case.missing()):
        return False
    return {op.kind for op in case.extra()} <= _PADDED and not weighted(case.candidate, case.edit.candidate)


def _option_b(case: Case) -> bool:
    if case.edit.kind != "operator-replaced" or not _projects(case.extra()):
        return False
    return {op.kind for op in case.missing()} <= _PADDED and not weighted(case.reference, case.edit.reference)


def _excites(ops: list[Op]) -> bool:
    found = {op.kind for op in ops}
    return {"global_avg_pool", "mul"} <= found and bool(_GATES & found)


def _norm_in_gate(case: Case) -> bool:
    if not is_extra(case, "batch_norm"):
        return False
    chain = kinds([case.candidate.ops[at] for at in branch(case.candidate, case.edit.candidate[0])])
    return "global_avg_pool" in chain and join_of(case.candidate, case.edit.candidate[0]) == "mul"


def _split(case: Case) -> bool:
    if case.edit.kind != "operator-replaced":
        return False
    before, after = weighted(case.reference, case.edit.reference), weighted(case.candidate, case.edit.candidate)
    sides = [[op.attributes.get("kernel_size") for op in ops] for ops in (before, after)]
    return sides == [[(5, 5)], [(3, 3), (3, 3)]]


def _dropout(case: Case, *, attribute: str | None) -> bool:
    ops = [*case.missing(), *case.extra()] if case.edit.kind in _PLACES else []
    is_dropout = bool(ops) and all(op.kind.endswith("dropout") for op in ops)
    is_moved = case.edit.kind == "wiring" and case.edit.attribute == "moved"
    return is_dropout and is_moved == (attribute == "moved")


def _dropout_in_block(case: Case) -> bool:
    if not _dropout(case, attribute=None):
        return False
    graph, at = (
        (case.reference, case.edit.reference[0])
        if case.edit.kind == "operator-missing"
        else (case.candidate, case.edit.candidate[0])
    )
    return join_of(graph, at) == "add"


def _drops_paths(case: Case) -> bool:
    ops = case.missing() if case.edit.kind == "operator-missing" else case.extra()
    is_random = any(op.kind in _RANDOM for op in ops) and not any(op.kind.endswith("dropout") for op in ops)
    return case.edit.kind in ("operator-missing", "operator-extra") and is_random


def _one_head(case: Case) -> bool:
    before, after = weighted(case.reference, case.edit.reference), weighted(case.candidate, case.edit.candidate)
    is_head = case.edit.kind in ("operator-missing", "operator-replaced") and len(before) > max(1, len(after))
    return is_head and all(op.kind == "linear" for op in before) and "cat" not in kinds(case.missing())


def _extra_transition(case: Case) -> bool:
    if case.edit.kind != "operator-extra" or not {"conv", "avg_pool"} <= {op.kind for op in case.extra()}:
        return False
    last = users(case.candidate, case.edit.candidate)
    return bool(last) and set(last) <= {"global_avg_pool", "batch_norm"} and case.edit.at > len(case.reference) - 8


def _softmax(case: Case) -> bool:
    is_softmax = is_extra(case, "softmax") or is_extra(case, "log_softmax")
    return is_softmax and users(case.candidate, case.edit.candidate) == ["output"]


def _stem_pool(case: Case) -> bool:
    return is_missing(case, "max_pool") and layers_above(case.reference, case.edit.reference[0]) == 1


def _misplaced_norm(case: Case) -> bool:
    ops = [*case.missing(), *case.extra()]
    return case.edit.kind in ("operator-missing", "operator-extra", "wiring") and kinds(ops) in (
        ["layer_norm"],
        ["layer_norm", "layer_norm"],
    )


_VISION = "https://github.com/pytorch/vision"
_KUANGLIU = "https://github.com/kuangliu/pytorch-cifar"
_FID = "https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py"
_OPTIONS = "https://github.com/akamaster/pytorch_resnet_cifar10/blob/master/README.md"

# fmt: off
OPERATORS = (
    Known("the outputs are swapped, as the two auxiliary heads of GoogLeNet were",
          f"{_VISION}/pull/8743", _outputs_swapped),
    Known("transform_input is on: the input is normalised once more",
          f"{_VISION}/issues/4136",
          lambda case: case.edit.kind == "operator-extra" and _transforms(case.candidate, case.edit.candidate)),
    Known("transform_input is off: the reference normalises its input once more",
          f"{_VISION}/issues/4136",
          lambda case: case.edit.kind == "operator-missing" and _transforms(case.reference, case.edit.reference)),
    Known("the patches are merged in another order",
          "https://github.com/berniwal/swin-transformer-pytorch/issues/22", _patches),
    Known("the concatenation is in another order, as in cat([out, x]): later channels change places",
          f"{_KUANGLIU}/blob/master/models/densenet.py", _order),
    Known("a projection on a shortcut that should be the identity",
          f"{_KUANGLIU}/blob/master/models/mobilenetv2.py", _extra_projection),
    Known("a batch norm on the identity shortcut",
          "https://arxiv.org/abs/1611.05431", _norm_on_identity),
    Known("shortcut of option A (subsampled and padded with zeros) instead of option B (projection)",
          _OPTIONS, _option_a),
    Known("shortcut of option B (projection) instead of option A (subsampled and padded with zeros)",
          _OPTIONS, _option_b),
    Known("batch norm inside squeeze-and-excitation",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/30", _norm_in_gate),
    Known("squeeze-and-excitation in another place",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
          lambda case: case.edit.kind == "wiring" and _excites(case.missing())),
    Known("squeeze-and-excitation is missing here",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
          lambda case: case.edit.kind == "operator-missing" and _excites(case.missing())),
    Known("squeeze-and-excitation where there should be none",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
          lambda case: case.edit.kind == "operator-extra" and _excites(case.extra())),
    Known("a 5x5 convolution as two of 3x3",
          f"{_KUANGLIU}/issues/5", _split),
    Known("max pool for average pool, as in the last block of the FID network",
          _FID, lambda case: replaces(case, "avg_pool", "max_pool") and join_of(
              case.reference, case.edit.reference[0]) == "cat"),
    Known("batch norm for local response norm",
          f"{_VISION}/blob/main/torchvision/models/googlenet.py",
          lambda case: "local_response_norm" in kinds(case.missing())),
    Known("dropout inside the residual block, which Wide ResNet has for CIFAR and not for ImageNet",
          f"{_VISION}/issues/2196", _dropout_in_block),
    Known("dropout in another place",
          f"{_VISION}/pull/107", lambda case: _dropout(case, attribute="moved")),
    Known("dropout is there in one net alone, or in another place",
          f"{_VISION}/issues/92", lambda case: _dropout(case, attribute=None)),
    Known("drop-connect (stochastic depth) in one net alone",
          "https://github.com/tensorflow/tpu/issues/381", _drops_paths),
    Known("fewer linear layers than the paper's classifier",
          f"{_KUANGLIU}/blob/master/models/vgg.py", _one_head),
    Known("a transition after the last dense block",
          "https://github.com/Lasagne/Recipes/pull/84", _extra_transition),
    Known("probabilities instead of logits",
          "https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html", _softmax),
    Known("no max pool in the stem, as in a CIFAR net",
          f"{_KUANGLIU}/issues/18", _stem_pool),
    Known("the layer norm's place: before or after, twice, or not at all",
          "https://github.com/lucidrains/vit-pytorch/pull/274", _misplaced_norm),
)
# fmt: on
