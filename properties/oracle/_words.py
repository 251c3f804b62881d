"""Edits in words: what is, and what should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from properties.graph.edits import Edit
from properties.graph.ir import OpGraph

__all__ = ["sentence", "value"]

_NOUNS = {
    "conv": "convolution", "linear": "linear layer", "batch_norm": "batch norm", "max_pool": "max pool",
    "avg_pool": "average pool", "adaptive_avg_pool": "adaptive average pool", "global_avg_pool": "global average pool",
    "relu": "ReLU", "add": "addition", "cat": "concatenation", "mul": "product", "layer_norm": "layer norm",
    "dropout": "dropout", "conv_transpose": "transposed convolution", "silu": "SiLU", "gelu": "GELU",
    "group_norm": "group norm", "sigmoid": "sigmoid", "hardswish": "hardswish", "clamp": "clamp",
}  # fmt: skip


def noun(kind: str, count: int = 1) -> str:
    """``conv`` to ``convolution``, ``convolutions``."""
    word = _NOUNS.get(kind, kind)
    return word if count == 1 or word.endswith("s") else f"{word}s"


def value(of: str, what: Any) -> str:
    """A setting as people write it: ``3x3`` for a kernel, 2 for a stride of (2, 2)."""
    if isinstance(what, tuple) and what and all(isinstance(item, int) and not isinstance(item, bool) for item in what):
        if of in ("kernel_size", "output_size"):
            return "x".join(map(str, what))
        if of in ("stride", "padding", "dilation") and len(set(what)) == 1:
            return str(what[0])
    return str(what)


def sentence(edits: Sequence[Edit], kinds: tuple[tuple[str, ...], tuple[str, ...]], reference: OpGraph, candidate: OpGraph) -> str:
    """One sentence for a folded edit.

    Args:
        edits: the repetitions, in data-flow order.
        kinds: operator kinds of the first one, in the reference and in the candidate.
        reference: the graph its positions refer to.
        candidate: likewise.
    """
    edit = edits[0]
    text = {
        "attribute": _attribute,
        "operator-missing": _missing,
        "operator-extra": _extra,
        "operator-replaced": _replaced,
        "wiring": _wiring,
        "parameter": _parameter,
        "training": _training,
        "output": _output,
    }[edit.kind](edit, edits, kinds, reference, candidate)
    return text


Kinds = tuple[tuple[str, ...], tuple[str, ...]]


def _attribute(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    name = edit.attribute
    if len(edit.reference) == 2:
        stands, should = (reference.label(edit.reference[0]), reference.label(edit.reference[1]))
        times = f" (so in {len(edits)} places)" if len(edits) > 1 else ""
        return f"{name} {value(name, edit.after)} stands on {stands}, but should stand on {should}{times}"
    many = f" in {len(edits)} {noun(kinds[0][0], len(edits))}" if len(edits) > 1 else f" in the {noun(kinds[0][0])}"
    ratios = len({(e.before, e.after) for e in edits}) > 1
    if ratios:
        return f"{name} is {edit.after / edit.before:g} times what it should be{many}"
    return f"{name} is {value(name, edit.after)}, but should be {value(name, edit.before)}{many}"


def _listing(graph: OpGraph, positions: tuple[int, ...]) -> str:
    """``the ReLU``, or a module with what it holds, or the operators one by one."""
    kinds = [graph.ops[p].kind for p in positions]
    if len(kinds) == 1:
        return f"the {noun(kinds[0])}"
    shown = ", ".join(noun(kind) for kind in kinds[:6])
    rest = f", ... {len(kinds)} operators" if len(kinds) > 6 else ""
    return f"{_common(graph, positions)}({shown}{rest})"


def _common(graph: OpGraph, positions: tuple[int, ...]) -> str:
    """The innermost module that holds all of them, with a blank behind it."""
    parts = [graph.ops[p].where.split(".") for p in positions]
    shared = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return f"{'.'.join(shared)} " if shared and shared != [""] else ""


def _times(edits: Sequence[Edit]) -> str:
    return f", {len(edits)} times" if len(edits) > 1 else ""


def _missing(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    return f"{_listing(reference, edit.reference)} is missing{_times(edits)}"


def _extra(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    return f"{_listing(candidate, edit.candidate)} should not be there{_times(edits)}"


def _replaced(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    here, there = _listing(candidate, edit.candidate), _listing(reference, edit.reference)
    return f"{here} stands in place of {there}{_times(edits)}"


def _wiring(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    if edit.attribute == "moved":
        after = [candidate.label(s) for s in candidate.ops[edit.candidate[0]].inputs]
        should = [reference.label(s) for s in reference.ops[edit.reference[0]].inputs]
        return f"{_listing(candidate, edit.candidate)} stands after {_and(after)}, but should stand after {_and(should)}{_times(edits)}"
    here, there = candidate.ops[edit.candidate[0]], reference.ops[edit.reference[0]]
    if edit.attribute == "order":
        return f"the {noun(there.kind)} takes its operands in another order{_times(edits)}"
    if edit.attribute == "operands":
        reads, should = (_and([g.label(s) for s in op.inputs]) for g, op in ((candidate, here), (reference, there)))
        return f"the {noun(there.kind)} reads {reads}, but should read {should} (the reference's names){_times(edits)}"
    return "the two graphs are wired differently"


def _and(names: Sequence[str]) -> str:
    return " and ".join(names) if names else "nothing"


def _parameter(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    many = f" in {len(edits)} {noun(kinds[0][0], len(edits))}" if len(edits) > 1 else ""
    if edit.attribute in ("shape", "content"):
        return f"the tensor's {edit.attribute} is {edit.after}, but should be {edit.before}{many}"
    if edit.attribute == "shared":
        return f"the tensor is {'' if edit.after else 'not '}shared with another layer, but should {'' if edit.before else 'not '}be{many}"
    has, should = ("has a", "have none") if edit.after else ("has no", "have one")
    return f"the {noun(kinds[0][0])} {has} {edit.attribute}, but should {should}{many}"


def _training(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    many = f" in {len(edits)} {noun(kinds[0][0], len(edits))}" if len(edits) > 1 else f" in the {noun(kinds[0][0])}"
    return f"{edit.attribute} is {edit.after}, but should be {edit.before}{many}"


def _output(edit: Edit, edits: Sequence[Edit], kinds: Kinds, reference: OpGraph, candidate: OpGraph) -> str:
    if edit.attribute == "order":
        orders = (", ".join(map(str, order)) for order in (edit.after, edit.before))
        return "the outputs come in the order {}, but should come in the order {}".format(*orders)
    return f"{edit.after} tensors are returned, but should be {edit.before}"
