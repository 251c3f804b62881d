"""What a description holds: records without behaviour beyond their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from properties.graph.ir import Shape

__all__ = ["Layer", "Line", "Shortcut", "Totals"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Shortcut:
    """How a residual addition gets its second operand.

    Args:
        kind: ``"identity"``, ``"projection"`` (a convolution or linear layer) or ``"other"`` (no weights).
        why: ``"stride 1 and 64 = 64 channels"``, ``"stride 2"``, ``"64 -> 256 channels"``.
        where: the module that runs the addition.
    """

    kind: str
    why: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.kind} shortcut: {self.why}"


@dataclass(frozen=True)
class Layer:
    """One operator of a net, or a module whose operators are folded into one line.

    Args:
        name: the layer's dotted path; an operator without a layer of its own goes by the module that runs it, with the
            operator beside it: ``layer1.0 (add)``.
        path: dotted path of the module.
        kind: the operator, in the words of ``graph.ir``; for a module its class.
        settings: kernel, stride, ... in a paper's notation: ``"7x7 /2"``.
        inputs: sizes of the results that it reads, batch axis included.
        output: size of its result.
        formula: the size formula with its numbers filled in, one entry where all axes agree, else one for each axis.
        params: scalars in its parameters; a tensor that an earlier layer also reads counts there.
        macs: multiply-adds of the whole batch; convolutions and linear layers only, biases not counted.
        sees: along each spatial axis how many input positions one output depends on (the receptive field); None for
            all of them. Empty where it is not known or where there are no spatial axes.
        step: along each spatial axis the input positions between neighbouring outputs (the total stride); None where
            it sees the whole axis.
        shortcuts: of the residual additions in it, in order.
        operators: how many operators it stands for.
        position: of the operator in the graph; for a module that of the one whose result is the module's.
        sources: positions of the operators that it reads.
    """

    name: str
    path: str
    kind: str
    settings: str
    inputs: tuple[Shape, ...]
    output: Shape
    formula: tuple[str, ...] = ()
    params: int = 0
    macs: int = 0
    sees: tuple[int | None, ...] = ()
    step: tuple[int | None, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    operators: int = 1
    position: int = 0
    sources: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The layer as JSON has it; documented at ``Description.to_dict``."""
        return {
            "name": self.name,
            "path": self.path,
            "kind": self.kind,
            "settings": self.settings,
            "inputs": [list(shape) for shape in self.inputs],
            "output": list(self.output),
            "formula": list(self.formula),
            "params": self.params,
            "macs": self.macs,
            "receptive_field": ["all" if size is None else size for size in self.sees],
            "total_stride": list(self.step),
            "shortcuts": [asdict(shortcut) for shortcut in self.shortcuts],
            "operators": self.operators,
        }


@dataclass(frozen=True)
class Totals:
    """What a net costs. Megabytes are 1e6 bytes.

    Args:
        params: scalars in all parameters, tied ones once, those that were not run included.
        trainable: those of them that ask for a gradient.
        macs: multiply-adds of the whole batch; convolutions and linear layers only, biases not counted.
        mult_adds: the same as torchinfo counts it: biases and norms too.
        input_mb: megabytes of the input.
        forward_backward_mb: of the results of all layers with parameters, twice, as torchinfo estimates it.
        params_mb: of the parameters.
    """

    params: int
    trainable: int
    macs: int
    mult_adds: int
    input_mb: float
    forward_backward_mb: float
    params_mb: float

    @property
    def total_mb(self) -> float:
        """The sum of the three."""
        return self.input_mb + self.forward_backward_mb + self.params_mb

    def to_dict(self) -> dict[str, Any]:
        """The totals as JSON has them."""
        return {**asdict(self), "total_mb": self.total_mb}


@dataclass(frozen=True)
class Line:
    """A layer as it is shown: how deep it stands and under which name; a heading's operators follow it."""

    layer: Layer
    level: int
    name: str
    heading: bool = field(default=False)
