"""What a net is called, where it comes from, and what has been published about it.

Standard library only: properties read these records without importing a model.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Claim", "Family", "Init", "Spec", "Stage", "Waiver"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A published figure, with how far the truth may lie from it and why.

    Args:
        value: the figure as published.
        rel_tol: largest relative difference at which the claim still counts as met; 0 means exact.
        why: where the figure is published and, if ``rel_tol`` is not 0, what the tolerance allows for.
    """

    value: float
    rel_tol: float = 0.0
    why: str = ""

    def met_by(self, actual: float) -> bool:
        """Whether ``actual`` lies within ``rel_tol`` of the published value."""
        return abs(actual - self.value) <= self.rel_tol * abs(self.value)


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of the paper's table: which module, and the ``(C, H, W)`` claimed for its output.

    Args:
        module: dotted path of the module whose output the row describes.
        shape: claimed output without the batch axis, ``(C, H, W)`` or ``(features,)``, at the spec's ``input_shape``.
    """

    module: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Init:
    """How the weights of a fresh net are distributed, for each kind of tensor; None where nothing is documented.

    A distribution is ``"zeros"``, ``"ones"``, ``"default"`` (torch.nn's own: uniform within ``1 / sqrt(fan_in)``),
    ``"kaiming_normal_fan_out"`` (standard deviation ``sqrt(2 / fan_out)``), ``"normal(0.01)"`` with its standard
    deviation, or ``"truncated_normal(0.01)"``, the same cut off at -2 and 2. Batch norms always start with weight 1,
    bias 0, mean 0, variance 1.

    Args:
        conv: of convolution weights.
        conv_bias: of convolution biases.
        linear: of linear weights.
        linear_bias: of linear biases.
        why: where it is documented.
    """

    conv: str | None = "default"
    conv_bias: str | None = "default"
    linear: str | None = "default"
    linear_bias: str | None = "default"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A property that this net breaks on purpose.

    Args:
        property: name of the property that does not hold.
        why: the document that says so.
    """

    property: str
    why: str


class _Build:
    """The field ``build``: a function, or the file that has it under the spec's name, imported when it is asked for."""

    def __get__(self, spec: Spec | None, owner: type[Spec]) -> Callable[..., Any]:
        if spec is None:
            raise AttributeError("build")  # so that the field has no default
        given: Callable[..., Any] | str = vars(spec)["build"]
        if not isinstance(given, str):
            return given
        found: Callable[..., Any] = getattr(importlib.import_module(given), spec.name)
        return found

    def __set__(self, spec: Spec, given: Callable[..., Any] | str) -> None:
        vars(spec)["build"] = given


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One named architecture: its builder, and the claims made about what it builds.

    Args:
        name: the builder's name in ``arches`` and the target's name on the command line.
        family: what the paper calls its nets, ``"resnet"``, ``"vgg"``.
        build: ``build(*, num_classes=..., in_channels=..., ...) -> nn.Module``. Given as the dotted name of the module
            that has it under the spec's name, it is imported, and torch with it, when it is asked for.
        source: the paper or page, with table or figure.
        input_shape: the ``(C, H, W)`` at which the claims hold.
        smallest_eval: smallest side of a square input accepted in eval mode.
        smallest_train: smallest side of a square input accepted in train mode with a batch of 2.
        num_params: number of trainable scalars (buffers do not count).
        macs: multiply-adds of one image at ``input_shape``, convolutions and linear layers only; None if unpublished.
        stages: the claimed output sizes, in data-flow order.
        torchvision: name of torchvision's net with the same state_dict and the same function, or None.
        outputs_eval: number of tensors returned in eval mode.
        outputs_train: number of tensors returned in train mode.
        output_of: dotted path of the module that computes the logits.
        residual_blocks: how many additions of a shortcut to a residual branch the table has.
        same_as: name of another spec that defines the same net in another way, its tensors in the same order.
        init: the documented distribution of fresh weights.
        waives: the properties that this net breaks on purpose.
        largest: largest side of a square input accepted, or None where none is too large; a net that flattens a map
            into a linear layer without an adaptive pool has one.
    """

    name: str
    family: str
    build: _Build = _Build()
    source: str
    input_shape: tuple[int, int, int]
    smallest_eval: int
    smallest_train: int
    num_params: Claim
    macs: Claim | None = None
    stages: tuple[Stage, ...] = ()
    torchvision: str | None = None
    outputs_eval: int = 1
    outputs_train: int = 1
    output_of: str = "fc"
    residual_blocks: int = 0
    same_as: str | None = None
    init: Init | None = None
    waives: tuple[Waiver, ...] = ()
    largest: int | None = None

    def __repr__(self) -> str:
        return f"<Spec {self.name}>"


@dataclass(frozen=True, slots=True)
class Family:
    """Nets that one table describes, whether or not the paper names them: what varies, and how to build any of them.

    Args:
        name: what such a net is called, ``"a ResNet of basic blocks"``.
        form: how its configuration shows in the net: ``"residual"`` (``depths``, ``groups``, ``width_per_group``) or
            ``"plain"`` (``column``: widths of the convolutions, one tuple for each block before a pool).
        build: ``build(*, num_classes, in_channels, **configuration) -> nn.Module``.
    """

    name: str
    form: str
    build: Callable[..., Any] = field(repr=False)
