"""What every party does: its net may be of another framework or behind a wire, and a check cannot tell.

A front end adds its party to ``PARTIES``: one line, with the two nets below written in its framework.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from properties.errors import CandidateError
from properties.graph.alignment.align import isomorphism
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture
from properties.oracle.parties.local import LocalParty
from properties.oracle.parties.party import Party
from properties.oracle.parties.scope import Scope
from properties.oracle.remote.party import RemoteParty
from properties.oracle.remote.server import Server
from properties.oracle.trials.trial import Draw, Filling, Trial


class Small(nn.Module):
    """The net that is asked: a 3x3 convolution of RGB images to 4 maps, ReLU, their means, a linear layer of 2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        """Return ``(N, 2)`` for images ``(N, 3, H, W)`` of any size."""
        return self.fc(self.conv(x).relu().mean((2, 3)))


class OfAnotherActivation(Small):
    """The net beside it: tanh in place of ReLU."""

    def forward(self, x):
        """Return ``(N, 2)``."""
        return self.fc(self.conv(x).tanh().mean((2, 3)))


SIZE = (2, 3, 9, 7)
WRONG = (2, 1, 9, 7)  # one channel, where both nets take three
SHAPES = ((4, 3, 3, 3), (4,), (2, 4), (2,))  # of what both nets store, in the order of their layers
SCALARS = 4 * 3 * 3 * 3 + 4 + 2 * 4 + 2
STATUSES = {"passed", "failed", "skipped", "implied"}


@contextmanager
def _here(name, folder):
    yield LocalParty({"small": Small, "other": OfAnotherActivation}[name], name)


@contextmanager
def _behind_a_wire(name, folder):
    """The same, asked through a descriptor, as if its process was another."""
    near, far = socket.socketpair()
    kind = {"small": "Small", "other": "OfAnotherActivation"}[name]
    (folder / "nets.py").write_text(f"from oracle.parties.test_party import {kind} as net\n", encoding="utf-8")
    server = Server(f"{folder / 'nets.py'}:net", far.fileno(), folder, lambda stage: None)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield RemoteParty(near.fileno(), name, folder, lambda waits: None)
    finally:
        near.shutdown(socket.SHUT_RDWR)
        thread.join()
        near.close()
        far.close()


@dataclass(frozen=True)
class Kind:
    """A kind of party.

    Args:
        make: given ``"small"`` or ``"other"`` and an empty folder, a context with the party of that net.
        keys: of what both nets store, weight and bias of the convolution and of the linear layer.
    """

    make: Callable[..., Iterator[Party]]
    keys: tuple[str, ...] = ("conv.weight", "conv.bias", "fc.weight", "fc.bias")


PARTIES = {
    "torch": Kind(_here),
    "torch behind a wire": Kind(_behind_a_wire),
}


@pytest.fixture(params=PARTIES.values(), ids=PARTIES)
def kind(request):
    """Each kind of party in turn."""
    return request.param


@pytest.fixture
def party(kind, tmp_path):
    """The party of the net that is asked."""
    with kind.make("small", tmp_path) as made:
        yield made


def _trial(keys, *, size=SIZE, **settings):
    """Convolution weights 0 and biases 2, linear weights 1/4 and biases 1: whatever the image, each logit is 3."""
    fillings = {
        key: Filling(shape, low=value, high=value)
        for key, shape, value in zip(keys, SHAPES, (0, 2, 0.25, 1), strict=True)
    }
    return Trial(fillings, {key: key for key in keys}, Draw(size), **settings)


# ---------------------------------------------------------------------------------------------------- what it stores
def test_its_parameters_are_counted(party):
    """Every scalar of every parameter."""
    assert SCALARS == party.num_params


def test_its_keys_are_in_the_order_of_its_layers(party, kind):
    """As the state_dict has them."""
    assert kind.keys == party.keys


# --------------------------------------------------------------------------------------------------- what it accepts
def test_it_says_what_it_is_made_for(party):
    """A size without its batch axis, which it accepts in both modes."""
    size = party.input_shape()

    assert 3 == size[0]
    assert [True, True] == [party.accepts((2, *size), mode) for mode in ("eval", "train")]


def test_it_says_where_it_can_be_run(party):
    """In both modes and at more than one size."""
    assert Scope() == party.scope


def test_what_it_rejects_it_rejects_in_one_line(party):
    """The last line of what its code raises."""
    said = party.accepts(WRONG)

    assert isinstance(said, str)
    assert 1 == len(said.splitlines())


def test_it_gives_a_size_its_own_channels(party):
    """Where it rejects those given; batch and pixels stay."""
    assert SIZE == party.with_own_channels(WRONG)
    assert SIZE == party.with_own_channels(SIZE)


# -------------------------------------------------------------------------------------------------------- its graph
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_its_graph_is_that_of_the_net(party, mode):
    """Whatever framework it was traced in: brought to normal form it is what the torch net's is."""
    found = canonicalise(party.capture(mode, SIZE)).graph
    expected = canonicalise(capture(Small(), input_shape=SIZE, mode=mode)).graph

    assert mode == found.mode
    assert list(map(_said, expected.ops)) == list(map(_said, found.ops))
    assert isomorphism(expected, found) is not None


def test_its_graph_begins_with_the_images_and_ends_with_the_logits(party):
    """Every operator stands behind those that it reads."""
    graph = party.capture("eval", SIZE)

    assert [SIZE] == [op.shape for _, op in graph.of_kind("input")]
    assert ("output", (2, 2)) == (graph.ops[-1].kind, graph.ops[graph.output.inputs[0]].shape)
    assert all(source < position for position, op in enumerate(graph.ops) for source in op.inputs)


def test_its_tensors_come_with_the_graph(party, kind):
    """All that is registered, in order, with sizes."""
    graph = party.capture("eval", SIZE)

    assert list(zip(kind.keys, SHAPES, strict=True)) == [(param.key, param.shape) for param in party.params]
    assert graph.params == party.params


def test_what_cannot_be_captured_is_the_candidates_error(party):
    """One that names it."""
    with pytest.raises(CandidateError, match=r"small|nets\.py"):
        party.capture("eval", WRONG)


def test_what_is_expected_soon_changes_nothing(party):
    """Another process may begin, and the answer is what it would have been."""
    before = party.capture("eval", SIZE)
    party.expect("capture", "eval", SIZE)

    assert before == party.capture("eval", SIZE)


def _said(op):
    """What a check compares of an operator of a chain."""
    return op.kind, dict(op.attributes), op.shape, {role: param.shape for role, param in op.params.items()}


# ------------------------------------------------------------------------------------------------------ what it asks
def test_it_asks_nothing_about_the_size_of_its_image(party):
    """And runs the same operators at every size."""
    first, other = party.ask("eval", SIZE), party.ask("eval", (1, 3, 12, 8))

    assert ((), (), None, None) == (first.questions, other.questions, first.raised, other.raised)
    assert first.calls == other.calls


def test_the_operators_that_run_are_those_of_the_net_and_not_of_the_party(kind, tmp_path):
    """A second party of the same net has them, and one of another net has others."""
    found = []
    for name in ("small", "small", "other"):
        with kind.make(name, tmp_path) as made:
            found.append(made.ask("train", SIZE).calls)

    first, again, other = found
    assert first == again != other


def test_what_it_raises_at_a_size_that_it_rejects_is_an_answer(party):
    """It is no error."""
    assert party.ask("eval", WRONG).raised is not None


# --------------------------------------------------------------------------------------------------- what it computes
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_it_computes_with_the_weights_of_the_trial(party, kind, mode):
    """ReLU of 2 is 2, the mean too, four quarters of it and 1 make 3, in the type that the trial names."""
    seen = party.observe(_trial(kind.keys, mode=mode))

    assert seen.raised is None
    assert torch.equal(torch.full((2, 2), 3.0, dtype=torch.float64), seen.tensors["output[0]"])


def test_it_returns_gradients_where_they_are_asked_for(party, kind):
    """Of the images, none behind weights of 0, and of each parameter by its key."""
    seen = party.observe(_trial(kind.keys, gradients=True)).tensors

    assert torch.equal(torch.zeros(SIZE, dtype=torch.float64), seen["gradient of input"])
    assert list(SHAPES) == [tuple(seen[f"gradient of {key}"].shape) for key in kind.keys]
    assert [] == [name for name in party.observe(_trial(kind.keys)).tensors if name.startswith("gradient")]


def test_a_trial_leaves_nothing_behind(party, kind):
    """The same trial gives the same numbers, and the net's own count of scalars stays."""
    trial = Trial(_trial(kind.keys).fillings, {}, Draw(SIZE, seed=1), gradients=True)
    first, again = (party.observe(trial).tensors for _ in range(2))

    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert SCALARS == party.num_params


def test_what_it_raises_stands_in_the_observation(party, kind):
    """One line, and no tensors."""
    seen = party.observe(_trial(kind.keys, size=WRONG))

    assert 1 == len((seen.raised or "").splitlines())
    assert {} == dict(seen.tensors)


# ------------------------------------------------------------------------------------------- what it says of itself
def test_properties_have_an_outcome_and_a_sentence(party):
    """None fails on a plain net; what follows from the graph is not checked again. A front end may have none."""
    implied = "permuted_batch_gives_permuted_outputs"
    found = {result.name: result for result in party.properties(SIZE[1:], "default", 0, (implied,))}

    assert {result.status for result in found.values()} <= STATUSES - {"failed"}
    assert all(result.sentence.endswith(".") for result in found.values())
    assert {"implied"} >= {found[name].status for name in found if name == implied}


def test_fresh_tensors_are_sampled_or_it_says_why_not(party, kind):
    """Values of each tensor that the net starts with."""
    seen = party.fresh(0)

    assert seen.raised or {f"values {key}" for key in kind.keys} <= set(seen.tensors)
