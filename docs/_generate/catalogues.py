"""The catalogues: properties, known deviations, and the rewrites that lead to a normal form."""

from __future__ import annotations

import importlib
from itertools import groupby

from deviations import deviations_page
from pages import Page, link_papers, table

from properties.catalogue import ALL
from properties.graph.rules import GRAPH_RULES, RULES

__all__ = ["catalogue_pages"]


def catalogue_pages() -> tuple[Page, ...]:
    """Properties, known deviations, rewrites."""
    return _properties(), deviations_page(), _rewrites()


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
