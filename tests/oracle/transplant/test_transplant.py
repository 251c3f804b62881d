"""Every tensor of two nets gets its content, moved, mapped, drawn apart or kept, and every one is in the ledger."""

from itertools import pairwise

import pytest
import torch
from support.matched import Residual, matched
from torch import nn
from torch.nn import functional as F

from properties import check
from properties.graph.alignment.align import isomorphism
from properties.graph.alignment.weight_map import weight_map
from properties.graph.rules.canonical import canonicalise
from properties.oracle.evidence.compare import confirm
from properties.oracle.parties.local import LocalParty
from properties.oracle.transplant.transplant import transplant
from properties.oracle.trials.trial import Draw

MODES = ("eval", "train")


class Renamed(nn.Module):
    """``Residual`` under other names, defined in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(8, 10)
        self.body = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1), nn.Dropout(0.5)])
        self.bn = nn.BatchNorm2d(8)
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        y = self.bn(self.stem(x))
        return self.head(self.body[1](F.relu(self.body[0](F.relu(y)) + y).mean((2, 3))))


def test_renamed_tensors_are_moved():
    """All tensors of the same net under other names find their counterparts, batch counters included."""
    found = matched(Residual, Renamed).transplant
    moved = {line.reference: line.candidate for line in found.ledger}

    assert {"moved"} == {line.how for line in found.ledger}
    assert "stem.weight" == moved["conv.weight"]
    assert "bn.num_batches_tracked" == moved["norm.num_batches_tracked"]
    assert set(Residual().state_dict()) == set(moved)


def test_every_tensor_is_in_the_ledger():
    """What has no counterpart is drawn apart, what nothing reads is said to be unread, and nothing is forgotten."""

    def candidate() -> nn.Module:
        net = Residual(bias=True)
        net.spare = nn.Linear(2, 2)
        return net

    found = matched(Residual, candidate).transplant
    lines = {(line.how, line.candidate) for line in found.ledger}
    sides = (Residual().state_dict(), candidate().state_dict())

    assert {("drawn apart", "conv.bias"), ("unread", "spare.weight"), ("moved", "fc.weight")} <= lines
    assert set(sides[0]) == {line.reference for line in found.ledger} - {None}
    assert set(sides[1]) == {line.candidate for line in found.ledger} - {None}
    assert not found.is_complete
    assert matched(Residual, Renamed).transplant.is_complete


def by_convolution() -> nn.Module:
    """The head is a 1x1 convolution."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 5, 1), nn.Flatten())


def by_linear() -> nn.Module:
    """The head is a linear layer."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5))


def test_a_linear_layer_is_filled_as_its_convolution():
    """Tensors of as many scalars in the same order are reshaped, their gradients too."""
    sides = LocalParty(by_convolution, "r", is_reference=True), LocalParty(by_linear, "c")
    graphs = [tuple(canonicalise(side.capture(mode, (2, 3, 8, 8))).graph for side in sides) for mode in MODES]
    keys = {"1.weight": "2.weight", "1.bias": "2.bias"}
    moved = transplant(graphs, (sides[0].params, sides[1].params), keys=keys)

    assert ["reshaped", "moved"] == [line.how for line in moved.ledger]
    assert confirm(*sides, moved, Draw((2, 3, 8, 8))).agrees


class Concatenated(nn.Module):
    """Two branches, concatenated in one order or the other."""

    def __init__(self, order: int = 1) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 6, 3)
        self.last = nn.Conv2d(10, 5, 1)
        self.order = order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A map."""
        return self.last(torch.cat([self.a(x).relu(), self.b(x).sigmoid()][:: self.order], 1))


@pytest.mark.parametrize("mapped", [True, False])
def test_a_weight_map_is_carried_out_on_both_content_and_gradients(mapped):
    """Nets that are one under a permutation of channels agree with the map, and do not without it."""
    sides = LocalParty(Concatenated, "r", is_reference=True), LocalParty(lambda: Concatenated(-1), "c")
    graphs = [tuple(canonicalise(side.capture(mode, (2, 3, 8, 8)), "B").graph for side in sides) for mode in MODES]
    found = [isomorphism(*pair) for pair in graphs]
    recipes = weight_map(*graphs[0], found[0])
    moved = transplant(
        graphs, (sides[0].params, sides[1].params), keys=found[0].tensors, recipes=recipes if mapped else None
    )

    assert ("mapped" in {line.how for line in moved.ledger}) is mapped
    assert mapped is confirm(*sides, moved, Draw((2, 3, 8, 8))).agrees


def test_buffers_of_the_nets_own_are_kept():
    """A table that a net computes with is not a statistic: both keep what they were built with."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("table", torch.tensor([1.0, 2.0, 3.0])[:, None, None])
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x * self.table)

    case = matched(Net, Net)
    assert ("kept", "table", "table") in {(line.how, line.reference, line.candidate) for line in case.transplant.ledger}
    assert confirm(*case.sides, case.images.quick).agrees


class Deep(nn.Module):
    """Ten residual blocks whose sums nothing normalises, then a clipped activation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.last = nn.BatchNorm2d(16)
        self.norms = nn.ModuleList(nn.BatchNorm2d(16) for _ in range(10))
        self.convs = nn.ModuleList(nn.Conv2d(16, 16, 3, padding=1) for _ in range(10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A map between 0 and 6."""
        y = self.stem(x)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            y = y + conv(F.relu(norm(y)))
        return F.relu6(self.last(y))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_numbers_neither_vanish_nor_explode(mode):
    """Through a deep net every weight and statistic keeps a gradient that float64 can see."""
    case = matched(Deep, Deep)
    trial, _ = case.transplant.trials(Draw((2, 3, 12, 12)), mode=mode, gradients=True, watched=True)
    seen = case.reference.observe(trial).tensors
    weights = [f"gradient of convs.{place}.weight" for place in range(10)]
    gradients = [seen[key].abs().max().item() for key in weights]

    assert min(gradients) > 1e-6 * max(gradients)
    assert seen["output[0]"].min() == 0
    assert seen["output[0]"].max() == 6


def test_another_seed_gives_other_content():
    """All fillings of one transplant differ, and those of another seed from these."""
    one, other = (matched(Residual, Renamed, seed=seed).transplant for seed in (0, 1))
    seeds = sorted(filling.seed for filling in one.fillings.values() if filling.shape)

    assert all(left < right for left, right in pairwise(seeds))
    assert one.fillings["conv.weight"] != other.fillings["conv.weight"]


def test_outputs_of_the_same_names_are_paired_by_name():
    """Dictionaries with the same keys in another order correspond key by key, in outputs and in the loss."""

    class Heads(nn.Module):
        def __init__(self, names: str = "pq") -> None:
            super().__init__()
            self.p, self.q = nn.Linear(4, 3), nn.Linear(4, 3)
            self.names = names

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            found = {"p": self.p(x).relu(), "q": self.q(x).sigmoid()}
            return {name: found[name] for name in self.names}

    case = matched(Heads, lambda: Heads("qp"), (4,))
    assert {"eval": (1, 0), "train": (1, 0)} == case.transplant.slots
    assert confirm(*case.sides, case.images.quick).agrees


class Columns(nn.Conv2d):
    """A convolution as a product of columns, which no rule knows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The image's patches, times the weight, put back in place."""
        columns = nn.functional.unfold(x, self.kernel_size, padding=self.padding)
        made = (self.weight.flatten(1) @ columns).view(len(x), self.out_channels, *x.shape[2:])
        return made + self.bias[:, None, None]


class Halves(nn.Conv2d):
    """A convolution in two halves of its channels, of one weight."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each half, joined."""
        half = self.out_channels // 2
        parts = [(self.weight[:half], self.bias[:half]), (self.weight[half:], self.bias[half:])]
        return torch.cat([F.conv2d(x, weight, bias, padding=self.padding) for weight, bias in parts], 1)


class ByHand(nn.BatchNorm2d):
    """A batch norm written out."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """By the batch's statistics in train mode, by its own in eval mode."""
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var, count = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False), x.numel() / x.shape[1]
            if count == 1:
                raise ValueError("one value per channel has no variance")
            with torch.no_grad():
                self.num_batches_tracked.add_(1)
                self.running_mean.mul_(0.9).add_(0.1 * mean)
                self.running_var.mul_(0.9).add_(0.1 * var * count / (count - 1))
        y = (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + self.eps)
        return y * self.weight[:, None, None] + self.bias[:, None, None]


def _two_layers(layer: type[nn.Conv2d], norm: type[nn.BatchNorm2d] = nn.BatchNorm2d) -> nn.Module:
    layers = [layer(3, 8, 3, padding=1), norm(8), nn.ReLU(), layer(8, 8, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))


@pytest.mark.parametrize("layers", [(Columns,), (Halves,), (nn.Conv2d, ByHand)], ids=["columns", "halves", "norm"])
def test_layers_that_no_rule_knows_are_compared_in_numbers(layers):
    """Their weights stand for those of the layers they are in place of, so that they differ only if they do."""
    found = check(lambda: _two_layers(*layers), lambda: _two_layers(nn.Conv2d), input_shape=(3, 12, 12))
    assert ("undistinguished", 0) == (found.verdict, found.exit_status)


@pytest.mark.parametrize("change", ["transposed", "activated"])
def test_what_differs_in_numbers_still_differs(change):
    """A weight read in another order, or a layer with something more, is no other way of writing."""

    class Wrong(Columns):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            made = super().forward(x.transpose(2, 3) if change == "transposed" else x.abs())
            return made.transpose(2, 3) if change == "transposed" else made

    found = check(lambda: _two_layers(Wrong), lambda: _two_layers(nn.Conv2d), input_shape=(3, 12, 12))
    assert "deviates" == found.verdict
