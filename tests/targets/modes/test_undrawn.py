"""Nets on the meta device whose weights would be drawn at random: built without drawing, with the errors of drawing."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from properties.errors import CandidateError
from properties.targets.build import build_net
from properties.targets.modes.undrawn import Undrawn


def drawn_from(law: str, *arguments: float) -> nn.Module:
    """A layer whose weight is drawn."""
    layer = nn.Linear(3, 3)
    with torch.no_grad():
        getattr(layer.weight, law)(*arguments)
    return layer


@pytest.mark.parametrize("law", ["normal_", "uniform_", "exponential_", "log_normal_", "cauchy_", "random_"])
def test_without_memory_nothing_is_drawn(law):
    """The net stands on the meta device."""
    assert build_net(lambda: drawn_from(law), "net").weight.is_meta


def test_tensors_with_memory_are_drawn():
    """A real tensor gets its numbers, the same as without the mode."""
    torch.manual_seed(0)
    expected = torch.empty(3).normal_()
    torch.manual_seed(0)
    with Undrawn():
        assert torch.equal(expected, torch.empty(3).normal_())


def test_what_is_no_law_is_still_an_error():
    """A negative deviation is refused where it would be refused with memory."""
    with pytest.raises(CandidateError, match="std"):
        build_net(lambda: drawn_from("normal_", 0.0, -1.0), "net")


def test_it_takes_no_compiler():
    """A reference whose weights are drawn is built without loading torch's compiler."""
    code = (
        "import sys, arches; from properties.targets.build import build_net;"
        " build_net(arches.resnet18, 'resnet18'); print('torch._dynamo' in sys.modules)"
    )
    assert "False" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
