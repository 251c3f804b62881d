"""Counters in buffers: what a norm counts decides nothing, what a net counts besides is part of what it does."""

import pytest
import torch
from torch import nn

from properties import check


class Counting(nn.Module):
    """A small net that counts its steps in a buffer, by this number in each."""

    def __init__(self, by=1, in_eval=False):
        super().__init__()
        self.by = by
        self.in_eval = in_eval
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 4)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        """Logits."""
        if self.training or self.in_eval:
            for _ in range(self.by):
                self.steps += 1
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


class CountsBatchesTwice(Counting):
    """Its norm counts a batch twice, which nothing reads."""

    def forward(self, x):
        """Logits."""
        if self.training:
            self.bn.num_batches_tracked += 1
        return super().forward(x)


@pytest.mark.parametrize("candidate", [lambda: Counting(2), lambda: Counting(in_eval=True)], ids=["by 2", "in eval"])
def test_a_counter_that_moves_otherwise_is_one_deviation(candidate):
    """A script may read it, and it is saved."""
    report = check(candidate, Counting, input_shape=(3, 16, 16))

    assert ("deviates", 1) == (report.verdict, len(report.deviations))


def test_a_counter_that_stands_still_bars_identical():
    """The buffer has no counterpart then, so that numbers show nothing of it."""
    report = check(lambda: Counting(0), Counting, input_shape=(3, 16, 16))

    assert report.verdict == "undistinguished"
    assert any("changes" in note or "missing" in note for note in report.notes)


@pytest.mark.parametrize("candidate", [Counting, CountsBatchesTwice])
def test_equal_counters_are_no_deviation_nor_is_what_a_norm_counts(candidate):
    """A norm with a momentum reads no counter."""
    assert check(candidate, Counting, input_shape=(3, 16, 16)).verdict == "identical"
