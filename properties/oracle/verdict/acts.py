"""What a pass does besides computing, where no operator shows it: it sets the random state, or hooks into gradients.

Operators that are not torch's own, and backward functions of the net's own, are known by their names alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from properties.graph.ir import OpGraph
from properties.graph.kinds import DRAWS, DROPOUTS
from properties.graph.question import Asked, Query
from properties.oracle.structure.captured import Captured
from properties.report import Deviation, Place

__all__ = ["is_act", "random_state_set", "unproved"]

_SETTERS = ("torch.manual_seed()", "torch.seed()", "torch.set_rng_state()", "torch.random.fork_rng()", "random.se")
_HOOKS = ("Tensor.register_hook()", "Tensor.register_post_accumulate_grad_hook()")


def is_act(query: Query) -> bool:
    """Whether it is no question, so that there is no other answer to it."""
    return query.name.startswith((*_SETTERS, *_HOOKS))


def random_state_set(captured: Captured) -> list[Deviation]:
    """Where one net sets the random state while it draws, and the other does not."""
    if not any(op.kind in (*DROPOUTS, *DRAWS) for op in captured.candidate.ops):
        return []
    ours, theirs = _of(captured.reference.asked, _SETTERS), _of(captured.candidate.asked, _SETTERS)
    if bool(ours) == bool(theirs):
        return []
    where = (theirs or ours)[0]
    verb = "sets" if theirs else "does not set"
    should = "should not" if theirs else "should"
    message = f"the forward pass {verb} the random state, so that it draws the same again, and {should}: {where}"
    place = Place("(net)", "(net)")
    return [Deviation("behaviour", captured.mode, place, message, "random", not theirs, bool(theirs), places=(place,))]


def unproved(captured: Captured) -> Iterator[str]:
    """What keeps two nets with one graph from being proved the same, in words."""
    ours, theirs = _of(captured.reference.asked, _HOOKS), _of(captured.candidate.asked, _HOOKS)
    if len(ours) != len(theirs):
        where = (*theirs, *ours)[0]
        yield f"a hook sees a gradient in one of the networks, and gradients of every size were not tried: {where}"
    for kind in dict.fromkeys(op.kind for op in captured.candidate.ops if "::" in op.kind):
        yield f"{kind} is no operator of torch's own: what it computes was compared on the drawn images alone"
    if _own_backward(captured.candidate) or _own_backward(captured.reference):
        yield "a backward function of the network's own was compared on drawn images, and not differentiated again"


def _of(asked: Asked | None, names: Sequence[str]) -> list[Query]:
    return [query for query in (asked.queries if asked else ()) if query.name.startswith(tuple(names))]


def _own_backward(graph: OpGraph) -> bool:
    return any(op.kind == "backward" for op in graph.ops)
