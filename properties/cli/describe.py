"""``archproof describe`` and ``archproof list``: nets as text, pages, pictures and JSON; the size formula solved."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from properties.cli.console import (
    UsageError,
    hinted,
    one_line,
    parse_input_shape,
    print_apart,
    print_text,
    progress,
    write_json,
    write_text,
)
from properties.cli.options import Memory, ShowOutput, Timeout

if TYPE_CHECKING:
    from properties.describe import Description
    from properties.isolation.limits import Limits

__all__ = ["HELP", "describe", "list_references"]

HELP = (
    "What happens to an image, layer by layer: the size formula filled in, costs, shortcuts, receptive field.\n\n"
    "--solve needs no target: of kernel, stride, padding, dilation, in and out it finds those that are missing"
    " (dilation is 1 unless dilation=? asks for it), and exits with status 1 if there is no solution."
)


def describe(
    target: Annotated[
        str | None, typer.Argument(help="resnet18, torchvision:NAME, timm:NAME, module:factory or file.py:factory.")
    ] = None,
    input_shape: Annotated[
        str | None, typer.Option("--input", metavar="N,C,H,W", help="Size of the input, as 1,3,224,224 or 3,224,224.")
    ] = None,
    depth: Annotated[int | None, typer.Option(min=0, help="Fold modules this deep into one line.")] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write JSON to a file, or only it to stdout.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page: the picture, and every formula on demand.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the picture alone: sizes by stage.")] = None,
    tensorboard: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the graph for TensorBoard.")] = None,
    solve: Annotated[
        str | None, typer.Option(metavar="NAME=NUMBER,...", help="Solve the size formula: kernel=5,in=32,out=32.")
    ] = None,
    timeout: Timeout = None,
    memory: Memory = None,
    show_output: ShowOutput = False,
) -> None:
    """Describe a net, or solve the size formula."""
    from properties.isolation.limits import Limits

    if target is None and solve is None:
        raise UsageError(
            "describe needs a target, as in archproof describe resnet18, or --solve; archproof list has names"
        )
    of_a_net = (input_shape, depth, html, svg, tensorboard)
    if target is None and any(option is not None for option in of_a_net):
        raise UsageError(
            "--input, --depth, --html, --svg and --tensorboard need a target, as in archproof describe resnet18"
            " --depth 1"
        )
    shape = None if input_shape is None else parse_input_shape(input_shape)
    content: dict[str, Any] = {"schema": 1}
    solved = None if solve is None else _solved(solve, content)
    if target is not None:
        limits = Limits.given(timeout, memory)
        described = _described(target, shape, tensorboard, limits, show_output)
        content = {**described.to_dict(depth=depth), **content}
    if json is not None:
        write_json(json, content)
    if json != "-":
        if target is not None:
            _show(described, depth)
        if solved is not None:
            print_text(solved)
    if target is not None:
        _draw(described, depth, html, svg)
    if "solutions" in content and not content["solutions"]:
        raise typer.Exit(1)


def _solved(text: str, content: dict[str, Any]) -> str:
    from properties.describe.solve import parse_question

    try:
        question = parse_question(text)
        solutions = question.solve()
    except ValueError as error:
        raise UsageError(f"--solve {text}: {one_line(error)}") from error
    content.update(question.to_dict(solutions))
    return question.text(solutions)


def _described(
    target: str, shape: tuple[int, ...] | None, tensorboard: Path | None, limits: Limits, show_output: bool
) -> Description:
    from properties.describe.apart import describe_apart

    with progress() as say:
        found = describe_apart(target, input_shape=shape, tensorboard=tensorboard, limits=limits, progress=say)
    if show_output:
        print_apart(found.output)
    if found.description is None:
        raise UsageError(hinted(found.error, found.output, shown=show_output))
    return found.description


def _draw(description: Description, depth: int | None, html: Path | None, svg: Path | None) -> None:
    from properties.describe.drawing.page import description_page
    from properties.describe.drawing.picture import draw

    if svg is not None:
        write_text(svg, f"{draw(description, depth)}\n")
    if html is not None:
        write_text(html, description_page(description, depth))


def _show(description: Description, depth: int | None) -> None:
    from properties.describe import styled_lines, text

    if not sys.stdout.isatty():
        print_text(text(description, depth=depth))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in styled_lines(description, depth=depth, width=console.width):
        console.print(Text.assemble(*((span.text, span.style) for span in line)))


def list_references(
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """The references: every network with a name of its own, and its published figures."""
    from properties.cli.references import as_json, as_text

    if json:
        write_json("-", as_json())
    else:
        print_text(as_text(None if not sys.stdout.isatty() else _width()))


def _width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns
