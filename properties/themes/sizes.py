"""What every layer does to the size of an image, in closed form, and which sizes a net accepts.

Layer properties are about a ``LayerSubject``, the others about nets. A net is run on the meta device, where sizes are
all there is; it accepts and rejects there what it does elsewhere once images have at least one pixel.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from hypothesis.strategies import SearchStrategy
from torch import Tensor, nn

from properties.graph.ir import Shape
from properties.graph.sizes.plan import IllegalInput, SizePlan, UnpredictableSize, compile_sizes
from properties.graph.torch.outputs import flatten_output
from properties.measures.gradient_support import deepest_probe, support
from properties.measures.layer_subject import LayerConfig, LayerSubject
from properties.property import claim, forall, require
from properties.runs.borrowed import modes_kept
from properties.runs.forward import Hook, hooked
from properties.strategies import conv_configs, images, pool_configs
from properties.strategies.configs import ConvConfig, Images, PoolConfig
from properties.subject import Subject

__all__ = [
    "convolution_accepts_exactly_what_the_closed_form_accepts",
    "convolution_sizes_equal_the_closed_form",
    "every_layer_has_the_predicted_size",
    "exactly_the_predicted_sizes_are_accepted",
    "logits_have_the_predicted_size",
    "pool_accepts_exactly_what_the_closed_form_accepts",
    "pool_sizes_equal_the_closed_form",
    "receptive_field_and_total_stride_equal_the_closed_form",
    "smallest_and_largest_input_in_eval_mode_are_the_published_ones",
    "smallest_input_in_train_mode_is_the_published_one",
    "stages_have_the_published_sizes",
]

LARGEST_FIELD = 64
"""Pixels; the receptive field is measured where it is at most this large, so that small images do."""


def _is_layers(subject: Subject) -> bool:
    return isinstance(subject, LayerSubject)


def _is_predictable(subject: Subject) -> bool:
    """A net with a spec is; a stranger's is if every operator on the way has a size rule."""
    if _is_layers(subject) or subject.spec:
        return subject.spec is not None
    try:
        plan = _plan(subject)
        plan(1, *[plan.smallest() + 1] * (len(subject.input_shape) - 1))
    except UnpredictableSize:
        return False
    except IllegalInput:
        pass
    return True


def _can_be_probed(subject: Subject) -> bool:
    if _is_layers(subject) or subject.spec:
        return subject.spec is not None
    return _is_predictable(subject) and deepest_probe(subject.graph(), LARGEST_FIELD) is not None


def _has_spec(subject: Subject) -> bool:
    return subject.spec is not None


def _layer_shape(subject: Subject, config: LayerConfig) -> Shape | None:
    if not isinstance(subject, LayerSubject):
        raise TypeError(f"{subject} is a net, not a set of layers")
    return subject.output_shape(config)


def _closed_form(config: LayerConfig) -> Shape | None:
    try:
        return config.output_shape()
    except ValueError:
        return None


def _has_the_same_size(subject: Subject, config: LayerConfig) -> None:
    actual, expected = _layer_shape(subject, config), config.output_shape()
    require(actual == expected, f"shape={actual}", str(expected), config)


def _accepts_the_same(subject: Subject, config: LayerConfig) -> None:
    actual, expected = _layer_shape(subject, config) is not None, _closed_form(config) is not None
    words = {True: "accepted", False: "rejected"}
    require(actual == expected, f"the layer is {words[actual]}", words[expected], f"{subject}: {config}")


@forall(
    conv_configs(), source="torch.nn.Conv2d, Shape; arXiv:1603.07285, relationship 15", applies=_is_layers, examples=300
)
def convolution_sizes_equal_the_closed_form(subject: Subject, config: ConvConfig) -> None:
    """A convolution's output has the size of the closed form, whatever its arguments."""
    _has_the_same_size(subject, config)


@forall(conv_configs(rejected=True), source="torch.nn.Conv2d, Parameters", applies=_is_layers, examples=300)
def convolution_accepts_exactly_what_the_closed_form_accepts(subject: Subject, config: ConvConfig) -> None:
    """A convolution rejects exactly the arguments and inputs that the closed form rejects."""
    _accepts_the_same(subject, config)


@forall(pool_configs(), source="torch.nn.MaxPool2d, Shape, and its note on ceil_mode", applies=_is_layers, examples=300)
def pool_sizes_equal_the_closed_form(subject: Subject, config: PoolConfig) -> None:
    """A pool's output has the size of the closed form, windows that ceil_mode drops included."""
    _has_the_same_size(subject, config)


@forall(pool_configs(rejected=True), source="torch.nn.MaxPool2d, Parameters", applies=_is_layers, examples=300)
def pool_accepts_exactly_what_the_closed_form_accepts(subject: Subject, config: PoolConfig) -> None:
    """A pool rejects exactly the arguments and inputs that the closed form rejects."""
    _accepts_the_same(subject, config)


_PLANS: WeakKeyDictionary[Subject, dict[str, SizePlan]] = WeakKeyDictionary()


def _plan(subject: Subject, mode: str = "eval") -> SizePlan:
    """The subject's sizes, compiled once."""
    plans = _PLANS.setdefault(subject, {})
    if mode not in plans:
        plans[mode] = compile_sizes(subject.graph(mode))
    return plans[mode]


def _legal(subject: Subject) -> SearchStrategy[Images]:
    plan = _plan(subject)
    smallest = plan.smallest()
    known = subject.spec.largest if subject.spec else None
    largest = known or max(side for side in range(smallest, smallest + 65) if plan.accepts(2, side, side))
    return images(min_size=smallest, max_size=largest).filter(lambda x: plan.accepts(x.n, *x.size))


def _around_the_smallest(subject: Subject) -> SearchStrategy[Images]:
    smallest = _plan(subject).smallest()
    return images(min_size=max(1, smallest - 8), max_size=smallest + 8)


def _meta(subject: Subject, n: int, size: tuple[int, ...]) -> Tensor:
    return torch.empty(n, subject.input_shape[0], *size, device="meta")


def _run(subject: Subject, n: int, size: tuple[int, ...]) -> list[Shape]:
    with torch.no_grad():
        return [tuple(tensor.shape) for _, tensor in flatten_output(subject.meta(_meta(subject, n, size)))]


def _layers(subject: Subject, n: int, size: tuple[int, ...]) -> dict[str, Shape]:
    """Shape of what each module returned last, for those that return one tensor."""
    seen: dict[str, Shape] = {}

    def keeping(path: str) -> Hook:
        def keep(_: nn.Module, __: tuple[Tensor, ...], output: object) -> None:
            if isinstance(output, Tensor):
                seen[path] = tuple(output.shape)

        return keep

    hooks = {path: keeping(path) for path, _ in subject.meta.named_modules() if path}
    with hooked(subject.meta, hooks):
        _run(subject, n, size)
    return seen


def _rejection(subject: Subject, n: int, size: tuple[int, ...]) -> str | None:
    try:
        _run(subject, n, size)
    except (RuntimeError, ValueError, AssertionError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return None


def _called(subject: Subject, n: int, size: tuple[int, ...], mode: str = "eval") -> str:
    return f"{subject} in {mode} mode, {Images(n, (size[0], size[1]))}"


def _accepts(subject: Subject, n: int, side: int, expected: bool, mode: str) -> None:
    reason = _rejection(subject, n, (side, side))
    actual = "accepted" if reason is None else f"rejected ({reason})"
    words = {True: "accepted", False: "rejected"}
    require(
        (reason is None) == expected,
        f"{side}x{side} is {actual}",
        words[expected],
        _called(subject, n, (side, side), mode),
    )


@claim(source="the spec's table, column output size", applies=_has_spec)
def stages_have_the_published_sizes(subject: Subject) -> None:
    """Every stage's output has the size that its paper's table prints."""
    if not subject.spec:
        return
    seen = _layers(subject, 2, subject.input_shape[1:])
    for stage in subject.spec.stages:
        actual = seen.get(stage.module, ())[1:]
        require(actual == stage.shape, f"{stage.module} returns {actual}", str(stage.shape), subject)


@claim(source="the spec's smallest_eval and largest", applies=_has_spec)
def smallest_and_largest_input_in_eval_mode_are_the_published_ones(subject: Subject) -> None:
    """In eval mode the smallest and the largest square input are the published ones."""
    if subject.spec:
        side, largest = subject.spec.smallest_eval, subject.spec.largest
        _accepts(subject, 1, side, True, "eval")
        if side > 1:
            _accepts(subject, 1, side - 1, False, "eval")
        if largest:
            _accepts(subject, 1, largest, True, "eval")
            _accepts(subject, 1, largest + 1, False, "eval")


@claim(source="the spec's smallest_train; torch.nn.BatchNorm2d needs more than 1 value per channel", applies=_has_spec)
def smallest_input_in_train_mode_is_the_published_one(subject: Subject) -> None:
    """In train mode, with two images, the smallest square input is the published one."""
    if subject.spec:
        side = subject.spec.smallest_train
        with modes_kept(subject.meta):
            subject.meta.train()
            _accepts(subject, 2, side, True, "train")
            if side > 1:
                _accepts(subject, 2, side - 1, False, "train")


@forall(_legal, source="torch.nn.Conv2d and MaxPool2d, Shape, layer by layer", applies=_is_predictable)
def every_layer_has_the_predicted_size(subject: Subject, batch: Images) -> None:
    """Every layer's output has the size of the closed form for every legal batch, height and width, square or not."""
    plan = _plan(subject)
    predicted, seen = plan(batch.n, *batch.size), _layers(subject, batch.n, batch.size)
    for path, position in plan.result_of.items():
        actual, expected = seen.get(path), predicted[position]
        if actual not in (None, expected) and _means_the_same(subject, path, position):
            require(False, f"{path} returns {actual}", str(expected), _called(subject, batch.n, batch.size))


def _means_the_same(subject: Subject, path: str, position: int) -> bool:
    """Whether the module returns what its last operator computes, as it did when the graph was captured.

    A module can end in a view that the normal form has moved or dropped; then its own result is no operator's.
    """
    captured = _layers(subject, 2, subject.input_shape[1:])
    return captured.get(path) == subject.graph().ops[position].shape


@forall(_legal, source="torch.nn.Linear, Shape: one row of logits for each image", applies=_is_predictable)
def logits_have_the_predicted_size(subject: Subject, batch: Images) -> None:
    """Every tensor that the net returns has the predicted size for every legal batch, height and width."""
    actual, expected = _run(subject, batch.n, batch.size), list(_plan(subject).outputs(batch.n, *batch.size))
    require(actual == expected, f"the outputs are {actual}", str(expected), _called(subject, batch.n, batch.size))


@forall(_around_the_smallest, source="torch.nn.Conv2d and MaxPool2d, Shape, layer by layer", applies=_is_predictable)
def exactly_the_predicted_sizes_are_accepted(subject: Subject, batch: Images) -> None:
    """The net accepts an image exactly when every layer's closed form does."""
    predicted, actual = _plan(subject).why_not(batch.n, *batch.size), _rejection(subject, batch.n, batch.size)
    words = ["accepted" if reason is None else f"rejected ({reason})" for reason in (actual, predicted)]
    call = _called(subject, batch.n, batch.size)
    require((actual is None) == (predicted is None), f"the input is {words[0]}", words[1], call)


@claim(source="Araujo, Norris & Sim 2019, distill.pub/2019/computing-receptive-fields", applies=_can_be_probed)
def receptive_field_and_total_stride_equal_the_closed_form(subject: Subject) -> None:
    """The pixels that have a gradient are those of the closed form: the receptive field, moved by the total stride.

    Measured at the deepest layer whose receptive field is at most ``LARGEST_FIELD`` pixels, before any global pool.
    """
    probe = deepest_probe(subject.graph(), LARGEST_FIELD)
    require(probe is not None, "no layer has a receptive field to measure", "a convolution first", subject)
    if probe:
        for step in (0, 1):
            actual, expected = support(subject, probe, step), probe.expected(step)
            at = tuple(first + step for first in probe.first)
            require(actual == expected, f"{probe.path} at {at} sees pixels {actual}", str(expected), subject)
