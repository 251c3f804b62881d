"""From graphs and numbers to a verdict: what was proved, what was seen, and what neither can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from properties.graph.alignment.weight_map import weight_map
from properties.graph.kinds import GRADIENT_CUTS
from properties.graph.recipe import Recipe
from properties.oracle.evidence.compare import Evidence, compare, confirm
from properties.oracle.evidence.counterexample import smallest
from properties.oracle.evidence.culprit import layer_pairs, locate
from properties.oracle.evidence.differences import GRADIENT, LOADING
from properties.oracle.initialisation.fresh import starts
from properties.oracle.structure.captured import Agreement
from properties.oracle.structure.grounds import in_real_arithmetic
from properties.oracle.structure.structure import Structure
from properties.oracle.transplant.transplant import Transplant, transplant
from properties.oracle.trials.images import Images, images
from properties.oracle.trials.trial import VALUE, Draw
from properties.oracle.verdict.home_size import crossed, equal_at_home, raises_at_home
from properties.oracle.verdict.judgement import Judgement
from properties.oracle.verdict.numeric import deviations_of, in_words
from properties.oracle.verdict.other_sizes import Elsewhere
from properties.oracle.verdict.own_properties import alone
from properties.oracle.verdict.scope import draws_within
from properties.oracle.verdict.told_otherwise import ToldOtherwise
from properties.report import Deviation, Place, Result

__all__ = ["judge", "with_starts"]

# Random operators and cut gradients: numbers that agree say nothing of them.
_UNSEEN = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "rrelu", "bernoulli", "rand",
           *GRADIENT_CUTS)  # fmt: skip
_UNTOUCHED = "image_is_left_untouched"  # the property that a graph may tell as well


def judge(structure: Structure) -> Judgement:
    """Compare two nets.

    Args:
        structure: the two, their graphs, and what was asked.

    Raises:
        CandidateError: if the candidate raises where it must not.
    """
    return _Judge(structure).run()


def with_starts(found: Judgement, structure: Structure) -> Judgement:
    """A judgement, and where the fresh tensors differ: as deviations if that is asked for, else as notes."""
    graph, request = structure.comparisons[0].reference, structure.request
    different, reason = starts(structure.reference, structure.candidate, graph, found.key_map, request.seed)
    if not request.strict_init or not different:
        said = [f"initialisation: {deviation.message}" for deviation in different]
        return replace(found, notes=(*found.notes, *said, *([reason] if reason else [])))
    return replace(found, verdict="deviates", deviations=(*found.deviations, *different))


class _Judge:
    """The judging of one structure, from the strongest verdict to the weakest."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.reference = structure.reference
        self.candidate = structure.candidate
        self.profile = structure.request.profile
        self.seed = structure.request.seed
        self.progress = structure.request.progress

    def run(self) -> Judgement:
        deviations = self.structure.deviations()
        if not deviations:
            return self._proved("identical", tuple(self.structure.rules))
        certain = self.structure.unread or self.structure.unsaved
        agreement = None if certain else self._under_a_weight_map()
        if agreement is not None:
            return self._proved("equivalent", agreement.rules, agreement)
        return self._unproved(deviations)

    def _under_a_weight_map(self) -> Agreement | None:
        """The proof that weights can be moved over such that the nets are one, at both sizes."""
        captures = self.structure.first()
        if self.structure.agrees("B", captures) is None:
            return None
        captures += self.structure.second()
        return None if self.structure.rejected else self.structure.agrees("B", captures)

    # ------------------------------------------------------------------------------------------ one graph
    def _proved(self, verdict: str, rules: tuple[str, ...], agreement: Agreement | None = None) -> Judgement:
        """The graphs are one at both sizes: what they cannot show is looked for elsewhere and in numbers."""
        recipes = {} if agreement is None else weight_map(*agreement.joint, agreement.found)
        plain = {key: recipe.key for key, recipe in recipes.items() if recipe.is_stored}
        keys = self.structure.key_map if agreement is None else {key: other for other, key in plain.items()}
        recipes = {key: recipe for key, recipe in recipes.items() if key not in plain}
        moved = self._transplant(keys=keys, recipes=recipes)
        drawn = self._images()
        evidence = self._confirmed(moved, drawn)
        found = self._shown(moved, evidence)
        elsewhere = Elsewhere(self.structure, drawn.borders, moved, drawn.quick)
        told = ToldOtherwise(self.structure)
        if found:  # what the numbers show, a question may explain
            found = [replace(each, kind="behaviour") for each in told.deviations()] or found
        found = found or elsewhere.deviations() or told.deviations()
        undecided = (*elsewhere.undecided, *told.undecided)
        results: tuple[Result, ...] = ()
        if not found and self.profile.properties_if_proved:
            results, found = self._alone(drawn, one_graph=True)
        common = Judgement(
            verdict,
            tuple(found),
            rules,
            key_map=keys,
            weight_map={key: recipe.to_dict() for key, recipe in recipes.items()},
            numbers=in_words(evidence),
            notes=(*evidence.undecided, *evidence.aside, *elsewhere.notes, *told.notes),
            results=results,
        )
        if not found and undecided:
            return replace(common, verdict="undistinguished", notes=(*undecided, *common.notes))
        if not found:
            real = in_real_arithmetic(self.structure, "A" if agreement is None else "B")
            return replace(common, verdict="equivalent" if real else verdict, notes=(*real, *common.notes))
        if all(deviation.kind == "domain" for deviation in found):
            where = "; ".join(dict.fromkeys(deviation.message for deviation in found))
            return replace(
                common, verdict="conditional", domain=f"equal at {crossed(self.structure.shape[1:])}; {where}"
            )
        return replace(common, verdict="deviates", counterexample=self._counterexample(moved, evidence))

    def _shown(self, moved: Transplant, evidence: Evidence) -> list[Deviation]:
        """What the numbers alone show."""
        if not evidence.differences:
            return []
        everywhere = raises_at_home(self.structure, moved, evidence.differences)
        return deviations_of(evidence, self._culprit(moved, evidence), everywhere=everywhere)

    def _alone(self, drawn: Images, *, one_graph: bool) -> tuple[tuple[Result, ...], list[Deviation]]:
        self.progress("checking the candidate's own properties")
        return alone(
            self.reference,
            self.candidate,
            drawn.quick.shape,
            profile=self.profile.name,
            seed=self.seed,
            one_graph=one_graph,
        )

    def _culprit(self, moved: Transplant, evidence: Evidence) -> Place | None:
        """The layer at which two running nets part whose graphs are one."""
        first = evidence.differences[0]
        if first.channel == "domain" or first.tensor in ("raised", LOADING) or first.tensor.startswith(VALUE):
            return None
        self.progress("looking for the layer at which they part")
        comparison = self.structure.comparisons[0]
        pairs = layer_pairs(comparison.reference, comparison.candidate, comparison.pairs)
        culprit = locate(self.reference, self.candidate, moved, pairs, first.draw, channel=first.channel)
        if culprit is not None:
            return Place(culprit.reference, culprit.candidate)
        return _owner(first.tensor, moved)

    def _confirmed(self, moved: Transplant, drawn: Images) -> Evidence:
        if not self.profile.compares_all:
            self.progress("confirming by numbers")
            return confirm(self.reference, self.candidate, moved, drawn.quick)
        return self._in_all_channels(moved, drawn)

    # --------------------------------------------------------------------------------------- other graphs
    def _unproved(self, deviations: Sequence[Deviation]) -> Judgement:
        """The graphs differ: numbers say by how much, where, or that nothing is seen of it."""
        moved = self._transplant()
        drawn = self._images()
        if all(deviation.kind == "domain" for deviation in deviations):  # it shows at the second size, so look there
            drawn = replace(drawn, eval=(*drawn.eval, self._second(1)), train=(*drawn.train, self._second(3)))
        evidence = self._compared(moved, drawn)
        common = Judgement(
            "deviates",
            self._with_effect(deviations, evidence),
            tuple(self.structure.rules),
            key_map=self.structure.key_map,
            counterexample=self._counterexample(moved, evidence),
            numbers=in_words(evidence),
            notes=evidence.undecided,
        )
        if not moved.is_complete or self._unseen() or self.structure.unread or self.structure.unsaved:
            return common
        if not evidence.differences:
            return self._undistinguished(common, evidence, drawn) if evidence.agrees else common
        here = equal_at_home(self.structure, moved, evidence, seed=self.seed)
        return common if here is None else replace(common, verdict="conditional", domain=here)

    def _second(self, batch: int) -> Draw:
        return Draw((batch, *self.structure.second_size()), seed=self.seed)

    def _compared(self, moved: Transplant, drawn: Images) -> Evidence:
        if self.profile.measures_effect_only and (not moved.is_complete or self._unseen()):
            few = replace(drawn, eval=drawn.eval[:2], train=drawn.train[:1])
            effect = [name for name in ("eval", "train") if name in self.profile.channels]
            return compare(self.reference, self.candidate, moved, few, progress=self.progress, channels=effect)
        return self._in_all_channels(moved, drawn)

    def _in_all_channels(self, moved: Transplant, drawn: Images) -> Evidence:
        return compare(
            self.reference, self.candidate, moved, drawn, progress=self.progress, channels=self.profile.channels
        )

    def _unseen(self) -> bool:
        """Whether something differs of which numbers show nothing, or not for certain: in float64 nothing is cast."""
        kinds = {
            graph.ops[position].kind
            for comparison in self.structure.comparisons
            for edit in comparison.edits
            for graph, positions in ((comparison.reference, edit.reference), (comparison.candidate, edit.candidate))
            for position in positions
        }
        cast = any(edit.attribute == "autocast" for one in self.structure.comparisons for edit in one.edits)
        return cast or any(kind.startswith(_UNSEEN) for kind in kinds)

    def _undistinguished(self, common: Judgement, evidence: Evidence, drawn: Images) -> Judgement:
        """No rule explains why the graphs differ, and nothing that was tried shows that they do."""
        differing = tuple(f"the graphs differ: {deviation.message}" for deviation in common.deviations)
        notes = (*differing, *evidence.unexcited, *evidence.aside, *common.notes)
        results, found = self._alone(drawn, one_graph=False)
        if found:
            effects = [edit.after for one in self.structure.told for edit in one.edits if edit.attribute == "effect"]
            told = any("changes its input" in after for after in effects)
            found = [deviation for deviation in found if not told or deviation.attribute != _UNTOUCHED]
            return replace(common, deviations=(*common.deviations, *found), results=results)
        return replace(common, verdict="undistinguished", deviations=(), notes=notes, results=results)

    # ------------------------------------------------------------------------------------------- numbers
    def _transplant(
        self, keys: Mapping[str, str] | None = None, recipes: Mapping[str, Recipe] | None = None
    ) -> Transplant:
        comparisons = self.structure.comparisons
        return transplant(
            [(comparison.reference, comparison.candidate) for comparison in comparisons],
            (self.reference.params, self.candidate.params),
            found=[comparison.found for comparison in comparisons],
            keys=keys,
            recipes=recipes,
            seed=self.seed,
        )

    def _images(self) -> Images:
        found = images(
            self.structure.comparisons[0].reference,
            seed=self.seed,
            accepts=lambda size, mode: self.reference.accepts(size, mode) is True,
        )
        return draws_within(found, self.structure.scope, self.seed)

    def _counterexample(self, moved: Transplant, evidence: Evidence) -> str | None:
        if not evidence.differences:
            return None
        self.progress("looking for the smallest counterexample")
        found = smallest(
            self.reference,
            self.candidate,
            moved,
            evidence.differences[0],
            trials=self.profile.shrinking,
            seconds=float("inf"),
            dtype=evidence.dtype,
        )
        return str(found)

    def _with_effect(self, deviations: Sequence[Deviation], evidence: Evidence) -> tuple[Deviation, ...]:
        """The difference of the logits, where one deviation alone makes it."""
        if len(deviations) != 1 or evidence.effect is None:
            return tuple(deviations)
        (only,) = deviations
        return (replace(only, effect={**only.effect, "logits": float(f"{evidence.effect:.3g}")}),)


def _owner(tensor: str, moved: Transplant) -> Place | None:
    """The layer whose parameter's gradient it is, or whose buffer."""
    key = next((tensor.removeprefix(kind) for kind in (GRADIENT, "buffer ") if tensor.startswith(kind)), "")
    other = next((theirs for theirs, ours in moved.keys.items() if ours == key), None)
    if other is None:
        return None
    return Place(key.rpartition(".")[0] or "(net)", other.rpartition(".")[0] or "(net)")
