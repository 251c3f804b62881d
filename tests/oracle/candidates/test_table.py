"""The table of candidates in pyproject.toml: what is read, and what is said about a mistake in it."""

import pytest

from properties.errors import TargetError
from properties.oracle.candidates.expected import Expected
from properties.oracle.candidates.table import Candidate, find_table, read_table

FULL = """
[tool.archproof.candidates]
"mypkg.models:resnet50" = "resnet50"

[tool.archproof.candidates.small]
target = "mypkg.models:resnet50"
keywords = { num_classes = 10, name = "a\\"b" }
reference = "resnet50(num_classes=10)"
input = [3, 64, 64]
profile = "thorough"
seed = 3
strict-init = true
timeout = 60
memory = 1.5
expected-failures = "expected.toml"
"""
EXPECTED = '[[expected]]\nname = "image_is_left_untouched"\nreason = "in place"\nlink = "https://example.org"\n'


@pytest.fixture
def table(tmp_path):
    """Write a pyproject.toml and read its table."""

    def table(text):
        (tmp_path / "pyproject.toml").write_text(text)
        return read_table(tmp_path / "pyproject.toml")

    return table


def entry(text):
    """A table with one entry ``net`` and one that is right, which is read whatever stands before it."""
    return f'[tool.archproof.candidates]\n"m:right" = "alexnet"\n{text}\n'


def test_the_simple_case_is_one_line(table):
    """A target and its reference; all else is as the command has it."""
    found = table('[tool.archproof.candidates]\n"mypkg.models:resnet50" = "resnet50"\n')

    assert (Candidate("mypkg.models:resnet50", "mypkg.models:resnet50", "resnet50"),) == found.candidates
    assert () == found.mistakes


def test_everything_can_be_said(table, tmp_path):
    """Every key reaches its field; keywords become part of the target, as they are typed on the command line."""
    (tmp_path / "expected.toml").write_text(EXPECTED)
    found = table(FULL)

    assert () == found.mistakes
    assert found.candidates[1] == Candidate(
        name="small",
        target="mypkg.models:resnet50(num_classes=10, name='a\"b')",
        reference="resnet50(num_classes=10)",
        input_shape=(3, 64, 64),
        profile="thorough",
        seed=3,
        strict_init=True,
        timeout=60.0,
        memory=1.5,
        expected=(Expected("image_is_left_untouched", "in place", "https://example.org"),),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('"m:net" = 3', "must be a reference or a table"),
        ('"m:net" = {}', "has no reference"),
        ('"m:net" = { reference = "" }', "reference must be a text that is not empty"),
        ('"m:net" = { reference = "alexnet", inputs = [3] }', "has the key 'inputs'; did you mean input?"),
        ('"m:net" = { reference = "alexnet", input = [3, 0] }', "list of positive numbers, as in [3, 224, 224]"),
        ('"m:net" = { reference = "alexnet", input = "3,9,9" }', "list of positive numbers"),
        ('"m:net" = { reference = "alexnet", profile = "fast" }', "one of quick, default, thorough, got 'fast'"),
        ('"m:net" = { reference = "alexnet", seed = true }', "seed must be a whole number"),
        ('"m:net" = { reference = "alexnet", timeout = 0 }', "timeout must be a number, 0.1 or more"),
        ('"m:net" = { reference = "alexnet", strict-init = 1 }', "strict-init must be true or false"),
        ('"m:net" = { reference = "alexnet", keywords = [1] }', "keywords must be a table of keyword arguments"),
        ('"m:net(a=1)" = { reference = "alexnet", keywords = { b = 1 } }', "keywords must be given once"),
        ('"m:net" = { reference = "alexnet", expected-failures = "no.toml" }', "no.toml cannot be read"),
        ('"m:net" = { reference = "alexnet", keywords = { day = 2020-01-01 } }', "the keywords must be literals"),
        ('"m:net" = "alexnet(1)"', "only keywords can be given, as in alexnet(num_classes=10)"),
        ('"models.py:net" = "alexnet"', "there is no file models.py"),
        ('"m:" = "alexnet"', "is not a target"),
        ('[tool.archproof.candidates.m.sub]\nreference = "alexnet"', "a name with dots needs quotes"),
        ('" m:right " = "vgg16"', "another entry has the same name"),
    ],
)
def test_a_mistake_is_one_line_and_costs_no_other_entry(table, text, complaint):
    """The line names the table and the entry; the other candidate is read."""
    found = table(entry(text))
    (mistake,) = found.mistakes

    assert ["m:right"] == [candidate.name for candidate in found.candidates]
    assert mistake.why.startswith("pyproject.toml, [tool.archproof.candidates], '")
    assert complaint in mistake.why
    assert "\n" not in mistake.why


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[tool.archproof.candidates]", "has no entries"),
        ("[tool.archproof]", "has no entries"),
        ('[tool.archproof]\ncandidates = ["m:net"]', "must be a table of targets and references"),
        ('[tool.archproof]\ncandidate = "m:net"', "may hold candidates alone, got 'candidate'"),
        ("[tool]\narchproof = 1", "may hold candidates alone, got 1"),
        ("[project]", "has no [tool.archproof.candidates]"),
    ],
)
def test_a_table_that_is_none_is_a_mistake(table, text, complaint):
    """It has no candidates, and one line that shows how an entry is written."""
    found = table(text)
    (mistake,) = found.mistakes

    assert () == found.candidates
    assert complaint in mistake.why
    assert '"package.module:factory" = "resnet50"' in mistake.why


def test_what_is_no_toml_is_an_error(table):
    """Two entries of one key are, by TOML's own rule."""
    with pytest.raises(TargetError, match=r"pyproject.toml is not TOML: .*line 3"):
        table('[tool.archproof.candidates]\n"m:net" = "alexnet"\n"m:net" = "vgg16"\n')


def test_the_nearest_table_is_found(tmp_path):
    """A pyproject.toml without one is passed by; above all of them there is nothing."""
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(entry(""))
    (tmp_path / "inner" / "pyproject.toml").write_text("[project]\n")

    assert tmp_path / "pyproject.toml" == find_table(inner)
    (tmp_path / "pyproject.toml").unlink()
    assert find_table(inner) is None
