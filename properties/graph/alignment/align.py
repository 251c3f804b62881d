"""Two graphs in normal form: the same one, or which operator of one stands where which of the other does.

``isomorphism`` is the proof; ``align`` finds the best partial correspondence when there is no such proof. Names,
definition order and execution order decide nothing; structure does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from properties.graph.alignment.anchors import alone_of_their_make, in_one_row
from properties.graph.alignment.growth import Growth
from properties.graph.alignment.isomorphism import Correspondence, isomorphism
from properties.graph.alignment.signatures import Interner, Likeness, Signatures
from properties.graph.ir import Op, OpGraph
from properties.graph.labels import COMMUTATIVE

__all__ = ["Correspondence", "align", "isomorphism"]


def align(reference: OpGraph, candidate: OpGraph) -> Correspondence:
    """The best correspondence there is: an isomorphism, or the one of a few attempts that leaves least to change."""
    graphs, intern = (reference, candidate), Interner()
    signatures = Signatures.of(reference, intern), Signatures.of(candidate, intern)
    found = isomorphism(reference, candidate, signatures)
    if found is not None:
        return found
    least, tried = _least(signatures), []
    for attempt in _attempts(graphs, signatures, intern):
        tried.append((_cost(graphs, signatures, attempt), attempt))
        if tried[-1][0] <= least:
            break  # no other can be better
    best = min(tried, key=lambda one: one[0])[1]
    return _uncrossed(graphs, signatures, best)


def _least(signatures: tuple[Signatures, Signatures]) -> int:
    """What any correspondence costs at least: each operator that finds none of its label on the other side counts."""
    ours, theirs = (Counter(one.label) for one in signatures)
    return max(ours.total(), theirs.total()) - (ours & theirs).total()


def _attempts(
    graphs: tuple[OpGraph, OpGraph], signatures: tuple[Signatures, Signatures], intern: Interner
) -> Iterator[Correspondence]:
    """Correspondences from several starting points; where two are as good, the first counts.

    No one of them is right for every net. A layer that is the only one of its make may be another layer whose width
    changed; one setting that differs in every layer leaves nothing that is the same.
    """
    likeness = Likeness.of(graphs, signatures, intern)
    row = in_one_row(*graphs)
    for layers in (alone_of_their_make(*signatures), [], row):
        yield Growth(graphs, likeness, layers).run()
    loosely = Signatures.loosely(graphs[0], intern), Signatures.loosely(graphs[1], intern)
    yield Growth(graphs, Likeness.of(graphs, loosely, intern), row).run()


def _uncrossed(
    graphs: tuple[OpGraph, OpGraph], signatures: tuple[Signatures, Signatures], found: Correspondence
) -> Correspondence:
    """The same with partners exchanged where two equal operators of parallel branches were paired crosswise."""
    (reference, candidate), (ours, theirs) = graphs, signatures
    cost, back = _cost(graphs, signatures, found), {b: a for a, b in found.pairs.items()}
    for a in [a for a in found.pairs if len(reference.ops[a].inputs) == 1]:
        b, source = found.pairs[a], found.pairs.get(reference.ops[a].inputs[0])
        if source is None or source in candidate.ops[b].inputs:
            continue
        for other in candidate.users[source]:
            its = back.get(other)
            if its is None or (ours.label[its], theirs.label[other]) != (ours.label[a], theirs.label[b]):
                continue
            turned = Correspondence({**found.pairs, a: other, its: b})
            if (now := _cost(graphs, signatures, turned)) < cost:
                found, cost, back = turned, now, {**back, other: a, b: its}
                break
    return found


def _cost(graphs: tuple[OpGraph, OpGraph], signatures: tuple[Signatures, Signatures], found: Correspondence) -> int:
    """How much is left to change: operators without a partner, others than their partner, and reading from others."""
    reference, candidate = graphs
    ours, theirs = signatures
    partnered = set(found.pairs.values())
    cost = len(reference) + len(candidate) - 2 * len(partnered)
    for a, b in found.pairs.items():
        left, right = reference.ops[a], candidate.ops[b]
        cost += 0 if ours.label[a] == theirs.label[b] else _apart(left, right)
        sources = [found.pairs.get(source, -1) for source in left.inputs]
        others = [source if source in partnered else -1 for source in right.inputs]
        if -1 in sources or -1 in others or left.kind != right.kind:
            continue
        if left.kind in COMMUTATIVE:
            sources, others = sorted(sources), sorted(others)
        cost += sources != others
    return cost


def _apart(left: Op, right: Op) -> int:
    """Two for layers that have little in common: no pair is worse than no partner for either."""
    if left.kind != right.kind:
        return 2
    settings = left.attributes.keys() | right.attributes.keys()
    differing = [name for name in settings if left.attributes.get(name) != right.attributes.get(name)]
    return min(2, max(1, len(differing) + len(left.params.keys() ^ right.params.keys())))
