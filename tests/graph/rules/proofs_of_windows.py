"""Proofs of what rules say of windows, bins and borders, along one axis of any size.

The formulas are torch's: ``aten/src/ATen/native/Pool.h`` has those of windows, ``AdaptivePooling.h`` those of bins.
"""

from __future__ import annotations

from support.solver import Claim, Proof, ceil_of, floor_of
from z3 import And, ArithRef, BoolRef, If, Implies, Int, Ints

from properties.graph.rules.always import layers, pools
from properties.graph.rules.conditional import one_size

__all__ = ["ALONE", "SOLVED"]

# ---------------------------------------------------------------------------------------------------- windows of a pool
N, K, P, S = Ints("n k p s")  # pixels, window (dilation included), border and stride along one axis
OUT, UP, J = Ints("out up j")  # windows, windows in ceil mode before the correction, one window
_POOL = (N >= 1, K >= 1, P >= 0, 2 * P <= K, S >= 1, N + 2 * P >= K)  # what torch takes
_ROUNDED_DOWN = floor_of(OUT - 1, N + 2 * P - K, S)
_ROUNDED_UP = ceil_of(UP - 1, N + 2 * P - K, S)
_IN_CEIL_MODE = If((UP - 1) * S >= N + P, UP - 1, UP)  # no window begins behind the image
_ONE_WINDOW = (J >= 0, J < OUT)


def _ceil_mode(*more: BoolRef) -> Claim:
    """As many windows either way, and none that ends behind the border."""
    given = (*_POOL, _ROUNDED_DOWN, _ROUNDED_UP, *more)
    return Claim(given, And(OUT == _IN_CEIL_MODE, (OUT - 1) * S + K <= N + 2 * P))


def _all_inside(border: int) -> Claim:
    """Every window lies in the image."""
    given = (*_POOL, _ROUNDED_DOWN, *_ONE_WINDOW, P == border)
    return Claim(given, And(J * S - P >= 0, J * S - P + K <= N))


def _border_first(widest: BoolRef) -> Claim:
    """A pool without a border, of a padded image, and one with a border: as many windows, the same pixels in each.

    Each holds a pixel, and counts ``k`` numbers where those of the border count: torch cuts it at the border's end.
    """
    padded, out = N + 2 * P, Int("out of the padded image")
    given = (N >= 1, K >= 1, P >= 0, S >= 1, padded >= K, widest, _ROUNDED_DOWN, floor_of(out - 1, padded - K, S))
    low, high = If(J * S - P > 0, J * S - P, 0), If(J * S - P + K < N, J * S - P + K, N)
    pixel = Int("pixel")
    of_the_padded = And(J * S <= pixel + P, pixel + P < J * S + K, pixel >= 0, pixel < N)
    same = of_the_padded == And(low <= pixel, pixel < high)
    counted = If(J * S - P + K < N + P, J * S - P + K, N + P) - (J * S - P)
    return Claim((*given, *_ONE_WINDOW), And(out == OUT, same, low < high, counted == K))


def _single_values(last: int) -> Claim:
    """As many windows of one pixel as a slice has positions, ceil mode or not, and the same ones."""
    end, length = (OUT - 1) * S + last, Int("length")
    given = (*_POOL, K == 1, P == 0, _ROUNDED_DOWN, _ROUNDED_UP, ceil_of(length, end, S))
    return Claim(given, And(OUT == _IN_CEIL_MODE, length == OUT, end <= N))


def _whole_image(missing: int) -> Claim:
    """One window, from the first pixel to the last."""
    given = (*_POOL, P == 0, K == N - missing, _ROUNDED_DOWN, *_ONE_WINDOW)
    return Claim(given, And(OUT == 1, J * S == 0, J * S + K == N))


# ----------------------------------------------------------------------------------------------- bins of adaptive pools
BINS, START, END = Ints("bins start end")  # how many bins, and one of them
_BIN = (BINS >= 1, J >= 0, J < BINS, floor_of(START, J * N, BINS), ceil_of(END, (J + 1) * N, BINS))


def _one_pixel_each(more: int) -> Claim:
    """As many bins as pixels: each is a pixel."""
    return Claim((*_BIN, N == BINS + more), And(START == J, END == J + 1))


def _one_bin(pixels: int) -> Claim:
    """One bin of one pixel is that pixel."""
    return Claim((*_BIN, BINS == 1, N == pixels), And(START == 0, END == 1))


def _equal_bins(rest: int) -> Claim:
    """Bins are the windows of a pool whose stride is its window, and there are as many."""
    given = (*_BIN, K >= 1, N == BINS * K + rest, floor_of(OUT - 1, N - K, K))
    return Claim(given, And(START == J * K, END == (J + 1) * K, OUT == BINS))


# ----------------------------------------------------------------------------------------------- convolutions, one axis
def _padded_convolution(low: ArithRef, high: ArithRef) -> Claim:
    """The image padded by ``a`` and ``b``, then by ``c`` and ``d``; or at once. As many windows, the same pixels."""
    a, b, c, d, tap, twice, once = Ints("a b c d tap twice once")
    given = (N >= 1, K >= 1, S >= 1, a >= 0, b >= 0, c >= 0, d >= 0, N + a + b + c + d >= K, tap >= 0, tap < K)
    sizes = (floor_of(twice, (N + a + b) + c + d - K, S), floor_of(once, N + low + high - K, S))
    first = J * S + tap - c  # in the padded image; outside of it are zeros
    inside = And(first >= 0, first < N + a + b, first - a >= 0, first - a < N)
    pixel = J * S + tap - low
    same = And(inside == And(pixel >= 0, pixel < N), Implies(inside, first - a == pixel))
    return Claim((*given, *sizes, J >= 0, J <= twice), And(twice == once, same))


def _strided_pixels(up: bool) -> Claim:
    """Every ``t``-th pixel, of which a 1x1 convolution takes every ``s``-th: every ``s * t``-th of the image."""
    t, cut, twice, once = Ints("t cut twice once")
    length = ceil_of(cut, N, t) if up else floor_of(cut, N, t)
    given = (
        N >= 1,
        S >= 1,
        t >= 1,
        length,
        floor_of(twice, cut - 1, S),
        floor_of(once, N - 1, S * t),
        J >= 0,
        J <= twice,
    )
    return Claim(given, And(twice == once, (J * S) * t <= N - 1))


_LOW_A, _HIGH_B, _LOW_C, _HIGH_D = Ints("a b c d")

SOLVED = (
    Proof(
        pools.ceil_mode,
        "at stride 1 there are as many windows in ceil mode as without, none beyond the border",
        _ceil_mode(S == 1),
        _ceil_mode(S == 2),
    ),
    Proof(
        one_size.ceil_mode_without_effect,
        "where windows come out even there are as many in ceil mode as without, none beyond the border",
        _ceil_mode((OUT - 1) * S == N + 2 * P - K),
        _ceil_mode((OUT - 1) * S == N + 2 * P - K - 1),
    ),
    Proof(
        pools.border_without_effect, "without a border every window lies in the image", _all_inside(0), _all_inside(1)
    ),
    Proof(
        pools.padded_pool,
        "the windows of the padded image are those of the pool with a border; each holds a pixel",
        _border_first(2 * P <= K),
        _border_first(P <= K),
    ),
    Proof(
        pools.pool_of_single_values,
        "a 1x1 pool takes the pixels that a slice with its stride takes",
        _single_values(1),
        _single_values(0),
    ),
    Proof(pools.pooled_twice, "as many bins as pixels: each bin is a pixel", _one_pixel_each(0), _one_pixel_each(1)),
    Proof(one_size.pool_of_one_pixel, "the one bin of one pixel is that pixel", _one_bin(1), _one_bin(2)),
)

# The sizes of rules that also add numbers up in another order: as real numbers both sides are equal, as floats nearly.
ALONE = (
    Proof(
        layers.padded_convolution,
        "the windows of the padded image are those of the convolution that pads by the sum",
        _padded_convolution(_LOW_A + _LOW_C, _HIGH_B + _HIGH_D),
        _padded_convolution(_LOW_A + _HIGH_D, _HIGH_B + _LOW_C),
    ),
    Proof(
        layers.strided_pointwise,
        "every s-th of every t-th pixel is every s*t-th",
        _strided_pixels(True),
        _strided_pixels(False),
    ),
    Proof(one_size.window_over_all, "the one window is the image", _whole_image(0), _whole_image(1)),
    Proof(one_size.adaptive_with_equal_bins, "the bins are a pool's windows", _equal_bins(0), _equal_bins(1)),
)
