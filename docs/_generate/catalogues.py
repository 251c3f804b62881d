"""The catalogues: properties, known deviations, and the rewrites that lead to a normal form."""

from __future__ import annotations

import importlib
import sys
from itertools import groupby
from types import ModuleType

from pages import Page, link_papers, table

from properties.catalogue import ALL
from properties.graph.rules import GRAPH_RULES, RULES
from properties.oracle.known import KNOWN
from properties.oracle.known.case import Known

__all__ = ["catalogue_pages"]


def catalogue_pages() -> tuple[Page, ...]:
    """Properties, known deviations, rewrites."""
    return _properties(), _deviations(), _rewrites()


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


def _deviations() -> Page:
    parts = [
        "# Known deviations",
        "Differences that people have shipped. Each is told by its structure, never by a name; a report has the text"
        " under *known as*, with the link. Not every one is a mistake: some are variants with a history.",
    ]
    for module, found in _families().items():
        rows = [(each.says, f"<{each.link}>") for each in found]
        title = module.__name__.rpartition(".")[2].capitalize()
        parts += [f"## {title}", (module.__doc__ or "").strip(), table(("what", "where it was met"), rows)]
    return Page("catalogue/deviations.md", "Known deviations", "\n\n".join(parts))


def _families() -> dict[ModuleType, list[Known]]:
    """The known deviations by the module that they stand in, both in the catalogue's order."""
    families: dict[ModuleType, list[Known]] = {}
    for each in KNOWN:
        families.setdefault(sys.modules[each.fits.__module__], []).append(each)
    return families


def _rewrites() -> Page:
    tiers = {
        "A": "Valid for every input, size and weight. `identical` rests on these alone.",
        "B": "Valid once weights are stored in another way. They lead to `equivalent`, with the map of the weights.",
        "C": "Valid at some sizes or in one mode only, which the report names.",
    }
    parts = [
        "# Rewrites",
        "Named rules that bring a graph of operators to its normal form. A report lists those that its verdict used.",
    ]
    for tier, meaning in tiers.items():
        rules = {rule.name: rule.rewrite for rule in (*RULES, *GRAPH_RULES) if rule.tier == tier}
        rows = [(name, (rewrite.__doc__ or "").strip().partition("\n")[0]) for name, rewrite in rules.items()]
        parts += [f"## Tier {tier}", meaning, table(("rule", "what it does"), rows)]
    return Page("catalogue/rewrites.md", "Rewrites", "\n\n".join(parts))
