"""Known deviations in activations: those that are missing, misplaced or of another kind."""

from __future__ import annotations

from properties.graph.ir import Op, OpGraph
from properties.graph.labels import label_of
from properties.oracle.known.case import (
    Case,
    Known,
    is_extra,
    is_missing,
    join_of,
    kinds,
    layers_above,
    on_shortcut,
    replaced,
    replaces,
    sources,
    users,
)

__all__ = ["ACTIVATIONS"]


def _above(graph: OpGraph, position: int) -> list[str]:
    return [op.kind for op in graph.ops[:position]]


def _lost_relu(case: Case, *, reads: str, feeds: str) -> bool:
    """Whether a ReLU is missing between these two kinds."""
    if not is_missing(case, "relu"):
        return False
    at = case.edit.reference[0]
    return sources(case.reference, at) == [reads] and feeds in users(case.reference, [at])


def _lost_stem_relu(case: Case) -> bool:
    return is_missing(case, "relu") and layers_above(case.reference, case.edit.reference[0]) == 1


def _lost_inception_stem_relu(case: Case) -> bool:
    if not is_missing(case, "relu"):
        return False
    at = case.edit.reference[0]
    has_branches = any(op.kind == "cat" for op in case.reference.ops)
    return has_branches and "cat" not in _above(case.reference, at) and layers_above(case.reference, at) in (2, 3)


def _lost_transition_relu(case: Case) -> bool:
    if not is_missing(case, "relu"):
        return False
    graph, at = case.reference, case.edit.reference[0]
    following = [user for user in graph.users[at] if graph.ops[user].kind == "conv"]
    return sources(graph, at) == ["batch_norm"] and any("avg_pool" in users(graph, [user]) for user in following)


def _lost_after_addition(case: Case) -> bool:
    return is_missing(case, "relu") and "add" in sources(case.reference, case.edit.reference[0])


def _is_registered(case: Case) -> bool:
    """Whether the candidate has the ReLU's module all the same, and no operator comes from it."""
    if not is_missing(case, "relu"):
        return False
    where = case.missing()[0].where
    ran = {op.where for op in case.candidate.ops}
    return "ReLU" in case.candidate.modules.get(where, "") and where not in ran


def _before_addition(case: Case) -> bool:
    if case.edit.kind == "wiring" and case.edit.attribute == "moved" and kinds(case.missing()) == ["relu"]:
        is_after = "add" in sources(case.reference, case.edit.reference[0])
        return is_after and "add" in users(case.candidate, case.edit.candidate)
    return is_extra(case, "relu") and "add" in users(case.candidate, case.edit.candidate) and not on_shortcut(case)


def _shortcut_activation(case: Case) -> bool:
    return is_extra(case, "relu") and on_shortcut(case)


def _in_place_on_skip(case: Case) -> bool:
    """Whether an addition reads what a ReLU made, where it should read what the ReLU reads."""
    if case.edit.kind != "wiring" or case.edit.attribute != "operands" or case.ours.kind != "add":
        return False
    expected = {str(label_of(case.reference.ops[source])) for source in case.ours.inputs}
    activations = [case.candidate.ops[source] for source in case.theirs.inputs]
    return any(op.kind == "relu" and str(label_of(case.candidate.ops[op.inputs[0]])) in expected for op in activations)


def _other_shortcut(case: Case) -> bool:
    """Whether the shortcut leaves before a norm and ReLU in one net, and after them in the other."""
    if case.edit.kind != "wiring" or case.edit.attribute != "operands":
        return False
    is_shortcut = case.ours.kind == "add" or join_of(case.reference, case.edit.reference[0]) == "add"
    return is_shortcut and _reads_activated(case.reference, case.ours) != _reads_activated(case.candidate, case.theirs)


def _reads_activated(graph: OpGraph, op: Op) -> bool:
    activations = [graph.ops[source] for source in op.inputs if graph.ops[source].kind == "relu"]
    return any(graph.ops[relu.inputs[0]].kind == "batch_norm" for relu in activations)


def _is_relu6(op: Op) -> bool:
    return op.kind == "clamp" and (op.attributes.get("min"), op.attributes.get("max")) == (0, 6)


def _relu_for_relu6(case: Case) -> bool:
    pair = replaced(case)
    return pair is not None and _is_relu6(pair[0]) and pair[1].kind == "relu"


def _relu6_for_relu(case: Case) -> bool:
    pair = replaced(case)
    return pair is not None and pair[0].kind == "relu" and _is_relu6(pair[1])


def _no_final_norm(case: Case) -> bool:
    return is_missing(case, "batch_norm", "relu") and "global_avg_pool" in users(case.reference, case.edit.reference)


_KUANGLIU = "https://github.com/kuangliu/pytorch-cifar"

# fmt: off
ACTIVATIONS = (
    Known("an in-place ReLU changes what the shortcut adds",
          "https://github.com/rosinality/vq-vae-2-pytorch/issues/60", _in_place_on_skip),
    Known("pre-activation: the shortcut leaves before the norm and ReLU in one net and after them in the other",
          f"{_KUANGLIU}/issues/9", _other_shortcut),
    Known("a ReLU on the shortcut",
          "https://github.com/iamhankai/ghostnet.pytorch/issues/21", _shortcut_activation),
    Known("the ReLU is before the addition",
          f"{_KUANGLIU}/issues/4", _before_addition),
    Known("the ReLU is there, but what it returns is not used",
          "https://github.com/Cadene/pretrained-models.pytorch/issues/79", _is_registered),
    Known("the ReLU after the addition is missing",
          "https://arxiv.org/abs/1512.03385", _lost_after_addition),
    Known("the stem's ReLU is missing",
          "https://github.com/michuanhaohao/reid-strong-baseline/issues/117", _lost_stem_relu),
    Known("a ReLU of GoogLeNet's stem is missing, as in a textbook",
          "https://github.com/d2l-ai/d2l-en/pull/1732", _lost_inception_stem_relu),
    Known("DenseNet's transition without its ReLU",
          "https://github.com/weiaicunzai/pytorch-cifar100/issues/52", _lost_transition_relu),
    Known("the last ReLU, before the global pool, is missing, as in DenseNet",
          "https://github.com/keras-team/keras-applications/issues/31",
          lambda case: _lost_relu(case, reads="batch_norm", feeds="global_avg_pool")),
    Known("the last convolution's ReLU is missing, as in SqueezeNet",
          "https://github.com/DT42/squeezenet_demo/pull/12",
          lambda case: _lost_relu(case, reads="conv", feeds="global_avg_pool")),
    Known("pre-activation without the last norm and ReLU before the pool",
          f"{_KUANGLIU}/blob/master/models/preact_resnet.py", _no_final_norm),
    Known("ReLU for ReLU6",
          f"{_KUANGLIU}/blob/master/models/mobilenetv2.py", _relu_for_relu6),
    Known("ReLU6 for ReLU",
          f"{_KUANGLIU}/blob/master/models/mobilenetv2.py", _relu6_for_relu),
    Known("leaky ReLU for ReLU, as in FixMatch's ResNet",
          "https://github.com/google-research/fixmatch/issues/43",
          lambda case: replaces(case, "relu", "leaky_relu")),
)
# fmt: on
