"""Two whole nets side by side: which operators stand beside each other, which differ, and from where on they part."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from torch import nn

from properties.cli import main
from properties.isolation import wire
from properties.oracle.check import check
from properties.render.html import report_page
from properties.report import Report

SHAPE = (3, 12, 12)


class Small(nn.Module):
    """Two convolutions with a norm between them, and a linear layer."""

    def __init__(self, *, eps: float = 1e-5, kernel: int = 3, bias: bool = True) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8, eps=eps)
        self.act = nn.ReLU()
        self.last = nn.Conv2d(8, 8, kernel, padding=kernel // 2, bias=bias)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        """``(N, 3, H, W)`` to ``(N, 5)``."""
        x = self.last(self.act(self.norm(self.stem(x))))
        return self.head(x.mean((2, 3)))


class WithoutReLU(Small):
    """The same without its activation."""

    def forward(self, x):
        """``(N, 3, H, W)`` to ``(N, 5)``."""
        return self.head(self.last(self.norm(self.stem(x))).mean((2, 3)))


class PoolsFirst(nn.Module):
    """A pool and a ReLU in either order, which is the same, before a linear layer with or without a bias."""

    def __init__(self, *, pools_first: bool = True, bias: bool = True) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.act = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.mix = nn.Conv2d(8, 8, 1)
        self.head = nn.Linear(8, 5, bias=bias)
        self.steps = [self.pool, self.act] if pools_first else [self.act, self.pool]

    def forward(self, x):
        """``(N, 3, H, W)`` to ``(N, 5)``."""
        x = self.stem(x)
        for step in self.steps:
            x = step(x)
        return self.head(self.mix(x).mean((2, 3)))


class Hooked(Small):
    """The same graph, and another result: a hook doubles what the second convolution returns, where it has memory."""

    def __init__(self) -> None:
        super().__init__()
        self.last.register_forward_hook(lambda module, inputs, output: 2 * output if output.data_ptr() else output)


def _with_eps() -> nn.Module:
    return Small(eps=1e-3)


def _without_bias() -> nn.Module:
    return Small(bias=False)


@cache
def _checked(candidate) -> Report:
    return check(candidate, Small, input_shape=SHAPE, profile="quick", side_by_side=True)


def _differing(report: Report, mode: int = 0) -> list[tuple[str | None, str | None, tuple[int, ...]]]:
    cells = [(line.reference, line.candidate, line.deviations) for line in report.sides[mode].lines if line.differs]
    return [(a and a.where, b and b.where, numbers) for a, b, numbers in cells]


def test_one_net_twice_is_alike_line_by_line():
    """Both modes are there, no line differs, and what the layers compute is apart by rounding at most."""
    report = _checked(Small)
    eval_mode, train_mode = report.sides

    assert ["eval", "train"] == [eval_mode.mode, train_mode.mode]
    assert [] == _differing(report) == _differing(report, 1)
    measured = [line.apart for line in eval_mode.lines if line.apart is not None]
    assert len(measured) >= 4
    assert max(measured) <= eval_mode.tolerance


def test_without_being_asked_for_it_is_not_made():
    """A check holds no sides unless it is asked, and its JSON is the same either way."""
    without = check(_with_eps, Small, input_shape=SHAPE, profile="quick")

    assert () == without.sides
    contents = [replace(report, seconds=0.0, timings=()).to_dict() for report in (without, _checked(_with_eps))]
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("candidate", "expected", "settings"),
    [
        (_with_eps, ("norm", "norm", (1,)), (("eps", "1e-05"), ("eps", "0.001"))),
        (_without_bias, ("last", "last", (1,)), (("bias", "yes"), ("bias", "none"))),
    ],
    ids=["eps", "bias"],
)
def test_a_changed_setting_is_on_its_line(candidate, expected, settings):
    """The one line that differs has both values, and the number of its deviation."""
    report = _checked(candidate)
    (line,) = [line for line in report.sides[0].lines if line.differs]

    assert [expected] == _differing(report)
    assert settings == (line.reference.settings[-1], line.candidate.settings[-1])


def test_another_kernel_changes_its_line_alone():
    """A 5x5 stands in place of a 3x3; the layers before it agree, and those after it do not."""
    report = _checked(lambda: Small(kernel=5))
    sides = report.sides[0]
    by_name = {line.reference.where: line.apart for line in sides.lines if line.reference and line.apart is not None}

    assert [("last", "last", (1,))] == _differing(report)
    assert by_name["norm"] <= sides.tolerance < by_name["last"]
    assert by_name["head"] > sides.tolerance


def test_an_operator_that_is_missing_has_nothing_beside_it():
    """The reference's ReLU stands alone, in its place between the norm and the convolution."""
    report = _checked(WithoutReLU)
    lines = report.sides[0].lines
    at = next(at for at, line in enumerate(lines) if line.differs)

    assert [("act", None, (1,))] == _differing(report)
    assert ("norm", "last") == (lines[at - 1].reference.where, lines[at + 1].reference.where)


def test_what_the_graphs_do_not_show_is_seen_in_the_numbers():
    """Of two nets with one graph the lines differ nowhere, and the layer that is hooked is the first apart."""
    report = _checked(Hooked)
    sides = report.sides[0]
    apart = [line.reference.where for line in sides.lines if line.apart is not None and line.apart > sides.tolerance]

    assert "deviates" == report.verdict
    assert [] == _differing(report)
    assert "last" == apart[0]


@pytest.mark.parametrize(("bias", "parted"), [(True, []), (False, ["head"])], ids=["one net", "another head"])
def test_steps_in_another_order_are_not_where_nets_part(bias, parted):
    """A pool before its ReLU has another result by itself, which the ReLU makes good: nothing is apart but the head."""
    report = check(
        lambda: PoolsFirst(bias=bias),
        lambda: PoolsFirst(pools_first=False),
        input_shape=SHAPE,
        profile="quick",
        side_by_side=True,
    )
    lines = report.sides[0].lines

    assert ("deviates" if parted else "identical") == report.verdict
    assert parted == [line.reference.where for line in lines if (line.apart or 0) > report.sides[0].tolerance]


def test_it_crosses_from_process_to_process():
    """A report with both nets is plain data and comes back as it was."""
    report = _checked(_with_eps)

    assert report_page(report) == report_page(wire.loads(Report, wire.dumps(report)))


@pytest.mark.slow
def test_the_command_writes_the_page_whole(tmp_path, capsys):
    """``check --html`` writes the page beside the report, for a net that cannot be built as well."""
    net = tmp_path / "net.py"
    net.write_text(
        "from torch import nn\n"
        "def made():\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
        "def other():\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh())\n"
        "def broken():\n    raise RuntimeError('</script>no luck')\n"
    )
    files = [str(tmp_path / name) for name in ("a.html", "a.json", "b.html")]
    common = ["--against", f"{net}:made", "--input", "3,8,8", "--html"]

    assert 1 == main(["check", f"{net}:other", *common, files[0], "--json", files[1]])
    assert 2 == main(["check", f"{net}:broken", *common, files[2]])

    page = (tmp_path / "a.html").read_text()
    assert "Both networks" in page
    assert "sides" not in json.loads((tmp_path / "a.json").read_text())
    assert "&lt;/script&gt;no luck" in (tmp_path / "b.html").read_text()
    assert ["a.html", "a.json", "b.html", "net.py"] == sorted(p.name for p in tmp_path.iterdir() if p.is_file())
    assert 2 == main(["check", f"{net}:missing", *common, str(tmp_path / "nowhere" / "c.html")])
    assert "cannot be written" in capsys.readouterr().err
