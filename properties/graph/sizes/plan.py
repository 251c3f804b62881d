"""Every operator's output size for any batch, height and width: the closed form of a whole net, compiled once."""

from __future__ import annotations

from functools import cached_property
from typing import NoReturn

from properties.graph.ir import OpGraph, Shape
from properties.graph.kinds import LEAVES
from properties.graph.sizes.rules import size_of
from properties.graph.sizes.scene import Sizes as Sizes
from properties.graph.sizes.scene import UnpredictableSize as UnpredictableSize
from properties.graph.sizes.straight_line import StraightLine

__all__ = ["IllegalInput", "SizePlan", "UnpredictableSize", "compile_sizes"]


class IllegalInput(ValueError):
    """The net does not accept an input of this size; the message names the layer that rejects it and says why.

    Args:
        label: the layer that rejects it.
        why: in a few words.
        position: of its operator in the graph.
    """

    def __init__(self, label: str, why: str, position: int) -> None:
        super().__init__(f"{label}: {why}")
        self.label = label
        self.why = why
        self.position = position


class SizePlan:
    """The sizes of all results of a net, as a function of its input's size. Made by ``compile_sizes``.

    ``plan(n, h, w)`` gives one shape for each operator of ``plan.graph``, in the same order; that of an ``output`` is
    its first tensor's. It takes microseconds: sizes that many operators share are worked out once.

    Args:
        graph: the net, captured at any size that it accepts.
        line: the function that was written for it.
        sizes: each operator's size in symbols.
    """

    def __init__(self, graph: OpGraph, line: StraightLine, sizes: tuple[Sizes, ...]) -> None:
        self.graph = graph
        self.source = line.source(sizes)
        self._reasons = tuple(line.reasons)
        self._sizes = line.compiled(sizes, self._fail)
        self._rank = len(line.arguments)

    def __call__(self, n: int, *size: int) -> tuple[Shape, ...]:
        """Every operator's shape for ``n`` images of this height and width.

        Raises:
            IllegalInput: if the net does not accept them.
            UnpredictableSize: if an operator's size is not known for them.
            TypeError: if there are too many or too few sizes.
        """
        return self._sizes(n, *size)

    def _fail(self, reason: int, *values: int) -> NoReturn:
        position, why = self._reasons[reason]
        raise IllegalInput(self.graph.label(position), why(*values), position)

    def outputs(self, n: int, *size: int) -> tuple[Shape, ...]:
        """The shapes of the tensors that the net returns.

        Raises:
            IllegalInput: if the net does not accept the input.
        """
        shapes = self(n, *size)
        return tuple(shapes[source] for source in self.graph.output.inputs)

    def why_not(self, n: int, *size: int) -> str | None:
        """Which layer rejects ``n`` images of this size, and why; None if the net accepts them."""
        try:
            self(n, *size)
        except IllegalInput as error:
            return str(error)
        return None

    def accepts(self, n: int, *size: int) -> bool:
        """Whether the net accepts ``n`` images of this height and width."""
        return self.why_not(n, *size) is None

    def smallest(self, n: int = 2, *, largest: int = 1024) -> int:
        """The smallest side of a square input that the net accepts. Larger ones are not always accepted.

        Args:
            n: images in the batch; in train mode one image can need a larger side than two.
            largest: largest side to try.

        Raises:
            ValueError: if no side up to ``largest`` is accepted; it says what the captured size is.
        """
        axes = self._rank - 1
        for side in range(1, largest + 1):
            if self.accepts(n, *[side] * axes):
                return side
        captured = next(op.shape for op in self.graph.ops if op.kind == "input")
        raise ValueError(f"no square input up to {largest} is accepted; the net was captured at {captured}")

    @cached_property
    def result_of(self) -> dict[str, int]:
        """Dotted path of each module that runs an operator, to the position of the last one: the module's result."""
        found: dict[str, int] = {}
        for position, op in enumerate(self.graph.ops):
            if op.kind in ("input", "output", *LEAVES):
                continue
            path = op.where
            while path:
                found[path] = position
                path = path.rpartition(".")[0]
        return found


def compile_sizes(graph: OpGraph) -> SizePlan:
    """The closed form of every operator's output size.

    Args:
        graph: a net with one input ``(N, C, *size)``, captured at any size that it accepts.

    Returns:
        the plan; operators without a size rule are predicted at the captured size only.

    Raises:
        UnpredictableSize: if the net does not have exactly one input with a batch and a channel axis.
    """
    inputs = [op.shape for op in graph.ops if op.kind == "input"]
    if len(inputs) != 1 or len(inputs[0]) < 2:
        raise UnpredictableSize(f"a net needs one input (N, C, *size) for its sizes to be predicted, got {inputs}")
    channels, axes = inputs[0][1], len(inputs[0]) - 2
    names = {1: ("l",), 2: ("h", "w"), 3: ("d", "h", "w")}.get(axes, tuple(f"d{axis}" for axis in range(axes)))
    line = StraightLine(("n", *names))
    sizes: list[Sizes] = []
    for position, op in enumerate(graph.ops):
        if op.kind == "input":
            sizes.append(("n", channels, *names))
        else:
            sizes.append(size_of(line, graph, position, [sizes[source] for source in op.inputs]))
    return SizePlan(graph, line, tuple(sizes))
