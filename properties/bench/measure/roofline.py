"""The time that a device cannot go below: for each kernel the longer of computing and moving, all added up.

A kernel is a convolution, linear layer or pool together with the elementwise operators after it, as a compiler fuses
them: it reads its inputs, its tensors and what is added to it once, and writes one result. Concatenating and reshaping
are free, as the results can be written in place. A cache that holds a whole activation can beat this floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

from properties.formulas import num_bytes
from properties.graph.analysis.costs import op_macs
from properties.graph.ir import OpGraph
from properties.graph.kinds import BINARY, BLOCK_ACTIVATIONS, LEAVES, VIEWS
from properties.graph.sizes.plan import compile_sizes

__all__ = ["Ceilings", "Kernel", "at_size", "floor_seconds", "kernels", "moved_bytes"]

_FREE = frozenset({"input", "output", *LEAVES, "cat", *VIEWS, "dropout"})
_FUSED_ACTIVATIONS = BLOCK_ACTIVATIONS | {"hardsigmoid"}
_ELEMENTWISE = frozenset({"batch_norm", *BINARY, *_FUSED_ACTIVATIONS})


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What a device can do at most, as measured in the same process.

    Args:
        bytes_per_second: of a copy, bytes read plus bytes written.
        macs_per_second: of a large matrix product, by dtype.
    """

    bytes_per_second: float
    macs_per_second: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Kernel:
    """One launch of a perfect implementation.

    Args:
        label: the operator that leads it.
        macs: multiply-adds.
        scalars: read and written.
    """

    label: str
    macs: int
    scalars: int


def at_size(graph: OpGraph, batch: int, *size: int) -> OpGraph:
    """The same operators for another batch and image size, by their closed forms.

    Raises:
        IllegalInput: if the net does not accept it.
    """
    shapes = compile_sizes(graph)(batch, *size)
    return replace(graph, ops=tuple(op.with_(shape=shape) for op, shape in zip(graph.ops, shapes, strict=True)))


def kernels(graph: OpGraph) -> tuple[Kernel, ...]:
    """The kernels of one forward pass, each elementwise operator in that of the result it alone reads."""
    leader: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for position, op in enumerate(graph.ops):
        if op.kind in _FREE:
            continue
        last = max(op.inputs, default=-1)
        own = op.kind in _ELEMENTWISE and last in leader and len(graph.users[last]) == 1
        leader[position] = leader[last] if own else position
        members.setdefault(leader[position], []).append(position)
    return tuple(_kernel(graph, tuple(group)) for group in members.values())


def _kernel(graph: OpGraph, group: tuple[int, ...]) -> Kernel:
    read = {source for position in group for source in graph.ops[position].inputs} - set(group)
    tensors = {param.key: param.size for position in group for param in graph.ops[position].params.values()}
    scalars = sum(prod(graph.ops[source].shape) for source in read) + prod(graph.ops[group[-1]].shape)
    macs = sum(op_macs(graph, position) for position in group)
    return Kernel(graph.label(group[0]), macs, scalars + sum(tensors.values()))


def moved_bytes(found: tuple[Kernel, ...], dtype: str) -> int:
    """Bytes that the kernels read and write."""
    return sum(num_bytes((kernel.scalars,), dtype) for kernel in found)


def floor_seconds(found: tuple[Kernel, ...], dtype: str, ceilings: Ceilings, *, compute: str | None = None) -> float:
    """The roofline time of one forward pass.

    Args:
        found: its kernels.
        dtype: of every tensor.
        ceilings: of the device.
        compute: the key of the ceiling for multiply-adds; ``dtype`` by default.
    """
    rate, itemsize = ceilings.macs_per_second[compute or dtype], num_bytes((), dtype)
    return sum(max(kernel.macs / rate, kernel.scalars * itemsize / ceilings.bytes_per_second) for kernel in found)
