"""Imports point one way, and what has to start fast or run without torch does not import it."""

import ast
import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import NamedTuple

import pytest

# Lowest first. A module imports from its own layer and from lower ones; a name ending in "." or "_" is a prefix.
LAYERS = (
    ("arches._spec",),
    ("arches", "arches."),
    (
        "properties._",
        "properties.themes",
        "properties.measures.",
        "properties.measures",
        "properties.runs.",
        "properties.runs",
        "properties.strategies.",
        "properties.formulas.",
        "properties.files",
        "properties.subject",
        "properties.property",
        "properties.errors",
        "properties.formulas",
        "properties.strategies",
        "properties.graph",
        "properties.graph.",
    ),
    (
        "properties.themes.sizes",
        "properties.themes.shortcuts",
        "properties.themes.parameters",
        "properties.themes.composition",
        "properties.themes.behaviour",
        "properties.themes.training",
        "properties.themes.usage",
        "properties.themes.equivalence",
    ),
    ("properties.catalogue",),
    (
        "properties.report",
        "properties.render.",
        "properties.render",
        "properties.targets.",
        "properties.targets",
        "properties.isolation.",
        "properties.isolation",
        "properties.report.",
        "properties.oracle",
        "properties.oracle.",
        "properties.render.html",
        "properties.render.html.",
        "properties.bench",
        "properties.bench.",
    ),
    (
        "properties.cli",
        "properties.pytest_plugin.",
        "properties.cli.",
        "properties.describe.",
        "properties._cli_",
        "properties.describe",
        "properties._describe_",
        "properties.pytest_plugin",
        "properties._pytest_",
    ),
    ("properties",),
)
THEMES = LAYERS[3]
LIBRARIES = ("properties.targets.libraries", "properties.targets.target")  # the one place for torchvision and timm
BENCH_MAY = ("properties.targets.target", "properties.errors")  # of the oracle: torchvision's nets, no more
WITHOUT_TORCH = (
    "properties.formulas",
    "properties.graph.ir",
    "properties.graph.rules.canonical",
    "properties.graph.alignment.align",
    "properties.graph.alignment.edits",
    "properties.graph.alignment.patch",
    "properties.graph.sizes.plan",
    "properties.bench.results.saved",
    "properties.bench.results.table",
    "properties.bench.results.picture",
    "properties.render.html",
)
OPTIONAL = {"torchvision", "timm"}


class Import(NamedTuple):
    """One imported module, and whether that happens when the importing module is loaded."""

    name: str
    on_load: bool


def _imports(source: str, module: str, *, is_package: bool = False) -> list[Import]:
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
    known = {prefix for layer in LAYERS for prefix in layer} | set(MODULES)
    return f"{base}.{name}" if f"{base}.{name}" in known or base == "arches" else base


def _layer(module: str) -> int:
    """Position of the most specific entry of LAYERS that covers a module."""
    best, length = -1, -1
    for position, layer in enumerate(LAYERS):
        for entry in layer:
            covers = module.startswith(entry) if entry.endswith((".", "_")) else module == entry
            if covers and len(entry) > length:
                best, length = position, len(entry)
    return best


def _violations(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What a module with this source text must not import, one line each."""
    own = _layer(module)
    if own < 0:
        return [f"{module} stands in no layer; give it one in LAYERS"]
    found = []
    for name, on_load in _imports(source, module, is_package=is_package):
        top = name.partition(".")[0]
        ours = top in ("arches", "properties")
        by_name = name == "arches" and own > _layer("properties.catalogue") and not on_load  # for its SPECS
        if ours and _layer(name) > own:
            found.append(f"{module} imports {name}, which stands above it")
        if ours and module in THEMES and name in THEMES:
            found.append(f"{module} imports {name}, another theme")
        if module.startswith("properties.bench") and name.startswith("properties.oracle") and name not in BENCH_MAY:
            found.append(f"{module} imports {name}; benchmarks take nothing from the oracle but torchvision's nets")
        if top == "arches" and module.startswith("properties.") and name != "arches._spec" and not by_name:
            found.append(f"{module} imports {name}; properties know nets by their Spec alone")
        if module == "arches._spec" and top not in sys.stdlib_module_names:
            found.append(f"{module} imports {name}, but needs the standard library alone")
        if module.startswith("arches") and not ours and top not in {"torch", *sys.stdlib_module_names}:
            found.append(f"{module} imports {name}, but needs torch alone")
        if module in WITHOUT_TORCH and top == "torch":
            found.append(f"{module} imports {name}, but knows no framework")
        if top in OPTIONAL and module not in LIBRARIES:
            found.append(f"{module} imports {name}; optional libraries belong in {LIBRARIES[0]}")
        if top in OPTIONAL and on_load:
            found.append(f"{module} imports {name} on load; import it in the function that needs it")
    return found


def _modules() -> dict[str, Path]:
    modules = {}
    for package in ("arches", "properties"):
        spec = util.find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        folder = Path(next(iter(spec.submodule_search_locations)))
        for path in sorted(folder.rglob("*.py")):
            dotted = ".".join([package, *path.relative_to(folder).with_suffix("").parts])
            modules[dotted.removesuffix(".__init__")] = path
    return modules


MODULES = _modules()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module):
    """A module imports only what its layer may."""
    path = MODULES[module]
    source = path.read_text(encoding="utf-8")

    assert [] == _violations(source, module, is_package=path.name == "__init__.py")


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("properties.graph.ir", "import torch", "knows no framework"),
        ("properties.graph.alignment.align", "def align():\n    from torch import nn", "knows no framework"),
        ("properties.themes.sizes", "from properties import catalogue", "stands above it"),
        ("properties.themes.sizes", "from .shortcuts import something", "another theme"),
        ("properties.formulas", "from properties.oracle.evidence.compare import compare", "stands above it"),
        ("properties.themes.parameters", "from arches import resnet50", "by their Spec alone"),
        ("properties.targets.target", "def load():\n    from arches import resnet50", "by their Spec alone"),
        ("properties.targets.target", "import arches", "by their Spec alone"),
        ("properties.report", "import properties.cli", "stands above it"),
        ("properties.cli", "from properties import check", "stands above it"),
        ("properties.themes.sizes", "def size():\n    import torchvision.models", "optional libraries belong"),
        (
            "properties.cli",
            "def load():\n    import_module('timm')",
            "optional libraries belong",
        ),
        ("properties.targets.target", "import timm", "in the function that needs it"),
        ("arches.resnet", "import numpy", "needs torch alone"),
        ("arches.resnet", "from properties.formulas import size", "stands above it"),
        ("arches._spec", "import torch", "standard library alone"),
        ("properties.newcomer", "", "stands in no layer"),
        (
            "properties.bench.measure.contest",
            "from properties.oracle.evidence.compare import compare",
            "but torchvision's nets",
        ),
        ("properties.bench.results.table", "import torch", "knows no framework"),
    ],
)
def test_a_wrong_import_is_found(module, source, complaint):
    """Each rule rejects a source text that breaks it, so the test above can fail."""
    (message,) = _violations(source, module)

    assert complaint in message


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("properties.graph.ir", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("properties.targets.target", "def load():\n    import torchvision\n    import arches"),
        ("properties.themes.sizes", "import torch\nfrom arches._spec import Spec\nfrom properties import formulas"),
        ("arches.googlenet", "import math\nimport torch\nfrom arches._spec import Spec"),
    ],
)
def test_a_right_import_is_not(module, source):
    """Type-checking imports, lazy optional libraries and lower layers pass."""
    assert [] == _violations(source, module)


@pytest.mark.parametrize(
    "module", ["properties", "properties.cli", "properties.report", "properties.pytest_plugin", *WITHOUT_TORCH]
)
def test_loading_it_does_not_load_torch(module):
    """The command answers at once and the graph stays free of a framework, through every module that they load."""
    script = f"import sys, {module}; print('torch' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "False" == child.stdout.strip()
