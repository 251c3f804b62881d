"""The catalogues: properties, known deviations, and the rewrites that lead to a normal form."""

from __future__ import annotations

import importlib
from itertools import groupby

from deviations import deviations_page
from pages import Page, link_papers, table
from rewrites import rewrites_page

from properties.catalogue import ALL

__all__ = ["catalogue_pages"]


def catalogue_pages() -> tuple[Page, ...]:
    """Properties, known deviations, rewrites."""
    return _properties(), deviations_page(), rewrites_page()


def _properties() -> Page:
    parts = [
        "# Properties",
        f"{len(ALL)} properties, in the order in which they are checked. Each is run on every reference, and those that"
        " say something of any network on candidates, too; a mutant shows for each that it can fail. A name given to"
        " `--expected-failures` is the one in this table.",
    ]
    for theme, found in groupby(ALL, key=lambda prop: prop.theme):
        module = importlib.import_module(f"properties.themes.{theme}")
        rows = [(f"`{prop.name}`", prop.sentence, link_papers(prop.source)) for prop in found]
        parts += [
            f"## {theme.capitalize()}",
            (module.__doc__ or "").partition("\n\n")[0].strip(),
            table(("name", "says", "source"), rows),
        ]
    return Page("catalogue/properties.md", "Properties", "\n\n".join(parts))
