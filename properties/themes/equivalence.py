"""A net and its twin, the same net from another definition: function, input domain, gradients, statistics."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy
from torch import Tensor

from properties.measures.twins import accepts, draws_without_layer, evaluated, key_map, pair_of, trained
from properties.property import forall, require
from properties.runs.tolerance import difference
from properties.strategies import Images, images
from properties.subject import Subject

__all__ = [
    "twin_accepts_the_same_images",
    "twin_has_the_same_function",
    "twin_has_the_same_gradients",
    "twin_moves_its_statistics_alike",
]

_SAME = 1e-9  # relative difference that rounding explains in float64
_SOURCE = "the two documents, each of which defines the net in full"


def _sizes(subject: Subject) -> SearchStrategy[Images]:
    """Batches around the smallest size that is known to be legal, illegal ones among them."""
    side = subject.spec.smallest_eval if subject.spec else max(subject.input_shape[1:])
    return images(max_batch=2, min_size=max(1, side - 8), max_size=side + 24)


def _legal_sizes(subject: Subject) -> SearchStrategy[Images]:
    """Batches that train mode accepts, where that is known."""
    spec = subject.spec
    side = max(spec.smallest_eval, spec.smallest_train) if spec else max(subject.input_shape[1:])
    return images(min_batch=2, max_batch=2, min_size=side, max_size=min(side + 9, (spec and spec.largest) or side + 9))


def _has_twin(subject: Subject) -> bool:
    return subject.twin is not None and len(subject.input_shape) == 3


def _same_graphs(subject: Subject) -> bool:
    return _has_twin(subject) and subject.device != "meta" and key_map(subject) is not None


def _same_random_numbers(subject: Subject) -> bool:
    return _same_graphs(subject) and not draws_without_layer(subject)


@forall(_sizes, source=_SOURCE, applies=_has_twin)
def twin_accepts_the_same_images(subject: Subject, batch: Images) -> None:
    """The net and its twin accept the same batches and sizes, in eval and in train mode."""
    if subject.twin is None:
        return
    image = subject.randn(batch.n, batch.size)
    for training, mode in ((False, "eval"), (True, "train")):
        ours = accepts(subject.meta, image, training=training)
        theirs = accepts(subject.twin.meta, image, training=training)
        said = "accepts" if ours else "rejects"
        require(ours == theirs, f"the net {said} the images in {mode} mode", "as its twin does", f"{subject}({batch})")


@forall(_legal_sizes, source=_SOURCE, applies=_same_graphs, cost="dear")
def twin_has_the_same_function(subject: Subject, batch: Images) -> None:
    """With the same weights, moved by structure, the net and its twin return the same in eval mode, up to rounding."""
    ours, theirs = pair_of(subject)
    image = _drawn(subject, batch)
    gap = difference(evaluated(ours, image), evaluated(theirs, image))
    require(gap <= _SAME, f"the outputs lie {gap:.1e} from the twin's", "the same", f"{subject}({batch})")


@forall(_legal_sizes, source=_SOURCE, applies=_same_random_numbers, cost="dear")
def twin_has_the_same_gradients(subject: Subject, batch: Images) -> None:
    """In train mode the two return the same, and so does every parameter's and the image's gradient, up to rounding."""
    (ours, theirs), image = pair_of(subject), _drawn(subject, batch)
    (returned, gradients, _), (others, expected, _) = trained(ours, image), trained(theirs, image)
    gap = difference(returned, others)
    require(gap <= _SAME, f"the outputs lie {gap:.1e} from the twin's in train mode", "the same", f"{subject}({batch})")
    scale = max((float(g.abs().max()) for g in expected.values()), default=0.0)
    for key, other in {"": "", **(key_map(subject) or {})}.items():
        found = [[grads[name]] if name in grads else [] for name, grads in ((key, gradients), (other, expected))]
        name = f"the gradient of {key or 'the image'}"
        require(
            len(found[0]) == len(found[1]), f"{name} is {_there(found[0])}", _there(found[1]), f"{subject}({batch})"
        )
        near = _near(found[0], found[1], scale)
        require(near, f"{name} differs from the twin's", "the same", f"{subject}({batch})")


def _there(found: list[Tensor]) -> str:
    return "there" if found else "missing"


def _near(actual: list[Tensor], expected: list[Tensor], scale: float) -> bool:
    """Whether two gradients agree against their own size, or are both rounding beside the largest of the net."""
    return difference(actual, expected) <= 1e-6 or all(
        float((a - b).abs().max()) <= _SAME * scale for a, b in zip(actual, expected, strict=True)
    )


@forall(_legal_sizes, source=_SOURCE, applies=_same_random_numbers, cost="dear")
def twin_moves_its_statistics_alike(subject: Subject, batch: Images) -> None:
    """After a forward pass in train mode every buffer of the two holds the same, up to rounding."""
    (ours, theirs), image = pair_of(subject), _drawn(subject, batch)
    buffers, expected = trained(ours, image)[2], trained(theirs, image)[2]
    for key, other in (key_map(subject) or {}).items():
        if key in buffers and other in expected:
            gap = difference([buffers[key]], [expected[other]])
            require(gap <= _SAME, f"{key} lies {gap:.1e} from the twin's", "the same", f"{subject}({batch})")


def _drawn(subject: Subject, batch: Images) -> Tensor:
    return subject.randn(batch.n, batch.size, seed=batch.seed).double()
