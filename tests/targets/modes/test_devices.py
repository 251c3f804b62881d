"""Moves to a device that this machine lacks: scripts and notebooks make them, and are judged all the same."""

import io

import pytest
import torch
from torch import nn

from properties import check
from properties.describe import describe
from properties.targets.build import strangers_code
from properties.targets.modes.devices import note_on_moves

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine lacks no cuda device")

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, device=None):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, device=device)
        self.fc = nn.Linear(4, 2, device=device)
        self.register_buffer("mean", torch.tensor([0.25, 0.5, 0.75], device=device))

    def forward(self, x):
        return self.fc(self.conv(x - self.mean.view(1, 3, 1, 1)).relu().mean((2, 3)))
"""
SCRIPTS = {
    "at import, as a script": "device = torch.device('cuda')\nnet = Net().to(device)\ntorch.cuda.synchronize()",
    "at import, for all that follows": "torch.set_default_device('cuda')\nnet = Net",
    "at import, in old words": "torch.set_default_tensor_type('torch.cuda.FloatTensor')\nnet = Net",
    "at import, of one of many": "torch.cuda.set_device(0)\nprint(torch.cuda.get_device_name(0))\nnet = Net",
    "after the constructor": "def net():\n    return Net().cuda()",
    "in the constructor": "def net():\n    return Net(device='cuda:0')",
    "around the constructor": "def net():\n    with torch.device('cuda'):\n        return Net()",
    "on several at once": "def net():\n    return nn.DataParallel(Net()).cuda()",
    "in forward": """
class net(Net):
    def forward(self, x):
        return super().forward(x.cuda()).to('cuda', non_blocking=True)
""",
}
MADE_IN_FORWARD = """
class net(Net):
    def forward(self, x):
        x = x - torch.tensor([0.25, 0.5, 0.75], device='cuda').view(1, 3, 1, 1)
        return self.fc(self.conv(x).relu().mean((2, 3))) + torch.ones(2, device='cuda')
"""


@pytest.fixture
def target(tmp_path):
    """The target of a file with the net above and a script below it."""

    def target(script):
        path = tmp_path / "model.py"
        path.write_text(NET + script)
        return f"{path}:net"

    return target


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_net_that_asks_for_a_device_is_judged_without_it(script, target, tmp_path):
    """Wherever it asks, the verdict is that of the net which does not, and the report says so in one line."""
    plain = tmp_path / "plain.py"
    plain.write_text(NET)
    name = target(script)

    report = check(name, f"{plain}:Net", input_shape=(3, 16, 16), profile="quick")

    assert report.verdict in ("identical", "equivalent"), report.deviations
    said = f"{name} asks for a cuda device, which this machine lacks: it stays on the CPU"
    assert [said] == [note for note in report.notes if "device" in note and "sets" not in note]


def test_what_forward_makes_on_a_device_is_made_without_it(target, tmp_path):
    """A table and a tensor of ones are those of the same code without the device."""
    plain = tmp_path / "plain.py"
    plain.write_text(NET + MADE_IN_FORWARD.replace("cuda", "cpu"))

    report = check(target(MADE_IN_FORWARD), f"{plain}:net", input_shape=(3, 16, 16), profile="quick")

    assert report.verdict == "identical", report.deviations
    assert any("asks for a cuda device" in note for note in report.notes)


def test_a_net_that_asks_for_a_device_and_differs_is_told_so(target, tmp_path):
    """The device excuses nothing."""
    plain = tmp_path / "plain.py"
    plain.write_text(NET)
    wrong = "class net(Net):\n    def forward(self, x):\n        return super().forward(x.cuda()).tanh()"

    report = check(target(wrong), f"{plain}:Net", input_shape=(3, 16, 16), profile="quick")

    assert report.verdict == "deviates"


def test_moves_to_devices_that_are_there_are_made():
    """Nothing is heard of the CPU and of the meta device, and a tensor goes where it is told to."""
    asked = set()
    with strangers_code(asked):
        kinds = (
            torch.zeros(1, device="meta").device.type,
            torch.zeros(1).to("meta").device.type,
            torch.zeros(1).to("cpu", torch.float64).device.type,
            nn.Linear(1, 1).to("meta").weight.device.type,
        )

    assert (("meta", "meta", "cpu", "meta"), set()) == (kinds, asked)


def test_what_is_built_without_memory_gets_none():
    """On the meta device a move elsewhere leaves a tensor there, also within another device's block."""
    with torch.device("meta"), strangers_code():
        moved, made = torch.zeros(1).cuda(), torch.zeros(1, device="cuda")
        with torch.device("cuda"):
            within = nn.Linear(1, 1).weight

    assert ["meta"] * 3 == [tensor.device.type for tensor in (moved, made, within)]


def test_the_type_that_comes_with_a_move_is_taken():
    """Of ``.to("cuda", torch.float64)`` and ``.type(torch.cuda.DoubleTensor)`` the type remains."""
    with strangers_code():
        found = torch.zeros(1).to("cuda", torch.float64), torch.zeros(1).type("torch.cuda.DoubleTensor")

    assert [torch.float64] * 2 == [tensor.dtype for tensor in found]


def test_a_saved_tensor_is_read_where_it_can_be():
    """``torch.load(..., map_location="cuda")`` gives it on the CPU."""
    saved = io.BytesIO()
    torch.save(torch.tensor([1.0, 2.0]), saved)
    saved.seek(0)

    with strangers_code():
        found = torch.load(saved, map_location="cuda")

    assert ("cpu", [1.0, 2.0]) == (found.device.type, found.tolist())


def test_a_generator_is_a_generator():
    """One on a device that this machine lacks draws on the CPU, and passes for what it is."""
    with strangers_code():
        generator = torch.Generator(device="cuda")
        is_one = isinstance(generator, torch.Generator)

    assert (True, "cpu") == (is_one, generator.device.type)


def test_torch_is_left_as_it_was():
    """What a stranger's code meets is put back, and outside it a missing device is an error."""
    before = torch.Generator, torch.set_default_device, torch.cuda.synchronize
    with strangers_code():
        torch.set_default_device("cuda")

    assert before == (torch.Generator, torch.set_default_device, torch.cuda.synchronize)
    with pytest.raises((AssertionError, RuntimeError)):
        torch.zeros(1).cuda()


def test_a_question_keeps_its_answer():
    """Code that asks whether there is a device is told that there is none, and no note is made of it."""
    asked = set()
    with strangers_code(asked):
        answer = torch.cuda.is_available()

    assert (False, ()) == (answer, note_on_moves("net", asked))


def test_a_description_says_it_too(target):
    """What ``describe`` shows was captured without the device."""
    name = target("def net():\n    return Net().cuda()")

    assert note_on_moves(name, {"cuda"}) == describe(name, input_shape=(1, 3, 16, 16)).notes
