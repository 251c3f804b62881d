"""The pytest plugin: ``pytest --archproof`` checks the candidates of pyproject.toml, one item for each property.

It is loaded in every run of pytest where archproof is installed, so it imports nothing but pytest and does nothing
unless it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from properties.report import Report

__all__ = ["conforms", "pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--archproof``, ``--archproof-summary`` and ``--archproof-html``."""
    group = parser.getgroup("archproof", "network architectures")
    group.addoption(
        "--archproof",
        action="store_true",
        help="check the candidates of [tool.archproof.candidates] in pyproject.toml, one item for each property",
    )
    group.addoption(
        "--archproof-summary",
        metavar="FILE",
        help="with --archproof: write what was found as Markdown; on GitHub it is in the job summary anyway",
    )
    group.addoption(
        "--archproof-html",
        metavar="FOLDER",
        help="with --archproof: write a page for each candidate, with both nets side by side",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect candidates where that was asked for."""
    config.addinivalue_line("markers", "archproof: an item that archproof collected for a candidate")
    if config.getoption("archproof") and not config.getoption("help"):
        from properties.pytest_plugin.grid import Grid

        config.pluginmanager.register(Grid.of(config), "archproof-grid")
        return
    for option in ("--archproof-summary", "--archproof-html"):
        if config.getoption(option) and not config.getoption("help"):
            raise pytest.UsageError(f"{option} needs --archproof")


@pytest.fixture
def conforms(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """``properties.assert_conforms``, whose verdict is noted in the JUnit file: ``conforms(factory, "resnet50")``."""
    from properties.oracle.candidates.conform import assert_conforms

    def conforms(candidate: Any, reference: Any, **options: Any) -> Report:
        report = assert_conforms(candidate, reference, **options)
        said = f"{report.candidate} against {report.reference}: {report.verdict}"
        request.node.user_properties.append(("archproof", said))
        return report

    return conforms
