"""``port``: a checkpoint of one net as a checkpoint of another, every tensor accounted for."""

import errno
import os
from functools import cache

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from properties import check, port
from properties.errors import CandidateError, CheckpointError
from properties.graph.recipe import joined, permuted, reshaped, stored, taken
from properties.oracle.porting.ledger import Holding, move
from properties.oracle.porting.text import text
from properties.report import DeviationError
from properties.targets.target import builder

SHAPE = (3, 16, 16)


class Plain(nn.Module):
    """A convolution, a norm, a classifier."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        """Logits."""
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


class Renamed(nn.Module):
    """The same under other names, in another order."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 10)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())

    def forward(self, x):
        """Logits."""
        return self.head(self.stem(x).mean((2, 3)))


class WithoutCounter(Plain):
    """Its norm counts no batches."""

    def __init__(self):
        super().__init__()
        self.norm.num_batches_tracked = None


class Strided(Plain):
    """Another net."""

    def __init__(self):
        super().__init__()
        self.conv.stride = (2, 2)


class Tied(nn.Module):
    """Two layers that share a weight."""

    def __init__(self):
        super().__init__()
        self.one = nn.Linear(12, 12)
        self.two = nn.Linear(12, 12)
        self.two.weight = self.one.weight

    def forward(self, x):
        """Logits."""
        return self.two(torch.relu(self.one(x)))


class TiedOtherwise(nn.Module):
    """The same, tied the other way round."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(12, 12)
        self.first = nn.Linear(12, 12)
        self.first.weight = self.last.weight

    def forward(self, x):
        """Logits."""
        return self.last(torch.relu(self.first(x)))


class Scaled(Plain):
    """Divides by a constant that it may or may not save."""

    def __init__(self, persistent=True, scale=2.0):
        super().__init__()
        self.register_buffer("scale", torch.full((3, 1, 1), scale), persistent=persistent)

    def forward(self, x):
        """Logits."""
        return super().forward(x / self.scale)


def scaled_unsaved():
    """The same, and does not save it."""
    return Scaled(persistent=False)


def trained(build, seed=1) -> dict[str, Tensor]:
    """A state_dict of which no two numbers are the same, with positive variances."""
    generator = torch.Generator().manual_seed(seed)
    state = build().state_dict()
    return {
        key: torch.rand(value.shape, generator=generator) + 0.5 if value.is_floating_point() else value + 7
        for key, value in state.items()
        if key != "scale"
    } | {key: value for key, value in state.items() if key == "scale"}


@pytest.fixture(autouse=True, scope="module")
def _one_check_for_each_pair():
    """Nets of one pair are compared once for all tests: that is the slow part, and other files test it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("properties.oracle.porting.port.check", cache(check))
        yield


@pytest.fixture
def moved(tmp_path):
    """Save a state_dict, port it, give the report and what was written."""

    def moved(content, reference, candidate, name="result.safetensors", shape=SHAPE):
        torch.save(content, tmp_path / "given.pth")
        before = (tmp_path / "given.pth").read_bytes()
        try:
            report = port(tmp_path / "given.pth", reference, candidate, tmp_path / name, input_shape=shape)
        finally:
            assert before == (tmp_path / "given.pth").read_bytes()
            assert {"given.pth", name} >= {path.name for path in tmp_path.iterdir()}
        written = load_file(tmp_path / name) if name.endswith("safetensors") else torch.load(tmp_path / name)
        return report, written

    return moved


@pytest.mark.parametrize("name", ["result.safetensors", "result.pth", "result.pt"])
def test_a_checkpoint_moves_to_other_names_bit_for_bit(moved, name):
    """The result loads strictly into the candidate and computes what the reference computes."""
    given = trained(Plain)

    report, written = moved(given, Plain, Renamed, name)

    names = {"conv": "stem.0", "norm": "stem.1", "fc": "head"}
    expected = {f"{names[key.split('.')[0]]}.{key.split('.')[1]}": tensor for key, tensor in given.items()}
    assert expected.keys() == written.keys()
    assert all(torch.equal(tensor, written[key]) for key, tensor in expected.items())
    reference, candidate = Plain().eval(), Renamed().eval()
    reference.load_state_dict(given)
    candidate.load_state_dict(written)
    images = torch.randn(2, *SHAPE)
    assert torch.equal(reference(images), candidate(images))
    assert ("identical", {"renamed": len(given)}) == (report.verdict, report.counts)
    assert report.agreement.holds


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_checkpoints_types_are_kept(moved, dtype):
    """A checkpoint in half precision stays one."""
    given = {key: value.to(dtype) if value.is_floating_point() else value for key, value in trained(Plain).items()}

    _, written = moved(given, Plain, Renamed)

    assert {dtype, torch.int64} == {tensor.dtype for tensor in written.values()}
    assert torch.equal(given["conv.weight"], written["stem.0.weight"])


def test_counters_may_be_missing_on_either_side(moved):
    """Old checkpoints have no counters of batches, and some norms do not count."""
    without = trained(WithoutCounter)
    assert "norm.num_batches_tracked" not in without

    report, written = moved(without, Plain, Renamed)
    assert 0 == written["stem.1.num_batches_tracked"]
    assert ["stem.1.num_batches_tracked"] == [entry.target for entry in report.ledger if entry.action == "kept"]

    report, written = moved(trained(Plain), Plain, WithoutCounter)
    assert "norm.num_batches_tracked" not in written
    assert [("norm.num_batches_tracked",)] == [entry.sources for entry in report.ledger if entry.action == "ignored"]


@pytest.mark.parametrize("name", ["result.safetensors", "result.pth"])
def test_tied_tensors_are_written_under_all_their_names(moved, name):
    """The result loads strictly, also where the checkpoint has only one of the names."""
    given = trained(Tied)
    given["two.weight"] = given["one.weight"]
    _, written = moved(given, Tied, TiedOtherwise, name, (12,))
    assert torch.equal(given["one.weight"], written["first.weight"])
    assert torch.equal(given["one.weight"], written["last.weight"])
    assert torch.equal(given["one.bias"], written["first.bias"])
    TiedOtherwise().load_state_dict(written)

    _, again = moved({key: given[key] for key in given if key != "one.weight"}, Tied, TiedOtherwise, name, (12,))
    assert all(torch.equal(tensor, again[key]) for key, tensor in written.items())


def test_tied_tensors_with_two_contents_are_refused(moved):
    """Which of them is meant, nobody knows."""
    with pytest.raises(CheckpointError, match=r"two contents for one\.weight and two\.weight"):
        moved(trained(Tied), Tied, TiedOtherwise, shape=(12,))


@pytest.mark.slow
def test_constants_are_kept_as_built(moved):
    """A buffer that only one of the nets saves is accounted for, as both build the same content."""
    given = trained(Scaled)

    report, written = moved(given, Scaled, scaled_unsaved)
    assert "scale" not in written
    assert ["ignored"] == [entry.action for entry in report.ledger if "scale" in entry.sources]

    del given["scale"]
    report, written = moved(given, scaled_unsaved, Scaled)
    assert 2 == float(written["scale"].mean())
    assert ["kept"] == [entry.action for entry in report.ledger if entry.target == "scale"]


@pytest.mark.slow
def test_a_constant_that_the_candidate_cannot_hold_is_refused(moved):
    """What the checkpoint changed and the candidate does not save would be lost in silence."""
    given = trained(Scaled) | {"scale": torch.full((3, 1, 1), 5.0)}

    with pytest.raises(CheckpointError, match=r"scale is scale in .*, which does not save it"):
        moved(given, Scaled, scaled_unsaved)


def test_another_net_is_refused_with_its_first_deviation(moved):
    """Nothing is written, and the reason is one line."""
    with pytest.raises(DeviationError, match=r"conv: stride is 2, but should be 1.*nothing was written") as caught:
        moved(trained(Plain), Plain, Strided)

    assert "\n" not in str(caught.value)


def without(given, *keys):
    """Some tensors less."""
    return {key: tensor for key, tensor in given.items() if key not in keys}


MISFITS = {
    "missing": (lambda given: without(given, "fc.bias"), "1 tensor is missing: fc.bias$"),
    "several missing": (
        lambda given: without(given, "conv.weight", "norm.weight", "norm.bias", "fc.bias"),
        r"4 tensors are missing: conv\.weight, norm\.weight, norm\.bias, \.\.\.$",
    ),
    "extra": (lambda given: {**given, "aux.weight": torch.ones(2)}, "1 tensor is too many: aux.weight$"),
    "misshapen": (
        lambda given: {**given, "fc.weight": torch.ones(1000, 8)},
        r"another size or type: fc\.weight is \(1000, 8\), but should be \(10, 8\)$",
    ),
    "quantised": (
        lambda given: {**given, "fc.weight": torch.ones(10, 8, dtype=torch.int8)},
        r"fc\.weight is int8, but should be float32$",
    ),
    "renamed": (
        lambda given: {**without(given, "fc.bias"), "fc.offset": given["fc.bias"]},
        r"missing: fc\.bias; 1 tensor is too many: fc\.offset$",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_checkpoint_of_another_net_is_refused(moved, case):
    """Up to three tensors are named, and how many there are."""
    change, said = MISFITS[case]

    with pytest.raises(CheckpointError, match=said):
        moved(change(trained(Plain)), Plain, Renamed)


@pytest.mark.parametrize("name", ["result.safetensors", "result.pth"])
@pytest.mark.parametrize("broken", ["properties.oracle.porting.port.save", "os.replace"])
def test_an_interrupted_write_leaves_nothing(moved, tmp_path, monkeypatch, name, broken):
    """A disk that fills up is one line; the older result stays."""
    (tmp_path / name).write_bytes(b"older")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(broken, full)
    with pytest.raises(CheckpointError, match="cannot be written: no space left on device"):
        moved(trained(Plain), Plain, Renamed, name)

    assert b"older" == (tmp_path / name).read_bytes()


def test_what_was_written_is_verified(moved, tmp_path, monkeypatch):
    """A file that does not hold what it should is never given its name."""
    monkeypatch.setattr("properties.oracle.porting.checkpoints.save_file", _save_nonsense)

    with pytest.raises(DeviationError, match=r"the outputs differ by .*; nothing was written"):
        moved(trained(Plain), Plain, Renamed)


def _save_nonsense(tensors, path, metadata):
    tensors = {key: tensor.flip(0) if tensor.dim() else tensor for key, tensor in tensors.items()}
    save_file(tensors, path, metadata)


@pytest.mark.slow
def test_nets_given_as_they_are_stay_as_they_are(moved):
    """An instance is neither loaded nor brought into another mode or type."""
    net = Renamed()
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}

    moved(trained(Plain), Plain(), net)

    assert net.training
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
    assert torch.float32 == net.head.weight.dtype


class ByConvolution(Renamed):
    """Its classifier is a convolution of one by one."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(8, 10, 1)

    def forward(self, x):
        """Logits."""
        return self.head(self.stem(x).mean((2, 3), keepdim=True)).flatten(1)


@pytest.mark.slow
def test_an_equivalent_net_gets_its_tensors_reshaped(moved):
    """A linear layer's weight becomes a convolution's, and back."""
    given = trained(Plain)

    report, written = moved(given, Plain, ByConvolution)
    assert ("equivalent", 1) == (report.verdict, report.counts["reshaped"])
    assert torch.equal(given["fc.weight"][..., None, None], written["head.weight"])
    assert torch.equal(given["norm.num_batches_tracked"], written["stem.1.num_batches_tracked"])

    _, back = moved(written, ByConvolution, Plain)
    assert all(torch.equal(tensor, back[key]) for key, tensor in given.items())


class InsistsOnFloat32(Renamed):
    """Rejects every other type."""

    def forward(self, x):
        """Logits."""
        if x.dtype != torch.float32:
            raise TypeError("float32 only")
        return super().forward(x)


class CannotLoad(Renamed):
    """Raises when it is loaded."""

    def load_state_dict(self, *arguments, **keywords):
        """Raise."""
        raise OSError("no network")


@pytest.mark.slow
def test_a_candidate_that_takes_one_type_is_verified_in_it(moved):
    """The agreement says in which type it was found."""
    report, _ = moved(trained(Plain), Plain, InsistsOnFloat32)

    assert "float32" == report.agreement.dtype


@pytest.mark.slow
def test_a_candidate_that_cannot_be_loaded_is_an_error(moved):
    """The message has its own last line, and nothing is written."""
    with pytest.raises(CandidateError, match="CannotLoad raised after the move: OSError: no network"):
        moved(trained(Plain), Plain, CannotLoad)


class Other(nn.Module):
    """Tensors for the ledger alone."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))


def test_tensors_are_made_as_the_recipes_say():
    """Reshaped, turned, reordered and joined, with a ledger that names every source."""
    ours = Holding(Other(q=(2, 3), k=(2, 3), head=(5, 4), spare=(7,)), "ours")
    theirs = Holding(Other(qk=(4, 3), head=(5, 4, 1, 1), idle=(9,), spare=(7,)), "theirs")
    given = {key: torch.rand(tensor.shape) for key, tensor in ours.saved.items()}
    q, k = stored("q", (2, 3)), stored("k", (2, 3))
    recipes = {"qk": joined([taken(q, 0, (1, 0)), k], 0), "head": reshaped(stored("head", (5, 4)), (5, 4, 1, 1))}

    with pytest.raises(CheckpointError, match="no tensor of ours decides idle of theirs"):
        move(given, ours, theirs, recipes)
    del theirs.saved["idle"]
    tensors, ledger = move(given, ours, theirs, recipes)

    assert torch.equal(torch.cat([given["q"].flip(0), given["k"]]), tensors["qk"])
    assert torch.equal(given["head"][..., None, None], tensors["head"])
    assert [("rearranged", ("q", "k"), "qk"), ("reshaped", ("head",), "head"), ("moved", ("spare",), "spare")] == [
        (entry.action, entry.sources, entry.target) for entry in ledger
    ]


def test_a_turned_tensor_is_made_too():
    """Axes in another order are no reshape."""
    ours, theirs = Holding(Other(w=(2, 3)), "ours"), Holding(Other(w=(3, 2)), "theirs")
    given = {"w": torch.rand(2, 3)}

    tensors, (entry,) = move(given, ours, theirs, {"w": permuted(stored("w", (2, 3)), (1, 0))})

    assert torch.equal(given["w"].t(), tensors["w"])
    assert "rearranged" == entry.action


def test_the_text_names_what_was_not_simply_moved(moved):
    """Kept and ignored tensors are named with their reasons."""
    report, _ = moved(trained(WithoutCounter), Plain, Renamed)

    assert "stem.1.num_batches_tracked: the checkpoint has no counter" in text(report)


PAIRS = [
    ("torchvision:resnet18", "timm:resnet18", 64),
]


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "candidate", "side"), PAIRS)
def test_published_pairs_port_there_and_back(tmp_path, reference, candidate, side):
    """A round trip between two libraries gives the first checkpoint again, bit for bit."""
    given = trained(builder(reference))
    torch.save({"state_dict": given}, tmp_path / "given.pth")

    there = port(tmp_path / "given.pth", reference, candidate, tmp_path / "a.safetensors", input_shape=(3, side, side))
    port(tmp_path / "a.safetensors", candidate, reference, tmp_path / "b.pth", input_shape=(3, side, side))
    back = torch.load(tmp_path / "b.pth")

    assert list(given) == list(back)
    assert all(torch.equal(tensor, back[key]) for key, tensor in given.items())
    assert there.agreement.holds
