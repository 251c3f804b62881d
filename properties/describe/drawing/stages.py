"""A description in as few stages as make a picture: modules folded, norms and activations with what they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from properties.describe import Description
from properties.describe.lines import counted
from properties.describe.model import Layer, Line
from properties.graph.ir import Shape

__all__ = ["Stage", "stages"]

_FEWEST = 6  # stages that are worth a picture
_DEEPEST = 6


@dataclass(frozen=True)
class Stage:
    """A row of the picture.

    Args:
        name: of its first layer.
        layers: the operators that it stands for.
        folded: the same as few layers: one for each line it was made of.
        sources: the stages that it reads, the first being 1; 0 is the input.
    """

    name: str
    layers: tuple[Layer, ...]
    folded: tuple[Layer, ...]
    sources: tuple[int, ...] = ()

    @property
    def output(self) -> Shape:
        """Size of its result."""
        return self.folded[-1].output

    @property
    def params(self) -> int:
        """Scalars in its parameters."""
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        """Its multiply-adds."""
        return sum(layer.macs for layer in self.layers)

    @property
    def words(self) -> str:
        """What it does: its operators with their settings, or what a module holds."""
        if any(layer.operators > 1 for layer in self.folded):
            first = self.folded[0]
            inside = ", ".join(counted(first)) or f"{len(self.layers)} operators"
            return inside if first.kind in ("", "Sequential") else f"{first.kind}: {inside}"
        return ", ".join(f"{layer.kind} {layer.settings}".strip() for layer in self.folded)


def stages(description: Description, depth: int | None = None) -> tuple[Stage, ...]:
    """The net in as few rows as make a picture.

    Args:
        description: the net.
        depth: how deep modules are folded into one row; None for the least depth that has a few rows.
    """
    found: list[Stage] = []
    for deep in range(1, _DEEPEST) if depth is None else (depth,):
        found = _merged(_rows([line for line in description.outline(deep) if not line.heading], description.layers))
        if len(found) >= _FEWEST:
            break
    return _wired(found)


def _rows(lines: Sequence[Line], layers: Sequence[Layer]) -> list[Stage]:
    """A stage for each line, with the operators that the line stands for."""
    found, at = [], 0
    for line in lines:
        end = at + line.layer.operators
        found.append(Stage(line.layer.name or line.name, tuple(layers[at:end]), (line.layer,)))
        at = end
    return found


def _merged(rows: Sequence[Stage]) -> list[Stage]:
    """A norm, an activation or a dropout stands with the layer that it follows."""
    found: list[Stage] = []
    for row in rows:
        only = row.folded[0]
        follows = bool(found) and only.sources == (found[-1].folded[-1].position,)
        if follows and only.operators == 1 and not only.macs and only.inputs == (only.output,):
            before = found.pop()
            row = Stage(before.name, before.layers + row.layers, before.folded + row.folded)
        found.append(row)
    return found


def _wired(rows: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages with what each of them reads."""
    made = {layer.position: number for number, row in enumerate(rows, start=1) for layer in row.layers}
    found = []
    for number, row in enumerate(rows, start=1):
        read = {made[source] for layer in row.layers for source in layer.sources if source in made}
        found.append(Stage(row.name, row.layers, row.folded, tuple(sorted(read - {number})) or (0,)))
    return tuple(found)
