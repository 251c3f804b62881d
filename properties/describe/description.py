"""What happens to an image in a net, layer by layer: the size formula filled in, costs, shortcuts, receptive field.

>>> from properties.describe import describe
>>> describe("resnet18").layers[0].formula
('floor((224 - 7 + 2*3)/2) + 1 = 112',)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from properties.describe.layers import batch_free, layers
from properties.describe.lines import Span, facts, legend, plain, table, totals_rows
from properties.describe.model import Layer as Layer
from properties.describe.model import Line
from properties.describe.model import Shortcut as Shortcut
from properties.describe.model import Totals as Totals
from properties.describe.outline import outline
from properties.graph.ir import OpGraph, Shape
from properties.graph.rules.canonical import canonicalise

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Description", "Layer", "Shortcut", "Totals", "describe", "styled_lines", "text"]

SCHEMA = 1


@dataclass(frozen=True)
class Description:
    """A net at one input size, in eval mode.

    Args:
        target: how it was called.
        source: the paper it comes from, where that is known.
        input_shape: size of the input, batch axis included.
        outputs: sizes of the tensors it returns.
        layers: one for each operator, in data-flow order.
        totals: what it costs.
        modules: dotted path to class name.
        notes: what a reader should know besides, one line each.
    """

    target: str
    source: str | None
    input_shape: Shape
    outputs: tuple[Shape, ...]
    layers: tuple[Layer, ...]
    totals: Totals
    modules: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def outline(self, depth: int | None = None) -> tuple[Line, ...]:
        """The layers grouped by module, those deeper than ``depth`` folded into their module's line.

        Args:
            depth: 1 shows the net's own children, 0 the net in one line, None every operator.
        """
        return outline(self.layers, self.modules, depth)

    def to_dict(self, *, depth: int | None = None) -> dict[str, Any]:
        """The description as JSON.

        Args:
            depth: as for ``outline``.

        Returns:
            ``schema`` (1), ``target``, ``source``, ``input``, ``outputs`` (sizes), ``layers``, ``totals``, ``notes``.
            ``layers`` are in data-flow order, each with ``name`` and ``path`` (dotted), ``kind`` (the operator; for a
            folded module its class), ``settings``, ``inputs`` (sizes), ``output``, ``formula`` (one text if all axes
            agree, else one an axis), ``params``, ``macs``, ``receptive_field`` and ``total_stride`` (a number an axis;
            ``"all"`` and null where it sees all of it; empty if unknown), ``shortcuts`` (``kind``, ``why``, ``where``)
            and ``operators`` (how many it stands for).
            ``totals`` has ``params``, ``trainable``, ``macs``, ``mult_adds``, ``input_mb``, ``forward_backward_mb``,
            ``params_mb`` and ``total_mb``, the last five as torchinfo counts them.
        """
        shown = [line.layer for line in self.outline(depth) if not line.heading]
        return {
            "schema": SCHEMA,
            "target": self.target,
            "source": self.source,
            "input": list(self.input_shape),
            "outputs": [list(shape) for shape in self.outputs],
            "layers": [layer.to_dict() for layer in shown],
            "totals": self.totals.to_dict(),
            "notes": list(self.notes),
        }


def describe(
    net: str | Callable[[], nn.Module] | nn.Module, *, input_shape: Sequence[int] | None = None
) -> Description:
    """What a net does to its input, layer by layer.

    Args:
        net: a target (``"resnet18"``, ``"torchvision:resnet18"``, ``"file.py:net"``), a function that builds the net,
            or the net itself, which is left as it was.
        input_shape: size of the input, batch axis included; by default one image of the size the net is made for.

    Raises:
        TargetError: if the target does not exist, or the net does not accept the input; the message has the smallest
            that it accepts.
        CandidateError: if the net raises while it is built, or at every input size tried.
    """
    from properties.describe.net import captured
    from properties.describe.totals import totals

    subject = captured(net, None if input_shape is None else tuple(input_shape))
    graph = canonicalise(subject.graph).graph
    costs, doubts = totals(subject.net, graph)
    return Description(
        target=subject.name,
        source=subject.source,
        input_shape=next(op.shape for _, op in graph.of_kind("input")),
        outputs=tuple(graph.ops[source].shape for source in graph.output.inputs),
        layers=layers(graph),
        totals=costs,
        modules=graph.modules,
        notes=(*subject.notes, *_not_run(graph), *doubts),
    )


def _not_run(graph: OpGraph) -> list[str]:
    """Parameters that no operator of the eval graph reads, by the module that holds them."""
    unread: dict[str, int] = {}
    for param in graph.params:
        if param.kind == "parameter" and param.key not in graph.used_params:
            head = param.key.partition(".")[0]
            unread[head] = unread.get(head, 0) + param.size
    if not unread:
        return []
    return [f"not run in eval mode: {', '.join(unread)} ({sum(unread.values()):,} parameters)"]


def styled_lines(description: Description, *, depth: int | None = None, width: int | None = None) -> list[list[Span]]:
    """The description as lines of styled text.

    Args:
        description: what to show.
        depth: as for ``Description.outline``.
        width: columns of the terminal; None for as many as it takes.
    """
    lines = description.outline(depth)
    returned = ", ".join(batch_free(shape) for shape in description.outputs)
    batch = description.input_shape[0]
    images = f"{batch} input{'s' * (batch != 1)} of {batch_free(description.input_shape)}"
    found = [[Span(description.target, "bold"), Span(f": {images} -> {returned}")]]
    if description.source:
        found.append([Span(description.source, "dim")])
    rows = (*totals_rows(description.totals), *(("note", note) for note in description.notes))
    return [*found, [], *table(lines, width), [], *facts(rows, width), [], *legend(lines)]


def text(description: Description, *, depth: int | None = None, width: int | None = None) -> str:
    """The description as plain text; the arguments are those of ``styled_lines``."""
    return plain(styled_lines(description, depth=depth, width=width))
