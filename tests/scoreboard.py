"""The tester tested: ``python tests/scoreboard.py`` holds every case of the corpus against its original and counts."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.pending import PENDING
from corpus.score import Score

__all__ = ["main"]

KINDS = ("mutants", "variants", "rewrites", "benign", "hostile")
_PROMISED = ("identical", "equivalent")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the scoreboard; 0 if every case went as it should or is known not to."""
    parser = argparse.ArgumentParser(prog="scoreboard", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side (default: 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every score there as well")
    parser.add_argument("--profile", default="default", help="of every check: quick, default or thorough")
    parser.add_argument("--only", choices=KINDS, help="only cases of this kind")
    parser.add_argument("-k", default="", metavar="SUBSTRING", help="only cases whose name contains it")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    scores = _scores(options.jobs, options.profile, options.k, (options.only,) if options.only else KINDS)
    lines = [*_table(scores), *_misses(scores), f"{time.perf_counter() - began:.0f} s"]
    sys.stdout.write("\n".join(lines) + "\n")
    if options.json:
        everything = {kind: [asdict(score) for score in found] for kind, found in scores.items()}
        options.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    unexpected = [score for found in scores.values() for score in found if score.wrong and score.name not in PENDING]
    return 1 if unexpected else 0


def _scores(jobs: int, profile: str, substring: str, kinds: Sequence[str]) -> dict[str, list[Score]]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, jobs), mp_context=context, initializer=_quietly) as pool:
        names = pool.submit(_names, substring, kinds).result()
        waiting = {kind: [pool.submit(_score, kind, index, profile) for index in names.get(kind, ())] for kind in KINDS}
        return {kind: [future.result() for future in futures] for kind, futures in waiting.items()}


def _quietly() -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


def _cases(kind: str) -> Sequence[Any]:
    """Imported by the processes alone: the nets need torch, and cases do not travel."""
    import hostile
    from corpus import everything

    cases: Sequence[Any] = hostile.CASES if kind == "hostile" else getattr(everything, kind.upper())
    return cases


def _name(case: Any) -> str:
    return str(getattr(case, "name", None) or case.target)


def _names(substring: str, kinds: Sequence[str]) -> dict[str, list[int]]:
    return {kind: [i for i, case in enumerate(_cases(kind)) if substring in _name(case)] for kind in kinds}


def _score(kind: str, index: int, profile: str) -> Score:
    from corpus import score

    case = _cases(kind)[index]
    if kind == "hostile":
        return score.of_hostile(case)
    return (score.of_mutant if kind in ("mutants", "variants") else score.of_rewrite)(case, profile)


def _table(scores: dict[str, list[Score]]) -> Iterator[str]:
    """One line for each figure."""
    mutants, rewrites = scores["mutants"], scores["rewrites"]
    for what, said in (("caught", "caught"), ("located", "located"), ("one", "one deviation"), ("mode", "right mode")):
        yield _line(f"mutants {said}", sum(what not in score.wrong for score in mutants), len(mutants))
    yield _line(
        "variants named", sum("named" not in score.wrong for score in scores["variants"]), len(scores["variants"])
    )
    for verdict, number in sorted(Counter(_outcome(score) for score in rewrites).items()):
        yield _line(f"rewrites {verdict}", number, len(rewrites))
    proven = sum(score.verdict in _PROMISED for score in rewrites)
    yield _line("rewrites identical or equivalent", proven, len(rewrites))
    for kind, said in (("benign", "benign not blamed"), ("hostile", "hostile judged rightly")):
        yield _line(said, sum(not score.wrong for score in scores[kind]), len(scores[kind]))


def _outcome(score: Score) -> str:
    if score.wrong:
        return "not judged" if score.verdict == "error" else "blamed"
    return score.verdict


def _line(what: str, number: int, of: int) -> str:
    return f"{what:34} {number:4} of {of:4}  {number / of:7.1%}" if of else f"{what:34} none"


def _misses(scores: dict[str, list[Score]]) -> Iterator[str]:
    """What did not go as it should, with what the report said."""
    for kind, found in scores.items():
        for score in found:
            if score.wrong:
                known = f" (known: {PENDING[score.name]})" if score.name in PENDING else ""
                yield f"\n{kind}: {score.name}: {', '.join(score.wrong)}{known}"
                yield from (f"    {said[:300]}" for said in score.said[:4])
            elif score.name in PENDING:
                yield f"\n{kind}: {score.name}: right now, take it from the list of what is pending"


if __name__ == "__main__":
    sys.exit(main())
