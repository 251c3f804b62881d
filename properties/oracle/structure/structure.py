"""The structural half of a check: both nets' graphs in both modes at two sizes, in normal form, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import prod

from properties.graph.alignment.align import Correspondence, isomorphism
from properties.graph.ir import OpGraph, Shape
from properties.graph.joint import join
from properties.graph.kinds import STRIDED
from properties.graph.question import Under
from properties.graph.rewriting.params import are_apart
from properties.graph.rewriting.rule import AnyRule, GraphRule, Rule
from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.rules.canonical import EXACT, Spot, canonicalise
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import explain
from properties.oracle.parties.party import Party
from properties.oracle.parties.scope import Scope
from properties.oracle.parties.sizes import second_size, why_rejected
from properties.oracle.structure.captured import Agreement, Captured
from properties.oracle.structure.questions import Questions
from properties.oracle.structure.unread import idle, is_left_over, unread
from properties.oracle.structure.unsaved import unsaved, written
from properties.report import Deviation, Place
from properties.report.words import by
from properties.request import Request

__all__ = ["Structure", "compare_loosely", "only_at", "rejects"]

_NO_EFFECT = ("ReLU of a ReLU", "ReLU of what is not negative")  # the rules that drop a ReLU
_SKIPPED = ("operator-missing", "operator-replaced", "wiring")


class Structure:
    """The graphs of two parties, captured when they are needed, kept and compared.

    Args:
        reference: one party.
        candidate: the other.
        shape: one input of the reference, without its batch axis.
        request: what was asked of the check.
        scope: where both can be run.
    """

    def __init__(
        self, reference: Party, candidate: Party, shape: Shape, request: Request, scope: Scope | None = None
    ) -> None:
        self.scope = scope or Scope()
        self.reference = reference
        self.candidate = candidate
        self.shape = shape
        self.request = request
        self.progress = request.progress
        self.spared: list[str] = []  # what was not captured because no net can tell it from what was
        self.reasons: dict[tuple[str, Shape], str] = {}  # why a size was captured, where a question called for it
        self.captures: dict[tuple[str, Shape], Captured] = {}
        self.comparisons: list[Comparison] = []
        self.told: list[Comparison] = []  # those that the deviations are about
        self.unread: list[Deviation] = []  # registered by one net alone, and read by nothing
        self.unsaved: list[Deviation] = []  # in the state_dict of one net alone
        self.rules: dict[str, None] = {}
        self.spots: dict[Spot, None] = {}  # where rules of real arithmetic were applied
        self.notes: list[str] = []
        self.key_map: dict[str, str] = {}
        self.agreement: Agreement | None = None
        self.rejected: tuple[str, str] | None = None  # in which mode the candidate rejects the second size, and why
        self.refused: tuple[Shape, str] | None = None  # a size that the candidate did not take, and why
        self._second: Shape | None = None
        self._one_to_one = True  # whether all captures so far agree on which tensor stands for which
        self._read: tuple[set[str], set[str]] = (set(), set())

    def first(self) -> list[Captured]:
        """Both modes at the size the reference is made for."""
        return [self._capture(mode, self.home) for mode in self.scope.modes]

    @property
    def home(self) -> Shape:
        """The size of the first captures, batch axis included."""
        return self.scope.input or (2, *self.shape)

    def second(self) -> list[Captured]:
        """Both modes at another size and with other batches; none if the candidate does not accept it."""
        size = self.second_size()
        if self.rejected is not None or self.scope.input is not None:
            return []
        found = [self._capture("eval", (1, *size))] if "eval" in self.scope.modes else []
        if "train" in self.scope.modes and not self._asks_nothing("train", (3, *size)):
            found.append(self._capture("train", (3, *size)))
        return found

    def _asks_nothing(self, mode: str, size: Shape) -> bool:
        """Whether capturing can be spared: in this mode neither net asks anything about its input.

        What follows from the size without other code, a pool as large as its image, shows in eval mode as well, and in
        the numbers of train mode, which are computed at yet another size.
        """
        if (mode, size) in self.captures or self.request.profile.captures_all:
            return False
        home = self._capture(mode, self.home)
        asked = [graph.asked for graph in (home.reference, home.candidate)]
        if not all(each is not None and not each.questions for each in asked):
            return False
        said = f"{mode} at {size}: the same operators, since neither net asks for the size of anything"
        if said not in self.spared:
            self.spared.append(said)
        return True

    def questions(self, mode: str) -> Questions:
        """What both nets ask about their input in a mode, with the answers at the sizes that were captured."""
        profile = self.request.profile
        found = Questions(self.reference, self.candidate, mode, self.home, passes=profile.passes, tries=profile.tries)
        for captured in self.captures.values():
            if captured.mode == mode:
                found.add(captured.size, captured.reference.asked, captured.candidate.asked)
        return found

    def second_size(self) -> Shape:
        """An odd and non-square size, without its batch axis; the first one again for a net of one size."""
        if self.scope.input is not None:
            return self.shape
        if self._second is None:
            size = second_size(self.reference, self.shape, *self._strides())
            if size is None:
                self.notes.append(f"the reference accepts no size near {self.shape} but that one")
            self._second = size or self.shape
            self.rejected = why_rejected(self.candidate, self.candidate.with_own_channels((1, *self._second))[1:])
        return self._second

    def _strides(self) -> tuple[int, int]:
        """The product of all strides of the reference, each once; and how much coarser than its image a map is."""
        captured = self.captures.get(("eval", self.home))
        ops = () if captured is None else captured.reference.ops
        strided = [op for op in ops if op.kind in STRIDED]
        coarsest = [self.shape[-1] // op.shape[-1] for op in strided if len(self.shape) > 1 and op.shape[-1] > 1]
        return prod({side for op in strided for side in op.attributes["stride"] if side > 0}), max(coarsest, default=1)

    def deviations(self) -> list[Deviation]:
        """What differs in normal forms of tier A: nothing, or the deviations in data-flow order."""
        first = self.first()
        self.comparisons = [self._compare(captured) for captured in first]
        self.notes += idle([one.reference for one in first], [one.candidate for one in first])
        self.unread = unread(self.reference.params, self.candidate.params, self._read)
        found = self._with_unread(self._explained())
        moving = written([one.reference for one in self.comparisons])
        self.unsaved, fixed = unsaved(self.key_map, self.reference.params, self.candidate.params, moving)
        self.notes += fixed
        found += self.unsaved
        return found or self._at_the_second_size() or self._jointly()

    def _explained(self) -> list[Deviation]:
        """The deviations in the normal forms that need fewest.

        Those of tier A; of tier B where another way of storing weights is part of them; with every ReLU kept where one
        has an effect in one net alone, because of what differs before it; and without the rules of real arithmetic,
        where one net's formula has a name and the other's, which is off by a setting, has none.
        """
        self.told = self.comparisons
        alone = len(self.scope.modes) == 1
        found = explain(self.comparisons, has_one_mode=alone)
        forms = [compare_loosely] if found else []
        forms += [_compare_with_every_relu] if found and {*_NO_EFFECT} & {*self.rules} else []
        forms += [_compare_exactly] if len(found) > 1 and self.spots else []
        for compare in forms:
            other = [compare(captured) for captured in self.first()]
            fewer = explain(other, has_one_mode=alone)
            if 0 < len(fewer) < len(found):
                self.told, found = other, fewer
        return list(found)

    def _with_unread(self, found: list[Deviation]) -> list[Deviation]:
        """What is registered and never read is one mistake with the layer that should read it, where one is missing."""
        stands_for = Counter(self.key_map.values())
        paired = {key for key, other in self.key_map.items() if stands_for[other] == 1}
        read = [param for param in self.reference.params if param.key in self._read[0]]
        for deviation in self.unread:
            at = next((i for i, one in enumerate(found) if one.kind in _SKIPPED or one.attribute == "shared"), None)
            if at is None or not is_left_over(deviation, read, self.candidate.params, paired):
                found.append(deviation)
                continue
            found[at] = replace(found[at], message=f"{found[at].message}; {deviation.message}")
        return found

    def differences_at(self, mode: str, size: Shape) -> tuple[Deviation, ...]:
        """What differs in one mode at a size of the caller's choice, batch axis included."""
        captured = self._capture(mode, size)
        found = explain([self._compare(captured)])
        if found and all(self.accepts(other, size) for other in self.scope.modes):
            found = explain([self._compare(self._capture(other, size)) for other in self.scope.modes])
        if not found or not any(comparison.edits for comparison in self.comparisons):
            return found
        everywhere = [*self.first(), *self.second(), captured]  # a weight map was needed before: it may serve here too
        return found if self.agrees("B", everywhere) is None else ()

    @property
    def compared(self) -> tuple[str, ...]:
        """Where the graphs were compared, and why there, one line each."""
        captured = [f"{each}{self.reasons.get(at, '')}" for at, each in self.captures.items()]
        return (*captured, *self.spared)

    def differences_under(self, mode: str, ours: Under, theirs: Under) -> tuple[Deviation, ...]:
        """What differs at the first size where the nets are told otherwise, if anything does in this mode."""
        found = explain([self._compare(self._capture_under(mode, ours, theirs))])
        return (
            explain([self._compare(self._capture_under(each, ours, theirs)) for each in self.scope.modes])
            if found
            else ()
        )

    def _capture_under(self, mode: str, ours: Under, theirs: Under) -> Captured:
        size = self.home
        self.candidate.expect("capture", mode, size, theirs)
        reference = self.reference.capture(mode, size, ours)
        return Captured(
            mode, size, reference, self.candidate.capture(mode, self.candidate.with_own_channels(size), theirs)
        )

    def accepts(self, mode: str, size: Shape) -> bool:
        """Whether both nets accept a size, batch axis included."""
        theirs = self.candidate.with_own_channels(size)
        return self.reference.accepts(size, mode) is True and self.candidate.accepts(theirs, mode) is True

    def agrees(
        self, tier: str, captures: Sequence[Captured], rules: Sequence[AnyRule] | None = None
    ) -> Agreement | None:
        """The proof that the captures have one normal form of a tier, by these rules or by all, or None."""
        normal = []
        for captured in captures:
            both = [canonicalise(graph, tier, rules=rules) for graph in (captured.reference, captured.candidate)]
            if isomorphism(both[0].graph, both[1].graph) is None:
                return None
            normal.append((both[0], both[1]))
        joint = join([ours.graph for ours, _ in normal]), join([theirs.graph for _, theirs in normal])
        if not all(are_apart(graph.ops) for graph in joint):  # one tensor under two names could stand for two
            return None
        found = isomorphism(*joint)
        return None if found is None else Agreement(tuple(normal), joint, found)

    def _capture(self, mode: str, size: Shape) -> Captured:
        if (mode, size) not in self.captures:
            self.progress(f"tracing in {mode} mode at {by(size)}")
            self.candidate.expect("capture", mode, size)
            ours = self.reference.capture(mode, size)
            theirs = self.candidate.capture(mode, self.candidate.with_own_channels(size))
            self.captures[mode, size] = Captured(mode, size, ours, theirs)
            self.notes += [*ours.notes, *theirs.notes]
        return self.captures[mode, size]

    def _compare(self, captured: Captured) -> Comparison:
        ours, theirs = canonicalise(captured.reference), canonicalise(captured.candidate)
        for normal, read in zip((ours, theirs), self._read, strict=True):
            self.rules.update(dict.fromkeys(normal.rules))
            self.spots.update(dict.fromkeys(normal.spots))
            read |= normal.graph.used_params
        self.progress(f"aligning {len(ours.graph)} with {len(theirs.graph)} operators")
        comparison = Comparison.of(captured.mode, ours.graph, theirs.graph)
        for key, other in _keys(ours.graph, theirs.graph, comparison.found).items():
            self._one_to_one &= self.key_map.setdefault(key, other) == other
        return comparison

    def _at_the_second_size(self) -> list[Deviation]:
        """Code that depends on the size shows itself where that is odd and not square."""
        captures = self.second()
        if self.rejected is not None:
            mode, why = self.rejected
            if self.refused is not None:  # it takes one size only, and that it rejects others is known
                return [rejects(*self.refused)]
            return [rejects(self.second_size(), why, mode)]
        comparisons = [self._compare(captured) for captured in captures]
        size = self.second_size()
        return [only_at(each, (1, *size) if each.mode == "eval" else size) for each in explain(comparisons)]

    def _jointly(self) -> list[Deviation]:
        """One correspondence of tensors for all captures, where each alone was free to choose its own."""
        if self._one_to_one:
            return []
        self.agreement = self.agrees("A", [*self.first(), *self.second()])
        if self.agreement is not None:
            self.key_map = dict(self.agreement.found.tensors)
            return []
        message = "the same tensors serve other layers in one mode or size than in another"
        place = Place("(output)", "(output)")
        return [Deviation("parameter", "both", place, message, "shared", count=1, places=(place,))]


def rejects(size: Shape, why: bool | str, mode: str = "eval", *, reference: bool | str = True) -> Deviation:
    """The candidate does not accept a size that it should, or accepts one that it should not.

    Args:
        size: of the input.
        why: True, or what the candidate raises.
        mode: in which it was tried.
        reference: True, or what the reference raises.
    """
    given = f"an input of {by(size)} is"
    where = "" if mode == "eval" else f" in {mode} mode"
    message = f"{given} rejected{where} ({why}), but should be accepted"
    values = "accepted", "rejected"
    if why is True:
        message, values = f"{given} accepted{where}, but should be rejected ({reference})", ("rejected", "accepted")
    return Deviation("domain", mode, Place("(input)", "(input)"), message, "size", *values)


def compare_loosely(captured: Captured) -> Comparison:
    """Two nets in normal forms of tier B, where another way of storing weights is no difference."""
    ours, theirs = (canonicalise(graph, "B").graph for graph in (captured.reference, captured.candidate))
    return Comparison.of(captured.mode, ours, theirs)


def _compare_with_every_relu(captured: Captured) -> Comparison:
    """Two nets in normal forms of tier A in which a ReLU without effect stays where it is."""
    rules: list[Rule | GraphRule] = [*(rule for rule in RULES if rule.name not in _NO_EFFECT), *GRAPH_RULES]
    ours, theirs = (canonicalise(graph, rules=rules).graph for graph in (captured.reference, captured.candidate))
    return Comparison.of(captured.mode, ours, theirs)


def _compare_exactly(captured: Captured) -> Comparison:
    """Two nets in normal forms of tier A, formulas as they are written out."""
    ours, theirs = (canonicalise(graph, rules=EXACT).graph for graph in (captured.reference, captured.candidate))
    return Comparison.of(captured.mode, ours, theirs)


def only_at(deviation: Deviation, size: Shape) -> Deviation:
    """The same deviation, as one that shows at this size and not where the nets were compared first."""
    return replace(deviation, kind="domain", message=f"{deviation.message}; at {by(size)} only")


def _keys(reference: OpGraph, candidate: OpGraph, found: Correspondence) -> dict[str, str]:
    """Tensors of paired operators with equal sizes."""
    if found.exact:
        return dict(found.tensors)
    keys: dict[str, str] = {}
    for a, b in found.pairs.items():
        left, right = reference.ops[a].params, candidate.ops[b].params
        keys.update({left[r].key: right[r].key for r in left.keys() & right.keys() if left[r].shape == right[r].shape})
    return keys
