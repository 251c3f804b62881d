"""All cases, in one tuple for each kind."""

from __future__ import annotations

from corpus import (
    mutants_branches,
    mutants_families,
    mutants_gradients,
    mutants_layers,
    mutants_others,
    mutants_preact,
    mutants_residual,
    mutants_state,
    mutants_wholes,
    rewrites_blocks,
    rewrites_dense,
    rewrites_googlenets,
    rewrites_heads,
    rewrites_parts,
    rewrites_plain,
    rewrites_resnets,
    rewrites_single,
    variants,
)
from corpus.case import Mutant, Rewrite

__all__ = ["BENIGN", "MUTANTS", "REWRITES", "VARIANTS"]

MUTANTS: tuple[Mutant, ...] = (
    *mutants_layers.MUTANTS,
    *mutants_residual.MUTANTS,
    *mutants_preact.MUTANTS,
    *mutants_branches.MUTANTS,
    *mutants_wholes.MUTANTS,
    *mutants_gradients.MUTANTS,
    *mutants_state.MUTANTS,
    *mutants_families.MUTANTS,
    *mutants_others.MUTANTS,
)
REWRITES: tuple[Rewrite, ...] = (
    *rewrites_heads.REWRITES,
    *rewrites_blocks.REWRITES,
    *rewrites_single.REWRITES,
    *rewrites_resnets.REWRITES,
    *rewrites_plain.REWRITES,
    *rewrites_googlenets.REWRITES,
    *rewrites_dense.REWRITES,
    *rewrites_parts.REWRITES,
    *mutants_others.REWRITES,
)
VARIANTS: tuple[Mutant, ...] = variants.VARIANTS
BENIGN: tuple[Rewrite, ...] = variants.BENIGN
