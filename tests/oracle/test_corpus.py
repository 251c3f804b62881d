"""The oracle on the corpus: mistakes are caught, located and told as one; the same net is never blamed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from corpus import everything
from corpus.case import Mutant, Rewrite
from corpus.pending import PENDING
from corpus.score import of_mutant, of_rewrite

QUICK = frozenset(
    {
        "cifar 3x3",
        "cifar ReLU extra",
        "vgg dropout rate",
        "alexnet narrow classifier",
        "preact no last ReLU",
        "vgg flattened the other way",
        "cifar in a loop",
        "cifar as one Sequential",
        "vgg flattened by view",
        "vgg in blocks, pools before ReLUs",
    }
)
STRIDE = 6  # the whole corpus takes a quarter of an hour, which tox -e wide has
HEAVY = frozenset({"vgg13 against vgg16"})  # 2 GiB of weights; resnet34 against resnet18 is told in the same way
LIGHT = frozenset({"resnet34 against resnet18"})
CASES = (*everything.MUTANTS, *everything.VARIANTS, *everything.REWRITES, *everything.BENIGN)


def _params(cases: Iterable[Mutant | Rewrite]) -> list[object]:
    """The quick cases; every sixth of the others, slow; the rest, wide. Pending ones are expected to fail."""
    found = []
    for number, case in enumerate(cases):
        is_wide = case.name in HEAVY or (number % STRIDE and case.name not in LIGHT)
        marks = [] if case.name in QUICK else [pytest.mark.wide if is_wide else pytest.mark.slow]
        if case.name in PENDING:
            marks.append(pytest.mark.xfail(reason=PENDING[case.name], strict=True))
        found.append(pytest.param(case, id=str(case), marks=marks))
    return found


@pytest.mark.parametrize("case", _params((*everything.MUTANTS, *everything.VARIANTS)))
def test_a_mistake_is_caught_located_and_told_as_one(case):
    """The verdict is against the candidate, with one deviation, at the mutated layer, in the mode in which it shows."""
    score = of_mutant(case)

    assert not score.wrong, "\n".join(score.said)


@pytest.mark.parametrize("case", _params((*everything.REWRITES, *everything.BENIGN)))
def test_the_same_net_is_not_blamed(case):
    """However it is written, the candidate passes."""
    score = of_rewrite(case)

    assert not score.wrong, "\n".join(score.said)


def _named(name: str) -> Mutant | Rewrite:
    return next(case for case in CASES if case.name == name)


def test_a_mistake_that_is_none_scores_nothing():
    """A mutant that is the original, or stands elsewhere than it says, is not counted as found."""
    case = _named("cifar 3x3")

    assert ("caught", "located", "one", "mode") == of_mutant(replace(case, candidate=case.original.build)).wrong
    assert ("located",) == of_mutant(replace(case, where=("conv1",))).wrong
    assert ("mode",) == of_mutant(replace(case, mode="train")).wrong
    assert ("named",) == of_mutant(replace(case, known_as="cifar10_net")).wrong


def test_a_rewrite_that_is_none_is_blamed():
    """A net with a mistake, or one that cannot be built, does not pass for a rewrite."""
    mistake, same = _named("cifar 3x3"), _named("cifar in a loop")

    assert ("blamed",) == of_rewrite(replace(same, candidate=mistake.candidate)).wrong
    assert "error" == of_rewrite(replace(same, candidate=lambda: None)).verdict


def test_cases_have_names_of_their_own():
    """So that a score, a pending reason and a quick case mean one case."""
    names = [case.name for case in CASES]

    assert len(set(names)) == len(names)
    assert set(names) >= QUICK | HEAVY | LIGHT | set(PENDING)


def test_the_corpus_is_as_large_as_promised():
    """120 mistakes, 60 rewrites; and no mistake is expected anywhere."""
    assert len(everything.MUTANTS) >= 120
    assert len(everything.REWRITES) >= 60
    assert all(case.where for case in everything.MUTANTS)
