"""What the documentation shows is what happens: its blocks are run, its commands exist, its figures are the code's."""

import ast
import contextlib
import doctest
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import typer
import yaml
from support.documentation import Block, Command, blocks, commands, differs

from properties.cli import app
from properties.report import EXIT_STATUS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEMPLATES = sorted((ROOT / ".github").rglob("*.md"))  # in the repository, not in the sdist
OTHERS = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *TEMPLATES]
QUICK = ("index.md", "add-a-property.md", "add-an-architecture.md")  # pages whose Python runs in a second or two
RUN = ("archproof", "python", "echo")  # what a console may run
KNOWN = {*RUN, "pip", "tox", "pytest", "python3", "pre-commit", "."}


def _ids(path):
    return str(path.relative_to(ROOT))


def _config():
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


# --------------------------------------------------------------------------------------------------- what can be read
def _check_command(words: list[str], pytestconfig):
    program, *rest = words
    assert program in KNOWN, f"{program} is no program that the documentation uses"
    if program == "archproof" and rest and not rest[0].startswith("-"):
        typer.main.get_command(app).commands[rest[0]].make_context(rest[0], rest[1:])
    elif program in ("pytest", "python") and "pytest" in words:
        for option in (word.partition("=")[0] for word in rest if word.startswith("--")):
            assert pytestconfig.getoption(option, default=KNOWN) is not KNOWN, f"pytest has no {option}"
    elif program == "tox" and "-e" in rest:
        text = (ROOT / "tox.ini").read_text(encoding="utf-8")
        for name in rest[rest.index("-e") + 1].split(","):
            assert name.startswith("py3") or f"[testenv:{name}]" in text
    elif program == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
        asked = re.findall(r"\.\[([\w,]+)\]", " ".join(rest))
        assert set(",".join(asked).split(",")) - {""} <= set(extras)


def _check_block(block: Block, pytestconfig):
    if block.language == "python":
        ast.parse(block.text)
    elif block.language == "pycon":
        assert doctest.DocTestParser().get_examples(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "yaml":
        yaml.safe_load(block.text)
    elif block.language == "sh" or block.is_console:
        for words in (words for command in commands(block) for words in command.chained):
            _check_command(words, pytestconfig)
    else:
        assert block.language == "text"


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=_ids)
def test_every_block_is_what_it_says(page, pytestconfig):
    """Python, TOML and YAML can be parsed; every command exists, with its options; no other language is used."""
    for block in blocks(page):
        try:
            _check_block(block, pytestconfig)
        except Exception as error:
            raise AssertionError(f"{block}: {error}") from error


@pytest.mark.parametrize("page", OTHERS, ids=_ids)
def test_links_outside_the_site_lead_somewhere(page):
    """MkDocs checks those of the site."""
    text = re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))
    targets = [target.partition("#")[0] for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)]

    assert [] == [target for target in targets if target and not (page.parent / target).exists()]


# ---------------------------------------------------------------------------------------------------- what can be run
class Reader:
    """Somebody who types what a page shows, in a folder of its own.

    Args:
        folder: the folder.
        runs_consoles: whether commands that load torch are typed, too.
    """

    def __init__(self, folder: Path, runs_consoles: bool = True) -> None:
        self.folder = folder
        self.runs_consoles = runs_consoles
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.ran = 0

    def follow(self, page: Path) -> None:
        """Do what stands in the page, from its top to its end."""
        with contextlib.chdir(self.folder):
            for block in blocks(page):
                self.do(block)

    def do(self, block: Block) -> None:
        """Write, run or type one block."""
        self.ran += 1
        if block.title is not None:
            (self.folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, str(block), "exec"), self.names)
        elif block.language == "pycon":
            self._talk(block)
        elif block.is_console:
            self.type(str(block), commands(block))

    def _talk(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, block.page, block.page, block.line)
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        said: list[str] = []
        failed, _ = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append, clear_globs=False)
        self.names = test.globs
        assert 0 == failed, "".join(said)

    def type(self, where: str, typed: list[Command]) -> str:
        """Type commands into one shell and compare what they print; all of it is returned."""
        if not self.runs_consoles:
            typed = [command for command in typed if "--version" in command.words or "--solve" in command.words]
        script = [f"{each.line}\nstatus=$?; printf '\\n\\001%d\\n' $status; (exit $status)" for each in typed]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "GITHUB"))}
        env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}", "OMP_NUM_THREADS": "1"}
        shell = subprocess.run(["bash", "-c", "\n".join(script)], env=env, capture_output=True, text=True)
        printed = re.split(r"\n\x01\d+\n", shell.stdout)
        for command, found in zip(typed, printed, strict=False):
            line = differs(command.shown, found + shell.stderr)
            assert line is None, f"{where}: {command.line}\nshows: {line}\nprints:\n{found}{shell.stderr}"
        statuses = re.findall(r"\x01(\d+)", shell.stdout)
        for at, (command, status) in enumerate(zip(typed, statuses, strict=True)):
            is_told = at + 1 < len(typed) and typed[at + 1].line == "echo $?"
            usual = EXIT_STATUS.get(command.shown.partition(":")[0], 0)
            assert status == str(usual) or is_told, f"{where}: {command.line} exits with {status}\n{shell.stderr}"
        return shell.stdout


def _has_code(page):
    return any(block.language in ("python", "pycon") or block.is_console for block in blocks(page))


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in QUICK], ids=_ids)
def test_a_page_without_checks_is_true(page, tmp_path):
    """Its Python runs and its quick commands print what it shows."""
    reader = Reader(tmp_path, runs_consoles=False)
    reader.follow(page)

    assert reader.ran


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if _has_code(page)], ids=_ids)
def test_a_page_is_true(page, tmp_path):
    """Everything that it shows is done in its order, and prints what it shows."""
    reader = Reader(tmp_path)
    reader.follow(page)

    assert reader.ran


@pytest.mark.slow
def test_the_readme_is_true(tmp_path):
    """The first command of its Quick start but for the installation, then the rest."""
    readme = ROOT / "README.md"
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "mymodels.py").write_text("from arches import resnet50 as resnet50\n", encoding="utf-8")
    reader = Reader(tmp_path)
    script, shown = list(blocks(readme))[:2]
    with contextlib.chdir(tmp_path):
        (command,) = commands(script)
        typed = [Command(shlex.join(words), "") for words in command.chained if words[0] == "archproof"]
        printed = reader.type(str(script), typed)
    reader.follow(readme)

    assert "sh" == script.language
    assert differs(shown.text, printed) is None


# ---------------------------------------------------------------------------------------------------- what is made
@pytest.fixture
def generator(monkeypatch):
    """Imports a module of ``docs/_generate``, as MkDocs does."""
    monkeypatch.syspath_prepend(str(DOCS / "_generate"))
    yield importlib.import_module
    for path in (DOCS / "_generate").glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_the_catalogues_have_every_entry(generator):
    """Properties by name."""
    from properties import ALL

    pages = {page.path: page.text for page in generator("catalogues").catalogue_pages()}

    assert [] == [prop for prop in ALL if f"| `{prop.name}` | {prop.sentence}" not in pages["catalogue/properties.md"]]
    assert "# Rewrites\n" in pages["catalogue/rewrites.md"]


def test_every_rewrite_is_a_section(generator):
    """With what it does, its source and its evidence; what is conditional says on what."""
    from properties.graph.rules import GRAPH_RULES, RULES

    text = generator("rewrites").rewrites_page().text
    sections = dict(part.partition("\n")[::2] for part in re.split(r"(?m)^### ", text)[1:])

    for rule in (*RULES, *GRAPH_RULES):
        assert rule.name in sections
        identity = rule.source.partition(" (arXiv:")[0]
        found = [rule.rewrite.__doc__.strip().partition("\n")[0], identity, f"- evidence: {rule.evidence}\n"]
        found += [f"- ground: {rule.ground}\n", f"- conditions: {rule.requires}\n"]
        assert [] == [each for each in found if each not in text], rule.name
        assert getattr(rule, "condition", "") in sections[rule.name]


def test_rewrites_are_counted_by_ground(generator):
    """How many rules stand on each ground stands on top."""
    from properties.graph.rewriting.rule import GROUNDS
    from properties.graph.rules import GRAPH_RULES, RULES

    top = generator("rewrites").rewrites_page().text.partition("\n## ")[0]
    counts = {ground: [rule.ground for rule in (*RULES, *GRAPH_RULES)].count(ground) for ground in GROUNDS}

    assert [] == [ground for ground, count in counts.items() if f"| `{ground}` | {count} |" not in top]


def test_a_rewrite_that_is_not_shown_makes_no_page(generator):
    """The page is made of the tests' own files."""
    from properties.graph.rules import RULES

    def unshown(op, graph):
        """Do something."""

    unshown.__module__ = RULES[0].rewrite.__module__

    with pytest.raises(ValueError, match=r"has no case about rules\.unshown"):
        generator("rewrites").rewrites_page((replace(RULES[0], rewrite=unshown),))


def test_the_spellings_of_rewrites_are_those_that_the_tests_run(generator, tmp_path):
    """The page's blocks, run from its top to its end, compute what the first case of each rule computes."""
    import torch
    from graph.rules.cases import shown
    from support.pairs import SHAPE, Net

    from properties.graph.rules import GRAPH_RULES, RULES

    page = tmp_path / "rewrites.md"
    page.write_text(generator("rewrites").rewrites_page().text, encoding="utf-8")
    helpers, *spellings = blocks(page)
    reader = Reader(tmp_path)
    reader.do(helpers)
    convs = reader.names["convs"]

    def computed(net):
        torch.manual_seed(0)
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter)
        return net.eval()(torch.randn(SHAPE))

    titles = re.findall(r"(?m)^(##|###) (.+)$", page.read_text(encoding="utf-8"))
    waiting, family = [*RULES, *GRAPH_RULES], ""
    for level, title in titles:
        if level == "##":
            family = title.partition(": ")[2].replace(" ", "_")
            continue
        rule = next(each for each in waiting if each.name == title and each.rewrite.__module__.endswith(f".{family}"))
        waiting.remove(rule)
        block = spellings.pop(0)
        case = shown(rule)[0]
        reader.names.pop("members", None)
        reader.do(block)
        for part, net in zip(("one", "other", "near"), case.nets(), strict=True):
            written = reader.names[part]
            run, members = written if isinstance(written, tuple) else (written, reader.names.get("members", convs))
            assert torch.equal(computed(net), computed(Net(run, **members()))), f"{rule.name}: {part}"

    assert [] == waiting + spellings


def test_every_known_deviation_is_a_section(generator):
    """With its text, its link and how it is told."""
    from properties.oracle.known import KNOWN as DEVIATIONS

    page = generator("deviations").deviations_page()
    found = [
        f"### {each.slug}\n\n*{each.says}* ([where it was met]({each.link}))\n\nTold by: {each.fits.__doc__}\n"
        for each in DEVIATIONS
    ]

    assert "catalogue/deviations.md" == page.path
    assert [] == [section for section in found if section not in page.text]


def test_a_deviation_without_nets_makes_no_page(generator, monkeypatch):
    """The page says where they should stand."""
    from properties.oracle.known import KNOWN as DEVIATIONS

    deviations = generator("deviations")
    monkeypatch.setattr(deviations, "KNOWN", (replace(DEVIATIONS[0], slug="newcomer"),))

    with pytest.raises(ValueError, match=r"strides\.py has no trio about 'newcomer'"):
        deviations.deviations_page()


def test_the_nets_of_known_deviations_are_those_that_the_tests_run(generator, tmp_path):
    """The page's blocks, run from its top to its end, build what the trios build."""
    import torch
    from oracle.known.test_known import TRIOS

    trios = {trio.known.slug: trio for trio in TRIOS}
    page = tmp_path / "deviations.md"
    page.write_text(generator("deviations").deviations_page().text, encoding="utf-8")
    slugs = re.findall(r"(?m)^### (.+)$", page.read_text(encoding="utf-8"))
    helpers, *nets = blocks(page)
    reader = Reader(tmp_path)
    reader.do(helpers)

    assert sorted(trios) == sorted(slugs)
    for slug, block in zip(slugs, nets, strict=True):
        with torch.device("meta"):
            reader.do(block)
            built = {name: str(getattr(trios[slug], name)()) for name in ("right", "wrong")}
        assert built == {name: str(reader.names[name]) for name in built}, slug


def test_the_reference_has_every_option_and_name(generator):
    """Of the commands, and of what ``properties`` and ``arches`` export."""
    import arches
    import properties

    pages = {page.path: page.text for page in generator("reference").reference_pages()}
    options = [
        opt for each in typer.main.get_command(app).commands.values() for param in each.params for opt in param.opts
    ]

    assert [] == [opt for opt in options if opt.startswith("-") and f"`{opt}`" not in pages["reference/commands.md"]]
    assert [] == [name for name in properties.__all__ if f"## properties.{name}\n" not in pages["reference/python.md"]]
    assert [] == [spec for spec in arches.SPECS if f"arches.{spec.name}(" not in pages["reference/arches.md"]]
    assert "`--archproof-summary FILE`" in pages["reference/pytest.md"]


def test_a_docstring_becomes_markdown(generator):
    """Sections are lists of their entries, text that goes on stays with its entry, examples are fenced."""
    text = """Do it.

    Args:
        size: of it,
            in pixels.
        *more: more.

    Returns:
        It.

    >>> do()
    1
    """
    made = generator("pages").docstring(text)

    assert "- `size`: of it,\n  in pixels.\n- `*more`: more.\n" in made
    assert "**Returns**\n\n\nIt.\n" in made
    assert made.endswith("```pycon\n>>> do()\n1\n```")


@pytest.mark.slow
def test_every_paper_has_a_page_with_its_table_and_sizes(generator):
    """Nets, figures, the deviations of the docstring, and the way of an image."""
    import arches

    index, *pages = generator("architectures").architecture_pages()
    whole = "\n".join(page.text for page in pages)
    resnet = next(page.text for page in pages if page.path == "architectures/resnet.md")

    assert [] == [spec for spec in arches.SPECS if f"| [`{spec.name}`](" not in index.text]
    assert [] == [spec for spec in arches.SPECS if f"| `{spec.name}` | {int(spec.num_params.value):,} |" not in whole]
    assert "    101:    (3,       4,       23,      3)," in resnet
    assert "| `layer4` | 2048x7x7 |" in resnet
    assert [True] == ["64x112x112" in page.text for page in pages if page.path == "architectures/resnet18.svg"]
    assert "floor((224 - 7 + 2*3)/2) + 1 = 112" in resnet
    assert "https://github.com/pytorch/vision/issues/191" in resnet


# ----------------------------------------------------------------------------------------------------- what is shipped
def test_every_page_is_in_the_navigation():
    """By its own path; MkDocs finds those that lead nowhere."""
    listed = set(re.findall(r"[\w/-]+\.md", str(_config()["nav"])))

    assert {str(page.relative_to(DOCS)) for page in PAGES} == listed


def test_the_citation_has_what_the_format_requires():
    """The fields of CFF 1.2.0, and the project's own title and licence; the version has its one place elsewhere."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert (project["license"], project["name"]) == (citation["license"], citation["title"].partition(":")[0])
    assert "version" not in citation


@pytest.mark.parametrize(
    ("shown", "printed", "first"),
    [
        ("a  b\n...\nd\n", "a b\nc\nd\n", None),
        ("took 4.2 s", "took       3.1 s", None),
        ("in 3 places  output 28 % off", "in 3 places output 9 % off", None),
        ("in 3 places", "in 4 places", "in 3 places"),
        ("deviates: ...as expected", "deviates: a, 1 deviation; as expected", None),
        ("a\nb", "b\na", "b"),
        ("identical", "identical: x", "identical"),
    ],
)
def test_shown_output_is_compared_in_order(shown, printed, first):
    """Dots stand for anything, a line that is missing or out of order does not pass."""
    assert first == differs(shown, printed)
