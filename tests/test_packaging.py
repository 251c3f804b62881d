"""What is installed is what was built, and what is declared is what is used."""

import ast
import json
import os
import re
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("arches", "properties")
DISTRIBUTION = metadata.distribution("archproof")
UNDECLARED = {"numpy"}  # imported by torchinfo, which declares nothing; torch alone does not bring it along


def _folder(package: str) -> Path:
    spec = util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).resolve().parent


def _editable_root() -> Path | None:
    origin = json.loads(DISTRIBUTION.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)
    return Path(unquote(urlparse(origin["url"]).path)) if editable else None


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def _pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_imported_package_is_the_installed_one(package):
    """Tests run what the distribution installed: the wheel's copy, or the checkout after ``pip install -e``."""
    home = _editable_root() or Path(str(DISTRIBUTION.locate_file(""))).resolve()

    assert home / package == _folder(package)


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox promises a wheel")
@pytest.mark.parametrize("package", PACKAGES)
def test_tox_tests_the_wheel(package):
    """Under tox the packages come from site-packages, in this process and in a child started beside the checkout."""
    child = subprocess.run(
        [sys.executable, "-c", f"import {package}; print({package}.__file__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert _folder(package).parent.name == "site-packages"
    assert _folder(package) == Path(child.stdout.strip()).resolve().parent


@pytest.mark.skipif(_editable_root() is not None, reason="an editable install lists no package files")
def test_the_wheel_holds_the_two_packages_and_nothing_else():
    """No test, example or configuration is installed, and both packages say that they are typed."""
    files = DISTRIBUTION.files
    assert files is not None
    installed = {str(file) for file in files if file.suffix != ".pyc"}
    outside = {name for name in installed if not name.startswith((*(f"{p}/" for p in PACKAGES), "archproof-", ".."))}

    assert set() == outside
    assert {"arches/py.typed", "properties/py.typed"} <= installed


def test_the_command_is_installed():
    """``archproof`` runs ``properties.cli:main``."""
    (command,) = DISTRIBUTION.entry_points.select(group="console_scripts")

    assert ("archproof", "properties.cli:main") == (command.name, command.value)


def _imported(source: str) -> set[str]:
    """The top-level packages that a source text imports, also through ``import_module("name")``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found.update(argument.value for argument in node.args if isinstance(argument, ast.Constant))
    return {name.partition(".")[0] for name in found}


def test_declared_dependencies_are_those_imported():
    """Every third-party package that the code imports is declared, and every declared one is imported by somebody."""
    sources = [path.read_text(encoding="utf-8") for package in PACKAGES for path in _folder(package).rglob("*.py")]
    imported = set().union(*map(_imported, sources))
    third_party = imported - sys.stdlib_module_names - set(PACKAGES)
    required = DISTRIBUTION.requires or []
    runtime = _names([requirement for requirement in required if "extra ==" not in requirement])
    optional = _names([requirement for requirement in required if "extra ==" in requirement]) - {"archproof"}

    assert runtime == third_party - optional | UNDECLARED
    assert {"torchvision", "timm"} <= third_party & optional


def test_every_declared_dependency_is_pinned():
    """``constraints.txt`` names the tested version of everything that pyproject.toml asks for."""
    pinned = {name.lower() for name in _pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))}

    assert set() == _names(DISTRIBUTION.requires or []) - {"archproof"} - pinned


def test_pre_commit_runs_the_pinned_ruff():
    """The hooks and ``tox -e lint`` agree, because they run one version."""
    pinned = _pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))["ruff"]
    hooks = re.findall(r"ruff==([\d.]+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))

    assert [pinned, pinned] == hooks


def test_the_readme_has_two_quick_start_blocks_and_the_second_runs_tox():
    """``.ci/run`` runs the second block, so it has to be the one with the tests."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    quick_start = readme.partition("## Quick start")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", quick_start, re.DOTALL)

    assert 2 == len(blocks)
    assert "archproof check" in blocks[0]
    assert "tox" in blocks[1]
