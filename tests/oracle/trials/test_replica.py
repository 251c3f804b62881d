"""A real copy of a net: tensors that are no parameters and no buffers have the content that the build gives them."""

import pytest
import torch
from torch import nn

from properties import check


class Blur(nn.Module):
    """A convolution, and a blur whose kernel nobody registered."""

    def __init__(self, keep=lambda kernel: kernel, take=lambda kept: kept):
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0])
        self.conv = nn.Conv2d(3, 4, 3)
        self.kept = keep((row[:, None] * row / 16).repeat(4, 1, 1, 1))
        self.take = take

    def forward(self, x):
        """One pass."""
        return nn.functional.conv2d(self.conv(x), self.take(self.kept).to(x.dtype), groups=4)


KEPT = {
    "attribute": (lambda kernel: kernel, lambda kept: kept),
    "list": (lambda kernel: [kernel], lambda kept: kept[0]),
    "dict": (lambda kernel: {"kernel": kernel}, lambda kept: kept["kernel"]),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_plain_tensor_has_the_content_of_the_build(name):
    """Wherever it is kept; it was read as garbage where the net is built without memory."""
    report = check(lambda: Blur(*KEPT[name]), Blur, input_shape=(3, 12, 12))

    assert ("identical", ()) == (report.verdict, report.deviations)


def test_another_content_is_seen():
    """The kernel is part of the function."""
    report = check(lambda: Blur(lambda kernel: kernel * 2), Blur, input_shape=(3, 12, 12))

    assert "deviates" == report.verdict
