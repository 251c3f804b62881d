"""The themes behaviour and usage: what is seen, what is left alone, and strangers that are not to be blamed."""

from __future__ import annotations

import threading
from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
from mutants.behaviour import CentresTheBatch, Small
from mutants.nets import plain
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from properties.catalogue import ALL
from properties.oracle.parties.properties import FOLLOW_FROM_THE_GRAPH, decides, results
from properties.runs.borrowed import borrowed
from properties.runs.process import Shared, process_kept
from properties.runs.tolerance import difference, same_bits
from properties.subject import Subject
from properties.targets.target import builder

Pair = namedtuple("Pair", "logits aux")


@dataclass
class Output:
    """What some libraries return."""

    logits: Tensor
    hidden: Tensor | None = None


class Returns(Small):
    """Returns its logits in some container."""

    def __init__(self, make=Output):
        super().__init__()
        self.make = make

    def forward(self, x):
        """Return the logits, wrapped."""
        return self.make(super().forward(x))


class HeadInTraining(Small):
    """A second head speaks in train mode alone."""

    def forward(self, x):
        """Return the logits, twice in train mode."""
        return Pair(super().forward(x), super().forward(x)) if self.training else super().forward(x)


class Tied(nn.Module):
    """Encodes and decodes with one weight."""

    def __init__(self):
        super().__init__()
        self.encode = nn.Linear(12, 12)
        self.decode = nn.Linear(12, 12, bias=False)
        self.decode.weight = self.encode.weight

    def forward(self, x):
        """Return ``(N, 12)``."""
        return self.decode(torch.tanh(self.encode(x)))


class SkipsByChance(Small):
    """Stochastic depth: a branch is left out by a number drawn for the batch."""

    def forward(self, x):
        """Return the logits."""
        branch = self.conv(x)
        if self.training:
            branch = branch * torch.bernoulli(torch.full((), 0.5))
        return self.fc(self.bn(branch + x.mean(1, keepdim=True)).mean((2, 3)))


class FrozenNorm(Small):
    """Keeps its norm in eval mode, as fine-tuning does."""

    def train(self, mode=True):
        """Set every mode but the norm's."""
        super().train(mode)
        self.bn.eval()
        return self


class StartsAtZero(Small):
    """The last norm's scale starts at zero, so that a mistake before it would not show."""

    def __init__(self):
        super().__init__()
        nn.init.zeros_(self.bn.weight)


class Checkpointed(nn.Module):
    """Computes its inside again in the backward pass."""

    def __init__(self):
        super().__init__()
        self.inner = Small()

    def forward(self, x):
        """Return the logits."""
        return checkpoint(self.inner, x, use_reentrant=False)


ZOO = {
    "dataclass": (Returns, (3, 8, 8)),
    "dictionary": (lambda: Returns(lambda x: {"logits": x, "aux": None}), (3, 8, 8)),
    "tuple with None": (lambda: Returns(lambda x: (x, None, [x.sum()])), (3, 8, 8)),
    "head in train mode": (HeadInTraining, (3, 8, 8)),
    "tied weights on vectors": (Tied, (12,)),
    "stochastic depth": (SkipsByChance, (3, 8, 8)),
    "frozen norm": (FrozenNorm, (3, 8, 8)),
    "branch that starts at zero": (StartsAtZero, (3, 8, 8)),
    "checkpointing": (Checkpointed, (3, 8, 8)),
    "no parameters": (lambda: nn.Sequential(nn.AvgPool2d(2), nn.ReLU()), (3, 8, 8)),
    "sequence": (lambda: nn.LSTM(5, 4, num_layers=2), (6, 5)),
    "one-dimensional": (lambda: nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3), nn.ReLU()), (2, 9)),
    "three-dimensional": (lambda: nn.Sequential(nn.Conv3d(1, 2, 3), nn.BatchNorm3d(2)), (1, 5, 5, 5)),
    "norm by the batch": (lambda: nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False)), (3, 4, 4)),
    "norm averaging all batches": (lambda: nn.Sequential(nn.BatchNorm2d(3, momentum=None)), (3, 4, 4)),
    "dropouts": (lambda: nn.Sequential(nn.Dropout2d(0.4), nn.Flatten(), nn.Dropout(1.0), nn.Linear(48, 2)), (3, 4, 4)),
}


def _blamed(found, *, limits=False):
    return [(r.name, r.counterexample) for r in found if r.status == "failed" and (limits or decides(r.name))]


@pytest.mark.parametrize("name", ZOO)
def test_an_odd_net_is_not_blamed(name):
    """Nothing that a correct net does is taken for a mistake, whatever it returns and whatever it is made of."""
    build, shape = ZOO[name]

    assert [] == _blamed(results(Subject(build, name=name, input_shape=shape), profile="default", seed=0))


FAMILIES = [
    ("timm:mobilenetv3_small_050", 64),
    ("timm:vit_tiny_patch16_224(img_size=32)", 32),
    ("timm:efficientnet_b0(drop_rate=0.2,drop_path_rate=0.2)", 64),
    ("timm:convnext_atto", 64),
    ("torchvision:shufflenet_v2_x0_5", 64),
    ("torchvision:squeezenet1_0", 64),
]


@pytest.mark.slow
@pytest.mark.parametrize(("target", "side"), FAMILIES)
def test_a_family_of_another_library_is_not_blamed(target, side):
    """The nets that people use break none of the properties that decide, under any profile."""
    subject = Subject(builder(target), name=target, input_shape=(3, side, side))

    assert [] == _blamed(results(subject, profile="thorough", seed=0))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "side"),
    [
        ("timm:densenet121", 32),
        ("torchvision:inception_v3(init_weights=False)", 96),
        ("torchvision:googlenet(init_weights=False)", 64),
    ],
)
def test_a_family_with_other_outputs_in_train_mode_is_not_blamed(target, side):
    """Auxiliary heads and inputs that are too small for them are nobody's mistake."""
    subject = Subject(builder(target), name=target, input_shape=(3, side, side))

    assert [] == _blamed(results(subject, profile="default", seed=0))


def test_a_mistake_is_named_once():
    """One mistake breaks one property, and the result says how."""
    found = results(plain(CentresTheBatch, 3, 8, 8), profile="default", seed=0)

    ((name, text),) = _blamed(found)
    assert "outputs_do_not_depend_on_the_rest_of_the_batch" == name
    assert ", but should be the same" in text


def test_what_is_implied_is_not_run():
    """A property that follows from an identical graph is said to be implied, even of a net that would break it."""
    found = results(plain(CentresTheBatch, 3, 8, 8), profile="default", seed=0, implied=FOLLOW_FROM_THE_GRAPH)

    assert FOLLOW_FROM_THE_GRAPH == {result.name for result in found if result.status == "implied"}
    assert [] == _blamed(found, limits=True)


def test_the_same_seed_gives_the_same_results():
    """Two runs differ in their times alone."""
    runs = [results(plain(CentresTheBatch, 3, 8, 8), profile="default", seed=3) for _ in range(2)]
    first, second = ([(r.name, r.status, r.counterexample) for r in run] for run in runs)

    assert first == second


class Raises(Small):
    """Its code is broken, or says that it has had enough."""

    def forward(self, x):
        """Raise."""
        raise SystemExit(3)


def test_a_net_that_exits_is_not_judged():
    """What a property cannot check is skipped with what was raised, and nothing escapes."""
    found = results(plain(Raises, 3, 8, 8), profile="default", seed=0)

    assert {"skipped"} == {result.status for result in found}
    assert any("SystemExit" in (result.counterexample or "") for result in found)


def test_every_limit_is_no_verdict():
    """What can be done with a net never decides what it is."""
    assert [] == [prop.name for prop in ALL if prop.theme == "usage" and prop.decides]
    assert decides("bits_are_the_same_each_time")
    assert not decides("pickling_it_changes_nothing")


def test_a_borrowed_net_comes_back():
    """After a step in train mode, values, modes, gradients and buffers are what they were."""
    net = Small().eval()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with borrowed(net, weights=True):
        net.train()
        net(torch.randn(2, 3, 8, 8)).sum().backward()
        torch.optim.SGD(net.parameters(), lr=1.0).step()

    assert not any(module.training for module in net.modules())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


def test_a_borrowed_net_is_lively():
    """Scales that start at zero or one hold values that differ."""
    net = StartsAtZero()
    with borrowed(net):
        assert net.bn.weight.unique().numel() > 1
        assert net.bn.running_var.unique().numel() > 1


def _patch():
    nn.functional.relu = lambda x, inplace=False: x


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda: torch.set_default_dtype(torch.float64), "the default dtype"),
        (lambda: torch.set_grad_enabled(False), "whether gradients are recorded"),
        (lambda: torch.use_deterministic_algorithms(not torch.are_deterministic_algorithms_enabled()), "deterministic"),
        (lambda: torch.rand(1), "torch's random state"),
        (_patch, "torch.nn.functional.relu"),
    ],
)
def test_a_change_of_the_process_is_seen_and_undone(change, name):
    """Each kind of change is named, and gone after ``process_kept``."""
    outside = Shared()
    with process_kept():
        before = Shared()
        assert () == before.changed(random_numbers=True)
        change()
        (seen,) = before.changed(random_numbers=True)

    assert name in seen
    assert () == outside.changed(random_numbers=True)


def test_differences_are_relative_and_strict():
    """Other shapes, missing tensors and infinities are infinitely far; NaN equals NaN in its bits."""
    one, nan = torch.ones(3), torch.tensor([float("nan"), 1.0])

    assert difference([2 * one], [one]) == pytest.approx(1.0)
    assert difference([one], [one, one]) == float("inf")
    assert difference([one], [torch.ones(1, 3)]) == float("inf")
    assert difference([nan], [torch.ones(2)]) == float("inf")
    assert same_bits([nan], [nan.clone()])
    assert not same_bits([one], [one + 1e-6])


class HoldsALock(Small):
    """Cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


def test_a_net_that_cannot_be_copied_is_only_limited():
    """A limit fails its property in the thorough profile, and none that decides."""
    net = HoldsALock()
    found = results(
        Subject(lambda: net, name="net", input_shape=(3, 8, 8), rebuildable=False), profile="default", seed=0
    )

    assert [] == _blamed(found, limits=True)
