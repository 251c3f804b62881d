"""What goes between processes: plain data comes back as it was, and nothing else gets in."""

import math
import os
import threading

import pytest
import torch

import arches
from properties.errors import CandidateError, last_line, readable
from properties.graph.ir import Op, OpGraph, Param
from properties.graph.torch.capture import capture
from properties.isolation import wire
from properties.isolation.tail import Tail
from properties.oracle.remote.party import RemoteParty
from properties.oracle.remote.tensor_files import leave, take
from properties.oracle.trials.trial import Draw, Filling, Observation, Trial
from properties.report import Deviation, Place, Report, Result

PLACE = Place("layer1.0", None)
REPORT = Report(
    candidate="a.py:net",
    reference="resnet50",
    verdict="deviates",
    deviations=(
        Deviation("attribute", "both", PLACE, "stride is 1", "stride", (2, 2), (1, 1), 2, (PLACE, PLACE), {"macs": 3}),
    ),
    results=(Result("a", "passed", "It holds.", "Paper", None, 0.25),),
    parameters={"candidate": None, "reference": 7},
    key_map={"": "weight"},
    seconds=2,
)


def _graph() -> OpGraph:
    with torch.device("meta"):
        net = arches.cifar10_net()
    return capture(net, input_shape=(2, 3, 32, 32))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Report, REPORT),
        (tuple[Result, ...], REPORT.results),
        (Trial, Trial({"w": Filling((2, 3), "normal", 0, 1)}, {"v": ("w", 1)}, Draw((1, 3, 8, 8)), dropout=0)),
        (OpGraph, OpGraph((Op("clamp", attributes={"min": -math.inf, "max": None, "of": ((1, 2), "x", True)}),))),
        (bool | str, "rejected"),
        (bool | str, True),
        (tuple[str, int], ("a", 1)),
    ],
)
def test_plain_data_comes_back(kind, value):
    """What is written as a type is read as that type, equal to what it was."""
    assert value == wire.loads(kind, wire.dumps(value))


def test_a_captured_graph_comes_back():
    """A graph is the same on the other side, with every operator, attribute and tensor."""
    graph = _graph()

    assert graph == wire.loads(OpGraph, wire.dumps(graph))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (int, b'"7"'),
        (int, b"true"),
        (tuple[int, ...], b'{"0": 1}'),
        (tuple[str, int], b'["a", 1, 2]'),
        (Param, b'["key", "parameter", [3], true, "float32"]'),
        (Param, b"7"),
        (Op, b'["conv", ["first"], {}, {}, [1], "", "float32"]'),
        (OpGraph, b"no JSON"),
        (OpGraph, b"\xff\xfe"),
        (OpGraph, b"[" * 100_000),
        (OpGraph, b'[[["x", [], {"a": ' + b"[" * 200 + b"]" * 200 + b'}, {}, [], "", ""]], [], {}, "eval", {}, []]'),
    ],
)
def test_what_is_not_of_its_type_is_rejected(kind, text):
    """A message of another shape is a ``WireError``, and no other exception."""
    with pytest.raises(wire.WireError):
        wire.loads(kind, text)


def test_messages_are_put_together_from_pieces():
    """Whatever pieces arrive, the messages come out whole and in order."""
    stream = wire.frame(b"one") + wire.frame(b"") + wire.frame(b"three")
    frames = wire.Frames()

    assert [b"one", b"", b"three"] == [m for byte in stream for m in frames.feed(bytes([byte]))]


def test_a_message_that_announces_too_much_is_rejected():
    """Nobody waits for, or makes room for, what a wrong length announces."""
    with pytest.raises(wire.WireError, match="announces"):
        list(wire.Frames().feed(b"\xff" * 8))


def test_a_message_that_is_cut_off_is_an_end():
    """A side that goes away in the middle of a message is gone."""
    reading, writing = os.pipe()
    os.write(writing, wire.frame(b"whole message")[:-3])
    os.close(writing)

    with pytest.raises(EOFError):
        wire.receive(reading)
    os.close(reading)


def _party_that_hears(answer: bytes, tmp_path) -> RemoteParty:
    """A remote party whose other side gives one answer to whatever is asked first."""
    ask, hear = (os.pipe() for _ in range(2))
    (asked, asking), (heard, saying) = ask, hear

    def reply() -> None:
        wire.receive(asked)
        wire.send(saying, answer)

    threading.Thread(target=reply, daemon=True).start()
    return _Pair(heard, asking, tmp_path)


class _Pair(RemoteParty):
    """Reads from one pipe and writes to another."""

    def __init__(self, heard, asking, folder):
        super().__init__(heard, "a.py:net", folder, lambda waits: None)
        self.asking = asking

    def _send(self, method, arguments):
        wire.send(self.asking, method.encode() + b"\n" + wire.dumps(arguments))


def test_a_sound_graph_is_taken(tmp_path):
    """A graph that the other side sends arrives, with the tensors it names."""
    graph = _graph()
    party = _party_that_hears(b"+" + wire.dumps(graph), tmp_path)

    assert graph == party.capture("eval", (2, 3, 32, 32))
    assert graph.params == party.params


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"+[]", "interferes with the check"),
        (b"rubbish", "interferes with the check"),
        (b"+" + wire.dumps(OpGraph((Op("input"),))), "returns nothing"),
        (b"+" + wire.dumps(OpGraph((Op("relu", (1,)), Op("output", (0,))))), "reads what comes after it"),
        (b"+" + wire.dumps(OpGraph((Op("output", (-1,)),))), "reads what comes after it"),
        (b"+" + wire.dumps(OpGraph((Op("output"),), mode="neither")), "has the mode"),
        (b"-" + wire.dumps(("candidate", "it raised\x1b[2J")), r"it raised\\x1b\[2J"),
    ],
)
def test_a_wrong_answer_is_the_candidates_error(answer, says, tmp_path):
    """Whatever comes instead of a sound graph is one line about the candidate."""
    party = _party_that_hears(answer, tmp_path)

    with pytest.raises(CandidateError, match=says):
        party.capture("eval", (2, 3, 32, 32))


TRIAL = Trial({}, {}, Draw((1, 3, 8, 8)))


def test_a_link_in_place_of_a_file_of_tensors_is_not_read(tmp_path):
    """Only a plain file in the folder of the check is opened."""
    (tmp_path / "1.tensors").symlink_to("/dev/zero")
    party = _party_that_hears(b"+" + wire.dumps(Observation({"output[0]": (1, "float32", (2,), 0)})), tmp_path)

    with pytest.raises(CandidateError, match="its tensors cannot be read"):
        party.observe(TRIAL)


@pytest.mark.parametrize("named", ["../1/0", ("../1", "float32", (2,), 0), (), 1, ({}, "float32", (2,), 0)])
def test_a_file_outside_the_folder_is_not_read(named, tmp_path):
    """The other side numbers its files; it cannot name others."""
    party = _party_that_hears(b"+" + wire.dumps(Observation({"output[0]": named})), tmp_path)

    with pytest.raises(CandidateError, match="names no file"):
        party.observe(TRIAL)


def test_tensors_arrive_as_they_were(tmp_path):
    """Any type, size and layout comes back bit for bit, also where two share memory."""
    shared = torch.arange(12.0).reshape(3, 4)
    sent = [
        shared,
        shared[:, ::2],
        torch.tensor(True),
        torch.zeros(0, 5, dtype=torch.int64),
        torch.randn(3).bfloat16(),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([float("nan"), -0.0], dtype=torch.float64),
    ]
    found = take(tmp_path / "file", leave(sent, tmp_path / "file"))

    for one, other in zip(sent, found, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    "entry",
    [
        ("float32", (5,), 0),
        ("float32", (1,), -16),
        ("float32", (1,), 8),
        ("float32", (-1,), 0),
        ("float32", (1.0,), 0),
        ("float32", [1], 0),
        ("float33", (1,), 0),
        ("float32", (2**62, 4), 0),
        ("float32",),
        None,
    ],
)
def test_a_tensor_that_the_file_does_not_have_is_refused(entry, tmp_path):
    """Bytes beyond its end, odd places, sizes and types that are none."""
    leave([torch.ones(4)], tmp_path / "file")

    with pytest.raises(ValueError, match="what the file does not have"):
        take(tmp_path / "file", [entry])


def test_long_output_keeps_its_beginning_and_its_end():
    """Megabytes are cut in the middle, and control characters are written out."""
    tail = Tail()
    tail.feed(b"\x1b[31mbegin\n")
    for _ in range(100):
        tail.feed(b"x" * 10_000)
    tail.feed(b"end")
    text = tail.text()

    assert text.startswith("\\x1b[31mbegin\n")
    assert text.endswith("end")
    assert "bytes ..." in text
    assert len(text) < 100_000


def test_an_error_is_one_readable_line_whatever_its_text():
    """Control characters, line breaks, length and a ``__str__`` that raises do no harm."""

    class Mute(Exception):
        def __str__(self):
            raise ValueError

    assert "a\\x07 b" == readable("a\x07\n b")
    assert 300 == len(readable("x" * 10**6))
    assert last_line(Mute()).startswith("Mute: its text cannot be had")
