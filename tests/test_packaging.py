"""What is installed is what was built, and what is declared is what is used."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from importlib import metadata, util
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
import yaml

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


def _hooks() -> dict[str, dict[str, Any]]:
    """The pre-commit hooks by their ids; ``KeyError`` where a repository is not this one."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return {hook["id"]: hook for repo in config["repos"] for hook in {"local": repo["hooks"]}[repo["repo"]]}


def _tox(section: str, key: str) -> list[str]:
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "tox.ini", encoding="utf-8")
    return config[section][key].split("\n")


def test_pre_commit_checks_what_ci_checks():
    """Ruff twice, mypy and the layering, all from here: nothing is fetched from another repository."""
    assert ["ruff-check", "ruff-format", "mypy", "layering"] == list(_hooks())


@pytest.mark.parametrize("hook", ["ruff-check", "ruff-format"])
def test_pre_commit_runs_the_pinned_ruff(hook):
    """The hooks and ``tox -e lint`` agree, because they run one version."""
    pinned = _pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))["ruff"]

    assert [f"ruff=={pinned}"] == _hooks()[hook]["additional_dependencies"]


def test_pre_commit_runs_mypy_as_tox_does():
    """Over the files that pyproject.toml names, whichever of them a commit changes."""
    hook = _hooks()["mypy"]

    assert [f"{hook['entry']} {{posargs}}"] == _tox("testenv:typing", "commands")
    assert hook["pass_filenames"] is False


def test_pre_commit_runs_the_layering_that_the_fast_run_runs():
    """One command in both places."""
    assert _hooks()["layering"]["entry"] in _tox("testenv:fast", "commands")


def test_the_fast_run_leaves_out_what_is_there():
    """A file that has moved would come back into ``tox -e fast``, and nobody would be told."""
    left_out = [words.split() for words in _tox("fast", "choice") if words]

    assert left_out
    assert [] == [path for option, path in left_out if option != "--ignore" or not (ROOT / path).exists()]


@pytest.fixture(scope="module")
def quick_start() -> list[str]:
    """The shell blocks of the README's Quick start."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Quick start")[2].partition("\n## ")[0]
    return re.findall(r"```(?:sh|bash|console|shell)\n(.*?)```", section, re.DOTALL)


def test_the_quick_start_is_two_commands_of_one_line(quick_start):
    """Each makes its own environment, installs the tested versions and runs what it installed."""
    made = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt "

    assert [1, 1] == [block.count("\n") for block in quick_start]
    assert [made, made] == [block[: len(made)] for block in quick_start]
    assert [3, 3] == [len(block.split(" && ")) for block in quick_start]


def test_the_first_command_judges_and_the_second_passes_the_tests(quick_start):
    """``.ci/run`` runs the second, so it has to be the one with the tests."""
    judges, tests = quick_start

    assert judges.split(" && ")[-1].startswith(".venv/bin/archproof check timm:")
    assert tests.endswith(" && .venv/bin/tox\n")


@pytest.mark.skipif(not (ROOT / ".ci").exists() or shutil.which("awk") is None, reason="there is no .ci, or no awk")
def test_ci_extracts_the_second_command(quick_start):
    """The same lines that a reader copies, and no others."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (program,) = re.findall(r"awk '(.*?)' README\.md", script, re.DOTALL)
    extracted = subprocess.run(["awk", program, "README.md"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert quick_start[1] == extracted.stdout
