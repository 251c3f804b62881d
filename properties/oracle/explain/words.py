"""Edits in words: what is, and what should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from properties.graph.alignment.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.oracle.explain.cause import Cause
from properties.report.words import noun, value

__all__ = ["group", "sentence", "sources_of"]

_DETAILS = ("output_size", "kernel_size", "stride", "num_groups", "p", "negative_slope", "min", "max", "approximate")
_LISTED = 6  # operators of a group that are written out


Graphs = tuple[OpGraph, OpGraph]


def sentence(causes: Sequence[Cause], graphs: Sequence[Graphs]) -> str:
    """One sentence for a folded cause.

    Args:
        causes: the repetitions, in data-flow order.
        graphs: the reference and the candidate that the positions of each refer to.
    """
    edits = [cause.edit for cause in causes]
    said = _SAID[edits[0].kind](_Words(edits, graphs))
    along = [_Words([edit], graphs[:1]).along() for edit in causes[0].along]
    return f"{said}; with it {' and '.join(along)}" if along else said


@dataclass(frozen=True)
class _Words:
    """The repetitions of one edit, and the graphs that each is about."""

    edits: Sequence[Edit]
    graphs: Sequence[Graphs]

    @property
    def reference(self) -> OpGraph:
        """The first one's."""
        return self.graphs[0][0]

    @property
    def candidate(self) -> OpGraph:
        """The first one's."""
        return self.graphs[0][1]

    @property
    def first(self) -> Edit:
        return self.edits[0]

    @property
    def op(self) -> Op:
        """The reference's operator."""
        return self.reference.ops[self.first.reference[0]]

    @property
    def among(self) -> str:
        """``in the convolution``, ``in 9 convolutions``."""
        many = len(self.edits)
        kinds = {ours.ops[edit.reference[0]].kind for edit, (ours, _) in zip(self.edits, self.graphs, strict=True)}
        if len(kinds) > 1:
            return f"in {many} layers"
        return f"in {many} {noun(self.op.kind, many)}" if many > 1 else f"in the {noun(self.op.kind)}"

    @property
    def times(self) -> str:
        return f", {len(self.edits)} times" if len(self.edits) > 1 else ""

    def attribute(self) -> str:
        edit, name = self.first, self.first.attribute
        if len(edit.reference) == 2:
            stands, should = (self.reference.label(position) for position in edit.reference)
            places = f" (so in {len(self.edits)} places)" if len(self.edits) > 1 else ""
            setting = edit.after
            if setting in (1, (1, 1)):  # of the two values the one that says something
                stands, should, setting = should, stands, edit.before
            return f"{name} {value(name, setting)} stands on {stands}, but should stand on {should}{places}"
        if " and " in name:
            names = name.split(" and ")
            is_so = " and ".join(f"{n} is {value(n, setting)}" for n, setting in zip(names, edit.after, strict=True))
            should = " and ".join(value(n, setting) for n, setting in zip(names, edit.before, strict=True))
            return f"{is_so}, but should be {should} {self.among}"
        if len({(one.before, one.after) for one in self.edits}) > 1:
            ratios = {one.after / one.before for one in self.edits}
            if len(ratios) > 1:
                is_so, should = (", ".join(str(value) for value in values) for values in self._values())
                return f"{name} is {is_so}, but should be {should} {self.among}"
            return f"{name} is {edit.after / edit.before:g} times what it should be {self.among}"
        return f"{name} is {value(name, edit.after)}, but should be {value(name, edit.before)} {self.among}"

    def _values(self) -> tuple[list[Any], list[Any]]:
        return [edit.after for edit in self.edits], [edit.before for edit in self.edits]

    def missing(self) -> str:
        least, (graph, _) = min(zip(self.edits, self.graphs, strict=True), key=lambda one: len(one[0].reference))
        return f"{group(graph, least.reference)} is missing{self.times}"

    def extra(self) -> str:
        least, (_, graph) = min(zip(self.edits, self.graphs, strict=True), key=lambda one: len(one[0].candidate))
        return f"{group(graph, least.candidate)} should not be there{self.times}"

    def replaced(self) -> str:
        here = group(self.candidate, self.first.candidate, detailed=True)
        there = group(self.reference, self.first.reference, detailed=True)
        return f"{here} stands in place of {there}{self.times}"

    def wiring(self) -> str:
        edit = self.first
        if edit.attribute == "moved":
            here = group(self.candidate, edit.candidate)
            after, should = sources_of(self.candidate, edit.candidate[0]), sources_of(self.reference, edit.reference[0])
            return f"{here} stands after {after}, but should stand after {should}{self.times}"
        if edit.attribute == "order":
            return f"the {noun(self.op.kind)} takes its operands in another order{self.times}"
        if edit.attribute == "operands":
            reads, should = sources_of(self.candidate, edit.candidate[0]), sources_of(self.reference, edit.reference[0])
            return f"the {noun(self.op.kind)} reads {reads}, but should read what is {should} there{self.times}"
        return "the two graphs are wired differently"

    def parameter(self) -> str:
        edit = self.first
        if edit.attribute in ("shape", "content"):
            return f"the {edit.attribute} of the tensor is {edit.after}, but should be {edit.before}{self.times}"
        if edit.attribute == "registered":
            is_so, should = ("registered" if value else "not registered" for value in (edit.after, edit.before))
            return f"the tensors are {is_so}, but should be {should} {self.among}"
        if edit.attribute == "shared":
            is_so, should = ("" if value else "not " for value in (edit.after, edit.before))
            return f"the weight is {is_so}shared with another layer, but should {should}be {self.among}"
        either, both = (edit.attribute.replace(" and ", word) for word in (" or ", " and a "))
        if edit.after in (False, (False, False)):
            return f"there is no {either}, but should be one {self.among}"
        return f"there is a {both}, but should be none {self.among}"

    def training(self) -> str:
        return f"{self.first.attribute} is {self.first.after}, but should be {self.first.before} {self.among}"

    def output(self) -> str:
        edit = self.first
        if edit.attribute == "effect":
            does, should = (_effects(effects) for effects in (edit.after, edit.before))
            return f"the forward pass {does}, but should be one that {should}"
        if edit.attribute == "names":
            names, should = (" and ".join(names) for names in zip(*_renamed(edit), strict=True))
            return f"what should be returned as {should} is returned as {names}"
        if edit.attribute != "order":
            is_so = "1 tensor is" if edit.after == 1 else f"{edit.after} tensors are"
            return f"{is_so} returned, but should be {edit.before}"
        order, should = (", ".join(map(str, order)) for order in (edit.after, edit.before))
        return f"the outputs come in the order {order}, but should come in the order {should}"

    def along(self) -> str:
        """What the mistake forces besides."""
        edit, name = self.first, self.first.attribute
        if edit.kind == "operator-missing":
            return f"{group(self.reference, edit.reference)} missing"
        if edit.kind == "operator-extra":
            return f"{group(self.candidate, edit.candidate)} that should not be there"
        if edit.kind in ("output", "wiring"):
            return _SAID[edit.kind](self)
        place = self.candidate.label(edit.candidate[0])
        return f"{name} {value(name, edit.after)} for {value(name, edit.before)} on {place}"


def _renamed(edit: Edit) -> list[tuple[str, str]]:
    """The candidate's name and the reference's of each output that has another."""
    return [(after, before) for before, after in zip(edit.before, edit.after, strict=True) if before != after]


def _effects(effects: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(effects)) or "changes nothing"


_SAID: Mapping[str, Callable[[_Words], str]] = {
    "attribute": _Words.attribute,
    "operator-missing": _Words.missing,
    "operator-extra": _Words.extra,
    "operator-replaced": _Words.replaced,
    "wiring": _Words.wiring,
    "parameter": _Words.parameter,
    "training": _Words.training,
    "output": _Words.output,
}


def group(graph: OpGraph, positions: tuple[int, ...], *, detailed: bool = False) -> str:
    """``the ReLU``, or a module with what it holds, or the operators one by one."""
    ops = [graph.ops[position] for position in positions]
    if len(ops) == 1:
        settings = [f"{name} {value(name, ops[0].attributes[name])}" for name in _DETAILS if name in ops[0].attributes]
        return f"the {noun(ops[0].kind)}" + (f" ({', '.join(settings)})" if detailed and settings else "")
    shown = ", ".join(noun(op.kind) for op in ops[:_LISTED])
    rest = f", ... {len(ops)} operators" if len(ops) > _LISTED else ""
    module = _common([op.where for op in ops])
    return f"{module or 'the part'} ({shown}{rest})"


def _common(paths: Sequence[str]) -> str:
    """The innermost module that holds all of them."""
    shared: list[str] = []
    for names in zip(*(path.split(".") for path in paths), strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return ".".join(shared)


def sources_of(graph: OpGraph, position: int) -> str:
    """What an operator reads, by name."""
    names = [graph.label(source) for source in graph.ops[position].inputs]
    return " and ".join(names) if names else "nothing"
