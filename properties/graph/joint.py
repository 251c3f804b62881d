"""Several captures of one net as one graph, so that one correspondence of tensors must serve all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from properties.graph.ir import Op, OpGraph

__all__ = ["join"]


def join(captures: Sequence[OpGraph]) -> OpGraph:
    """The captures side by side: tensors are shared by name, everything else is apart.

    Args:
        captures: graphs of the same net, in other modes or at other sizes.
    """
    ops: list[Op] = []
    results: list[int] = []
    for number, graph in enumerate(captures):
        start = len(ops)
        for op in graph.ops:
            moved = op.with_(inputs=tuple(start + source for source in op.inputs))
            if op.kind == "input":
                moved = moved.with_(attributes={**op.attributes, "capture": number})
            elif op.kind == "output":  # where a tensor stands in its container is a matter of taste
                moved = moved.with_(kind="result", attributes={"capture": number, "tensors": len(op.inputs)})
            ops.append(moved)
        results.append(len(ops) - 1)
    paths = tuple(f"[{number}]" for number in range(len(results)))
    ops.append(Op("output", tuple(results), {"paths": paths}))
    return replace(captures[0], ops=tuple(ops))
