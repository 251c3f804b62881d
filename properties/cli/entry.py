"""The ``archproof`` command: reads options, calls the library, prints. Loads no torch until a command needs it.

Exit status: 0, or what the command documents; 2 with one line on stderr for every mistake in what was typed; 130 after
Ctrl-C; 141 when nobody reads the output any more, as for a command that a closed pipe ends.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from properties.cli import bench_report, check, describe, port
from properties.cli.console import BrokenOutput, UsageError, complain, one_line, print_text
from properties.errors import CandidateError, TargetError

__all__ = ["app", "main"]

_MISTAKES = (UsageError, TargetError, CandidateError)
_CLICK_ERROR: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

app = typer.Typer(
    name="archproof",
    help="Is this network the network it says it is?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what was typed after ``archproof``; by default the process's own.

    Returns:
        the exit status.
    """
    command = typer.main.get_command(app)
    try:
        status = command.main(args=arguments, prog_name="archproof", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenOutput, BrokenPipeError):
        _drop_output()
        return 141
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except _MISTAKES as error:
        return complain(one_line(error))
    except _CLICK_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # nothing was typed, and the help has been shown
            return 0
        return complain(_usage(error))
    return status if isinstance(status, int) else 0


def _usage(error: Any) -> str:
    """What typer says about options and commands, in one line, with the help that answers it."""
    text = " ".join(error.format_message().split()).rstrip(".")
    text = re.sub(r" \(Possible options: (.*)\)$", r"; did you mean \1?", text).replace(". Did you", "; did you")
    command = error.ctx.command_path if getattr(error, "ctx", None) else "archproof"
    return f"{text[:1].lower()}{text[1:]}; see {command} --help"


def _drop_output() -> None:
    """Keep the interpreter from complaining about the closed pipe when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(wanted: bool) -> None:
    if wanted:
        from properties.cli.device import device_text
        from properties.report.provenance import versions

        print_text("\n".join(f"{name} {version}" for name, version in versions().items()))
        print_text(f"device {device_text()}")
        raise typer.Exit


@app.callback()
def _archproof(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print the versions of archproof and of the libraries it uses, and the device there is for torch.",
        ),
    ] = False,
) -> None:
    """Is this network the network it says it is?"""


app.command(help=check.HELP)(check.check)
app.command(name="port", help=port.HELP)(port.port_checkpoint)
app.command(help=describe.HELP)(describe.describe)
app.command(name="list")(describe.list_references)
app.command(name="bench-report")(bench_report.bench_report)
