"""``archproof check``: options to one check, or to all of a table; the report to wherever it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from properties.cli.console import (
    UsageError,
    complain,
    hinted,
    parse_input_shape,
    print_apart,
    print_text,
    progress,
    write_each,
    write_json,
    write_text,
)
from properties.cli.options import OUTPUT, InputShape, Json, Memory, ShowOutput, Timeout

__all__ = ["HELP", "check"]

HELP = (
    "Is CANDIDATE the same architecture as REFERENCE? Compares what both compute, operator by operator and in"
    " numbers, in eval and train mode and at several sizes.\n\nExits with 0 if they are the same, 1 if they are not, 2"
    " if they could not be compared.\n\nWithout CANDIDATE: every candidate that the nearest pyproject.toml has in its"
    " table tool.archproof.candidates. The status is then the worst of all, and --json writes a list of reports."
)


def check(
    candidate: Annotated[
        str | None,
        typer.Argument(
            metavar="CANDIDATE",
            help="file.py:factory, module:factory, program.pt2, torchvision:NAME, timm:NAME or a reference.",
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="REFERENCE", help="A name of `archproof list`, or any target.")
    ] = None,
    input_shape: InputShape = None,
    profile: Annotated[
        Literal["quick", "default", "thorough"] | None,
        typer.Option(metavar="NAME", help="How much is tried beyond what is proved: quick, default or thorough."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Of weights and images: the same seed, the same report.")
    ] = None,
    strict_init: Annotated[
        bool,
        typer.Option("--strict-init", help="Tensors that start with other values are deviations too."),
    ] = False,
    expected_failures: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML: what is known to differ, and why; it decides nothing.")
    ] = None,
    timeout: Timeout = None,
    memory: Memory = None,
    json: Json = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=OUTPUT,
            help="Write a page with both nets side by side; without CANDIDATE, a folder with a page for each.",
        ),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=OUTPUT, help="Write Markdown; on GitHub it is in the job summary anyway."
        ),
    ] = None,
    timings: Annotated[
        bool, typer.Option("--timings", rich_help_panel=OUTPUT, help="Print how long each stage took.")
    ] = False,
    show_output: ShowOutput = False,
) -> int:
    """Check a candidate against a reference, or all of a table."""
    from properties.cli.check_table import check_table, summarise
    from properties.isolation.limits import Limits
    from properties.oracle.candidates.expected import apply, read
    from properties.oracle.remote.watch import check_isolated
    from properties.profiles import PROFILES
    from properties.render.text import print_report
    from properties.render.timings import timing_lines
    from properties.report.timings import Clock
    from properties.request import Request

    if candidate is None:
        if timings or any(option is not None for option in (against, input_shape, expected_failures)):
            raise UsageError(
                "--against, --input, --expected-failures and --timings need a CANDIDATE; see archproof check --help"
            )
        typed = {"profile": profile, "seed": seed, "timeout": timeout, "memory": memory}
        changes = {name: value for name, value in typed.items() if value is not None}
        changes |= {"strict_init": True} if strict_init else {}
        return check_table(changes, json=json, html=html, summary=summary, show_output=show_output)
    if against is None:
        raise UsageError("missing option '--against'; see archproof check --help")
    shape = None if input_shape is None else parse_input_shape(input_shape)[1:]
    expected = () if expected_failures is None else read(expected_failures)
    chosen = PROFILES[profile or "default"]
    limits = Limits.given(timeout, memory, usual=chosen.timeout)
    with progress() as say:
        say("starting")
        request = Request(shape, chosen, seed or 0, strict_init, side_by_side=html is not None, progress=Clock(say))
        report, output = check_isolated(candidate, against, request, limits)
    if expected:
        report = apply(report, expected)
    if report.error is not None:
        complain(hinted(report.error, output, shown=show_output))
    elif json != "-":
        print_report(report)
    if timings and json != "-":  # JSON has them anyway
        print_text("\n".join(["", *timing_lines(report)]))
    if show_output:
        print_apart(output)
    wanted: list[Callable[[], None]] = []  # a place that cannot be written costs its file, not the finished check
    if html is not None:
        from properties.render.html import report_page

        page = report_page(report)
        wanted.append(lambda: write_text(html, page))
    if json is not None:
        wanted.append(lambda: write_json(json, report.to_dict()))
    write_each(lambda: summarise({report.candidate: report}, summary), *wanted)
    return report.exit_status
