"""``archproof port``: a checkpoint of one net to a checkpoint of another that is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from properties.cli.console import complain, hinted, parse_input_shape, print_apart, print_text, progress, write_json
from properties.cli.options import OUTPUT, InputShape, Memory, ShowOutput, Timeout

__all__ = ["HELP", "port_checkpoint"]

HELP = (
    "Write a checkpoint of one net as a checkpoint of another that is the same under other names or shapes.\n\n"
    "Exit status: 0 if it was written, 1 if the nets are not the same, 2 if that could not be told or the file not be"
    " read or written."
)


def port_checkpoint(
    checkpoint: Annotated[Path, typer.Argument(help="A .pth, .pt or .safetensors file.")],
    reference: Annotated[str, typer.Option("--from", metavar="REFERENCE", help="The net that the checkpoint is of.")],
    candidate: Annotated[str, typer.Option("--to", metavar="CANDIDATE", help="The net that the result is for.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The result: .safetensors, .pth or .pt.")
    ],
    input_shape: InputShape = None,
    timeout: Timeout = None,
    memory: Memory = None,
    json: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            rich_help_panel=OUTPUT,
            help="Write what became of every tensor as JSON, or only it to stdout.",
        ),
    ] = None,
    show_output: ShowOutput = False,
) -> int:
    """Port a checkpoint."""
    from properties.isolation.limits import Limits
    from properties.oracle.porting.apart import port_apart

    shape = None if input_shape is None else parse_input_shape(input_shape)[1:]
    limits = Limits.given(timeout, memory)
    with progress() as say:
        ported = port_apart(checkpoint, reference, candidate, output, input_shape=shape, limits=limits, progress=say)
    if ported.status:
        complain(hinted(ported.text, ported.output, shown=show_output))
    elif json != "-":
        print_text(ported.text)
    if show_output:
        print_apart(ported.output)
    if json is not None and ported.report:
        write_json(json, dict(ported.report))
    return ported.status
