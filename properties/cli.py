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
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from properties._cli_bench import bench_report
from properties._cli_support import (
    BrokenOutput,
    UsageError,
    one_line,
    parse_input_shape,
    print_text,
    progress,
    write_json,
    write_text,
)
from properties.oracle.errors import CandidateError, TargetError

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
        return _mistake(one_line(error))
    except _CLICK_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # nothing was typed, and the help has been shown
            return 0
        return _mistake(_usage(error))
    return status if isinstance(status, int) else 0


def _mistake(text: str) -> int:
    with contextlib.suppress(BrokenPipeError):
        print(f"archproof: {text}", file=sys.stderr, flush=True)
    return 2


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
        from properties.oracle._record import versions

        print_text("\n".join(f"{name} {version}" for name, version in versions().items()))
        raise typer.Exit


def _device(wanted: bool) -> None:
    if wanted:
        from properties._cli_device import device_text

        print_text(device_text())
        raise typer.Exit


@app.callback()
def _archproof(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the versions of archproof and torch."),
    ] = False,
    device: Annotated[
        bool,
        typer.Option("--device", callback=_device, is_eager=True, help="Print the device torch finds; takes seconds."),
    ] = False,
) -> None:
    """Is this network the network it says it is?"""


# ---------------------------------------------------------------------------------------------------------------- check
_LIMITS, _OUTPUT = "Limits", "Output"  # panels of the help


@app.command(
    help="Is CANDIDATE the same architecture as REFERENCE? Compares what both compute, operator by operator and in"
    " numbers, in eval and train mode and at several sizes.\n\nExits with 0 if they are the same, 1 if they are not, 2"
    " if they could not be compared.\n\nWithout CANDIDATE: every candidate that the nearest pyproject.toml has in its"
    " table tool.archproof.candidates. The status is then the worst of all, and --json writes a list of reports."
)
def check(
    candidate: Annotated[
        str | None,
        typer.Argument(
            metavar="CANDIDATE", help="file.py:factory, module:factory, torchvision:NAME, timm:NAME or a reference."
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="REFERENCE", help="A name of `archproof list`, or any target.")
    ] = None,
    input_shape: Annotated[
        str | None, typer.Option("--input", metavar="C,H,W", help="Size of one input; by default the reference's own.")
    ] = None,
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
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="SECONDS",
            rich_help_panel=_LIMITS,
            help="How long the check may take; 300 by default, thorough 3600.",
        ),
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="GIB",
            rich_help_panel=_LIMITS,
            help="What each side may take; by default half of the machine's memory.",
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", rich_help_panel=_OUTPUT, help="Write the report as JSON, or only it to stdout."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_OUTPUT, help="Write a page with both nets side by side."),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_OUTPUT, help="Write Markdown; on GitHub it is in the job summary anyway."
        ),
    ] = None,
    show_output: Annotated[
        bool,
        typer.Option(
            "--show-output", rich_help_panel=_OUTPUT, help="Print what the candidate's code printed, to stderr."
        ),
    ] = False,
) -> int:
    """Check a candidate against a reference, or all of a table."""
    from properties._cli_table import check_table, summarise
    from properties.oracle.command import print_report, run_check
    from properties.oracle.expected import apply, read
    from properties.oracle.isolate import Limits, usual_memory, usual_timeout

    if candidate is None:
        if any(option is not None for option in (against, input_shape, expected_failures, html)):
            raise UsageError(
                "--against, --input, --expected-failures and --html need a CANDIDATE; see archproof check --help"
            )
        typed = {"profile": profile, "seed": seed, "timeout": timeout, "memory": memory}
        changes = {name: value for name, value in typed.items() if value is not None}
        changes |= {"strict_init": True} if strict_init else {}
        return check_table(changes, json=json, summary=summary, show_output=show_output, complain=_mistake)
    if against is None:
        raise UsageError("missing option '--against'; see archproof check --help")
    profile, seed = profile or "default", seed or 0
    shape = None if input_shape is None else parse_input_shape(input_shape)[1:]
    expected = () if expected_failures is None else read(expected_failures)
    limits = Limits(timeout or usual_timeout(profile), memory or usual_memory())
    options = {"input_shape": shape, "profile": profile, "seed": seed, "strict_init": strict_init}
    with progress() as say:
        say("starting")
        report, output = run_check(
            candidate, against, options=options, side_by_side=html is not None, limits=limits, progress=say
        )
    if expected:
        report = apply(report, expected)
    if report.error is not None:
        _mistake(report.error + ("; its output: --show-output" if output and not show_output else ""))
    elif json != "-":
        print_report(report)
    if show_output:
        with contextlib.suppress(BrokenPipeError):
            print(output, end="" if output.endswith("\n") else "\n", file=sys.stderr, flush=True)
    if html is not None:  # last: a place that cannot be written costs the file, not the finished check
        from properties.html import report_page

        write_text(html, report_page(report))
    if json is not None:
        write_json(json, report.to_dict())
    summarise(report, summary)
    return report.exit_status


# ----------------------------------------------------------------------------------------------------------------- port
@app.command(
    name="port",
    help="Write a checkpoint of one net as a checkpoint of another that is the same under other names or shapes.\n\n"
    "Exit status: 0 if it was written, 1 if the nets are not the same, 2 if that could not be told or the file not be"
    " read or written.",
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
            _mistake(one_line(error))
            return 1
    if json != "-":
        print_text(text(report))
    if json is not None:
        write_json(json, report.to_dict())
    return 0


# ------------------------------------------------------------------------------------------------------------- describe
@app.command(
    help="What happens to an image, layer by layer: the size formula filled in, costs, shortcuts, receptive field.\n\n"
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
) -> None:
    """Describe a net, or solve the size formula."""
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
        described = _described(target, shape, tensorboard)
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
    from properties._describe_solve import parse_question

    try:
        question = parse_question(text)
        solutions = question.solve()
    except ValueError as error:
        raise UsageError(f"--solve {text}: {one_line(error)}") from error
    content.update(question.to_dict(solutions))
    return question.text(solutions)


def _described(target: str, shape: tuple[int, ...] | None, tensorboard: Path | None) -> Any:
    with progress() as say:
        say(f"loading torch to describe {target}")
        from properties.describe import describe as describe_net

        description = describe_net(target, input_shape=shape)
        if tensorboard is not None:
            say(f"writing the graph to {tensorboard}")
            from properties._describe_tensorboard import write_graph

            write_graph(target, description.input_shape, tensorboard)
    return description


def _draw(description: Any, depth: int | None, html: Path | None, svg: Path | None) -> None:
    from properties._describe_page import description_page
    from properties._describe_picture import draw

    if svg is not None:
        write_text(svg, f"{draw(description, depth)}\n")
    if html is not None:
        write_text(html, description_page(description, depth))


def _show(description: Any, depth: int | None) -> None:
    from properties.describe import styled_lines, text

    if not sys.stdout.isatty():
        print_text(text(description, depth=depth))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in styled_lines(description, depth=depth, width=console.width):
        console.print(Text.assemble(*((span.text, span.style) for span in line)))


# ----------------------------------------------------------------------------------------------------------------- list
@app.command(name="list")
def list_references(
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """The references: every network with a name of its own, and its published figures."""
    from properties._describe_references import as_json, as_text

    if json:
        write_json("-", as_json())
    else:
        print_text(as_text(None if not sys.stdout.isatty() else _width()))


def _width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


# --------------------------------------------------------------------------------------------------------- bench-report
app.command(name="bench-report")(bench_report)
