"""What is measured: one net at one batch, dtype and layout in one mode, and the selections of those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from arches._spec import Spec

__all__ = ["DTYPES", "LAYOUTS", "MODES", "SELECTIONS", "Case", "batches", "cases", "parse_selection", "side_of"]

DTYPES = ("float32", "tfloat32", "bfloat16")
LAYOUTS = ("contiguous", "channels_last")
MODES = ("eager", "folded", "compiled", "frozen", "autotuned", "replayed", "compiled_replayed")
SELECTIONS = ("default", "ladder", "all")

Rung = tuple[str, str, str]  # dtype, layout, mode
_LADDER: tuple[Rung, ...] = (
    ("float32", "contiguous", "eager"),
    ("bfloat16", "channels_last", "eager"),
    ("bfloat16", "channels_last", "folded"),
    ("bfloat16", "channels_last", "compiled"),
    ("bfloat16", "channels_last", "frozen"),
    ("bfloat16", "channels_last", "autotuned"),
    ("bfloat16", "channels_last", "replayed"),
    ("bfloat16", "channels_last", "compiled_replayed"),
)
_SMALL_SIDE = 64  # of images on a CPU


@dataclass(frozen=True, slots=True)
class Case:
    """One figure to be measured; its text is its test's id.

    Args:
        spec: the net.
        batch: images.
        side: their height and width.
        dtype: one of ``DTYPES``.
        layout: one of ``LAYOUTS``.
        mode: one of ``MODES``.
    """

    spec: Spec
    batch: int
    side: int
    dtype: str
    layout: str
    mode: str

    def __str__(self) -> str:
        return f"{self.spec.name}-b{self.batch}-{self.dtype}-{self.layout}-{self.mode}"


def batches(device: str) -> tuple[int, ...]:
    """The batches that are usual on a device."""
    return (1, 4) if device == "cpu" else (1, 32, 256)


def side_of(spec: Spec, device: str, wanted: int | None = None) -> int:
    """Height and width of a net's images: its own on an accelerator, small ones on a CPU, never illegal ones.

    Args:
        spec: the net.
        device: where it runs.
        wanted: another size, if one was asked for.
    """
    usual = min(_SMALL_SIDE, spec.input_shape[1]) if device == "cpu" else spec.input_shape[1]
    side = max(wanted or usual, spec.smallest_eval)
    return min(side, spec.largest or side)


def parse_selection(text: str) -> tuple[str, ...]:
    """``default``, ``ladder``, ``all`` or some modes, ``eager,compiled``.

    Raises:
        ValueError: if it is none of these; the message has them.
    """
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    if len(wanted) == 1 and wanted[0] in SELECTIONS:
        return wanted
    unknown = [part for part in wanted if part not in MODES]
    if unknown or not wanted:
        got = unknown[0] if unknown else text
        raise ValueError(f"modes must be {', '.join(SELECTIONS)} or some of {', '.join(MODES)}, got {got!r}")
    return wanted


def cases(
    specs: Iterable[Spec],
    device: str,
    selection: Sequence[str] = ("default",),
    *,
    batch: Sequence[int] | None = None,
    side: int | None = None,
) -> tuple[Case, ...]:
    """The cases of a selection, net by net.

    Args:
        specs: the nets.
        device: ``"cpu"``, ``"cuda"`` or ``"mps"``.
        selection: from ``parse_selection``. By default nets run eagerly: in float32 everywhere, in bfloat16 with
            channels last on an accelerator too, with one image and with the largest batch. The ladder is what one does
            to get faster, step by step. All is every mode with every dtype and layout; so are modes by name.
        batch: other batches than the usual ones.
        side: another size of images.
    """
    rungs = _rungs(device, tuple(selection))
    usual = batches(device)
    chosen = tuple(batch) if batch else (usual[0], usual[-1]) if tuple(selection) == ("default",) else usual
    return tuple(Case(spec, n, side_of(spec, device, side), *rung) for spec in specs for n in chosen for rung in rungs)


def _rungs(device: str, selection: tuple[str, ...]) -> tuple[Rung, ...]:
    if selection == ("default",):
        return _LADDER[:1] if device == "cpu" else _LADDER[:2]
    if selection == ("ladder",):
        return _LADDER
    modes = MODES if selection == ("all",) else selection
    dtypes = DTYPES if device == "cuda" else ("float32", "bfloat16")
    return tuple(product(dtypes, LAYOUTS, modes))
