"""What the runs in eval mode say about batches: images in another order, and an image alone."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from properties.runs.eval_run import EvalRun, eval_run, exact_run, repeats
from properties.runs.tolerance import difference, rounding
from properties.subject import Subject

__all__ = ["beyond_rounding", "gap_when_alone", "gap_when_swapped", "lost_axis", "norms_by_the_batch", "takes_images"]

_EXACT = 1e-9  # relative difference that rounding explains in float64
Gap = Callable[[EvalRun], float]


def _triples(run: EvalRun) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Outputs of two images, of the two swapped and of one alone, where the first axis counts the images."""
    answers = (run.first.tensors, run.swapped.tensors, run.alone.tensors)
    if len({len(tensors) for tensors in answers}) != 1:
        return []
    triples = list(zip(*answers, strict=True))
    return [(a, b, c) for a, b, c in triples if a.dim() and a.shape == b.shape == (2, *c.shape[1:]) and len(c) == 1]


def gap_when_swapped(run: EvalRun) -> float:
    """How far the outputs of swapped images lie from those of the images in order."""
    return max((difference([b.flip(0)], [a]) for a, b, _ in _triples(run)), default=0.0)


def gap_when_alone(run: EvalRun) -> float:
    """How far the outputs of the second image alone lie from those it has in a batch."""
    return max((difference([c], [a[1:]]) for a, _, c in _triples(run)), default=0.0)


def lost_axis(run: EvalRun) -> str:
    """The size of an output for one image that has fewer axes than for two, or nothing."""
    pairs = zip(run.first.tensors, run.alone.tensors, strict=False)
    return next((str(tuple(c.shape)) for a, c in pairs if a.dim() > c.dim() and len(a) == 2), "")


def beyond_rounding(subject: Subject, gap_of: Gap) -> float:
    """The difference that a run shows, or 0 if it is rounding: what looks like more is computed again in float64."""
    gap = gap_of(eval_run(subject))
    if gap <= rounding(subject.dtype) / 30:
        return 0.0
    exact = exact_run(subject)
    if exact is None:
        return gap if gap > rounding(subject.dtype) else 0.0
    exact_gap = gap_of(exact)
    return exact_gap if exact_gap > _EXACT else 0.0


def norms_by_the_batch(net: nn.Module) -> bool:
    """Whether a norm is told to use the batch's statistics in eval mode too."""
    norms = (nn.modules.batchnorm._BatchNorm,)
    return any(isinstance(module, norms) and module.running_mean is None for module in net.modules())


def takes_images(subject: Subject) -> bool:
    """Whether the first axis counts images: of three axes, it may as well count the steps of a sequence."""
    return len(subject.input_shape) != 2 and repeats(subject) and not norms_by_the_batch(subject.net)
