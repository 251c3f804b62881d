"""The reference: the commands' options, the Python names with their docstrings, the keys of pyproject.toml's table."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import typer
from layout import layout_page
from pages import Page, docstring, table

import arches
import properties
from properties.cli import app
from properties.oracle.candidates import table as candidates

__all__ = ["reference_pages"]

FURTHER = ("properties.describe", "properties.formulas", "properties.strategies")  # beside the names of ``properties``
RECORDS = ("Spec", "Claim", "Stage", "Init", "Waiver", "Family")


def reference_pages() -> tuple[Page, ...]:
    """Commands, Python, pytest, and the layout of the code."""
    return _commands(), _python(), _arches(), _pytest(), layout_page()


# ------------------------------------------------------------------------------------------------------------- commands
def _commands() -> Page:
    command: Any = typer.main.get_command(app)
    parts = [
        "# Commands",
        "Every command exits with 2 and one line on standard error for a mistake in what was typed.",
        "## archproof",
        _options(command),
    ]
    for name, each in command.commands.items():
        parts += [f"## archproof {name}", (each.help or "").strip(), _usage(name, each), _options(each)]
    return Page("reference/commands.md", "Commands", "\n\n".join(parts))


def _usage(name: str, command: Any) -> str:
    words = [_argument(param) for param in command.params if param.param_type_name == "argument"]
    needed = [f"{param.opts[0]} {param.metavar}" for param in command.params if _is_needed(param)]
    return f"```text\n{' '.join(['archproof', name, *words, *needed])} [OPTIONS]\n```"


def _is_needed(param: Any) -> bool:
    return param.param_type_name == "option" and bool(param.required)


def _argument(param: Any) -> str:
    name = (param.metavar or param.name.upper()) + ("..." if param.nargs == -1 else "")
    return name if param.required else f"[{name}]"


def _options(command: Any) -> str:
    rows = []
    for param in command.params:
        names = ", ".join(f"`{name}`" for name in param.opts) if param.param_type_name == "option" else _argument(param)
        value = f" `{param.metavar}`" if param.param_type_name == "option" and param.metavar else ""
        rows.append((f"{names}{value}", param.help or ""))
    return table(("option", "does"), rows)


# --------------------------------------------------------------------------------------------------------------- Python
def _python() -> Page:
    parts = ["# Python", docstring(properties.__doc__)]
    parts += [_entry("properties", name, getattr(properties, name)) for name in properties.__all__]
    for module in FURTHER:
        found = importlib.import_module(module)
        parts += [f"## {module}", docstring(found.__doc__)]
        parts += [_entry("", name, getattr(found, name), level=3) for name in _public(found)]
    return Page("reference/python.md", "Python", "\n\n".join(filter(None, parts)))


def _public(module: ModuleType) -> list[str]:
    """The names that a module exports: its ``__all__``, or what it imports under its own name for others."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    tree = ast.parse(inspect.getsource(module))
    imports = [alias for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    return sorted(alias.name for alias in imports if alias.name == alias.asname)


def _arches() -> Page:
    parts = ["# arches", docstring(arches.__doc__), "## Builders"]
    rows = [
        (f"`arches.{spec.name}{_bare(inspect.signature(spec.build))}`", _first(spec.build)) for spec in arches.SPECS
    ]
    parts += [table(("builder", "builds"), rows)]
    parts += [_entry("arches", name, getattr(arches, name)) for name in RECORDS]
    return Page("reference/arches.md", "arches", "\n\n".join(parts))


def _first(item: Any) -> str:
    return (item.__doc__ or "").strip().partition("\n")[0]


def _entry(module: str, name: str, item: Any, *, level: int = 2) -> str:
    """A heading, the signature, the docstring, and for a class its public methods and properties."""
    parts = [f"{'#' * level} {module}.{name}".replace(" .", " ")]
    if inspect.isclass(item) or inspect.isroutine(item):
        parts += [f"```python\n{_signature(name, item)}\n```", docstring(item.__doc__)]
    else:
        parts.append(f"A {type(item).__name__} of {len(item)}." if isinstance(item, tuple) else f"`{item}`")
    if inspect.isclass(item):
        parts += list(_members(item))
    return "\n\n".join(parts)


def _signature(name: str, item: Any) -> str:
    """The call, one argument a line where it is long; of an exception, what it is."""
    if inspect.isclass(item) and issubclass(item, Exception):
        return f"class {name}({item.__base__.__name__})"
    signature = _bare(inspect.signature(item), is_class=inspect.isclass(item))
    text = f"{name}{signature}".replace("<factory>", "...")
    if len(text) <= 100:
        return text
    kinds = [(str(each), each.kind) for each in signature.parameters.values()]
    lines: list[str] = []
    for at, (each, kind) in enumerate(kinds):
        before = [earlier for _, earlier in kinds[:at]]
        if kind is inspect.Parameter.KEYWORD_ONLY and kind not in before:
            lines += [] if inspect.Parameter.VAR_POSITIONAL in before else ["*"]
        lines.append(each.replace("<factory>", "..."))
    result = "" if signature.return_annotation is signature.empty else f" -> {signature.return_annotation}"
    return "\n".join([f"{name}(", *(f"    {line}," for line in lines), f"){result}"])


class _Bare:
    """An annotation as it was written, which ``inspect`` would show in quotes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _bare(signature: inspect.Signature, *, is_class: bool = False) -> inspect.Signature:
    def written(annotation: Any) -> Any:
        return _Bare(annotation) if isinstance(annotation, str) else annotation

    parameters = [each.replace(annotation=written(each.annotation)) for each in signature.parameters.values()]
    result = signature.empty if is_class else written(signature.return_annotation)
    return signature.replace(parameters=parameters, return_annotation=result)


def _members(item: type) -> Iterator[str]:
    for name, member in vars(item).items():
        inner = getattr(member, "__func__", getattr(member, "fget", member))
        if name.startswith("_") or not inspect.isfunction(inner) or not inner.__doc__:
            continue
        call = f"{name}" if isinstance(member, property) else f"{name}{_bare(inspect.signature(inner))}"
        yield f"`{call}`\n\n{docstring(inner.__doc__)}"


# --------------------------------------------------------------------------------------------------------------- pytest
def _pytest() -> Page:
    plugin = importlib.import_module("properties.pytest_plugin")
    found: list[tuple[str, str]] = []

    class Group:
        """Takes what the plugin adds to pytest's options."""

        def addoption(self, name: str, **settings: Any) -> None:
            """Note one."""
            metavar = f" {settings['metavar']}" if "metavar" in settings else ""
            found.append((f"`{name}{metavar}`", settings["help"]))

    class Parser:
        """Likewise."""

        def getgroup(self, *names: str) -> Group:
            """One group for all."""
            return Group()

    plugin.pytest_addoption(Parser())
    title, _, shown = (candidates.__doc__ or "").partition("::\n")
    parts = [
        "# pytest and pyproject.toml",
        docstring(plugin.__doc__),
        table(("option", "does"), found),
        "Every item that is collected has the marker `archproof`.",
        "## Fixture",
        docstring("``conforms`` is " + (_inner(plugin.conforms).__doc__ or "")),
        "## The table",
        title.partition("\n\n")[0].replace("``", "`"),
        title.partition("\n\n")[2] + ":",
        f"```toml\n{inspect.cleandoc(shown.partition('Files are')[0])}\n```",
        "Files are" + shown.partition("Files are")[2],
    ]
    return Page("reference/pytest.md", "pytest", "\n\n".join(parts))


def _inner(fixture: Any) -> Any:
    """The function under pytest's decorator."""
    return inspect.unwrap(fixture) if hasattr(fixture, "__wrapped__") else fixture.__wrapped__
