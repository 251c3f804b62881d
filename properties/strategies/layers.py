"""Strategies for convolutions and pools: legal by construction, or spoiled in one argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from properties.formulas.windows import effective_kernel
from properties.strategies.configs import ConvConfig, PoolConfig

_KINDS: tuple[Literal["max", "avg"], ...] = ("max", "avg")
Config = TypeVar("Config", ConvConfig, PoolConfig)


def bounds(lowest: int, **pairs: tuple[int, int]) -> None:
    """Raise unless ``lowest <= min <= max`` for every ``name=(min, max)``.

    Raises:
        ValueError: with the bounds and what came.
    """
    for name, (low, high) in pairs.items():
        if low < lowest:
            raise ValueError(f"min_{name} must be at least {lowest}, got {low}")
        if high < low:
            raise ValueError(f"max_{name} must be at least min_{name}={low}, got {high}")


def _axes(dims: tuple[int, ...]) -> SearchStrategy[int]:
    if not dims or not set(dims) <= {1, 2, 3}:
        raise ValueError(f"dims must be some of 1, 2 and 3, got {dims!r}")
    return st.sampled_from(sorted(dims))


def _tuples(draw: Any, axes: int, low: int, high: int) -> tuple[int, ...]:
    return draw(st.tuples(*[st.integers(low, high)] * axes))  # type: ignore[no-any-return]


def conv_configs(
    *, dims: tuple[int, ...] = (1, 2), max_size: int = 12, rejected: bool = False
) -> SearchStrategy[ConvConfig]:
    """Convolutions with all their arguments, and the input each is given; axes differ from each other.

    Args:
        dims: numbers of spatial axes.
        max_size: how many positions an axis has at most beyond those that the window needs.
        rejected: whether to draw also those that must be rejected: arguments out of range, windows that do not fit.

    Raises:
        ValueError: if ``dims`` or ``max_size`` is out of range.
    """
    bounds(0, size=(0, max_size))
    axes_of = _axes(dims)

    @st.composite
    def configs(draw: st.DrawFn) -> ConvConfig:
        mistake = draw(_mistakes(_CONV_MISTAKES, rejected))
        axes, groups = draw(axes_of), draw(st.integers(1, 3))
        kernel, dilation = _tuples(draw, axes, 1, 5), _tuples(draw, axes, 1, 3)
        same = draw(st.booleans())
        padding, stride = _tuples(draw, axes, 0, 4), _tuples(draw, axes, 1, 4)  # always, so that all shrink alike
        needed = [
            1 if same else max(1, effective_kernel(k, d) - 2 * p)
            for k, d, p in zip(kernel, dilation, padding, strict=True)
        ]
        config = ConvConfig(
            in_channels=groups * draw(st.integers(1, 2)),
            out_channels=groups * draw(st.integers(1, 2)),
            kernel_size=kernel,
            stride=(1,) * axes if same else stride,
            padding="same" if same else padding,
            dilation=dilation,
            groups=groups,
            bias=draw(st.booleans()),
            size=tuple(n + extra for n, extra in zip(needed, _tuples(draw, axes, 0, max_size), strict=True)),
        )
        return config if mistake is None else draw(_spoiled(config, mistake))

    return configs()


def pool_configs(
    *, dims: tuple[int, ...] = (1, 2), max_size: int = 12, rejected: bool = False
) -> SearchStrategy[PoolConfig]:
    """Max and average pools with all their arguments, and the input each is given; axes differ from each other.

    Args:
        dims: numbers of spatial axes.
        max_size: how many positions an axis has at most beyond those that the window needs.
        rejected: whether to draw also those that must be rejected: arguments out of range, windows that do not fit.

    Raises:
        ValueError: if ``dims`` or ``max_size`` is out of range.
    """
    bounds(0, size=(0, max_size))
    axes_of, kinds = _axes(dims), st.sampled_from(_KINDS)

    @st.composite
    def configs(draw: st.DrawFn) -> PoolConfig:
        mistake = draw(_mistakes(_POOL_MISTAKES, rejected))
        axes, kind = draw(axes_of), draw(kinds)
        kernel, stride = _tuples(draw, axes, 1, 5), _tuples(draw, axes, 1, 6)
        drawn = _tuples(draw, axes, 1, 3)
        dilation = drawn if kind == "max" else (1,) * axes
        padding = tuple(draw(st.integers(0, taps // 2)) for taps in kernel)
        ceil_mode = draw(st.booleans())
        needed = [
            max(1, effective_kernel(k, d) - 2 * p - (s - 1) * ceil_mode)
            for k, s, d, p in zip(kernel, stride, dilation, padding, strict=True)
        ]
        config = PoolConfig(
            kind=kind,
            kernel_size=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            count_include_pad=draw(st.booleans()),
            size=tuple(n + extra for n, extra in zip(needed, _tuples(draw, axes, 0, max_size), strict=True)),
        )
        return config if mistake is None else draw(_spoiled(config, mistake))

    return configs()


Mistake = Callable[[Any, int], dict[str, Any]]


def _at(axis: int, values: tuple[int, ...], value: int) -> tuple[int, ...]:
    return (*values[:axis], value, *values[axis + 1 :])


def _too_small(config: ConvConfig | PoolConfig, axis: int) -> dict[str, Any]:
    """One position less than a convolution needs, or no position at all."""
    padding = 0 if isinstance(config.padding, str) else config.padding[axis]
    span = effective_kernel(config.kernel_size[axis], config.dilation[axis])
    lost = config.stride[axis] - 1 if isinstance(config, PoolConfig) and config.ceil_mode else 0
    size = 0 if isinstance(config.padding, str) else max(0, span - 2 * padding - lost - 1)
    return {"size": _at(axis, config.size, size)}


def _negative_padding(config: ConvConfig, axis: int) -> dict[str, Any]:
    """Below 0 on one axis, in an input that is large enough all the same."""
    padding = (0,) * len(config.size) if isinstance(config.padding, str) else config.padding
    spans = [effective_kernel(k, d) for k, d in zip(config.kernel_size, config.dilation, strict=True)]
    size = tuple(n + span for n, span in zip(config.size, spans, strict=True))
    return {"padding": _at(axis, padding, -1), "size": size}


_CONV_MISTAKES: tuple[Mistake, ...] = (
    _too_small,
    lambda config, axis: {"kernel_size": _at(axis, config.kernel_size, 0)},
    lambda config, axis: {"stride": _at(axis, config.stride, 0)},
    lambda config, axis: {"stride": _at(axis, config.stride, 2), "padding": "same"},
    _negative_padding,
    lambda config, axis: {"dilation": _at(axis, config.dilation, 0)},
    lambda config, axis: {"groups": 0},
    lambda config, axis: {"groups": 2, "in_channels": 3, "out_channels": 4},
    lambda config, axis: {"groups": 2, "in_channels": 4, "out_channels": 3},
)
_POOL_MISTAKES: tuple[Mistake, ...] = (
    _too_small,
    lambda config, axis: {"kernel_size": _at(axis, config.kernel_size, 0)},
    lambda config, axis: {"stride": _at(axis, config.stride, 0)},
    lambda config, axis: {"padding": _at(axis, config.padding, -1)},
    lambda config, axis: {"padding": _at(axis, config.padding, config.kernel_size[axis] // 2 + 1)},
    lambda config, axis: (
        {"dilation": _at(axis, config.dilation, 0)} if config.kind == "max" else {"size": (0,) * len(config.size)}
    ),
)


def _mistakes(mistakes: tuple[Mistake, ...], rejected: bool) -> SearchStrategy[Mistake | None]:
    """One of them or none. Drawn before all else: Hypothesis varies its first choices most evenly."""
    return st.sampled_from((None, *mistakes)) if rejected else st.none()


def _spoiled(config: Config, mistake: Mistake) -> SearchStrategy[Config]:
    """The same with one mistake on one axis."""
    return st.integers(0, len(config.size) - 1).map(lambda axis: replace(config, **mistake(config, axis)))
