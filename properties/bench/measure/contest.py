"""A net and torchvision's of the same weights, made ready for one case and held against float64."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from properties.bench.measure.cases import Case
from properties.bench.measure.machine import tensor_cores
from properties.bench.measure.memory import halving
from properties.bench.measure.modes import Prepared, prepare, require
from properties.errors import TargetError
from properties.graph.torch.outputs import flatten_output
from properties.targets.target import builder

__all__ = ["TOLERANCES", "Arm", "Contest", "WrongOutput", "check_outputs", "enter", "relative_error"]

_CHECKED = 2  # images whose outputs are held against float64, which is slow

# Largest relative error, of rounding alone: float32 with TF32 off, float32 with TF32 on, bfloat16.
TOLERANCES = {"float32": 1e-4, "tfloat32": 2e-3, "bfloat16": 2e-2}


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the two nets, ready to be timed.

    Args:
        name: ``"resnet50"`` or ``"torchvision:resnet50"``.
        run: one forward pass.
        prepare_seconds: what making it ready took; of a compiled net, its compilation.
        error: relative error of its outputs.
    """

    name: str
    run: Callable[[], Tensor]
    prepare_seconds: float
    error: float


@dataclass(frozen=True, slots=True)
class Contest:
    """A case made ready.

    Args:
        case: what was asked for.
        batch: what is measured: the case's batch, or as much of it as fits into memory.
        ours: the reference.
        theirs: torchvision's, or None.
        notes: one line for everything that a reader of the figures has to know.
    """

    case: Case
    batch: int
    ours: Arm
    theirs: Arm | None
    notes: tuple[str, ...]


def enter(case: Case, device: str) -> Contest:
    """Build both nets, bring them into the case's mode and check what they compute.

    To be called, and its arms run, under ``torch.inference_mode`` and ``machine.fast``.

    Raises:
        WrongOutput: if one of them computes something else.
        Unavailable: if the machine cannot run the case.
        ModeError: if folding or compiling fails.
        MemoryError: if not even one image fits.
    """
    require(case.mode, case.dtype, device, str(case))
    ours = _built(case, device)
    theirs, notes = _twin(case, ours)
    reference = copy.deepcopy(theirs or ours).to("cpu").to(torch.float64)  # in two steps: MPS has no float64

    def attempt(batch: int) -> tuple[Arm, Arm | None]:
        image = _image(case, batch, device)
        first = _arm(case.spec.name, ours, case, image, reference)
        second = _arm(f"torchvision:{case.spec.torchvision}", theirs, case, image, reference) if theirs else None
        return first, second

    with tensor_cores(case.dtype == "tfloat32"):
        try:
            (first, second), batch = halving(attempt, case.batch)
        except MemoryError as error:
            raise MemoryError(f"{case}: {error}") from error
    if batch < case.batch:
        notes = (*notes, f"{case}: out of memory with {case.batch} images; measured with {batch}")
    return Contest(case, batch, first, second, notes)


def _built(case: Case, device: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net: nn.Module = case.spec.build()
        _enliven(net)
    return net.to(device).eval()


def _enliven(net: nn.Module) -> None:
    """Weights that keep the variance of what passes, and norms that do something, so that every mistake shows."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, _BatchNorm) and module.running_mean is not None and module.running_var is not None:
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.8, 1.25)
            if module.affine:
                nn.init.uniform_(module.weight, 0.8, 1.25)
                nn.init.normal_(module.bias, std=0.1)


def _twin(case: Case, ours: nn.Module) -> tuple[nn.Module | None, tuple[str, ...]]:
    """torchvision's net with our tensors, or a line that says why there is none."""
    if case.spec.torchvision is None:
        return None, (f"{case.spec.name}: torchvision has no such net; measured alone",)
    try:
        build = builder(f"torchvision:{case.spec.torchvision}")
    except TargetError as error:
        return None, (f"{case.spec.name}: {error}; measured alone",)
    with torch.device("meta"):
        theirs = build().eval()
    theirs.load_state_dict(ours.state_dict(), strict=True, assign=True)
    return theirs, ()


def _image(case: Case, batch: int, device: str) -> Tensor:
    layout = torch.channels_last if case.layout == "channels_last" else torch.contiguous_format
    shape = (batch, case.spec.input_shape[0], case.side, case.side)
    return torch.randn(shape, device=device).to(dtype=_dtype(case), memory_format=layout)


def _dtype(case: Case) -> torch.dtype:
    found: torch.dtype = torch.float32 if case.dtype == "tfloat32" else getattr(torch, case.dtype)
    return found


def _arm(name: str, net: nn.Module, case: Case, image: Tensor, reference: nn.Module) -> Arm:
    label = f"{name}-b{image.shape[0]}-{case.dtype}-{case.layout}-{case.mode}"
    prepared: Prepared = prepare(net, case.mode, image, label)
    image.copy_(torch.randn(image.shape))  # fresh: a net that repeats its last answer must not pass
    outputs = prepared.run()[:_CHECKED]
    expected = flatten_output(reference(image[:_CHECKED].to("cpu").to(torch.float64)))[0][1]
    return Arm(name, prepared.run, prepared.seconds, check_outputs(outputs, expected, case.dtype, label))


class WrongOutput(AssertionError):
    """A net's outputs are not what they should be, so its speed means nothing."""


def relative_error(actual: Tensor, expected: Tensor) -> float:
    """Euclidean distance over the expected tensor's length; infinite for other sizes and for what is not finite."""
    if actual.shape != expected.shape:
        return float("inf")
    actual, expected = actual.detach().cpu().double(), expected.detach().cpu().double()
    if not bool(torch.isfinite(actual).all()):
        return float("inf")
    length = float(torch.linalg.vector_norm(expected))
    return float(torch.linalg.vector_norm(actual - expected)) / max(length, torch.finfo(torch.float64).tiny)


def check_outputs(actual: Tensor, expected: Tensor, dtype: str, name: str) -> float:
    """Hold outputs against those of float64.

    Args:
        actual: what the net computes as it will be timed.
        expected: the same images' outputs in float64.
        dtype: whose rounding is allowed, a key of ``TOLERANCES``.
        name: how the message calls the net.

    Returns:
        the relative error.

    Raises:
        WrongOutput: if it is larger than rounding explains.
    """
    error, allowed = relative_error(actual, expected), TOLERANCES[dtype]
    if not error <= allowed:
        raise WrongOutput(f"relative error {error:.1e}, but should be at most {allowed:.0e} in {dtype} [{name}]")
    return error
