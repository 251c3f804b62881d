"""Known deviations in activations: those that are missing or unused, and those of another kind."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.oracle.known.case import (
    Case,
    is_missing,
    is_setting,
    kinds,
    known,
    layers_above,
    replaced,
    replaces,
    sources,
    users,
)

__all__ = [
    "gelu_by_erf",
    "gelu_by_tanh",
    "leaky_relu_for_relu",
    "no_last_norm_and_relu",
    "no_last_relu",
    "no_relu_after_last_convolution",
    "no_relu_in_googlenet_stem",
    "no_relu_in_stem",
    "no_relu_in_transition",
    "relu6_for_relu",
    "relu_for_relu6",
    "unused_relu",
]


def _lacks_relu(case: Case, *, reads: str, feeds: str) -> bool:
    """Whether a ReLU is missing between these two kinds."""
    if not is_missing(case, "relu"):
        return False
    at = case.edit.reference[0]
    return sources(case.reference, at) == [reads] and feeds in users(case.reference, [at])


def _is_relu6(op: Op) -> bool:
    """Whether it is a clamp to 0 and 6."""
    return op.kind == "clamp" and (op.attributes.get("min"), op.attributes.get("max")) == (0, 6)


@known(
    slug="gelu-by-tanh",
    says="GELU by its tanh approximation instead of erf",
    link="https://github.com/TransformerLensOrg/TransformerLens/pull/596",
)
def gelu_by_tanh(case: Case) -> bool:
    """A GELU is approximated, and should not be."""
    return is_setting(case, "gelu", "approximate", "none", "tanh")


@known(
    slug="gelu-by-erf",
    says="GELU by erf instead of its tanh approximation",
    link="https://github.com/TransformerLensOrg/TransformerLens/pull/596",
)
def gelu_by_erf(case: Case) -> bool:
    """A GELU should be approximated, and is not."""
    return is_setting(case, "gelu", "approximate", "tanh", "none")


@known(
    slug="unused-relu",
    says="the ReLU is there, but what it returns is not used",
    link="https://github.com/Cadene/pretrained-models.pytorch/issues/79",
)
def unused_relu(case: Case) -> bool:
    """A ReLU is missing, and the candidate has its module all the same, from which no operator comes."""
    if not is_missing(case, "relu"):
        return False
    where = case.missing()[0].where
    ran = {op.where for op in case.candidate.ops}
    return "ReLU" in case.candidate.modules.get(where, "") and where not in ran


@known(
    slug="no-relu-in-stem",
    says="the stem's ReLU is missing",
    link="https://github.com/michuanhaohao/reid-strong-baseline/issues/117",
)
def no_relu_in_stem(case: Case) -> bool:
    """The ReLU after the first layer is missing."""
    return is_missing(case, "relu") and layers_above(case.reference, case.edit.reference[0]) == 1


@known(
    slug="no-relu-in-googlenet-stem",
    says="a ReLU of GoogLeNet's stem is missing, as in a textbook",
    link="https://github.com/d2l-ai/d2l-en/pull/1732",
)
def no_relu_in_googlenet_stem(case: Case) -> bool:
    """The ReLU after the second or third layer is missing, before the first concatenation."""
    if not is_missing(case, "relu"):
        return False
    at = case.edit.reference[0]
    has_branches = any(op.kind == "cat" for op in case.reference.ops)
    is_above = "cat" not in kinds(case.reference.ops[:at])
    return has_branches and is_above and layers_above(case.reference, at) in (2, 3)


@known(
    slug="no-relu-in-transition",
    says="DenseNet's transition without its ReLU",
    link="https://github.com/weiaicunzai/pytorch-cifar100/issues/52",
)
def no_relu_in_transition(case: Case) -> bool:
    """The ReLU between a batch norm and a convolution that feeds an average pool is missing."""
    if not is_missing(case, "relu"):
        return False
    graph, at = case.reference, case.edit.reference[0]
    following = [user for user in graph.users[at] if graph.ops[user].kind == "conv"]
    return sources(graph, at) == ["batch_norm"] and any("avg_pool" in users(graph, [user]) for user in following)


@known(
    slug="no-last-relu",
    says="the last ReLU, before the global pool, is missing, as in DenseNet",
    link="https://github.com/keras-team/keras-applications/issues/31",
)
def no_last_relu(case: Case) -> bool:
    """The ReLU between a batch norm and the global pool is missing."""
    return _lacks_relu(case, reads="batch_norm", feeds="global_avg_pool")


@known(
    slug="no-relu-after-last-convolution",
    says="the last convolution's ReLU is missing, as in SqueezeNet",
    link="https://github.com/DT42/squeezenet_demo/pull/12",
)
def no_relu_after_last_convolution(case: Case) -> bool:
    """The ReLU between a convolution and the global pool is missing."""
    return _lacks_relu(case, reads="conv", feeds="global_avg_pool")


@known(
    slug="no-last-norm-and-relu",
    says="pre-activation without the last norm and ReLU before the pool",
    link="https://github.com/kuangliu/pytorch-cifar/blob/master/models/preact_resnet.py",
)
def no_last_norm_and_relu(case: Case) -> bool:
    """A batch norm and the ReLU that feeds the global pool are missing."""
    return is_missing(case, "batch_norm", "relu") and "global_avg_pool" in users(case.reference, case.edit.reference)


@known(
    slug="relu-for-relu6",
    says="ReLU for ReLU6",
    link="https://github.com/kuangliu/pytorch-cifar/blob/master/models/mobilenetv2.py",
)
def relu_for_relu6(case: Case) -> bool:
    """A ReLU stands in place of a clamp to 0 and 6."""
    pair = replaced(case)
    return pair is not None and _is_relu6(pair[0]) and pair[1].kind == "relu"


@known(
    slug="relu6-for-relu",
    says="ReLU6 for ReLU",
    link="https://github.com/kuangliu/pytorch-cifar/blob/master/models/mobilenetv2.py",
)
def relu6_for_relu(case: Case) -> bool:
    """A clamp to 0 and 6 stands in place of a ReLU."""
    pair = replaced(case)
    return pair is not None and pair[0].kind == "relu" and _is_relu6(pair[1])


@known(
    slug="leaky-relu-for-relu",
    says="leaky ReLU for ReLU, as in FixMatch's ResNet",
    link="https://github.com/google-research/fixmatch/issues/43",
)
def leaky_relu_for_relu(case: Case) -> bool:
    """A leaky ReLU stands in place of a ReLU."""
    return replaces(case, "relu", "leaky_relu")
