"""Batch counters go with the running means beside them: no operator reads them, so no correspondence has them."""

from __future__ import annotations

from collections.abc import Container, Iterable

__all__ = ["COUNTER", "counters"]

COUNTER = "num_batches_tracked"  # of a batch norm: torch leaves it out of the function, and old checkpoints have none
_MEAN = "running_mean"


def counters(pairs: Iterable[tuple[str, str]], left: Container[str], right: Container[str]) -> dict[str, str]:
    """The batch counters of norms whose running means correspond.

    Args:
        pairs: keys of tensors that correspond.
        left: every key of the net of the first of each pair; a norm may have no counter.
        right: of the net of the second.
    """
    found = {}
    for pair in pairs:
        one, other = (f"{key.removesuffix(_MEAN)}{COUNTER}" for key in pair)
        if all(key.endswith(_MEAN) for key in pair) and one in left and other in right:
            found[one] = other
    return found
