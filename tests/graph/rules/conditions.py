"""The tests of the rules tested: ``python tests/graph/rules/conditions.py`` drops each condition of each rule in turn.

A condition is one operand of what makes a rule return None, or go on to its next case. Without it the rule must be
caught: by a spelling whose sides part, by a graph that is one attribute, operand or kind away from a spelling, by
numbers that ordinary images do not hold, by an error, or by spellings that no longer meet.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from graph.rules.cases import shown
from graph.rules.test_normal_forms import programs
from graph.rules.test_settings import cuts, windows
from hypothesis import given, settings
from hypothesis import strategies as st
from support.near_misses import near_misses
from support.numerals import departures
from support.pairs import SHAPE, Net
from support.sides import faults, filled
from support.steps import steps
from torch import Tensor

from properties.graph.alignment.align import isomorphism
from properties.graph.ir import OpGraph
from properties.graph.rewriting.rule import AnyRule
from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.rules.canonical import canonicalise
from properties.graph.rules.conditional import one_mode
from properties.graph.torch.capture import capture

__all__ = ["main", "mutants"]

IMAGE = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
EVERY = (*RULES, *GRAPH_RULES)


def mutants(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, dropped condition and module, for each condition of a guard."""
    count = len(list(_guards(ast.parse(source))))
    for number in range(count):
        tree = ast.parse(source)
        holder, slot, condition = list(_guards(tree))[number]
        said = ast.unparse(condition)
        if slot is None:
            holder.test = ast.Constant(False)  # type: ignore[attr-defined]
        else:
            holder.values[slot] = ast.Constant(False)  # type: ignore[attr-defined]
        yield condition.lineno, said, ast.fix_missing_locations(tree)


def _guards(tree: ast.Module) -> Iterator[tuple[ast.AST, int | None, ast.expr]]:
    """Each operand of an ``or`` that makes a function return None or go on, or the whole test."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.If) or len(node.body) != 1 or node.orelse:
            continue
        (then,) = node.body
        gives_up = isinstance(then, ast.Return) and (then.value is None or ast.unparse(then.value) in ("None", "False"))
        if not gives_up and not isinstance(then, ast.Continue):
            continue
        if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or):
            yield from ((node.test, slot, value) for slot, value in enumerate(node.test.values))
        else:
            yield node, None, node.test


@cache
def _graphs(net: Net, mode: str) -> tuple[dict[str, Tensor], list[OpGraph]]:
    tensors = filled(net, 0)
    graph = capture(net, input_shape=SHAPE, mode=mode)  # type: ignore[arg-type]
    return tensors, [graph, *near_misses(graph, tensors, IMAGE)]


@cache
def _nets(rule: AnyRule) -> tuple[tuple[object, tuple[Net, ...]], ...]:
    return tuple((case, case.nets()) for case in shown(rule))


def _is_caught(own: AnyRule, mutant: AnyRule) -> bool:
    """Whether something that the tests look at differs."""
    rules = [mutant if rule is own else rule for rule in EVERY]
    try:
        cases = any(_differs(case, nets, mutant, rules) for case, nets in _nets(own))
        return cases or _is_wrong_where_drawn(mutant, rules)
    except Exception:
        return True


@cache
def _drawn() -> tuple[OpGraph, ...]:
    """Graphs of pools, parts, views and arithmetic, as the tests draw them."""
    found: list[OpGraph] = []

    @settings(max_examples=60, derandomize=True, database=None, deadline=None)
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        found.extend(data.draw(strategy) for strategy in (windows(), cuts(), programs()))

    collect()
    return tuple(found)


def _is_wrong_where_drawn(mutant: AnyRule, rules: list[AnyRule]) -> bool:
    for graph in _drawn():
        shape = graph.ops[0].shape
        image = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        for step in steps(graph, mutant.tier, rules):
            if step.rule.rewrite.__name__ == mutant.rewrite.__name__ and faults(step, {}, image):
                return True
    return False


def _differs(case: object, nets: tuple[Net, ...], mutant: AnyRule, rules: list[AnyRule]) -> bool:
    mode, tier = case.mode or "train", case.tier  # type: ignore[attr-defined]
    one, other, near = (canonicalise(_graphs(net, mode)[1][0], tier, rules=rules).graph for net in nets)
    if isomorphism(one, other) is None or isomorphism(one, near) is not None:
        return True
    real = mutant.ground == "real arithmetic"
    for net in nets:
        tensors, graphs = _graphs(net, mode)
        for graph in graphs:
            for step in steps(graph, tier, rules):
                if step.rule.rewrite.__name__ != mutant.rewrite.__name__ or mutant.name == one_mode.gradient_only.name:
                    continue
                found = [fault for fault in faults(step, tensors, IMAGE) if not real or "in other places" not in fault]
                if found or (not real and graph is graphs[0] and departures(step, tensors, 0)):
                    return True
    return False


def _with(module: ModuleType, tree: ast.Module) -> dict[str, AnyRule]:
    """The rules of a module as another source makes them."""
    namespace = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(tree, str(module.__file__), "exec"), namespace)
    return {name: rule for name, rule in namespace.items() if isinstance(rule, AnyRule)}


def _concerned(tree: ast.Module, line: int, names: set[str]) -> set[str]:
    """The rules that a line belongs to, by the functions that call the one that it stands in."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    inside = next((name for name, node in functions.items() if node.lineno <= line <= (node.end_lineno or 0)), None)
    concerned = {inside} if inside else set()
    while True:
        more = {
            name
            for name, node in functions.items()
            if any(isinstance(each, ast.Name) and each.id in concerned for each in ast.walk(node))
        }
        if more <= concerned:
            return {name for name in concerned if name in names}
        concerned |= more


def main() -> int:
    """Print each condition that nothing misses, and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a module's name")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    modules = dict.fromkeys(rule.rewrite.__module__ for rule in EVERY)
    caught = total = 0
    for name in [name for name in modules if options.only in name]:
        module = importlib.import_module(name)
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        own = {key: rule for key, rule in vars(module).items() if isinstance(rule, AnyRule)}
        for line, said, tree in mutants(source):
            rules = _with(module, tree)
            concerned = _concerned(ast.parse(source), line, {*own})
            found = any(_is_caught(own[each], replace(rules[each])) for each in concerned)
            total += 1
            caught += found
            if not found:
                sys.stdout.write(f"{name.rpartition('.')[2]}:{line}: nothing misses `{said}`\n")
                sys.stdout.flush()
        sys.stdout.write(f"{name}: {caught} of {total} so far\n")
        sys.stdout.flush()
    sys.stdout.write(f"{caught} of {total} conditions are missed ({caught / max(total, 1):.1%})\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
