"""Fresh tensors: the same distribution is never blamed, another one is named."""

import re

import pytest
import torch
from torch import nn

from properties.oracle.initialisation.deviations import compared
from properties.oracle.trials.samples import Sample, apart, sampled
from properties.targets.build import build_net
from properties.targets.target import builder


class Net(nn.Module):
    """Three convolutions, a norm and a classifier, started by a function."""

    def __init__(self, start=lambda net: None):
        super().__init__()
        self.one = nn.Conv2d(3, 64, 3)
        self.two = nn.Conv2d(64, 32, 3)
        self.three = nn.Conv2d(32, 32, 1)
        self.norm = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32, 40)
        self.register_buffer("table", torch.arange(50))
        with torch.no_grad():
            start(self)


KEYS = {key: key for key in Net().state_dict()}
CONVOLUTIONS = ("one", "two", "three")


def convolutions(start):
    """Start the weight of every convolution by a function of torch.nn.init."""

    def apply(net):
        for name in CONVOLUTIONS:
            start(net.get_submodule(name).weight)

    return lambda: Net(apply)


def differences(reference, candidate, key_map, seed=0, draws=3):
    """The deviations between what two functions build."""
    ours = sampled(reference, "the reference", key_map.keys(), seed=seed, draws=draws)
    theirs = sampled(candidate, "the candidate", key_map.values(), seed=seed, draws=draws)
    net = build_net(reference, "the reference")
    classes = {path: type(module).__name__ for path, module in net.named_modules()}
    return compared(ours, theirs, key_map, classes, frozenset(net.state_dict()))


def found(candidate, reference=Net, **keywords):
    """Attribute, candidate's and reference's words and count of each deviation."""
    deviations = differences(reference, candidate, KEYS, **keywords)
    assert {"initialisation"} >= {deviation.kind for deviation in deviations}
    return [(d.attribute, d.candidate, d.reference, d.count) for d in deviations]


DEFAULT = "torch's default, kaiming uniform with a = sqrt(5)"


@pytest.mark.parametrize("seed", range(8))
def test_the_same_initialisation_is_not_blamed(seed):
    """Other draws of the same distributions are no difference."""
    kaiming = convolutions(lambda weight: nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu"))

    assert [] == found(Net, seed=seed)
    assert [] == found(kaiming, kaiming, seed=seed)


def test_a_candidate_with_a_seed_of_its_own_is_not_blamed():
    """The same numbers in every build are one draw, not a constant."""

    def seeded():
        torch.manual_seed(5)
        return Net()

    assert [] == found(seeded)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"), "kaiming normal by fan-out"),
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="relu"), "kaiming normal by fan-in"),
        (lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), "kaiming uniform by fan-in"),
        (nn.init.xavier_normal_, "xavier normal"),
        (nn.init.xavier_uniform_, "xavier uniform"),
        (lambda w: nn.init.normal_(w, std=1 / (w[0].numel() ** 0.5)), "lecun normal"),
        (nn.init.zeros_, "0 everywhere"),
        (lambda w: nn.init.constant_(w, 0.5), "0.5 everywhere"),
    ],
)
def test_a_familiar_initialiser_is_named_once(start, name):
    """All convolutions that start otherwise are one deviation, by the names that people use."""
    assert [("weight", name, DEFAULT, 3)] == found(convolutions(start))


def test_an_initialiser_without_a_name_is_told_by_its_numbers():
    """Shape and standard deviation."""
    ((role, said, right, count),) = found(convolutions(lambda w: nn.init.normal_(w, std=0.5)))

    assert ("weight", DEFAULT, 3) == (role, right, count)
    assert said.startswith("normal with standard deviation ")
    assert all(0.47 < float(number) < 0.53 for number in re.findall(r"0\.\d+", said))


def test_a_standard_deviation_a_tenth_off_is_seen():
    """0.020 against 0.022, and back."""
    one, other = (convolutions(lambda w, std=std: nn.init.normal_(w, std=std)) for std in (0.020, 0.022))

    assert ["weight"] == [role for role, *_ in found(one, other)]
    assert ["weight"] == [role for role, *_ in found(other, one)]


def test_a_truncated_or_uniform_draw_is_no_normal_one():
    """Distributions of one standard deviation and other shapes are told apart."""
    normal = convolutions(lambda w: nn.init.normal_(w, std=0.02))
    uniform = convolutions(lambda w: nn.init.uniform_(w, -0.02 * 3**0.5, 0.02 * 3**0.5))

    assert ["weight"] == [role for role, *_ in found(uniform, normal)]


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_constants_are_compared_exactly(value):
    """A norm's weight and a bias, each its own deviation."""

    def start(net):
        net.norm.weight.fill_(value)
        net.fc.bias.fill_(0)

    assert [
        ("weight", f"{value:g} everywhere", "1 everywhere", 1),
        ("bias", "0 everywhere", "torch's default, uniform within 1 / sqrt(fan-in)", 1),
    ] == found(lambda: Net(start))


def test_zeroed_norms_have_a_name():
    """A reference that zeroes the norm at the end of a residual branch, and a candidate that does not."""

    def zeroed():
        return Net(lambda net: net.norm.weight.fill_(0))

    (deviation,) = differences(zeroed, Net, KEYS)

    assert ("norm", "no zero-initialised residual branches") == (deviation.where.reference, deviation.known_as)
    assert "weight starts as 1 everywhere, but should start as 0 everywhere" == deviation.message


def test_names_may_differ():
    """Tensors are compared along the key map, and places are given in both nets."""

    class Renamed(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(32, 40)
            nn.init.zeros_(self.head.bias)

    (deviation,) = differences(Net, Renamed, {"fc.weight": "head.weight", "fc.bias": "head.bias"})

    assert ("fc", "head") == (deviation.where.reference, deviation.where.candidate)


def test_the_same_seed_gives_the_same_words_and_leaves_no_trace():
    """Nothing depends on what was drawn before, and nothing drawn later on this."""
    candidate = convolutions(lambda w: nn.init.normal_(w, std=0.5))
    torch.manual_seed(1)
    first = found(candidate, seed=3)
    drawn = torch.rand(1)
    torch.manual_seed(1)

    assert torch.equal(torch.rand(1), drawn)
    assert first == found(candidate, seed=3)


def _sample(values):
    return Sample(tuple(values.shape), values.flatten().double().sort().values, None)


@pytest.mark.parametrize("size", [4, 30, 300, 3000])
def test_right_samples_are_told_apart_less_often_than_allowed(size):
    """At a chance of 1 % each, 180 pairs of one distribution give at most a few false alarms."""
    generator = torch.Generator().manual_seed(size)
    draws = (torch.randn, torch.rand, lambda n, generator: torch.randn(n, generator=generator).exp())
    pairs = [(draw(size, generator=generator), draw(size, generator=generator)) for draw in draws for _ in range(60)]

    assert 9 > sum(apart(_sample(one), _sample(other), 0.01) for one, other in pairs)


def test_repeated_values_count_once():
    """A tensor that repeats a few drawn numbers many times is no better known than those few."""
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randn(6, generator=generator).repeat(1000) for _ in range(2))

    assert not apart(_sample(one), _sample(other), 1e-6)


@pytest.mark.slow
def test_a_published_net_starts_as_it_is_published():
    """The reference here starts as torchvision's does: no false alarm among hundreds of tensors."""
    ours, theirs = builder("resnet50"), builder("torchvision:resnet50")

    assert () == differences(ours, theirs, {key: key for key in ours().state_dict()}, draws=1)
