"""What the source files of both packages import, read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from importlib import util
from pathlib import Path
from typing import NamedTuple

__all__ = ["MODULES", "Import", "circles", "folder_of", "imports"]


class Import(NamedTuple):
    """One imported module, and whether that happens when the importing module is loaded."""

    name: str
    on_load: bool


def _modules() -> dict[str, Path]:
    found = {}
    for package in ("arches", "properties"):
        spec = util.find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        folder = Path(next(iter(spec.submodule_search_locations)))
        for path in sorted(folder.rglob("*.py")):
            dotted = ".".join([package, *path.relative_to(folder).with_suffix("").parts])
            found[dotted.removesuffix(".__init__")] = path
    return found


MODULES = _modules()


def folder_of(module: str) -> str:
    """``graph/rules`` for a module of ``properties/graph/rules``; the file's own name for one of ``properties`` itself.

    The files of the root stand in different places of the order, so each of them counts as a folder.
    """
    package, *parts = module.split(".")
    if package == "arches":
        return f"arches.{parts[0]}" if parts[:1] in (["_spec"], ["_claims"]) else "arches"
    is_folder = module in MODULES and MODULES[module].name == "__init__.py"
    inner = parts if is_folder else parts[:-1]
    return "/".join(inner) or (f"{parts[0]}.py" if parts else "__init__.py")


def imports(source: str, module: str, *, is_package: bool = False) -> list[Import]:
    """Every import in a source text; those for type checkers alone are left out, as they never run."""
    package = module if is_package else module.rpartition(".")[0]
    found: list[Import] = []

    def visit(node: ast.AST, on_load: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, on_load) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                kept = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            found.extend(Import(_submodule(base, alias.name), on_load) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                visit(child, on_load)
        else:
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                found.extend(Import(a.value, on_load) for a in node.args if isinstance(a, ast.Constant))
            inside = on_load and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                visit(child, inside)

    visit(ast.parse(source), True)
    return found


def _submodule(base: str, name: str) -> str:
    """``from base import name`` imports the module ``base.name`` where there is one, else something in ``base``."""
    return f"{base}.{name}" if f"{base}.{name}" in MODULES or base == "arches" else base


def circles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Modules that reach themselves again, each circle once, from its first name on."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(at: str, path: list[str]) -> None:
        if at in path:
            circle = path[path.index(at) :]
            first = circle.index(min(circle))
            found.append([*circle[first:], *circle[:first]])
        elif at not in done:
            for following in sorted(edges.get(at, ())):
                walk(following, [*path, at])
            done.add(at)

    for start in sorted(edges):
        walk(start, [])
    return [list(circle) for circle in dict.fromkeys(map(tuple, found))]
