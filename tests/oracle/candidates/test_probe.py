"""Whether targets can be imported, asked before anything is checked."""

import pytest

from properties.catalogue import ALL
from properties.oracle.candidates.probe import probe

MODULES = {
    "fine.py": "def net():\n    raise RuntimeError('nobody builds it')\n",
    "quits.py": "import sys\nsys.exit('not today')\n",
    "dies.py": "import os\nos._exit(3)\n",
    "hangs.py": "while True:\n    pass\n",
    "raises.py": "import torch\nprint('x' * 100_000)\nraise ValueError('no')\n",
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Of one probe of all kinds of targets."""
    folder = tmp_path_factory.mktemp("targets")
    for name, source in MODULES.items():
        (folder / name).write_text(source)
    targets = {f"{name}:net": 30.0 for name in MODULES} | {"hangs.py:net": 0.5}
    targets |= dict.fromkeys(["fine:net", "fine.py:other", "nothing.here:net", "alexnett", "alexnet(classes=1)"], 30.0)
    return probe(targets, folder)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("quits.py:net", "quits.py called sys.exit(not today) while it was imported"),
        ("dies.py:net", "dies.py:net ended its process with exit status 3, while it was imported"),
        ("hangs.py:net", "hangs.py:net was not imported within 0.5 s (timeout)"),
        ("raises.py:net", "raises.py cannot be imported: ValueError: no (raises.py, line 3)"),
        ("fine.py:other", "fine.py has no 'other'; there are net"),
        ("nothing.here:net", "no module is called 'nothing'"),
        ("alexnett", "no reference is called 'alexnett'; did you mean alexnet?; see archproof list"),
        ("alexnet(classes=1)", "alexnet(classes=1): no keyword 'classes'; did you mean num_classes?"),
    ],
)
def test_what_cannot_be_imported_is_one_line(answers, target, why):
    """Whatever its code does, the others are answered."""
    assert answers.errors[target].startswith(why)
    assert "\n" not in answers.errors[target]


def test_what_can_be_imported_is_not_built(answers):
    """As a file and as a module of the folder; a factory that raises is the check's business."""
    assert {"fine.py:net", "fine:net"}.isdisjoint(answers.errors)


def test_it_tells_what_a_check_will_ask(answers):
    """Names of the catalogue, in its order; the quick profile proves and confirms only."""
    names = [prop.name for prop in ALL]

    assert () == answers.properties["quick"]
    for profile in ("default", "thorough"):
        assert sorted(answers.properties[profile], key=names.index) == list(answers.properties[profile])
    assert "image_is_left_untouched" in answers.properties["default"]
    assert set(answers.properties["default"]) < set(answers.properties["thorough"])
