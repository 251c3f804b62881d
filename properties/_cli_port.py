"""``archproof port``: a checkpoint of one net to a checkpoint of another that is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from properties._cli_support import complain, one_line, parse_input_shape, print_text, progress, write_json

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
    input_shape: Annotated[
        str | None, typer.Option("--input", metavar="C,H,W", help="Size of one input; by default the reference's own.")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write what became of every tensor as JSON, or only it to stdout."),
    ] = None,
) -> int:
    """Port a checkpoint."""
    from properties.report import DeviationError

    shape = None if input_shape is None else parse_input_shape(input_shape)[1:]
    with progress() as say:
        say("loading torch")
        from properties.oracle.port import port
        from properties.oracle.port_text import text

        try:
            report = port(checkpoint, reference, candidate, output, input_shape=shape, progress=say)
        except DeviationError as error:
            complain(one_line(error))
            return 1
    if json != "-":
        print_text(text(report))
    if json is not None:
        write_json(json, report.to_dict())
    return 0
