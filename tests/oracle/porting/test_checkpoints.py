"""Checkpoints: what is read, what is refused, and that nothing is ever half-written."""

import errno
import os
import pickle
import resource
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from properties.errors import CheckpointError
from properties.files import whole_file
from properties.oracle.porting.checkpoints import failure, read_file, save
from properties.oracle.porting.places import check_output
from properties.oracle.porting.state_dicts import the_state_dict

KEYS = ("conv.weight", "conv.bias")
TENSORS = {"conv.weight": torch.arange(8.0).reshape(2, 4), "conv.bias": torch.tensor([1.0, -1.0])}
AVERAGES = {key: tensor + 1 for key, tensor in TENSORS.items()}


class Code:
    """Runs something when a pickle of it is loaded."""

    def __reduce__(self):
        """Write a file that shows it."""
        return (Path.touch, (Path("it_ran"),))


def wrapped(prefix: str) -> dict[str, torch.Tensor]:
    """The tensors behind a prefix."""
    return {prefix + key: tensor for key, tensor in TENSORS.items()}


def _truncated(path: Path, kept: float = 0.5) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])


def _make_zip(path: Path) -> None:
    torch.save(TENSORS, path)


def _make_legacy(path: Path) -> None:
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)


def _make_safetensors(path: Path) -> None:
    save_file(TENSORS, path)


@pytest.mark.parametrize("make", [_make_zip, _make_legacy, _make_safetensors])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors", "a.bin"])
def test_the_format_is_told_by_the_content(tmp_path, make, name):
    """A checkpoint is read whatever its file is called."""
    make(tmp_path / name)

    read = read_file(tmp_path / name)

    assert list(KEYS) == sorted(read, reverse=True)
    assert all(torch.equal(TENSORS[key], read[key]) for key in KEYS)


@pytest.mark.parametrize("make", [_make_zip, _make_legacy, _make_safetensors])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, make, kept):
    """A download that broke off is told as such, in one line that names the file."""
    make(tmp_path / "cut")
    _truncated(tmp_path / "cut", kept)

    with pytest.raises(CheckpointError) as caught:
        read_file(tmp_path / "cut")

    assert "cut" in str(caught.value)
    assert "\n" not in str(caught.value)


def _with_code(path: Path) -> None:
    torch.save({**TENSORS, "extra": Code()}, path)


def _bare_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"extra": Code()}))


def _whole_module(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


def _empty(path: Path) -> None:
    path.touch()


def _page(path: Path) -> None:
    path.write_text("<!DOCTYPE html>\n<html>not found</html>")


def _other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no tensors")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_with_code, "code that is not run"),
        (_bare_pickle, "damaged|code that is not run"),
        (_whole_module, "torch.nn.modules.linear.Linear"),
        (_empty, "is empty"),
        (_page, "begins with '<!DOCTYPE html>'"),
        (_other_zip, "damaged"),
        (Path.mkdir, "is a folder"),
        (lambda path: None, "no such file"),
    ],
    ids=["code", "bare pickle", "module", "empty", "page", "other zip", "folder", "absent"],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, monkeypatch, make, said):
    """One line says what stands there instead, and no code in it runs."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "given")

    with pytest.raises(CheckpointError, match=said) as caught:
        read_file(tmp_path / "given")

    assert "\n" not in str(caught.value)
    assert not Path("it_ran").exists()


def test_the_pickle_with_code_would_have_run(tmp_path, monkeypatch):
    """The file of the test above is dangerous to those who load it without care."""
    monkeypatch.chdir(tmp_path)
    _with_code(tmp_path / "given")

    torch.load(tmp_path / "given", weights_only=False)

    assert Path("it_ran").exists()


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (TENSORS, []),
        ({"state_dict": TENSORS, "epoch": 3}, ["found under 'state_dict'"]),
        ({"model": wrapped("module.")}, ["found under 'model'", "prefix 'module.' removed from 2 names"]),
        (wrapped("_orig_mod.module."), ["prefix '_orig_mod.module.' removed from 2 names"]),
        ({"state_dict": wrapped("model.")}, ["found under 'state_dict'", "prefix 'model.' removed from 2 names"]),
        ({"model_ema": TENSORS}, ["found under 'model_ema'"]),
        (
            {"model_ema": AVERAGES, "model": TENSORS},
            ["found under 'model'", "not used: 'model_ema'"],
        ),
        ({"state": {"net": TENSORS}}, ["found under 'state.net'"]),
        ({"generator": TENSORS, "critic": {"x": torch.ones(1)}}, ["found under 'generator'"]),
        (
            {"model": TENSORS, "optimizer": {"state": {0: {"step": torch.ones(1)}}, "param_groups": [{"lr": 0.1}]}},
            ["found under 'model'"],
        ),
        ({**TENSORS, "epoch": 3}, ["no tensors, left out: epoch"]),
        ({"state_dict": TENSORS, "model": dict(TENSORS)}, ["found under 'state_dict'", "not used: 'model'"]),
        (OrderedDict(TENSORS), []),
    ],
)
def test_wrapped_tensors_are_found(content, notes):
    """The net's own tensors are found inside what training scripts save, and it is said where."""
    found = the_state_dict(content, KEYS, "given.pth")

    assert notes == list(found.notes)
    assert set(KEYS) == found.tensors.keys()
    assert all(torch.equal(TENSORS[key], found.tensors[key]) for key in KEYS)


def test_a_prefix_that_belongs_to_the_net_stays():
    """A net whose own names begin like a wrapper's is left alone."""
    found = the_state_dict(wrapped("model."), [f"model.{key}" for key in KEYS], "given.pth")

    assert {f"model.{key}" for key in KEYS} == found.tensors.keys()
    assert () == found.notes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"student": TENSORS, "teacher": AVERAGES}, "2 state_dicts that fit, 'student', 'teacher'"),
        ({"epoch": 3, "loss": 0.1}, "no tensors by name but epoch, loss"),
        ({}, "empty dictionary"),
        ([torch.ones(1)], "no tensors by name but a list"),
        (torch.ones(1), "no tensors by name but a Tensor"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(content, said):
    """Two nets of one make, or none, are a mistake that only a person can resolve."""
    with pytest.raises(CheckpointError, match=said):
        the_state_dict(content, KEYS, "given.pth")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64])
def test_what_is_saved_is_read_back_bit_for_bit(tmp_path, suffix, dtype):
    """Types, shapes and numbers survive; parts of larger tensors and turned ones take only their own room."""
    big = torch.arange(60_000).to(dtype)
    tensors = {"part": big[:6], "turned": big[:6].reshape(2, 3).t(), "scalar": torch.tensor(7, dtype=dtype)}

    save(tmp_path / "saved", tensors, suffix)
    read = read_file(tmp_path / "saved")

    assert all(torch.equal(tensors[key], read[key]) and dtype == read[key].dtype for key in tensors)
    assert 4096 > (tmp_path / "saved").stat().st_size


def test_tied_tensors_stay_tied_where_the_format_can(tmp_path):
    """One tensor under two names is stored once in .pth, and twice in .safetensors, which cannot share."""
    tensor = torch.ones(1000)

    save(tmp_path / "a.pth", {"one": tensor, "two": tensor}, ".pth")
    save(tmp_path / "a.safetensors", {"one": tensor, "two": tensor}, ".safetensors")
    torch_read, safe_read = read_file(tmp_path / "a.pth"), load_file(tmp_path / "a.safetensors")

    assert torch_read["one"].data_ptr() == torch_read["two"].data_ptr()
    assert torch.equal(safe_read["one"], safe_read["two"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("given.pth", "is the checkpoint itself"),
        ("link.pth", "is the checkpoint itself"),
        ("result.onnx", "must end in .safetensors, .pth or .pt"),
        ("result", "must end in"),
        ("folder.pth", "is a folder"),
        ("absent/result.pth", "there is no folder"),
        ("pipe.pth", "no ordinary file"),
    ],
)
def test_an_output_that_cannot_be_is_refused_beforehand(tmp_path, name, said):
    """Above all the checkpoint is never written over, under whatever name."""
    (tmp_path / "given.pth").write_bytes(b"content")
    (tmp_path / "link.pth").symlink_to("given.pth")
    (tmp_path / "folder.pth").mkdir()
    os.mkfifo(tmp_path / "pipe.pth")

    with pytest.raises(CheckpointError, match=said):
        check_output(tmp_path / name, tmp_path / "given.pth")


def test_an_output_that_can_be_is_not(tmp_path):
    """A new file and an older result both are fine."""
    (tmp_path / "given.pth").write_bytes(b"content")
    (tmp_path / "older.pt").write_bytes(b"older")

    check_output(tmp_path / "new.safetensors", tmp_path / "given.pth")
    check_output(tmp_path / "older.pt", tmp_path / "given.pth")


def _write_half(place: Path, error: BaseException) -> None:
    with whole_file(place) as temporary:
        temporary.write_bytes(b"half")
        raise error


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_file_is_whole_or_not_there(tmp_path, error):
    """Whatever happens before the rename, the old content stays and nothing lies beside it."""
    place = tmp_path / "result.pth"
    place.write_bytes(b"older")

    with pytest.raises(type(error)):
        _write_half(place, error)

    assert [place] == list(tmp_path.iterdir())
    assert b"older" == place.read_bytes()


def test_a_file_gets_its_name_at_the_end(tmp_path):
    """The new content, readable as other files are, through a link that stays one."""
    link = tmp_path / "link.pth"
    link.symlink_to("result.pth")

    with whole_file(link) as temporary:
        temporary.write_bytes(b"new")
        assert not (tmp_path / "result.pth").exists()

    assert link.is_symlink()
    assert b"new" == (tmp_path / "result.pth").read_bytes()
    assert 0o600 != (tmp_path / "result.pth").stat().st_mode & 0o777


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_system_that_is_full_is_one_line(tmp_path, suffix):
    """What the libraries raise when the operating system refuses to write is said in plain words."""
    script = (
        "import sys, torch; from pathlib import Path; from properties.oracle.porting.checkpoints import failure, save\n"
        "path = Path(sys.argv[1])\n"
        "try: save(path, {'a': torch.ones(10**6)}, sys.argv[2])\n"
        "except Exception as error: print(failure(path, error))\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "result"), suffix],
        preexec_fn=_limited,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "result cannot be written: file too large" in child.stdout


def test_a_disk_without_room_is_seen_before_writing(tmp_path, monkeypatch):
    """What is needed and what is free are named."""
    monkeypatch.setattr("shutil.disk_usage", lambda path: _Usage)

    with pytest.raises(OSError, match="it needs 4 MiB, but 1 MiB are free") as caught:
        save(tmp_path / "result", {"a": torch.ones(2**20)}, ".pth")

    assert [] == list(tmp_path.iterdir())
    assert "result.pth cannot be written: it needs 4 MiB" in str(failure(Path("result.pth"), caught.value))


class _Usage:
    free = 2**20
