"""torchvision wherever it can be had: imported by the candidate itself, or prepared by somebody else before."""

import subprocess
import sys
import textwrap
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")

CHECK = """
import properties
print(properties.check("torchvision:resnet18", "resnet18", profile="quick").verdict)
"""
DECLARED = """
import torch
library = torch.library.Library("torchvision", "DEF")
for name in {names}:
    if not hasattr(torch.ops.torchvision, name):
        library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def _printed(code):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    return done.stdout.split() or done.stderr.splitlines()[-1:]


@pytest.mark.parametrize("names", [("nms",), ("nms", "qnms")], ids=["one", "all"])
def test_operators_that_are_declared_already_are_used(names):
    """The usual workaround, of which an older one knows one operator alone."""
    assert ["identical"] == _printed(DECLARED.format(names=names) + CHECK)


def test_torchvision_that_is_imported_already_is_used():
    """Whatever made that possible."""
    imported = "from properties.targets.libraries import import_torchvision\nmodels = import_torchvision().models\n"
    made_there = CHECK.replace('"torchvision:resnet18"', "models.resnet18")

    assert ["identical", "identical"] == _printed(imported + made_there + CHECK)


def test_a_file_that_imports_torchvision_itself_is_loaded(tmp_path):
    """Where the target ``torchvision:resnet18`` is."""
    path = tmp_path / "model.py"
    path.write_text("import torchvision\n\n\ndef net():\n    return torchvision.models.resnet18()\n")
    check = f"import properties\nprint(properties.check({str(path) + ':net'!r}, 'resnet18', profile='quick').verdict)"

    assert ["identical"] == _printed(check)


def test_a_net_that_imports_torchvision_late_is_loaded(tmp_path):
    """In the function that builds it."""
    path = tmp_path / "model.py"
    path.write_text("def net():\n    import torchvision\n\n    return torchvision.models.resnet18()\n")
    check = f"import properties\nprint(properties.check({str(path) + ':net'!r}, 'resnet18', profile='quick').verdict)"

    assert ["identical"] == _printed(check)
