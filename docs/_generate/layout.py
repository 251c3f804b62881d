"""The layout of the code: each folder with its docstring and how many files it holds."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from pages import Page

import properties

__all__ = ["layout_page", "tree"]

ROOT = Path(str(properties.__file__)).parent


def tree() -> Iterator[tuple[str, int, str]]:
    """For each folder of ``properties``, parents first: its path, its number of files, and its docstring."""
    for init in sorted(ROOT.rglob("__init__.py"), key=lambda path: path.parent.relative_to(ROOT).parts):
        folder = init.parent
        files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".pyc"]
        text = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
        yield folder.relative_to(ROOT.parent).as_posix(), len(files), inspect.cleandoc(text)


def layout_page() -> Page:
    """A list, nested as the folders are."""
    rows = [
        f"{'    ' * path.count('/')}- **`{path.rpartition('/')[2]}/`**, {_files(count)}. {_prose(text)}"
        for path, count, text in tree()
    ]
    parts = [
        "# Layout of the code",
        "Every folder of `properties`, what lives there and what does not. Who may import whom stands in"
        " `tests/test_layering.py`, how data flows in `ARCHITECTURE.md`.",
        "\n".join(rows),
    ]
    return Page("reference/layout.md", "Layout of the code", "\n\n".join(parts))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _prose(text: str) -> str:
    """The sentences, without examples."""
    return " ".join(" ".join(part.split()) for part in text.split("\n\n") if not part.startswith((">>>", "    ")))


if __name__ == "__main__":
    for path, count, text in tree():
        print(f"{'  ' * path.count('/')}{path.rpartition('/')[2]}/ ({count})  {_prose(text).partition('. ')[0]}")
