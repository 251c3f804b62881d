"""Targets without a name, and what only looks like a target: one line says what to type."""

import types

import pytest

from properties.errors import TargetError
from properties.targets.offers import the_only_net
from properties.targets.target import builder, parse

ONE = """
from torch import nn
from torch.nn import Linear, ReLU


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()


def {name}(width=3):
    return Linear(width, 2)


_hidden = Linear(1, 1)
"""


@pytest.fixture
def file(tmp_path):
    """A file with a text."""

    def file(text, name="nets.py"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return file


def test_the_only_net_of_a_file_is_taken(file):
    """What is imported, what begins with an underscore and what needs arguments is not on offer."""
    assert 3 == builder(file(ONE.format(name="net")))().in_features


def test_it_takes_keywords(file):
    """Like a net that is named."""
    assert 7 == builder(file(ONE.format(name="net")) + "(width=7)")().in_features


def test_a_net_that_was_built_at_import_is_on_offer(file):
    """A script's own variable."""
    path = file("from torch import nn\nmodel = nn.Linear(4, 1)")

    assert 4 == builder(path)().in_features


def test_several_are_listed(file):
    """In their order, with what to type."""
    path = file(ONE.format(name="small") + "\n\ndef large():\n    return Linear(30, 2)")

    with pytest.raises(TargetError, match=r"offers small, large; write one of them, .*nets\.py:small"):
        builder(path)


def test_what_needs_arguments_is_named_where_there_is_nothing_else(file):
    """With the form in which they are given."""
    path = file("def net(width):\n    pass")

    with pytest.raises(TargetError, match=r"give those of net, .*nets\.py:net\(NAME=VALUE\)"):
        builder(path)


def test_a_file_without_nets_is_told_so(file):
    """Nothing is made up."""
    with pytest.raises(TargetError, match="offers no class of a net"):
        builder(file("size = 3"))


def test_a_missing_file_is_told_so_before_anything_is_imported(tmp_path):
    """As with a name after it."""
    with pytest.raises(TargetError, match=r"there is no file .*nowhere\.py"):
        builder(str(tmp_path / "nowhere.py"))


def test_a_module_is_asked_for_its_own_definitions():
    """What it imports belongs to another."""
    module = types.ModuleType("made")

    def net():
        return None

    net.__module__ = "made"
    module.net, module.parse = net, parse

    assert ("net", net) == the_only_net(module, "made.py")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("model.ipynb", r"model\.ipynb is a notebook; .* --to script model\.ipynb, .* model\.py:NAME"),
        ("runs/model.ipynb:net", r"runs/model\.ipynb is a notebook"),
        ("best.pth", r"best\.pth is a checkpoint, .* FILE\.py:NAME; archproof port"),
        ("model.safetensors", r"model\.safetensors is a checkpoint"),
        ("config.json", r"config\.json is a JSON file, .* FILE\.py:NAME"),
    ],
)
def test_another_kind_of_file_is_told_so(typed, said):
    """Whether it exists or not, with what to type."""
    with pytest.raises(TargetError, match=said):
        parse(typed)


def test_a_folder_is_told_so(tmp_path, file):
    """With its files."""
    file("", "resnet.py")

    with pytest.raises(
        TargetError, match=r"is a folder; name a net in one of its files, resnet\.py: .*resnet\.py:NAME"
    ):
        parse(str(tmp_path))


@pytest.mark.parametrize(
    "typed", ["resnet50", "timm:resnet50.a1_in1k", "package.bin:net", "nets.json:Net", "torchvision:vgg11"]
)
def test_names_stay_names(typed):
    """What is the name of a net or of a module is no file."""
    assert typed == parse(typed).text
