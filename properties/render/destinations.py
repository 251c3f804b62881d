"""Where a summary in Markdown goes: a file that was asked for, and the job summary of GitHub Actions; and pages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from properties.files import whole_file

__all__ = ["ON_GITHUB", "write_pages", "write_summary"]

ON_GITHUB = "GITHUB_STEP_SUMMARY"  # the environment variable with the file that a step may add to


def write_summary(text: str, file: Path | None = None) -> str | None:
    """Write a summary wherever it is wanted.

    Args:
        text: Markdown.
        file: written anew; None if nobody asked for one.

    Returns:
        None, or one line that says what could not be written.
    """
    place: str | Path = ""
    try:
        if os.environ.get(ON_GITHUB):
            place = os.environ[ON_GITHUB]
            with open(place, "a", encoding="utf-8") as job:
                job.write(f"{text}\n")
        if file is not None:
            place = file
            with whole_file(file) as temporary:
                temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"the summary cannot be written to {place}: {error.strerror or type(error).__name__}"
    return None


def write_pages(pages: Mapping[str, str], folder: Path) -> str | None:
    """Write a page for each candidate into a folder, which is made if it is not there.

    Args:
        pages: HTML, by the candidates' names; what a file's name cannot hold becomes a dash.
        folder: where to.

    Returns:
        None, or one line that says what could not be written.
    """
    taken: set[str] = set()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in pages.items():
            stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:100] or "candidate"
            while stem.lower() in taken:
                stem += "-2"
            taken.add(stem.lower())
            with whole_file(folder / f"{stem}.html") as temporary:
                temporary.write_text(page, encoding="utf-8")
    except OSError as error:
        return f"the pages cannot be written to {folder}: {error.strerror or type(error).__name__}"
    return None
