"""Nets held against each other by numbers: what is the same agrees on every seed, a mistake shows in its channel."""

import pytest
import torch
from graph.rules.cases import ALWAYS, TRACE
from support.cases import Rewrite
from support.matched import Detached, Matched, Residual, hooked, matched
from support.mistakes import MISTAKES
from support.pairs import SHAPE, Net
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture
from properties.oracle.evidence.compare import SETTINGS, compare, confirm, observe_both, probe
from properties.oracle.evidence.counterexample import smallest
from properties.oracle.trials.images import images
from properties.oracle.trials.trial import Draw


class Remembering(Residual):
    """Adds a little of the last result."""

    last = None

    def forward(self, x):
        """Logits."""
        y = super().forward(x)
        last, self.last = self.last, y.detach()
        return y if last is None or last.shape != y.shape else y + 0.1 * last


class Narrower(Residual):
    """Rejects images that are less than 4 wide."""

    def forward(self, x):
        """Logits."""
        if x.shape[-1] < 4:
            raise ValueError("too narrow")
        return super().forward(x)


class Pooled(Residual):
    """Begins with a pool that rounds down, or up."""

    def __init__(self, up: bool = False) -> None:
        super().__init__()
        self.up = up

    def forward(self, x):
        """Logits."""
        return super().forward(F.max_pool2d(x, 2, ceil_mode=self.up))


def hooked_backward() -> Residual:
    """A hook scales a gradient."""
    net = Residual()
    net.second.weight.register_hook(lambda gradient: gradient * 1.01)
    return net


WRONG = {
    "eps": (Residual, lambda: Residual(eps=1e-3), "eval"),
    "stride": (Residual, lambda: Residual(stride=1), "eval"),
    "in place": (Residual, lambda: Residual(inplace=True), "eval"),
    "forward hook": (Residual, hooked, "eval"),
    "ceil mode": (Pooled, lambda: Pooled(True), "eval"),
    "momentum": (Residual, lambda: Residual(momentum=0.01), "train"),
    "cumulative average": (Residual, lambda: Residual(momentum=None), "train"),
    "detached": (Residual, Detached, "train"),
    "gradient hook": (Residual, hooked_backward, "train"),
    "no dropout": (Residual, lambda: Residual(rate=0.0), "dropout"),
}


RARE = {"in place", "cumulative average", "detached", "stride"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in RARE else ()) for name in WRONG])
def test_a_mistake_shows_first_in_its_channel(name):
    """Each is found, and by the first channel that can see it."""
    reference, candidate, channel = WRONG[name]
    case = matched(reference, candidate)
    order = ("eval", "train", "dropout")
    found = compare(*case.sides, case.images, channels=order[: order.index(channel) + 1])

    assert not found.agrees
    assert channel == found.differences[0].channel


@pytest.mark.parametrize("candidate", [Remembering, hooked_backward, Detached])
def test_the_short_comparison_finds_what_a_graph_may_miss(candidate):
    """One image after another and one training step show state and hooks."""
    case = matched(Residual, candidate)
    assert not confirm(*case.sides, case.images.quick).agrees


SPELLINGS = tuple(case for case in (*ALWAYS, *TRACE) if case.mode is None)


def held(case: Rewrite, seeds: int) -> None:
    """Require that two spellings agree in every channel but the domain: a slice out of bounds has its own."""
    both = lambda: Net(case.one, **case.members()), lambda: Net(case.other, **case.members())  # captured once each
    for seed in range(seeds):
        pair = matched(*both, SHAPE[1:], seed=seed)
        found = compare(*pair.sides, pair.images, channels=("eval", "train", "dropout", "state"))
        assert found.agrees, (seed, found.differences)


@pytest.mark.parametrize("case", SPELLINGS[::50], ids=str)
def test_spellings_of_one_function_agree(case):
    """Equal nets that are written differently agree in every channel."""
    held(case, 1)


@pytest.mark.slow
@pytest.mark.parametrize("case", SPELLINGS, ids=str)
def test_all_spellings_agree_on_every_seed(case):
    """So do all pairs of spellings that there are, whatever the weights."""
    held(case, 3)


UNSEEN = {
    "type of a constant",
    "dropout rate",
    "dropout of channels",
}  # for the graph: float64 and p of 0 and 1 hide them


@pytest.mark.slow
@pytest.mark.parametrize("case", MISTAKES, ids=str)
def test_numbers_see_every_mistake_but_those_they_cannot(case):
    """Pairs that differ in one thing differ in numbers, but for what is hidden by how numbers are compared."""
    pair = matched(lambda: case.nets()[0], lambda: case.nets()[1], SHAPE[1:])
    assert (case.name in UNSEEN) is compare(*pair.sides, pair.images).agrees


def test_sizes_that_one_net_rejects_are_a_difference():
    """The edge of what is accepted is tried, and the answer has what the net raised."""
    case = matched(Residual, Narrower)
    found = compare(*case.sides, case.images, channels=("domain",))

    assert "domain" == found.differences[0].channel
    assert "too narrow" in found.differences[0].said
    case = matched(Narrower, Narrower)
    assert not compare(*case.sides, case.images, channels=("domain",)).differences


def test_a_single_image_in_train_mode_is_tried():
    """A norm that refuses one image with one position differs from one that does not."""

    class Lenient(nn.BatchNorm2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) if x[:, 0].numel() > 1 or not self.training else x

    def lenient() -> Residual:
        net = Residual()
        net.norm = Lenient(8)
        return net

    case = matched(Residual, lenient)
    found = compare(*case.sides, case.images, channels=("domain",)).differences
    assert ("domain", "train", 1) == (found[0].channel, found[0].mode, found[0].draw.shape[0])


class Stochastic(Residual):
    """Drops the branch of a whole image now and then."""

    def forward(self, x):
        """Logits."""
        y = self.norm(self.conv(x))
        z = self.second(F.relu(y))
        if self.training:
            z = z * torch.empty(len(x), 1, 1, 1).bernoulli_(0.5)
        return self.fc(self.drop(F.relu(z + y).mean((2, 3))))


class StochasticAfterwards(Stochastic):
    """The same, with other draws: a number is drawn before."""

    def forward(self, x):
        """Logits."""
        torch.rand(1)
        return super().forward(x)


@pytest.mark.slow
def test_random_operators_are_not_blamed():
    """Nets that draw other numbers from one law differ in a draw: that is undecided, not a difference."""
    case = matched(Stochastic, StochasticAfterwards)
    found = compare(*case.sides, case.images, channels=("train",))

    assert not found.differences
    assert found.undecided
    assert compare(*matched(Stochastic, Stochastic).sides, case.images, channels=("train",)).agrees


class SinglePrecision(Residual):
    """Cannot compute in float64."""

    def forward(self, x):
        """Logits."""
        return super().forward(x) @ torch.ones(10, 4, dtype=torch.float32)


@pytest.mark.slow
def test_a_net_that_cannot_compute_in_double_is_compared_in_single_precision():
    """What only float64 breaks is no difference; a real one is still found."""
    case = matched(SinglePrecision, SinglePrecision)
    found = compare(*case.sides, case.images, channels=("eval", "train"))
    assert found.agrees
    assert "float32" == found.dtype

    class Wrong(SinglePrecision):
        def __init__(self) -> None:
            super().__init__(eps=0.1)

    case = matched(SinglePrecision, Wrong)
    assert not compare(*case.sides, case.images, channels=("eval",)).agrees


class WithBias(Residual):
    """A bias before a norm has no effect in train mode; its gradient is what rounding leaves."""

    def __init__(self) -> None:
        super().__init__(bias=True)


class SummedOtherwise(WithBias):
    """The same function, rounded in another way."""

    def forward(self, x):
        """Logits."""
        weight = self.conv.weight.flip(2).flip(2) * 3
        y = self.norm(F.conv2d(x / 3, weight, self.conv.bias, stride=2, padding=1))
        return self.fc(self.drop(F.relu(y + self.second(F.relu(y))).mean(3).mean(2)))


@pytest.mark.slow
def test_gradients_of_rounding_alone_are_no_difference():
    """A gradient that is zero but for rounding is held against the others, not against itself."""
    case = matched(WithBias, WithBias)
    other = matched(SummedOtherwise, SummedOtherwise)
    found = compare(case.reference, other.candidate, case.transplant, case.images, channels=("eval", "train"))
    ours, theirs = observe_both(
        case.reference, other.candidate, case.transplant.trials(case.images.quick, **SETTINGS["train"])
    )

    assert found.agrees, found.differences
    assert not torch.equal(ours.tensors["gradient of conv.bias"], theirs.tensors["gradient of conv.bias"])


@pytest.mark.slow
def test_what_was_not_reached_is_said():
    """An activation that only meets one side of its bend is named; one that meets both is not."""

    class Lifted(Residual):
        def forward(self, x):
            return F.relu6(super().forward(x).abs() + 1)

    case = matched(Lifted, Lifted)
    found = compare(*case.sides, case.images, channels=("eval",))
    assert any("relu6 never met a number below 0" in line for line in found.unexcited)
    case = matched(Residual, Residual)
    assert () == compare(*case.sides, case.images, channels=("eval",)).unexcited


def test_both_sides_are_asked_before_either_is_waited_for():
    """A candidate in another process is told what comes before the reference begins."""
    case = matched(Residual, Residual)
    asked: list[str] = []

    class Elsewhere:
        def expect(self, method, trial):
            asked.append("expected")

        def observe(self, trial):
            asked.append("candidate")
            return case.candidate.observe(trial)

    class Here:
        def observe(self, trial):
            asked.append("reference")
            return case.reference.observe(trial)

    observe_both(Here(), Elsewhere(), case.transplant.trials(case.images.quick))
    assert ["expected", "reference", "candidate"] == asked


def shrunk(case: Matched) -> str:
    """The sentence about the first difference of a pair."""
    found = compare(*case.sides, case.images)
    return str(smallest(*case.sides, found.differences[0]))


def test_a_counterexample_is_as_small_as_it_can_be():
    """One image, and the smallest side at which rounding up and down differ: an odd one."""
    case = matched(Pooled, lambda: Pooled(True))
    found = smallest(*case.sides, compare(*case.sides, case.images).differences[0])
    n, _, height, width = found.difference.draw.shape

    assert (1, 0, "normal") == (n, found.difference.draw.seed, found.difference.draw.regime)
    assert 5 >= height + width
    assert 1 == height % 2 or 1 == width % 2
    assert str(found).startswith(f"a (1, 3, {height}, {width}) image, seed 0, in eval mode: the output differs by ")


def test_a_counterexample_does_not_change_sides():
    """Where the candidate raises, an image on which only the reference does is another difference."""

    class Wider(Residual):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.shape[-1] > 20:
                raise ValueError("too wide")
            return super().forward(x)

    sides = matched(Narrower, Wider).sides
    (first,) = probe(*sides, "domain", Draw((1, 3, 24, 24)))
    found = smallest(*sides, first).difference

    assert ("candidate", "candidate") == (first.raises, found.raises)
    assert found.draw.shape[-1] > 20
    assert "reference" == probe(*sides, "domain", Draw((1, 3, 3, 3)))[0].raises


@pytest.mark.slow
def test_a_counterexample_says_what_it_takes_to_see_it():
    """The channel is part of the sentence."""
    assert "with everything dropped that dropout can drop" in shrunk(matched(Residual, lambda: Residual(rate=0.0)))
    assert "the gradient of second.weight differs" in shrunk(matched(Residual, hooked_backward))
    assert "too narrow" in shrunk(matched(Residual, Narrower))


def graph_of(net: nn.Module, shape: tuple[int, ...], mode: str = "eval"):
    """Its normal form."""
    return canonicalise(capture(net, input_shape=shape, mode=mode)).graph


def test_images_cover_every_remainder():
    """At every strided layer, on both axes, each remainder is left by one of the sizes."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.MaxPool2d(3, 3), nn.Conv2d(4, 4, 1, stride=2))
    found = images(graph_of(net, (1, 3, 64, 64)))
    left = [set() for _ in range(6)]
    for draw in found.eval:
        sizes = [draw.shape[2:]]
        for layer in net:
            sizes.append(layer(torch.zeros(1, sizes[-1] and 3 if layer is net[0] else 4, *sizes[-1])).shape[2:])
        for place, stride in enumerate((2, 3, 2)):
            for axis in (0, 1):
                left[2 * place + axis].add(sizes[place][axis] % stride)

    assert [{0, 1}, {0, 1}, {0, 1, 2}, {0, 1, 2}, {0, 1}, {0, 1}] == left
    assert () == found.unmet
    assert any(draw.shape[2] != draw.shape[3] for draw in found.eval)
    assert {1, 2} <= {draw.shape[0] for draw in found.eval}


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (nn.Sequential(nn.Linear(5, 4), nn.ReLU()), (1, 5)),
        (nn.Sequential(nn.Conv1d(2, 3, 3, stride=2), nn.ReLU()), (1, 2, 16)),
        (nn.Sequential(nn.Conv3d(2, 3, 3, stride=2), nn.ReLU()), (1, 2, 8, 8, 8)),
        (nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(72, 4)), (1, 3, 8, 8)),
    ],
    ids=["vectors", "1-d", "3-d", "one size"],
)
def test_images_suit_inputs_of_any_rank_and_nets_of_one_size(net, shape):
    """What is drawn for eval and train mode runs."""
    found = images(graph_of(net, shape), accepts=lambda size, mode: size[1:] == shape[1:])
    for draw in (*found.eval, *found.train):
        net(torch.zeros(draw.shape))
    assert found.train
    assert found.borders


def test_train_images_suit_the_train_graph():
    """A head that only trains can need larger images than the net itself."""

    class WithHead(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 9)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            y = self.conv(x)
            return (y, self.head(y)) if self.training else (y,)

    net = WithHead()
    found = images(graph_of(net, (1, 3, 32, 32)), train=graph_of(net, (2, 3, 32, 32), "train"))
    assert found.train
    assert all(min(draw.shape[2:]) >= 11 for draw in found.train)
    assert 3 == min(min(draw.shape[2:]) for draw in found.eval)
    assert {("eval", (2, 3, 2, 2)), ("train", (2, 3, 10, 10))} <= set(found.borders)


def test_the_same_seed_gives_the_same_images():
    """Draws are a function of graph and seed."""
    graph = graph_of(Residual(), (1, 3, 32, 32))
    assert images(graph, seed=3) == images(graph, seed=3)
    assert images(graph, seed=3) != images(graph, seed=4)
    assert isinstance(images(graph).quick, Draw)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reference", "candidate", "differs"),
    [
        ("torchvision:mobilenet_v2", "timm:mobilenetv2_100", "dropout"),
        ("torchvision:regnet_y_400mf", "timm:regnety_004", ""),
        ("torchvision:mobilenet_v3_small", "timm:mobilenetv3_small_100", "eval"),
    ],
)
def test_libraries_agree_as_far_as_they_do(reference, candidate, differs):
    """torchvision and timm agree to the last bits, or differ in what they are known to."""
    case = matched(reference, candidate, (3, 224, 224))
    found = compare(*case.sides, case.images)

    assert case.transplant.is_complete
    assert differs == (found.differences[0].channel if found.differences else "")
