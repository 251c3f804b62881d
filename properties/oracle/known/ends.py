"""Known deviations at a net's two ends: what is done to the input, and what is returned."""

from __future__ import annotations

from properties.graph.ir import OpGraph
from properties.oracle.known.case import Case, is_extra, kinds, known, users, weighted

__all__ = [
    "fewer_linear_layers",
    "input_not_transformed",
    "input_transformed",
    "outputs_swapped",
    "probabilities_for_logits",
]

_ARITHMETIC = {"add", "sub", "mul", "div", "slice", "select", "cat", "stack", "unsqueeze", "select_scatter"}


def _transforms(graph: OpGraph, positions: tuple[int, ...]) -> bool:
    """Whether the operators scale the input, channel by channel or as a whole."""
    ops = [graph.ops[position] for position in positions]
    reads = {graph.ops[source].kind for p in positions for source in graph.ops[p].inputs if source not in positions}
    scales = {"mul", "div"} & {op.kind for op in ops}
    return (
        bool(scales) and reads <= {"input", "constant"} and "input" in reads and {op.kind for op in ops} <= _ARITHMETIC
    )


@known(
    slug="outputs-swapped",
    says="the outputs are swapped, as the two auxiliary heads of GoogLeNet were",
    link="https://github.com/pytorch/vision/pull/8743",
)
def outputs_swapped(case: Case) -> bool:
    """The same tensors are returned in another order."""
    return case.edit.kind == "output" and case.edit.attribute == "order"


@known(
    slug="input-transformed",
    says="transform_input is on: the input is normalised once more",
    link="https://github.com/pytorch/vision/issues/4136",
)
def input_transformed(case: Case) -> bool:
    """The candidate alone scales the input."""
    return case.edit.kind == "operator-extra" and _transforms(case.candidate, case.edit.candidate)


@known(
    slug="input-not-transformed",
    says="transform_input is off: the reference normalises its input once more",
    link="https://github.com/pytorch/vision/issues/4136",
)
def input_not_transformed(case: Case) -> bool:
    """The reference alone scales the input."""
    return case.edit.kind == "operator-missing" and _transforms(case.reference, case.edit.reference)


@known(
    slug="fewer-linear-layers",
    says="fewer linear layers than the paper's classifier",
    link="https://github.com/kuangliu/pytorch-cifar/blob/master/models/vgg.py",
)
def fewer_linear_layers(case: Case) -> bool:
    """Two linear layers or more are missing, or fewer stand in their place."""
    before, after = weighted(case.reference, case.edit.reference), weighted(case.candidate, case.edit.candidate)
    is_head = case.edit.kind in ("operator-missing", "operator-replaced") and len(before) > max(1, len(after))
    return is_head and all(op.kind == "linear" for op in before) and "cat" not in kinds(case.missing())


@known(
    slug="probabilities-for-logits",
    says="probabilities instead of logits",
    link="https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
)
def probabilities_for_logits(case: Case) -> bool:
    """A softmax that should not be there is the last operator."""
    is_softmax = is_extra(case, "softmax") or is_extra(case, "log_softmax")
    return is_softmax and users(case.candidate, case.edit.candidate) == ["output"]
