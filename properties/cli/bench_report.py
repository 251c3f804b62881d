"""``archproof bench-report``: saved benchmarks as a table and a picture. Loads no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from properties.cli.console import UsageError, print_text, write_text

__all__ = ["bench_report"]


def bench_report(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="What --benchmark-json or --benchmark-save wrote.")
    ],
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw images per second, the roofline and the ratio's history.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables as Markdown.")] = False,
) -> None:
    """Saved benchmarks of one device: the newest figures of forward passes, how the ratio to torchvision's went, and
    what the checker itself costs in the newest run.

    Exit status: 0, or 2 if a file is damaged, was not written by these benchmarks, or is of another device.
    """
    from properties.bench.results import picture, table
    from properties.bench.results.check_tables import check_tables
    from properties.bench.results.saved import BenchFileError, read_all

    try:
        runs = read_all(files)
    except BenchFileError as error:
        raise UsageError(str(error)) from error
    form = table.markdown if markdown else table.aligned
    tables = [table.figures(runs), *([table.history(runs)] if len(runs) > 1 else [])]
    tables += check_tables(runs[-1].checks, table.heading(runs[-1]))
    if svg is not None:
        write_text(svg, picture.draw(runs))
    print_text("\n\n".join(form(found) for found in tables if found.rows))
