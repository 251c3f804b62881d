"""What a net is asked to compute: a trial, in plain data that another process can be given. Loads no torch.

The same trial on two nets means the same weights, tensor for tensor, and the same images, so that whatever differs in
the observations is the nets' own doing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "DREW_AT_RANDOM",
    "FORWARD_AGAIN",
    "INPUT_AFTERWARDS",
    "RELOADED",
    "RELOADING_RAISED",
    "VALUE",
    "Draw",
    "Filling",
    "Observation",
    "Trial",
]

DREW_AT_RANDOM = "drew at random"
"""A tensor of an observation: random operators took part."""
INPUT_AFTERWARDS = "input afterwards"
"""A tensor of an observation: what the net made of its input."""
FORWARD_AGAIN = "forward ran again in backward"
"""A tensor of an observation: buffers made their step twice, as where activations are recomputed."""
VALUE = "value "
"""What begins the name of a number or a text that was returned, as a tensor; the place follows."""
RELOADED = "reloaded "
"""What begins the name of a tensor that loading the net's own state_dict changed; its key follows."""
RELOADING_RAISED = "reloading raised"
"""A text as a tensor: what loading the net's own state_dict raised."""


@dataclass(frozen=True)
class Filling:
    """One tensor's content, drawn from a seed.

    Args:
        shape: its size.
        law: ``"uniform"`` between ``low`` and ``high``, ``"signed"`` for that with a drawn sign, or ``"normal"``
            with mean ``low`` and deviation ``high``. Counters hold the whole part of ``low``.
        low: see ``law``.
        high: see ``law``.
        seed: of the generator.
    """

    shape: tuple[int, ...]
    law: str = "uniform"
    low: float = 0.0
    high: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Draw:
    """A batch of inputs, drawn from a seed.

    Args:
        shape: batch axis included.
        regime: ``"normal"``, ``"large"``, ``"sparse"``, ``"constant"`` or ``"impulse"``.
        seed: of the generator.
        jitter: largest relative change of each number, drawn too: what rounding makes of it shows so.
    """

    shape: tuple[int, ...]
    regime: str = "normal"
    seed: int = 0
    jitter: float = 0.0


@dataclass(frozen=True)
class Trial:
    """One run of a net.

    Args:
        fillings: content of tensors by name; the names are the reference's.
        sources: for each of this net's own keys, how to make it of the fillings: a filling's name, or a recipe
            in plain data where the two nets store it differently. Keys that are not named keep what the build gave.
        draw: the input.
        mode: ``"eval"`` or ``"train"``.
        gradients: whether to return the gradients of a fixed, drawn combination of all outputs.
        dropout: 0 lets everything through, 1 nothing; None leaves dropout as it is. Other random operators are
            seeded in any case.
        dtype: in which everything is computed.
        forwards: how often the net runs, on another input, before the observed run; what it keeps shows so.
        slots: under which number each returned tensor counts, where the two nets return them in another order.
        random: seed of random operators.
        watched: whether to return what the activations met.
        reloads: whether to load the net's own state_dict back first and to return what that changes.
        layers: paths of modules whose results to return too, with their gradients if those are asked for.
        alone: modules to run by themselves, in the place of the net, each with its own input.
        whole: this net's own keys whose gradients are needed number by number; those of other large tensors come as
            sketches.
    """

    fillings: Mapping[str, Filling]
    sources: Mapping[str, Any]
    draw: Draw
    mode: str = "eval"
    gradients: bool = False
    dropout: int | None = None
    dtype: str = "float64"
    forwards: int = 0
    slots: tuple[int, ...] = ()
    random: int = 0
    watched: bool = False
    reloads: bool = False
    layers: tuple[str, ...] = ()
    alone: Mapping[str, Draw] = field(default_factory=dict)
    whole: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """What came of a trial.

    Args:
        tensors: ``output[0]``, ``output[1]``, ... (every returned tensor by slot), ``gradient of input``,
            ``gradient of KEY`` for each parameter that got one (of a large one a sketch), ``buffer KEY`` for each
            buffer after the forward pass, and ``buffer KEY after backward`` for one that the backward pass changed;
            the keys are the net's own. ``value PATH`` for each number or text that is returned.
            ``reloaded KEY`` for each tensor that loading the net's own state_dict changed.
            ``input afterwards`` where the net wrote to its input, ``drew at random`` where random operators took part,
            ``forward ran again in backward`` where activations were recomputed. Where they were asked for,
            ``layer PATH`` and ``gradient at PATH`` for the first run of a module, ``alone PATH`` for one run by
            itself, and ``met by KIND``: a row for each call of such an activation: the two ends of where it bends,
            and of what it was given.
        raised: the last line of what it raised, or None.
    """

    tensors: Mapping[str, Any] = field(default_factory=dict)
    raised: str | None = None
