"""The page of known deviations: what each is called, how it is told, and both nets in the code that the tests run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pages import Page

from properties.oracle.known import KNOWN
from properties.oracle.known.case import Known

__all__ = ["deviations_page"]

TESTS = Path(__file__).resolve().parents[2] / "tests"
HELPERS = {"pairs": ("conv", "Net"), "blocks": ("Residual", "Branches", "Gated")}  # what the nets are written with
IMPORTS = """\
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F"""


def deviations_page() -> Page:
    """Families in the order in which the catalogue meets them, and so their entries."""
    parts = [
        "# Known deviations",
        "Differences that people have shipped. Each is told by its structure, never by a name; a report has the text"
        " under *known as*, with the link. Not every one is a mistake: some are variants with a history.",
        "Each entry shows two nets, the reference and a candidate that deviates from it in this alone. The tests check"
        " that it is called so, and that a third net, which only looks like it, is not. The nets are written with"
        " these helpers:",
        _fenced("\n\n\n".join([IMPORTS, *_helpers()])),
    ]
    for module, found in _families().items():
        family = module.__name__.rpartition(".")[2]
        parts += [f"## {family.capitalize()}", (module.__doc__ or "").strip()]
        nets = _nets((TESTS / "oracle" / "known" / f"{family}.py").read_text(encoding="utf-8"))
        for each in found:
            if each.slug not in nets:
                raise ValueError(f"tests/oracle/known/{family}.py has no trio about {each.slug!r}")
            parts += _entry(each, nets[each.slug])
    return Page("catalogue/deviations.md", "Known deviations", "\n\n".join(parts))


def _families() -> dict[ModuleType, list[Known]]:
    """The entries by the module that their predicates stand in."""
    families: dict[ModuleType, list[Known]] = {}
    for each in KNOWN:
        families.setdefault(sys.modules[each.fits.__module__], []).append(each)
    return families


def _entry(known: Known, nets: dict[str, str]) -> Iterator[str]:
    """Its slug as a heading, so that it can be linked to, its name, how it is told, and both nets."""
    yield f"### {known.slug}"
    yield f"*{known.says}* ([where it was met]({known.link}))"
    yield f"Told by: {known.fits.__doc__}"
    yield _fenced("\n".join(f"{name} = {nets[name]}" for name in ("right", "wrong")))


def _fenced(code: str) -> str:
    return f"```python\n{code}\n```"


def _helpers() -> Iterator[str]:
    """The definitions of what the nets are written with."""
    for module, names in HELPERS.items():
        source = (TESTS / "support" / f"{module}.py").read_text(encoding="utf-8")
        body = ast.parse(source).body
        defined = {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        yield from (ast.get_source_segment(source, defined[name]) or "" for name in names)


def _nets(source: str) -> dict[str, dict[str, str]]:
    """The expressions that build the nets of each slug, as they stand in a file of the tests."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    trios = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Trio"]
    return {
        ast.unparse(trio.args[0]).rpartition(".")[2].replace("_", "-"): {
            keyword.arg: _expression(source, keyword.value, keyword.col_offset)
            for keyword in trio.keywords
            if keyword.arg and isinstance(keyword.value, ast.Lambda)
        }
        for trio in trios
    }


def _expression(source: str, built_by: ast.Lambda, indent: int) -> str:
    """What a lambda returns, moved to the left margin."""
    first, *rest = (ast.get_source_segment(source, built_by.body) or "").splitlines()
    return "\n".join([first, *(line[indent:] for line in rest)])
