"""One page for each paper: its docstring, its table, what is claimed of its nets, and an image's way through one."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from pages import Page, link_papers, table

import arches
from properties.describe import describe, text
from properties.describe.drawing.picture import draw
from properties.report.words import by

__all__ = ["architecture_pages"]


def architecture_pages() -> tuple[Page, ...]:
    """A page that lists all nets, then one for each paper, in the order of ``arches.SPECS``, each with its picture."""
    modules = sorted(_papers(), key=lambda module: arches.SPECS.index(_specs(module)[0]))
    return (_index(modules), *(page for module in modules for page in _page(module)))


def _papers() -> Iterator[Any]:
    for found in pkgutil.iter_modules(arches.__path__):
        if not found.name.startswith("_"):
            yield importlib.import_module(f"arches.{found.name}")


def _specs(module: ModuleType) -> tuple[arches.Spec, ...]:
    return tuple(spec for spec in arches.SPECS if spec.build.__module__ == module.__name__)


def _file(module: ModuleType) -> str:
    return f"{module.__name__.rpartition('.')[2]}.md"


def _index(modules: list[Any]) -> Page:
    rows = [
        (f"[`{spec.name}`]({_file(module)})", *_figures(spec), link_papers(spec.source))
        for module in modules
        for spec in _specs(module)
    ]
    head = ("net", "parameters", "multiply-adds", "input", "source")
    parts = [
        "# Architectures",
        "Every name is a target of the commands and a builder: `arches.resnet50(num_classes=10)`. The figures are those"
        " published; the tests hold the nets against them.",
        table(head, rows),
    ]
    return Page("architectures/index.md", "All", "\n\n".join(parts))


def _figures(spec: Any) -> tuple[str, str, str]:
    macs = "" if spec.macs is None else f"{spec.macs.value / 1e9:.3f} G"
    return f"{int(spec.num_params.value):,}", macs, by(spec.input_shape)


def _page(module: Any) -> tuple[Page, Page]:
    title, _, body = (inspect.getdoc(module) or "").partition("\n")
    name = re.split(r"[:,.]", title)[0]
    parts = [f"# {name}", link_papers(title.removeprefix(f"{name}: ")), link_papers(body.strip())]
    literal = _table_of(module)
    if literal:
        parts += ["## The table", "As it stands in the code; the constructors read it.", f"```python\n{literal}\n```"]
    specs = _specs(module)
    parts += ["## The nets", _nets(specs), *_claims(specs)]
    parts += ["## Output sizes", *_sizes(specs)]
    shown = describe(specs[0].name)
    parts += [
        "## The way of an image",
        f"![The sizes of {shown.target}, stage by stage]({shown.target}.svg)",
        f"What `archproof describe {shown.target} --depth 1` prints; without `--depth` it has every layer:",
        f"```text\n{text(shown, depth=1)}\n```",
    ]
    picture = Page(f"architectures/{shown.target}.svg", "", f"{draw(shown)}\n")
    return Page(f"architectures/{_file(module)}", name, "\n\n".join(parts)), picture


def _table_of(module: ModuleType) -> str:
    """The literals that a file has between its ``__all__`` and its first function or class, with their comments."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    body = ast.parse(source).body
    names = next(node for node in body if isinstance(node, ast.Assign) and _is_called(node, "__all__"))
    first = next(
        node
        for node in body
        if node.lineno > names.lineno and isinstance(node, ast.FunctionDef | ast.ClassDef) and not _is_record(node)
    )
    start = names.end_lineno or names.lineno
    return "\n".join(line for line in lines[start : first.lineno - 1] if not line.startswith("# fmt:")).strip()


def _is_called(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _is_record(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == ["NamedTuple"]


def _nets(specs: tuple[Any, ...]) -> str:
    head = ("net", "parameters", "multiply-adds", "input", "smallest in eval, train", "outputs", "the same in")
    rows = [
        (
            f"`{spec.name}`",
            *_figures(spec),
            f"{spec.smallest_eval}, {spec.smallest_train}" + (f"; largest {spec.largest}" if spec.largest else ""),
            f"{spec.outputs_eval}" + (f", in train {spec.outputs_train}" * (spec.outputs_train != spec.outputs_eval)),
            f"`torchvision:{spec.torchvision}`" if spec.torchvision else f"`{spec.same_as}`" if spec.same_as else "",
        )
        for spec in specs
    ]
    return table(head, rows)


def _claims(specs: tuple[Any, ...]) -> Iterator[str]:
    """Where the figures come from, what starts how, and which rules are broken on purpose; each thing said once."""
    said: dict[str, None] = {}
    for spec in specs:
        said[f"- Parameters: {spec.num_params.why}."] = None
        if spec.macs is not None:
            said[f"- Multiply-adds, within {spec.macs.rel_tol:.2%}: {spec.macs.why}."] = None
        if spec.init is not None:
            said[f"- Fresh weights: {spec.init.why}."] = None
        said.update({f"- `{waiver.property}` does not hold: {waiver.why}.": None for waiver in spec.waives})
    yield link_papers("\n".join(said))


def _sizes(specs: tuple[Any, ...]) -> Iterator[str]:
    """The claimed sizes, one table for all nets that share them."""
    shared: dict[Any, list[str]] = {}
    for spec in specs:
        shared.setdefault((spec.stages, spec.input_shape), []).append(f"`{spec.name}`")
    for (stages, shape), names in shared.items():
        rows = [(f"`{stage.module}`", by(stage.shape)) for stage in stages]
        yield f"{', '.join(names)} at {by(shape)}:"
        yield table(("after", "output"), rows)
