"""MkDocs's hook: adds the pages that are made of the code. None of them is kept in a file.

MkDocs puts this folder on ``sys.path`` while it loads the hook.
"""

from __future__ import annotations

from typing import Any

from architectures import architecture_pages
from catalogues import catalogue_pages
from mkdocs.structure.files import File, Files
from reference import reference_pages

SECTIONS = {"Architectures": architecture_pages, "Catalogues": catalogue_pages, "Reference": reference_pages}
_made: dict[str, str] = {}


def on_config(config: Any) -> Any:
    """Make the pages and put them into the navigation."""
    _made.clear()
    for section in config.nav:
        for name, pages in SECTIONS.items():
            if name in section:
                made = pages()
                section[name] = [{page.title: page.path} for page in made if page.title]
                _made.update({page.path: page.text for page in made})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages to those that stand in the folder."""
    for path, text in _made.items():
        files.append(File.generated(config, path, content=text))
    return files
