"""Layers grouped by module: an outline with headings, and deeper modules folded into one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from properties.describe.model import Layer, Line

__all__ = ["outline"]


def outline(layers: Sequence[Layer], modules: Mapping[str, str], depth: int | None = None) -> tuple[Line, ...]:
    """The lines to show, in data-flow order.

    Args:
        layers: one for each operator.
        modules: dotted path to class name.
        depth: modules this deep are folded into one line; None folds nothing, 0 the whole net.
    """
    tree = _Tree(layers, modules, depth)
    if depth == 0:
        return (Line(tree.fold(layers, ""), 0, "(the net)"),)
    return tuple(tree.lines(layers, "", 0))


class _Tree:
    """One walk over the layers, module by module."""

    def __init__(self, layers: Sequence[Layer], modules: Mapping[str, str], depth: int | None) -> None:
        self.modules = modules
        self.depth = depth
        self.last_reader: dict[int, int] = {}
        for layer in layers:
            self.last_reader.update(dict.fromkeys(layer.sources, layer.position))

    def lines(self, layers: Sequence[Layer], path: str, level: int) -> Iterator[Line]:
        """The lines of a module's operators."""
        for name, group in groupby(layers, key=lambda layer: _component(layer.path, path)):
            inside = list(group)
            if name is None:
                yield from (Line(layer, level, _own_name(layer, path)) for layer in inside)
                continue
            below = f"{path}.{name}" if path else name
            if len(inside) == 1 and inside[0].path == below:
                yield Line(inside[0], level, name)
            elif self.depth is not None and level + 1 >= self.depth:
                yield Line(self.fold(inside, below), level, name)
            else:
                yield Line(self.fold(inside, below), level, name, heading=True)
                yield from self.lines(inside, below, level + 1)

    def fold(self, layers: Sequence[Layer], path: str) -> Layer:
        """One layer that stands for several: what enters, what leaves, and the sums between."""
        inside = {layer.position for layer in layers}
        entering = {
            source: shape
            for layer in layers
            for source, shape in zip(layer.sources, layer.inputs, strict=True)
            if source not in inside
        }
        read_outside = [layer for layer in layers if self.last_reader.get(layer.position, -1) not in inside]
        result = (read_outside or layers)[-1]
        return Layer(
            name=path,
            path=path,
            kind=self.modules.get(path, ""),
            settings="",
            inputs=tuple(entering.values()),
            output=result.output,
            params=sum(layer.params for layer in layers),
            macs=sum(layer.macs for layer in layers),
            sees=result.sees,
            step=result.step,
            shortcuts=tuple(shortcut for layer in layers for shortcut in layer.shortcuts),
            operators=len(layers),
            position=result.position,
            sources=tuple(entering),
        )


def _component(path: str, within: str) -> str | None:
    """The next part of ``path`` below ``within``; None if it ends there."""
    if path == within:
        return None
    return path[len(within) + 1 if within else 0 :].partition(".")[0]


def _own_name(layer: Layer, path: str) -> str:
    """An operator that the module itself runs: a parameter's own name, else the operator in brackets."""
    if layer.kind == "parameter":
        return layer.name[len(path) + 1 if path else 0 :]
    return f"({layer.kind})"
