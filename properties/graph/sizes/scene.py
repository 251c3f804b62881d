"""One operator as a size rule sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from properties.graph.ir import OpGraph
from properties.graph.sizes.straight_line import Amount, StraightLine

__all__ = ["Scene", "Sizes", "UnpredictableSize"]

Sizes = tuple[Amount, ...]


class UnpredictableSize(ValueError):
    """No rule says what size an operator's result has for this input; it is not guessed."""


class Scene:
    """One operator, where it stands, and the function that is being written.

    Args:
        line: the function.
        graph: the net.
        position: the operator's.
        inputs: sizes of its inputs, in symbols.
    """

    def __init__(self, line: StraightLine, graph: OpGraph, position: int, inputs: Sequence[Sizes]) -> None:
        self.line = line
        self.graph = graph
        self.position = position
        self.op = graph.ops[position]
        self.inputs = tuple(inputs)

    def __getitem__(self, attribute: str) -> Any:
        return self.op.attributes[attribute]

    @property
    def before(self) -> tuple[tuple[int, ...], ...]:
        """Sizes of the inputs when the net was captured."""
        return tuple(self.graph.ops[source].shape for source in self.op.inputs)

    def equal(self, first: Amount, second: Amount, text: str) -> None:
        """Reject the input unless the two are equal; ``text`` says of both what they are."""
        self.line.equal(first, second, self.position, lambda a, b: text.format(a, b), first, second)

    def captured_only(self) -> Sizes:
        """The captured size, for the captured input sizes only."""
        captured: Sequence[Sequence[int]] = self.before
        symbols: Sequence[Sequence[Amount]] = self.inputs
        if not self.inputs:
            first = next(op for op in self.graph.ops if op.kind == "input").shape
            captured, symbols = [(first[0], *first[2:])], [self.line.arguments]
        for sizes, numbers in zip(symbols, captured, strict=True):
            self.as_captured(sizes, numbers)
        return self.op.shape

    def as_captured(self, sizes: Sequence[Amount], numbers: Sequence[int]) -> None:
        """Refuse to predict unless the sizes are the captured ones."""
        for amount, number in zip(sizes, numbers, strict=True):
            self.line.equal(amount, number, self.position, self._refuse)

    def _refuse(self) -> NoReturn:
        sizes = ", ".join(map(str, self.before)) or "the net's input"
        raise UnpredictableSize(
            f"{self.graph.label(self.position)}: no rule gives the size of {self.op.kind}'s result, "
            f"except at the sizes that were captured: {sizes}"
        )
