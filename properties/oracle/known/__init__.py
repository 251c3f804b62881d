"""The catalogue of deviations that people have shipped, and how to tell each: by structure, never by a name."""

from __future__ import annotations

from collections.abc import Sequence

from properties.oracle.known.activations import ACTIVATIONS
from properties.oracle.known.branches import OPERATORS
from properties.oracle.known.case import Case, Known
from properties.oracle.known.kernels import SETTINGS

__all__ = ["KNOWN", "recognise"]

KNOWN: tuple[Known, ...] = (*SETTINGS, *ACTIVATIONS, *OPERATORS)


def recognise(cases: Sequence[Case]) -> Known | None:
    """The first entry of the catalogue that a folded cause fits, the more special entries standing first.

    Args:
        cases: the repetitions; an entry has to fit each of them.
    """
    return next((known for known in KNOWN if all(known.fits(case) for case in cases)), None)
