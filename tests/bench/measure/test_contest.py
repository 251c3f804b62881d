"""What happens before anything is timed: modes, the gate, memory, and what is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch
from support.subjects import SPECS
from torch import nn

import arches
from properties.bench.measure import contest as contests
from properties.bench.measure.cases import MODES, Case, cases, parse_selection, side_of
from properties.bench.measure.contest import WrongOutput, check_outputs, enter, relative_error
from properties.bench.measure.machine import describe, fast, tensor_cores
from properties.bench.measure.memory import halving, is_out_of_memory
from properties.bench.measure.modes import ModeError, Unavailable, prepare
from properties.errors import TargetError

SMALL = SPECS["cifar10_net"]


class Tiny(nn.Module):
    """A convolution with a norm that does something, and logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)
        for tensor in (self.bn.weight, self.bn.bias, self.bn.running_mean, self.bn.running_var):
            nn.init.uniform_(tensor, 0.5, 2)

    def forward(self, x):
        """Logits."""
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


def _case(spec=SMALL, batch=2, dtype="float32", layout="contiguous", mode="eager"):
    return Case(spec, batch, side_of(spec, "cpu"), dtype, layout, mode)


def _enter(case):
    with torch.inference_mode():
        return enter(case, "cpu")


# ------------------------------------------------------------------------------------------------------------- the gate
@pytest.mark.parametrize(("dtype", "allowed"), [("float32", 1e-4), ("tfloat32", 2e-3), ("bfloat16", 2e-2)])
def test_the_gate_lets_rounding_pass_and_nothing_more(dtype, allowed):
    """Just below the tolerance and just above."""
    expected = torch.randn(4, 10, dtype=torch.float64)

    assert 0.9 * allowed == pytest.approx(check_outputs(expected * (1 + 0.9 * allowed), expected, dtype, "net"))
    with pytest.raises(WrongOutput, match=rf"relative error .* in {dtype} \[net\]"):
        check_outputs(expected * (1 + 1.1 * allowed), expected, dtype, "net")


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_not_finite_fails_the_gate(wrong):
    """A NaN compares with nothing, so it is told apart."""
    expected = torch.ones(2, 3)
    actual = expected.clone()
    actual[1, 2] = wrong

    with pytest.raises(WrongOutput, match="inf"):
        check_outputs(actual, expected, "bfloat16", "net")
    assert float("inf") == relative_error(torch.ones(2, 1), expected)


def test_a_wrong_output_fails_before_it_is_timed():
    """An average pool in place of the max pool: same state_dict, other function."""

    def wrong():
        net = arches.resnet18()
        net.maxpool = nn.AvgPool2d(3, stride=2, padding=1)
        return net

    with pytest.raises(WrongOutput, match=r"\[resnet18-b2-float32-contiguous-eager\]"):
        _enter(_case(replace(SPECS["resnet18"], build=wrong)))


def test_a_net_that_repeats_its_last_answer_fails(monkeypatch):
    """As a graph that was replayed without its new input would: the image changes between being ready and the gate."""

    def stale(net, mode, image, name):
        found = prepare(net, mode, image, name)
        answer = found.run()
        return replace(found, run=lambda: answer)

    monkeypatch.setattr(contests, "prepare", stale)
    with pytest.raises(WrongOutput):
        _enter(_case())


# ---------------------------------------------------------------------------------------------------------- the contest
def test_both_arms_compute_the_same_from_the_same_weights():
    """Ours and torchvision's, each within rounding of float64."""
    found = _enter(_case(SPECS["resnet18"]))

    assert found.theirs is not None
    assert ("resnet18", "torchvision:resnet18", 2) == (found.ours.name, found.theirs.name, found.batch)
    assert max(found.ours.error, found.theirs.error) < 1e-5
    assert () == found.notes


def test_a_missing_twin_is_one_line():
    """The net is measured alone, and it is said."""
    found = _enter(_case())

    assert found.theirs is None
    assert ("cifar10_net: torchvision has no such net; measured alone",) == found.notes


def test_a_missing_torchvision_is_one_line(monkeypatch):
    """The same where the library is not there."""

    def absent(target):
        raise TargetError("torchvision is not installed; pip install 'archproof[torchvision]'")

    monkeypatch.setattr(contests, "builder", absent)
    found = _enter(_case(replace(SMALL, torchvision="resnet18")))

    assert found.theirs is None
    assert 1 == len(found.notes)
    assert "cifar10_net: torchvision is not installed" in found.notes[0]


@pytest.mark.parametrize(("mode", "dtype"), [("replayed", "float32"), ("eager", "tfloat32")])
def test_what_the_device_lacks_is_one_line(mode, dtype):
    """A CPU has neither CUDA graphs nor tensor cores."""
    with pytest.raises(Unavailable, match="which cpu does not have") as caught:
        _enter(_case(mode=mode, dtype=dtype))
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------------------------------------------ the modes
@pytest.mark.parametrize("mode", ["eager", "folded"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_prepared_net_computes_the_same(mode, dtype):
    """And leaves the net that it was given as it was."""
    net, image = Tiny().eval(), torch.randn(2, 3, 8, 8).to(dtype, memory_format=torch.channels_last)
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    with torch.inference_mode():
        found = prepare(net, mode, image, "tiny")
        expected = Tiny.forward(net, image.float())

        assert relative_error(found.run(), expected) < (1e-5 if dtype == torch.float32 else 2e-2)
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())


def test_folding_removes_the_norm():
    """Its arithmetic is part of the convolution."""
    with torch.inference_mode():
        kinds = [
            {
                type(module).__name__
                for module in prepare(Tiny().eval(), mode, torch.randn(1, 3, 8, 8), "").net.modules()
            }
            for mode in ("eager", "folded")
        ]

    assert {"BatchNorm2d"} == kinds[0] - kinds[1] - {"Tiny"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on the CPU")
@pytest.mark.parametrize("mode", ["compiled", "frozen"])
def test_a_compiled_net_computes_the_same(mode):
    """And with freezing, too."""
    net, image = Tiny().eval(), torch.randn(2, 3, 8, 8)
    with torch.inference_mode(), fast():
        found = prepare(net, mode, image, "tiny")
        image.copy_(torch.randn(2, 3, 8, 8))

        assert relative_error(found.run(), net(image)) < 1e-5
    torch.compiler.reset()


def test_a_compile_failure_is_one_line(monkeypatch):
    """Whatever the compiler prints."""

    def fail(net, **options):
        def run(image):
            raise RuntimeError("\nNo working C++ compiler found\nin any of\n60 places")

        return run

    monkeypatch.setattr(torch, "compile", fail)
    with pytest.raises(ModeError) as caught, torch.inference_mode():
        prepare(Tiny(), "compiled", torch.randn(1, 3, 8, 8), "tiny-b1")
    assert "tiny-b1: compiled failed with RuntimeError: No working C++ compiler found" == str(caught.value)


# ----------------------------------------------------------------------------------------------------------- the memory
def test_out_of_memory_halves_the_batch():
    """Until it fits."""
    tried = []

    def attempt(batch):
        tried.append(batch)
        if batch > 64:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return "fits"

    assert ("fits", 64) == halving(attempt, 256)
    assert [256, 128, 64] == tried


def test_out_of_memory_with_one_image_is_an_error():
    """There is nothing to halve."""

    def attempt(batch):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(MemoryError, match="single image"):
        halving(attempt, 4)


def test_another_error_is_not_halved():
    """It is raised as it is."""
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        halving(lambda batch: torch.ones(2, 3) @ torch.ones(2, 3) if batch else None, 4)


def test_a_halved_batch_is_said():
    """In the contest's notes, with both numbers."""

    class Greedy(nn.Module):
        def forward(self, x):
            if len(x) > 2 and x.dtype == torch.float32:
                raise torch.OutOfMemoryError("out of memory")
            return x.flatten(1)

    found = _enter(_case(replace(SMALL, build=Greedy), batch=8))

    assert 2 == found.batch
    assert "cifar10_net-b8-float32-contiguous-eager: out of memory with 8 images; measured with 2" in found.notes


# ------------------------------------------------------------------------------------------- settings and the selection
def test_fast_settings_end_with_the_measurement():
    """Tests before and after run with deterministic kernels and without TF32."""
    state = (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic)
    with fast(), tensor_cores(True):
        assert not torch.are_deterministic_algorithms_enabled()
        assert torch.backends.cudnn.benchmark
        assert torch.backends.cuda.matmul.allow_tf32
    assert state == (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic)
    assert not torch.backends.cuda.matmul.allow_tf32


def test_the_machine_says_its_name():
    """A processor's threads are part of what it can do."""
    found = describe("cpu")

    assert "cpu" == found["device"]
    assert found["name"].endswith((f"{torch.get_num_threads()} threads", "1 thread"))


def test_a_case_is_its_tests_id():
    """As one types it after -k."""
    case = cases([SPECS["resnet50"]], "cuda", ("compiled",))[-1]

    assert "resnet50-b256-bfloat16-channels_last-compiled" == str(case)


@pytest.mark.parametrize(
    ("device", "selection", "expected"),
    [
        ("cpu", "default", {"b1-float32-contiguous-eager", "b4-float32-contiguous-eager"}),
        (
            "cuda",
            "default",
            {f"b{n}-{rung}-eager" for n in (1, 256) for rung in ("float32-contiguous", "bfloat16-channels_last")},
        ),
    ],
)
def test_the_default_selection_is_small(device, selection, expected):
    """The ends of the ladder, eagerly."""
    found = cases([SPECS["resnet50"]], device, parse_selection(selection))

    assert {f"resnet50-{rest}" for rest in expected} == {str(case) for case in found}


def test_all_is_every_combination():
    """Three batches, three dtypes, two layouts and every mode."""
    assert 3 * 3 * 2 * len(MODES) == len(set(cases([SPECS["resnet50"]], "cuda", parse_selection("all"))))


@pytest.mark.parametrize("text", ["", "fast", "eager,fast", "default,eager"])
def test_an_unknown_mode_is_refused(text):
    """With those there are."""
    with pytest.raises(ValueError, match="compiled_replayed"):
        parse_selection(text)


@pytest.mark.parametrize("spec", arches.SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_net_is_measured_at_a_legal_size(spec, device):
    """Never below its smallest or above its largest."""
    assert all(
        spec.smallest_eval <= side_of(spec, device, wanted) <= (spec.largest or 10**9) for wanted in (None, 1, 999)
    )
