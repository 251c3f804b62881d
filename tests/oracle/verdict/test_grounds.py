"""What a proof rests on: exact rules lead to identical, an identity of real numbers to equivalent, with each place."""

import pytest
import torch
from torch import nn

from properties import check


class _Scores(nn.Module):
    """A head that ends in a softmax, however that is spelled."""

    def __init__(self, softmax) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8, 4)
        self.softmax = softmax

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities."""
        return self.softmax(self.fc(nn.functional.relu6(self.conv(x)).mean((2, 3))))


def _by_hand(x):
    power = x.exp()
    return power / power.sum(1, keepdim=True)


@pytest.mark.parametrize(
    ("softmax", "verdict"), [(_by_hand, "equivalent"), (lambda x: nn.functional.softmax(x, -1), "identical")]
)
def test_what_overflows_is_not_identical(softmax, verdict):
    """A softmax by hand is one in real arithmetic, and a note says where it departs; what both spell needs none."""
    found = check(lambda: _Scores(softmax), lambda: _Scores(lambda x: x.softmax(1)), input_shape=(3, 12, 12))
    said = [note for note in found.notes if "real arithmetic" in note]

    assert (verdict, {}) == (found.verdict, dict(found.weight_map))
    assert (["overflows for x > 88" in note for note in said]) == [True] * (verdict == "equivalent")


class _Blind(_Scores):
    """Nothing learns in eval mode."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities."""
        with torch.set_grad_enabled(self.training):
            return super().forward(x)


def test_gradients_matter_in_eval_mode():
    """A saliency map needs them."""
    found = check(lambda: _Blind(nn.Softmax(1)), lambda: _Scores(nn.Softmax(1)), input_shape=(3, 12, 12))

    assert ["eval"] == [deviation.mode for deviation in found.deviations]
    assert "detach" in found.deviations[0].message
