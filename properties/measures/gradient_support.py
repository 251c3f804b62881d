"""Which pixels an output position depends on, measured by gradients on a net that cannot cancel them.

Convolutions become averages and norms the identity, so that on positive images every ReLU passes and every gradient
is positive. A max pool passes the gradient of one tap only: on images that grow towards one corner that is the tap
nearest to it, so two corners show both ends of the field. The field must lie inside the image: padding is no pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from properties.formulas import ReceptiveField
from properties.graph.analysis.receptive_field import receptive_fields
from properties.graph.ir import Op, OpGraph
from properties.graph.sizes.plan import compile_sizes
from properties.subject import Subject

__all__ = ["Probe", "deepest_probe", "support"]

_MONOTONE = {"input", "conv", "batch_norm", "relu", "max_pool", "avg_pool", "add", "cat", "dropout", "detach"}
_FILL = {"bias": 0.0, "running_mean": 0.0, "running_var": 1.0}

Box = tuple[tuple[int, int], ...]
"""First and last pixel along each axis."""


@dataclass(frozen=True)
class Probe:
    """A place in a net to measure at.

    Args:
        path: module whose result is looked at.
        position: of its operator in the graph.
        calls: how often the module is called up to there.
        fields: what the closed form says, for height and width.
    """

    path: str
    position: int
    calls: int
    fields: tuple[ReceptiveField, ...]

    @property
    def first(self) -> tuple[int, ...]:
        """The first output position whose field lies inside the image."""
        return tuple(max(0, -(field.first // field.stride)) for field in self.fields)

    @property
    def size(self) -> tuple[int, ...]:
        """An image size in which the fields of that position and of the next one lie; not square."""
        ends = [at * field.stride + field.last for at, field in zip(self.first, self.fields, strict=True)]
        return tuple(
            end + (2 + axis) * field.stride for axis, (end, field) in enumerate(zip(ends, self.fields, strict=True))
        )

    def expected(self, step: int) -> Box:
        """What position ``first + step`` sees by the closed form."""
        return tuple(
            (field.first + (at + step) * field.stride, field.last + (at + step) * field.stride)
            for at, field in zip(self.first, self.fields, strict=True)
        )


def deepest_probe(graph: OpGraph, largest: int) -> Probe | None:
    """The place with the largest receptive field up to ``largest`` pixels behind increasing operators only."""
    fields = receptive_fields(graph)
    found: dict[int, str] = {}
    for path, position in compile_sizes(graph).result_of.items():
        if position not in found or path.count(".") < found[position].count("."):
            found[position] = path
    best: tuple[int, int] | None = None
    for position in found:
        axes = fields[position]
        if axes is None or len(axes) != 2 or any(field.whole for field in axes):
            continue
        size = max(field.last - field.first + 1 for field in axes)
        if 1 < size <= largest and _increasing(graph, position) and (best is None or (size, position) > best):
            best = (size, position)
    if best is None:
        return None
    position = best[1]
    path, axes = found[position], fields[position]
    calls = sum(op.where == path and op.kind == graph.ops[position].kind for op in graph.ops[: position + 1])
    return Probe(path, position, 1 if path in graph.parents else calls, axes or ())


def _increasing(graph: OpGraph, position: int) -> bool:
    return all(
        op.kind in _MONOTONE and all(param.kind != "constant" for param in op.params.values())
        for op in graph.ops[: position + 1]
    )


class _ReachedError(Exception):
    """The forward pass got where it was to be stopped."""


def support(subject: Subject, probe: Probe, step: int) -> Box | None:
    """The smallest box around the pixels whose gradient at position ``first + step`` is not zero; None without any.

    Args:
        subject: the net; it is built anew, and only the part up to the probe is given memory.
        probe: where to look.
        step: positions after the probe's first.
    """
    net = _averaging(subject, probe)
    touched = [_gradient(net, probe, corner, subject.input_shape[0], step) != 0 for corner in (1.0, -1.0)]
    mask = (touched[0] | touched[1]).any(0)
    if not mask.any():
        return None
    lines = [mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()]
    return tuple((int(line[0]), int(line[-1])) for line in lines)


def _averaging(subject: Subject, probe: Probe) -> nn.Module:
    graph = subject.graph()
    with torch.device("meta"):
        net = subject.build().eval()
    for op in graph.ops[: probe.position + 1]:
        for role, param in op.params.items():
            for key in (param.key, *(name for name, first in graph.tied.items() if first == param.key)):
                _set(net, key, torch.full(param.shape, _fill(op, role), dtype=torch.float64))
    return net


def _fill(op: Op, role: str) -> float:
    if role in _FILL:
        return _FILL[role]
    return 1.0 if op.kind == "batch_norm" else 1 / max(1, op.params[role].size // op.params[role].shape[0])


def _set(net: nn.Module, key: str, value: Tensor) -> None:
    owner, _, name = key.rpartition(".")
    module = net.get_submodule(owner)
    if name in module._buffers:
        module._buffers[name] = value
    else:
        module._parameters[name] = nn.Parameter(value, requires_grad=False)


def _gradient(net: nn.Module, probe: Probe, corner: float, channels: int, step: int) -> Tensor:
    rows, columns = (torch.arange(size, dtype=torch.float64) for size in probe.size)
    ramp = 2 + 1e-3 * corner * (rows[:, None] + columns)
    image = ramp.expand(channels, *ramp.shape)[None].clone().requires_grad_()
    seen: list[Tensor] = []

    def stop(_: nn.Module, __: object, output: Tensor) -> None:
        seen.append(output)
        if len(seen) == probe.calls:
            raise _ReachedError

    handle = net.get_submodule(probe.path).register_forward_hook(stop)
    try:
        net(image)
    except _ReachedError:
        pass
    finally:
        handle.remove()
    row, column = (at + step for at in probe.first)
    picked = seen[-1][0, :, row, column].sum()
    if not picked.requires_grad:
        return torch.zeros(image.shape[1:])
    (gradient,) = torch.autograd.grad(picked, image)
    return gradient[0]
