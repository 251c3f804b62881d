"""The page of rewrite rules: what each does, what it rests on, and spellings of it in the code that the tests run."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from textwrap import dedent
from types import ModuleType

from pages import Page, link_papers, table

from properties.graph.rewriting.rule import EVIDENCE, GROUNDS, AnyRule, Rule
from properties.graph.rules import GRAPH_RULES, RULES

__all__ = ["rewrites_page"]

TESTS = Path(__file__).resolve().parents[2] / "tests"
TIERS = {
    "A": "Valid for every size and weight. `identical` rests on these alone, and on none of real arithmetic.",
    "B": "Valid once weights are stored in another way. They lead to `equivalent`, with the map of the weights.",
    "C": "Valid at some sizes or in one mode only, which the report names.",
}
HELPERS = {"pairs": ("conv",), "cases": ("convs", "parameters", "both", "rows")}  # what the spellings are written with
IMPORTS = """\
from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F"""
PARTS = ("one", "other", "near", "members")  # of a case that are shown
PLACES = {"Rewrite": PARTS, "Weighted": PARTS[:3], "OnADomain": (*PARTS[:3], "elsewhere", "words", "members")}


def rewrites_page(rules: tuple[AnyRule, ...] = (*RULES, *GRAPH_RULES)) -> Page:
    """By tier and by family of operators.

    Args:
        rules: the table.

    Raises:
        ValueError: if a rule lacks a case in the tests.
    """
    grounds = [(f"`{ground}`", sum(rule.ground == ground for rule in rules), says) for ground, says in GROUNDS.items()]
    parts = [
        "# Rewrites",
        "Named rules that bring a graph of operators to its normal form. A report lists those that its verdict used.",
        table(("tier", "is"), TIERS.items()),
        "What a rule stands on is its ground.",
        table(("ground", "rules", "means"), grounds),
        "A rule fires only if it looked at every attribute of the operators that it replaces, or the attribute is what"
        " the operator's schema fills in by itself.",
        "How the tests hold a rule is its evidence. All are run on drawn images, and besides:",
        table(("evidence", "says of the two sides of a rule"), EVIDENCE.items()),
        "Each entry shows two spellings, `one` and `other`, which the rule brings together, and `near`, which only"
        " looks like them: it stays another graph. They are forward passes of a net `n`, whose members are two"
        " convolutions `a` and `b` if no others are shown, on images of eight channels. They are written with these"
        " helpers:",
        _fenced("\n\n\n".join([IMPORTS, *_helpers()])),
    ]
    for tier in TIERS:
        for module, found in _families(rule for rule in rules if rule.tier == tier).items():
            *_, folder, family = module.__name__.split(".")
            shown = _Shown(TESTS / "graph" / "rules" / folder / f"{family}.py")
            parts += [
                f"## Tier {tier}: {family.replace('_', ' ')}",
                (module.__doc__ or "").partition("\n\n")[0].strip(),
            ]
            parts += chain.from_iterable(_entry(rule, shown) for rule in found)
    return Page("catalogue/rewrites.md", "Rewrites", "\n\n".join(parts))


def _families(rules: Iterator[AnyRule]) -> dict[ModuleType, list[AnyRule]]:
    """The rules by the module that they stand in."""
    families: dict[ModuleType, list[AnyRule]] = {}
    for rule in rules:
        families.setdefault(sys.modules[rule.rewrite.__module__], []).append(rule)
    return families


def _entry(rule: AnyRule, shown: _Shown) -> Iterator[str]:
    """Its name, what it does, what it rests on, and the first case that shows it."""
    does = (rule.rewrite.__doc__ or "").strip().partition("\n")[0]
    yield f"### {rule.name}"
    yield does
    lines = [f"- formula: {_formula(rule.source)}", f"- ground: {rule.ground}", f"- conditions: {rule.requires}"]
    if isinstance(rule, Rule):
        lines += [f"- departs: {rule.departs}"] * bool(rule.departs)
        lines += [f"- under the condition that {rule.condition}"] * bool(rule.condition)
    yield "\n".join([*lines, f"- evidence: {rule.evidence}"])
    yield _fenced(shown.code(rule))


def _formula(source: str) -> str:
    """Identities as code, papers as links, other words as they are."""
    pieces = re.split(r"(,? \(arXiv:[\d.]+\)(?:, )?)", source)
    return "".join(f"`{piece}`" if "=" in piece else link_papers(piece) for piece in pieces)


def _fenced(code: str) -> str:
    return f"```python\n{code}\n```"


def _helpers() -> Iterator[str]:
    """The definitions of what the spellings are written with."""
    for module, names in HELPERS.items():
        source = (TESTS / "support" / f"{module}.py").read_text(encoding="utf-8")
        defined = _functions(ast.parse(source))
        yield from (ast.get_source_segment(source, defined[name]) or "" for name in names)


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


class _Shown:
    """A file of cases, as it stands in the tests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = path.read_text(encoding="utf-8")
        tree = ast.parse(self.source)
        self.functions = _functions(tree)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        self.cases = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in PLACES]

    def code(self, rule: AnyRule) -> str:
        """The first case about a rule: the functions that it needs, its spellings and its near miss."""
        name = rule.rewrite.__name__
        case = next((each for each in self.cases if ast.unparse(each.args[0]) == f"rules.{name}"), None)
        if case is None or not isinstance(case.func, ast.Name):
            raise ValueError(f"{self.path} has no case about rules.{name}")
        given = dict(zip(PLACES[case.func.id], case.args[1:], strict=False))
        given |= {keyword.arg: keyword.value for keyword in case.keywords if keyword.arg}
        parts = {part: given[part] for part in PARTS if part in given}
        functions = [self._text(self.functions[each]) for each in self._needed(parts.values())]
        spellings = "\n".join(f"{part} = {self._text(node)}" for part, node in parts.items())
        return "\n\n\n".join([*functions, spellings])

    def _needed(self, nodes: Iterable[ast.expr]) -> list[str]:
        """The functions of the file that these expressions name, and those that they name."""
        found: list[str] = []
        waiting: list[ast.AST] = list(nodes)
        while waiting:
            names = {node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)}
            new = sorted(names & set(self.functions) - set(found))
            found += new
            waiting += [self.functions[name] for name in new]
        return sorted(found, key=lambda name: self.functions[name].lineno)

    def _text(self, node: ast.AST) -> str:
        """As it stands in the file, moved to the left margin."""
        return dedent(" " * node.col_offset + (ast.get_source_segment(self.source, node) or ""))
