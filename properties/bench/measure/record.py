"""What is written down about a figure, beside the rounds that pytest-benchmark keeps: ``saved`` reads it again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch

from properties.bench.measure.contest import Arm, Contest
from properties.bench.measure.machine import load
from properties.bench.measure.meter import meter
from properties.bench.measure.pairing import Pairing, spread
from properties.bench.measure.roofline import Ceilings, at_size, floor_seconds, kernels, moved_bytes
from properties.subject import Subject

__all__ = ["costs", "figures", "verdict"]


def figures(contest: Contest, arm: Arm, seconds: Sequence[float], calls: int) -> dict[str, Any]:
    """What was measured. To be called under ``torch.inference_mode``, as a GPU's memory is measured here.

    Args:
        contest: of the case.
        arm: that was timed.
        seconds: of one call, one figure for each block.
        calls: in each block.
    """
    case, quantiles = contest.case, spread(seconds)
    return {
        "case": str(case),
        "net": case.spec.name,
        "arm": "archproof" if arm is contest.ours else "torchvision",
        "batch": contest.batch,
        "batch_asked": case.batch,
        "side": case.side,
        "dtype": case.dtype,
        "layout": case.layout,
        "mode": case.mode,
        "seconds": list(quantiles),
        "images_per_second": contest.batch / quantiles[1],
        "calls": calls,
        "error": arm.error,
        "prepare_seconds": arm.prepare_seconds,
        "peak_memory_bytes": _peak_memory(arm),
        "load": load(),
    }


def costs(contest: Contest, subject: Subject, ceilings: Ceilings) -> dict[str, Any]:
    """What does not depend on the day: counts, and the floor that follows from the ceilings.

    Args:
        contest: of the case.
        subject: its net.
        ceilings: of the device, for the case's dtype.
    """
    case = contest.case
    dtype = "float32" if case.dtype == "tfloat32" else case.dtype
    found = kernels(at_size(subject.graph(), contest.batch, case.side, case.side))
    kind: torch.dtype = getattr(torch, dtype)
    shape = (contest.batch, subject.input_shape[0], case.side, case.side)
    counted = meter(copy.deepcopy(subject.meta).to(kind), shape, kind)
    return {
        "macs": counted.macs,
        "operators": counted.operators,
        "bytes_moved": moved_bytes(found, dtype),
        "peak_activation_bytes": counted.peak_bytes,
        "floor_seconds": floor_seconds(found, dtype, ceilings, compute=case.dtype),
        "bytes_per_second": ceilings.bytes_per_second,
        "macs_per_second": ceilings.macs_per_second[case.dtype],
    }


def _peak_memory(arm: Arm) -> int | None:
    """What a GPU holds at most during a forward pass, weights included; None elsewhere."""
    if arm.run().device.type != "cuda":
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    arm.run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()


def verdict(pairing: Pairing) -> dict[str, Any]:
    """How the two arms compare."""
    ratio = pairing.ratio
    return {
        "ratio": [ratio.low, ratio.median, ratio.high],
        "noise": pairing.noise.reach,
        "gate": pairing.gate,
        "verdict": pairing.verdict,
    }
