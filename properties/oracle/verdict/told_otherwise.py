"""What a net asks beside sizes, answered otherwise: surroundings, the content of tensors, and what it kept from before.

A network may ask whether gradients are on or how its image lies in memory, look at numbers, or count its passes. Each
such question is answered the other way for both nets, and the graphs are compared again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from properties.errors import CandidateError
from properties.graph.question import AS_IT_IS, Asked, Kept, Question, Under
from properties.oracle.structure.structure import Structure
from properties.oracle.verdict.acts import is_act, random_state_set, unproved
from properties.report import Deviation

__all__ = ["ToldOtherwise"]

# Where another answer than that of this moment is an ordinary use of a network. What is asked besides (whether it is
# traced, compiled, or cast automatically) decides how the same thing is computed, and is told in a note.
_ORDINARY = (
    "torch.is_grad_enabled()",
    "torch.is_inference_mode_enabled()",
    "torch.are_deterministic_algorithms_enabled()",
    "torch.get_num_threads()",
    "torch.initial_seed()",
    "torch.cuda.is_available()",
    "Tensor.",
    "time.",
)
_MOST = 12  # answers of one kind that are tried in one mode


class ToldOtherwise:
    """A look at both nets under other answers, for two nets whose graphs agree.

    Args:
        structure: the two nets and their graphs.
    """

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.notes: list[str] = []
        self.undecided: list[str] = []

    def deviations(self) -> list[Deviation]:
        """The first that is found; none if the candidate does what the reference does under every answer."""
        for mode in self.structure.scope.modes:
            captured = self.structure.captures[mode, self.structure.home]
            asked = captured.reference.asked or Asked(), captured.candidate.asked or Asked()
            if acts := random_state_set(captured):
                return acts
            self.undecided += unproved(captured)
            for look in (self._queries, self._contents, self._kept):
                found = next((found for found in look(mode, *asked) if found), [])
                if found:
                    return found
        return []

    def _queries(self, mode: str, ours: Asked, theirs: Asked) -> Iterator[list[Deviation]]:
        """Questions about the surroundings, and about anything of a tensor but its size."""
        asked = {query.name: query for query in (*ours.queries, *theirs.queries) if not is_act(query)}
        for name, query in list(asked.items())[:_MOST]:
            under = Under(turned=(name,))
            found = self._differences(mode, (under, under), f"where {name} answers otherwise, {query}")
            if found and not name.startswith(_ORDINARY):
                self.notes.append(f"{query} asks {name}: what it does under the other answer differs")
                continue
            yield found

    def _contents(self, mode: str, ours: Asked, theirs: Asked) -> Iterator[list[Deviation]]:
        """Questions about the content of tensors: told no so far, or yes where no is an error."""
        first, second = _contents_of(ours), _contents_of(theirs)
        if {each.where for each in first.values()} != {each.where for each in second.values()}:
            where = next(iter({**second, **first}.values()))
            self.undecided.append(f"what the code does next depends on numbers, and on which was not compared: {where}")
        for name, question in list({**first, **second}.items())[:_MOST]:
            unders = _turned(first, name), _turned(second, name)
            says = "does not hold" if question.answer else "holds"
            yield self._differences(mode, unders, f"where {question} {says}")

    def _kept(self, mode: str, ours: Asked, theirs: Asked) -> Iterator[list[Deviation]]:
        """What earlier passes left behind: numbers are set to others, stores are told of."""
        stores = {each.name for each in theirs.kept if each.is_store} - {each.name for each in ours.kept}
        if stores:
            self.undecided.append(f"{', '.join(sorted(stores))} keeps what a pass leaves for later ones")
        numbers = {each.name: each for each in (*ours.kept, *theirs.kept) if each.value is not None}
        for name, kept in numbers.items():
            for value in _values(kept):
                under = Under(state={name: value})
                first, second = (under if _keeps(side, name) else AS_IT_IS for side in (ours, theirs))
                said = f"where {name}, which is kept from pass to pass, is {value:g}"
                yield self._differences(mode, (first, second), said)

    def _differences(self, mode: str, unders: tuple[Under, Under], where: str) -> list[Deviation]:
        if self._runs_the_same(mode, *unders):
            return []
        try:
            found = self.structure.differences_under(mode, *unders)
        except CandidateError as error:
            self.notes.append(f"{where}: {error}")
            return []
        return [replace(each, kind="domain", message=f"{each.message}; {where}") for each in found]

    def _runs_the_same(self, mode: str, ours: Under, theirs: Under) -> bool:
        """Whether both nets run the same operators, reading the same, as they do when nothing is told otherwise."""
        reference, candidate = self.structure.reference, self.structure.candidate
        captured = self.structure.captures[mode, self.structure.home]
        own = candidate.with_own_channels(captured.size)
        pairs = (
            (reference.ask(mode, captured.size, ours), captured.reference.asked),
            (candidate.ask(mode, own, theirs), captured.candidate.asked),
        )
        return all(before is not None and now.calls == before.calls for now, before in pairs)


def _keeps(asked: Asked, name: str) -> bool:
    return any(each.name == name for each in asked.kept)


def _contents_of(asked: Asked) -> dict[str, Question]:
    return {question.name: question for question in asked.questions if question.operator == "content"}


def _turned(contents: dict[str, Question], name: str) -> Under:
    """What was told before, with one answer turned; nothing is turned where the net does not ask it."""
    holding = {each for each, question in contents.items() if question.answer}
    return Under(holding=tuple(sorted(holding ^ ({name} & set(contents)))))


def _values(kept: Kept) -> list[float]:
    """Numbers around those that the module's code compares it with, perhaps."""
    near = (value + step for value in kept.constants for step in (0, 1) if abs(value) > 1)
    whole = kept.value is None or float(kept.value).is_integer()
    found = dict.fromkeys(value for value in near if value != kept.value and (not whole or float(value).is_integer()))
    return list(found)[:_MOST]
