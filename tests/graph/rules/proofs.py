"""The statements about sizes that a solver proves for all of them: what a rule rests on whose evidence is "solved"."""

from __future__ import annotations

from graph.rules import proofs_of_parts, proofs_of_windows
from support.solver import Proof

__all__ = ["PROOFS", "SIZES_ALONE"]

PROOFS: tuple[Proof, ...] = (*proofs_of_windows.SOLVED, *proofs_of_parts.SOLVED)
SIZES_ALONE: tuple[Proof, ...] = proofs_of_windows.ALONE
