"""Where two running nets part: the layer is named, in both nets."""

import pytest
import torch
from support.matched import Detached, Residual, hooked, matched

from properties.oracle.evidence.culprit import layer_pairs, locate


def paired(case):
    """Layers that correspond, in the reference's order."""
    ours, theirs = (side.capture("eval", (2, 3, 16, 16)) for side in (case.reference, case.candidate))
    operators = {a: a for a in range(len(ours)) if ours.ops[a].kind == theirs.ops[a].kind}
    return layer_pairs(ours, theirs, operators)


def replaced() -> Residual:
    """A layer's forward is replaced by one that scales its result."""
    net = Residual()
    inner = net.second.forward
    net.second.forward = lambda x: inner(x) * 1.001
    return net


class ByRuns(Residual):
    """Scales what comes before the head, and no layer does that by itself."""

    def forward(self, x):
        """Logits."""
        y = self.norm(self.conv(x))
        return self.fc(self.drop(torch.relu(self.second(torch.relu(y) * 1.5) + y).mean((2, 3))))


@pytest.mark.parametrize(
    ("candidate", "channel", "layer", "how"),
    [
        (hooked, "eval", "second", "alone"),
        (replaced, "eval", "second", "alone"),
        (lambda: Residual(eps=0.1), "eval", "norm", "alone"),
        (ByRuns, "eval", "second", "within"),
        (Detached, "train", "norm", "backward"),
    ],
    ids=["hook", "replaced forward", "eps", "between layers", "detached"],
)
def test_the_first_layer_that_goes_wrong_is_named(candidate, channel, layer, how):
    """A layer that fails by itself, else the first after which the nets differ, else the one its gradient betrays."""
    case = matched(Residual, candidate)
    pairs = {path: path for path in ("conv", "norm", "second", "drop", "fc")}
    found = locate(*case.sides, pairs, case.images.quick, channel=channel)

    assert found is not None
    assert (layer, layer, how) == (found.reference, found.candidate, found.how)


@pytest.mark.slow
def test_equal_nets_have_no_culprit():
    """Nothing is named where nothing differs."""
    case = matched(Residual, Residual)
    for channel in ("eval", "train", "state"):
        assert locate(*case.sides, paired(case), case.images.quick, channel=channel) is None


def test_layers_are_paired_in_the_order_in_which_they_run():
    """Operators without a layer of their own are left out."""
    case = matched(Residual, Residual)
    assert ["conv", "norm", "second", "fc"] == [path for path in paired(case) if path != "drop"]
