"""Options that more than one command has."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["OUTPUT", "InputShape", "Json", "Memory", "ShowOutput", "Timeout"]

LIMITS, OUTPUT = "Limits", "Output"  # panels of the help

InputShape = Annotated[
    str | None, typer.Option("--input", metavar="C,H,W", help="Size of one input; by default the reference's own.")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.1, metavar="SECONDS", rich_help_panel=LIMITS, help="How long it may take; 300 by default, thorough 3600."
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        metavar="GIB",
        rich_help_panel=LIMITS,
        help="What each process with a net may take; by default half of the machine's memory.",
    ),
]
Json = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", rich_help_panel=OUTPUT, help="Write the report as JSON, or only it to stdout."),
]
ShowOutput = Annotated[
    bool, typer.Option("--show-output", rich_help_panel=OUTPUT, help="Print what the nets' code printed, to stderr.")
]
