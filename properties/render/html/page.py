"""The frame of every page: one document with its style and its script inside."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from properties.render.html.markup import Markup, element

__all__ = ["asset", "page"]


def page(title: str, *sections: str) -> str:
    """A whole document.

    No address is loaded and no script runs but the page's own, whatever stands in a name: the policy in its head says
    so to the browser.

    Args:
        title: for the browser's tab.
        sections: what stands in it.
    """
    style, script = asset("page.css"), asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content="archproof"),
        element("title", title),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        element("a", "Skip to the verdict", href="#main", class_="skip"),
        element("main", *sections, id="main", tabindex="-1"),
        element("script", Markup(script)),
    )
    document = element("html", head, Markup("\n"), body, lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


@cache
def asset(name: str) -> str:
    """A style or script that lies beside this module."""
    return resources.files("properties.render.html").joinpath(name).read_text(encoding="utf-8")
