"""When two lists of tensors hold the same numbers."""

import pytest
from torch import nan, tensor

from properties.runs.tolerance import same_bits

INF = float("inf")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([1.0, nan], [1.0, nan], True),
        ([INF, -INF], [INF, -INF], True),
        ([-0.0], [0.0], True),
        ([nan], [0.0], False),
        ([INF], [3.4028234663852886e38], False),
        ([INF], [-INF], False),
        ([1.0], [1.0000001], False),
        ([1.0], [1.0, 1.0], False),
    ],
)
def test_same_numbers(one, other, same):
    """NaN is NaN and nothing else, an infinity no large number."""
    assert same == same_bits([tensor(one)], [tensor(other)])


def test_lists_of_other_lengths_and_types_are_not_the_same():
    """One tensor more, or the same numbers in another type."""
    assert not same_bits([tensor([1.0])], [])
    assert not same_bits([tensor([1.0])], [tensor([1.0]).double()])
