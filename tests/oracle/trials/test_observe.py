"""A trial on a net: the content that it is given, what it returns, and that the net itself stays as it is."""

import copy

import pytest
import torch
from support.matched import Residual
from torch import nn
from torch.nn import functional as F

from properties.oracle.parties.local import LocalParty
from properties.oracle.trials.filling import fill, image
from properties.oracle.trials.trial import Draw, Filling, Trial

DRAW = Draw((2, 3, 8, 8))


def trial(**settings) -> Trial:
    """Ones and small weights for every tensor of ``Residual``, batch counters at 3."""
    net = Residual()
    content = {}
    for place, (key, tensor) in enumerate(net.state_dict().items()):
        low, high = (0.5, 1.0) if tensor.dim() < 2 else (-0.3, 0.3)
        content[key] = Filling(tuple(tensor.shape), low=low if tensor.is_floating_point() else 3, high=high, seed=place)
    return Trial(content, {key: key for key in content}, **{"draw": DRAW, **settings})


def by_hand(asked: Trial) -> Residual:
    """The net as the trial describes it, made without a replica."""
    net = Residual().double()
    for key, tensor in net.state_dict().items():
        fill(tensor, asked.fillings[key])
    return net


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_outputs_are_those_of_the_net_with_that_content(mode):
    """A net without memory is filled and computes what the same net computes when it is filled by hand."""
    asked = trial(mode=mode, dropout=0)
    net = by_hand(asked).train(mode == "train")
    net.drop = nn.Identity()
    expected = net(image(DRAW, torch.float64))
    seen = LocalParty(Residual, "net").observe(asked).tensors

    assert torch.equal(expected, seen["output[0]"])
    assert torch.equal(net.norm.running_var, seen["buffer norm.running_var"])
    assert 3 + (mode == "train") == seen["buffer norm.num_batches_tracked"].item()


def test_gradients_are_those_of_one_fixed_combination():
    """Gradients of the input and of every parameter are returned; without being asked for, none is."""
    asked = trial(mode="train", dropout=0, gradients=True)
    seen = LocalParty(Residual, "net").observe(asked).tensors
    net = by_hand(asked)
    net.drop = nn.Identity()
    x = image(DRAW, torch.float64).requires_grad_()
    weights = image(Draw((2, 10), seed=DRAW.seed + 31), torch.float64)
    (net(x) * weights).sum().backward()

    assert torch.allclose(x.grad, seen["gradient of input"], rtol=1e-12)
    assert torch.allclose(net.conv.weight.grad, seen["gradient of conv.weight"], rtol=1e-12)
    assert not [key for key in LocalParty(Residual, "net").observe(trial()).tensors if key.startswith("gradient")]


def test_a_copy_that_was_let_go_is_made_again():
    """The same trial gives the same numbers before and after."""
    party = LocalParty(Residual, "net")
    before = party.observe(trial()).tensors
    party.replica.let_go()

    assert party.replica._net is None
    assert torch.equal(before["output[0]"], party.observe(trial()).tensors["output[0]"])


def test_an_instance_comes_back_untouched():
    """Weights, statistics, gradients, modes and types of a given net are afterwards what they were."""
    net = Residual().train()
    net.norm.eval()
    net.fc.weight.grad = torch.ones_like(net.fc.weight)
    before = copy.deepcopy(net.state_dict())
    LocalParty.of(net, "net").observe(trial(mode="train", gradients=True))

    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
    assert torch.equal(torch.ones_like(net.fc.weight), net.fc.weight.grad)
    assert net.conv.weight.grad is None
    assert (True, False, torch.float32) == (net.training, net.norm.training, net.fc.weight.dtype)


def hooked_on_a_tensor() -> Residual:
    """A gradient is scaled by a hook, which a deep copy loses."""
    net = Residual()
    net.second.weight.register_hook(lambda gradient: gradient * 3)
    return net


def replaced_forward() -> Residual:
    """A layer's forward is a function that holds the layer, which a deep copy shares."""
    net = Residual()
    inner = net.second.forward
    net.second.forward = lambda x: inner(x) * 3
    return net


@pytest.mark.parametrize("make", [hooked_on_a_tensor, replaced_forward])
def test_an_instance_that_cannot_be_copied_is_lent(make):
    """It computes with the trial's content as a fresh build does, and is as it was afterwards."""
    net = make()
    before = copy.deepcopy(net.state_dict())
    asked = trial(mode="train", dropout=0, gradients=True)
    given, built = (subject.observe(asked).tensors for subject in (LocalParty.of(net, "net"), LocalParty(make, "net")))
    plain = LocalParty(Residual, "net").observe(asked).tensors

    assert all(torch.equal(built[key], given[key]) for key in built)
    assert not torch.equal(plain["gradient of second.weight"], given["gradient of second.weight"])
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
    assert "forward" not in vars(net.second) or make is replaced_forward


class Unregistered(nn.Module):
    """Computes with a tensor that is not registered, and with a buffer's own content."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.scale = torch.full((2,), 5.0)
        self.register_buffer("shift", torch.full((2,), 7.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scaled and shifted."""
        self.shift.add_(0)
        return self.fc(x) * self.scale + self.shift


def test_what_no_trial_gives_keeps_the_content_of_the_build():
    """A buffer and a plain attribute are those of a real build, though the net could be built without memory."""
    content = {"fc.weight": Filling((2, 3), high=0.0), "fc.bias": Filling((2,), low=1.0, high=1.0)}
    asked = Trial(content, {key: key for key in content}, Draw((2, 3)))

    assert torch.equal(
        torch.full((2, 2), 12.0).double(), LocalParty(Unregistered, "net").observe(asked).tensors["output[0]"]
    )


class Tied(nn.Module):
    """One weight under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        self.b.weight = self.a.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Both."""
        return self.b(self.a(x))


def test_tied_tensors_stay_tied():
    """A tied weight gets one gradient, the sum of both uses."""
    asked = Trial({"w": Filling((3, 3))}, {"a.weight": "w"}, Draw((1, 3)), gradients=True)
    seen = LocalParty(Tied, "net").observe(asked)

    assert seen.raised is None
    assert ["gradient of a.weight"] == [key for key in seen.tensors if "weight" in key]


class Counting(nn.Module):
    """Adds how often it ran."""

    runs = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Not the same twice."""
        self.runs += 1
        return x + self.runs


def test_earlier_runs_show_kept_state():
    """The observed run follows as many others as the trial asks for."""
    outputs = [
        LocalParty(Counting, "net").observe(Trial({}, {}, Draw((1, 3)), forwards=n)).tensors["output[0]"]
        for n in (0, 2)
    ]

    assert torch.equal(torch.full((1, 3), 2.0).double(), outputs[1] - outputs[0])


DROPOUTS = {
    "module": lambda x: nn.Dropout(0.3)(x),
    "in place": lambda x: nn.Dropout(0.3, inplace=True)(x.clone()),
    "functional": lambda x: F.dropout(x, 0.3, True),
    "keywords": lambda x: F.dropout(input=x, p=0.3),
    "channels": lambda x: F.dropout2d(x, 0.3),
    "alpha": lambda x: F.alpha_dropout(x, 0.3, training=True),
    "torch's": lambda x: torch.dropout(x, 0.3, True),
}


@pytest.mark.parametrize("kind", DROPOUTS)
@pytest.mark.parametrize("share", [0, 1])
def test_dropout_is_told_what_to_drop(kind, share):
    """Everything or nothing comes through, whichever way dropout is called, and nothing changes in eval mode."""

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return DROPOUTS[kind](x)

    draw = Draw((2, 3, 4, 4))
    seen = LocalParty(Net, "net").observe(Trial({}, {}, draw, mode="train", dropout=share)).tensors["output[0]"]
    assert torch.equal(image(draw, torch.float64) * (1 - share), seen)


def test_dropout_with_nothing_to_drop_is_left_alone():
    """In eval mode, and where p is 0, dropout passes everything even when all is to be dropped."""
    x = image(DRAW, torch.float64)
    for build, mode in ((lambda: nn.Dropout(0.5), "eval"), (lambda: nn.Dropout(0.0), "train")):
        seen = LocalParty(build, "net").observe(Trial({}, {}, DRAW, mode=mode, dropout=1))
        assert torch.equal(x, seen.tensors["output[0]"])


def test_random_operators_are_seeded():
    """Stochastic depth and the like draw the same for the same seed, and the caller's random state is untouched."""

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.empty(x.shape[0], 1, 1, 1).bernoulli_(0.5) + torch.rand(1)

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, again, other = (
        LocalParty(Net, "net").observe(Trial({}, {}, DRAW, random=seed)).tensors["output[0]"] for seed in (0, 0, 1)
    )

    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(expected, torch.rand(3))


def test_what_the_net_raises_is_an_observation():
    """An exception and an exit both stand in the observation, with their last line."""

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if self.training:
                raise SystemExit(3)
            raise ValueError("too small")

    seen = [LocalParty(Net, "net").observe(Trial({}, {}, DRAW, mode=mode)).raised for mode in ("eval", "train")]
    assert "ValueError: too small" in seen[0]
    assert "sys.exit(3)" in seen[1]


def test_a_write_to_the_input_is_seen():
    """A net that changes the tensor it is given returns that too; one that does not, does not."""

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mul_(2) + 1

    seen = LocalParty(Net, "net").observe(Trial({}, {}, DRAW, gradients=True)).tensors
    assert torch.equal(2 * image(DRAW, torch.float64), seen["input afterwards"])
    assert "input afterwards" not in LocalParty(nn.Identity, "net").observe(Trial({}, {}, DRAW)).tensors


def test_activations_tell_what_they_met():
    """The ends of what an activation was given stand beside where it bends."""
    seen = LocalParty(nn.ReLU6, "net").observe(Trial({}, {}, DRAW, watched=True)).tensors
    x = image(DRAW, torch.float64)

    assert pytest.approx([0, 6, x.min().item(), x.max().item()]) == seen["met by relu6"][0].tolist()


@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 9), (2, 3, 8, 9), (1, 2, 4, 5, 6)])
@pytest.mark.parametrize("regime", ["normal", "large", "sparse", "constant", "impulse"])
def test_images_have_their_shape_and_are_drawn_anew_for_each_seed(shape, regime):
    """The same seed gives the same numbers, for inputs of any rank, and another seed others."""
    one, again, other = (image(Draw(shape, regime, seed), torch.float64) for seed in (1, 1, 2))
    assert shape == tuple(one.shape)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_signed_fillings_stay_away_from_zero():
    """Magnitudes are between the two ends, and both signs occur."""
    tensor = torch.empty(1000)
    fill(tensor, Filling((1000,), "signed", 0.5, 1.5, 0))

    assert tensor.abs().min() >= 0.5
    assert tensor.abs().max() <= 1.5
    assert 300 < (tensor > 0).sum() < 700


def test_a_filling_of_another_size_is_refused():
    """Contents are never cut or repeated to fit."""
    with pytest.raises(ValueError, match="cannot hold"):
        fill(torch.empty(3), Filling((4,)))
