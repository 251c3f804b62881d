"""Imports point one way, folders stay small and say what they are for, and what must start fast loads no torch."""

import ast
import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from support.imports import MODULES, circles, folder_of, imports

# A folder imports from itself and from folders that stand before it, as in a text: line by line, left to right.
ORDER = (
    ("arches._spec", "arches._claims", "arches"),
    ("errors.py", "files.py", "profiles.py", "formulas", "report", "request.py", "isolation"),
    ("graph",),
    ("graph/rewriting", "graph/sizes", "graph/analysis"),
    ("graph/torch/aten", "graph/torch/asking", "graph/torch/recording", "graph/torch"),
    ("strategies",),
    ("graph/rules/always", "graph/rules/weights", "graph/rules/conditional", "graph/rules", "graph/alignment"),
    ("render", "render/html", "targets/modes", "targets"),
    ("property.py", "subject.py", "runs", "measures", "themes", "catalogue.py"),
    ("oracle/trials", "oracle/transplant", "oracle/parties", "oracle/known", "oracle/explain"),
    ("oracle/evidence", "oracle/initialisation", "oracle/structure", "oracle/verdict", "oracle"),
    ("oracle/remote", "oracle/porting", "oracle/candidates"),
    ("describe", "describe/drawing", "bench", "bench/measure", "bench/results"),
    ("cli", "pytest_plugin", "__init__.py"),
)
PLACE = {folder: place for place, folder in enumerate(folder for line in ORDER for folder in line)}
# What the order alone would allow. A name covers the folders below it.
FORBIDDEN = (
    ("themes", "themes", "another theme"),
    ("graph/rules/weights", "graph/rules/always", "rules of another tier"),
    ("graph/rules/conditional", "graph/rules/always", "rules of another tier"),
    ("graph/rules/conditional", "graph/rules/weights", "rules of another tier"),
    ("bench", "oracle", "the oracle; a benchmark judges no net"),
    ("pytest_plugin", "cli", "the command; each stands by itself"),
)
DATA = ("arches._spec", "arches._claims")  # what is claimed, without a library
WITHOUT_TORCH = (
    "report", "formulas", "isolation", "render", "render/html", "graph", "graph/rewriting", "graph/rules",
    "graph/rules/always", "graph/rules/weights", "graph/rules/conditional", "graph/alignment", "graph/sizes",
    "graph/analysis", "oracle/transplant", "oracle/explain", "oracle/known", "describe/drawing", "bench/results",
    "cli", "pytest_plugin", "errors.py", "files.py", "profiles.py", "request.py", "__init__.py",
)  # fmt: skip
OPTIONAL = {"torchvision", "timm"}
LIBRARIES = "properties.targets.libraries"  # the one place that imports them
REFERENCES = "properties.targets.references"  # the one place that knows the references by name
MOST_FILES = 12
ARCHITECTURE = Path(__file__).resolve().parents[1] / "ARCHITECTURE.md"


def _violations(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What a module with this source text must not import, one line each."""
    own = folder_of(module)
    if own not in PLACE:
        return [f"{module} stands in {own}, which has no place in ORDER"]
    found = []
    for name, on_load in imports(source, module, is_package=is_package):
        top, folder = name.partition(".")[0], folder_of(name)
        if own in DATA and top not in sys.stdlib_module_names and folder not in DATA:
            found.append(f"{module} imports {name}, but needs the standard library alone, and the files beside it")
        elif own == "arches" and folder == "arches._claims" and not is_package:
            found.append(f"{module} imports {name}, but a builder reads no claim")
        elif top == "arches" and own not in ("arches", *DATA):
            if name != "arches._spec" and (module != REFERENCES or on_load):
                found.append(f"{module} imports {name}; {REFERENCES} alone asks for nets, inside functions")
        elif top in ("arches", "properties"):
            if PLACE.get(folder, len(PLACE)) > PLACE[own]:
                found.append(f"{module} imports {name}, which stands above it")
            found += [
                f"{module} imports {name}, {what}"
                for one, other, what in FORBIDDEN
                if _is_in(own, one) and _is_in(folder, other) and name != module
            ]
        elif own == "arches" and top not in {"torch", *sys.stdlib_module_names}:
            found.append(f"{module} imports {name}, but needs torch alone")
        elif own == "report" and top not in sys.stdlib_module_names:
            found.append(f"{module} imports {name}, but needs the standard library alone")
        if top in OPTIONAL and (module != LIBRARIES or on_load):
            found.append(f"{module} imports {name}; {LIBRARIES} alone does, inside functions")
        if top == "torch" and own in WITHOUT_TORCH and on_load:
            found.append(f"{module} imports {name}, but stands in a folder that loads no torch")
        if top == "torch" and own.startswith(("graph", "formulas")) and own in WITHOUT_TORCH and not on_load:
            found.append(f"{module} imports {name}, but knows no framework")
    return found


def _is_in(folder: str, place: str) -> bool:
    return folder == place or folder.startswith(f"{place}/")


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module):
    """A module imports only what its folder may."""
    path = MODULES[module]

    assert [] == _violations(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("properties.graph.ir", "import torch", "loads no torch"),
        ("properties.graph.alignment.align", "def align():\n    from torch import nn", "knows no framework"),
        ("properties.themes.sizes", "from properties import catalogue", "stands above it"),
        ("properties.themes.sizes", "from .shortcuts import something", "another theme"),
        ("properties.formulas", "from properties.oracle.evidence.compare import compare", "stands above it"),
        ("properties.graph.rules.weights.layers", "from properties.graph.rules.always import norms", "another tier"),
        ("properties.graph.rewriting.rule", "from properties.graph.rules import RULES", "stands above it"),
        ("properties.isolation.child", "def run():\n    from properties.oracle import check", "stands above it"),
        ("properties.themes.parameters", "from arches import resnet50", "alone asks for nets"),
        ("properties.targets.target", "def load():\n    from arches import resnet50", "alone asks for nets"),
        (REFERENCES, "import arches", "alone asks for nets"),
        ("properties.report.report", "import properties.cli", "stands above it"),
        ("properties.report.report", "import rich", "standard library alone"),
        ("properties.cli.entry", "from properties import check", "stands above it"),
        ("properties.pytest_plugin.grid", "from properties.cli import main", "each stands by itself"),
        ("properties.themes.sizes", "def size():\n    import torchvision.models", "alone does"),
        ("properties.cli.entry", "def load():\n    import_module('timm')", "alone does"),
        (LIBRARIES, "import timm", "inside functions"),
        ("arches.resnet", "import numpy", "needs torch alone"),
        ("arches.resnet", "from properties.formulas import size", "stands above it"),
        ("arches._spec", "import torch", "standard library alone"),
        ("arches._claims.resnet", "from arches.resnet import DEPTHS", "standard library alone"),
        ("arches.resnet", "from arches._claims.resnet import INIT", "a builder reads no claim"),
        ("properties.newcomer.thing", "", "has no place"),
        ("properties.bench.measure.contest", "from properties.oracle.check import check", "judges no net"),
        ("properties.bench.results.table", "import torch", "loads no torch"),
    ],
)
def test_a_wrong_import_is_found(module, source, complaint):
    """Each rule rejects a source text that breaks it, so the test above can fail."""
    found = _violations(source, module)

    assert 1 == len(found)
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("properties.graph.ir", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        (LIBRARIES, "def load():\n    import torchvision"),
        (REFERENCES, "def load():\n    import arches"),
        ("properties.themes.sizes", "import torch\nfrom arches._spec import Spec\nfrom properties import formulas"),
        ("properties.graph.rules.canonical", "from properties.graph.rules import RULES"),
        ("arches._claims.resnext", "from arches._claims.resnet import INIT\nfrom arches._spec import Spec"),
        ("arches.googlenet", "import math\nimport torch\nfrom arches._spec import Spec"),
        ("properties.cli.device", "def device():\n    import torch"),
    ],
)
def test_a_right_import_is_not(module, source):
    """Type-checking imports, lazy optional libraries and what stands before pass."""
    assert [] == _violations(source, module)


def _edges():
    edges = {}
    for module, path in MODULES.items():
        source = path.read_text(encoding="utf-8")
        found = imports(source, module, is_package=path.name == "__init__.py")
        edges[module] = {name for name, _ in found if name in MODULES}
    return edges


def test_no_files_import_each_other():
    """There is no circle between files, not even through imports inside functions; between folders ORDER has none."""
    assert [] == circles(_edges())


def test_a_circle_is_found():
    """Two files and three files in a circle, and one that imports itself; a diamond is none."""
    assert [["a", "b"]] == circles({"a": ["b"], "b": ["a"]})
    assert [["a", "c", "b"]] == circles({"b": ["a"], "a": ["c"], "c": ["b"], "d": ["a"]})
    assert [["a"]] == circles({"a": ["a"]})
    assert [] == circles({"a": ["b", "c"], "b": ["d"], "c": ["d"]})


FOLDERS = sorted({path.parent for module, path in MODULES.items() if module.startswith("properties")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_can_be_seen_at_a_glance(folder):
    """At most twelve files, none of them private, and a docstring that says what lives there and what does not."""
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".pyc"]
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""

    assert MOST_FILES >= len(files)
    assert [] == [path.name for path in files if path.name.startswith("_") and path.name != "__init__.py"]
    assert 2 <= text.replace("\n", " ").count(". ") + text.endswith(".")


FACES = ("", "report", "formulas", "strategies", "describe", "cli", "pytest_plugin", "render.html")


@pytest.mark.parametrize("face", FACES)
def test_no_module_bears_the_name_of_a_public_function_of_its_package(face):
    """Importing the module would replace the function: ``properties.check`` is one, so there is no such file."""
    package = importlib.import_module(f"properties.{face}".rstrip("."))
    beside = {path.stem for path in Path(str(package.__file__)).parent.iterdir()}

    assert set() == beside & set(getattr(package, "__all__", ()))


def test_no_two_files_of_a_folder_and_its_neighbours_are_confused():
    """A file bears the name of the folder beside it only where the folder is its own."""
    names = Counter((path.parent, path.stem) for path in MODULES.values())
    folders = Counter((folder.parent, folder.name) for folder in FOLDERS)

    assert set() == set(names) & set(folders)


@pytest.mark.skipif(not ARCHITECTURE.exists(), reason="the page lies beside the tests in a checkout")
def test_the_page_shows_the_order():
    """ARCHITECTURE.md has the list that is held here, line by line."""
    text = ARCHITECTURE.read_text(encoding="utf-8")

    assert "\n".join(", ".join(line) for line in ORDER) in text


@pytest.mark.parametrize("folder", [*DATA, *WITHOUT_TORCH])
def test_loading_it_does_not_load_torch(folder):
    """The command answers at once and the graph stays free of a framework, through every module that they load."""
    wanted = [module for module in MODULES if folder_of(module) == folder]
    script = f"import sys, {', '.join(wanted)}; print('torch' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "False" == child.stdout.strip()
