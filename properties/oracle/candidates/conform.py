"""For tests that people write by hand: one line that fails where a net is not what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from properties.oracle.candidates.expected import apply, read
from properties.oracle.check import Net, check
from properties.render.text import lines
from properties.report import DeviationError, Report

__all__ = ["assert_conforms"]


def assert_conforms(
    candidate: Net,
    reference: Net,
    *,
    input_shape: Sequence[int] | None = None,
    profile: str = "default",
    seed: int = 0,
    strict_init: bool = False,
    expected_failures: str | Path | None = None,
) -> Report:
    """Fail unless the candidate is the reference's architecture. Its code runs in this process.

    Args:
        candidate: a function that builds the net, a net, or a target.
        reference: likewise; ``"resnet50"`` for one of the references here.
        input_shape: one input without its batch axis; by default what the reference is made for.
        profile: ``"quick"``, ``"default"`` or ``"thorough"``.
        seed: of weights and images.
        strict_init: whether other initialisation is a deviation.
        expected_failures: a TOML file of what is known to differ.

    Returns:
        The report.

    Raises:
        DeviationError: an ``AssertionError``, if it is not; its text is the report as ``archproof check`` prints it.
        TargetError: if a name, file or keyword does not exist.
        CandidateError: if the candidate raises while it is built or run.
    """
    shape = None if input_shape is None else tuple(input_shape)
    expected = () if expected_failures is None else read(expected_failures)
    report = check(candidate, reference, input_shape=shape, profile=profile, seed=seed, strict_init=strict_init)
    report = apply(report, expected) if expected else report
    if report.exit_status != 0:
        raise DeviationError("\n".join(line.plain for line in lines(report)))
    return report
