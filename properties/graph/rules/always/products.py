"""Products of matrices, and Einstein summation by what it does: sums, permutations, reshapes and one product."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from properties.graph.ir import Op, Shape
from properties.graph.rewriting.rule import Rewriting, always
from properties.graph.rewriting.views import last_two_turned

__all__ = ["einsum", "parameter_first", "product_and_sum", "tensordot", "transposed_product"]

_ELLIPSIS = "..."
_Axes = tuple[str, ...]  # a name for each axis


@always(
    "addmm",
    "baddbmm",
    name="product and sum",
    source="addmm(a, b, c, beta=s, alpha=t) = s * a + t * (b @ c), and t * (b @ c) for s = 0",
    requires="three operands, alpha and beta alone",
    evidence="rounded",
)
def product_and_sum(op: Op, graph: Rewriting) -> int | None:
    """A product and sum in one operator is a product, its factors and a sum."""
    a = dict(op.attributes)
    alpha, beta = a.pop("alpha", 1), a.pop("beta", 1)
    if a or len(op.inputs) != 3:
        return None
    added, first, second = op.inputs
    made = graph.emit(op.with_(kind="matmul", inputs=(first, second), attributes={}))
    if alpha != 1:
        made = graph.emit(op.with_(kind="mul", inputs=(made,), attributes={"scalar": alpha}))
    if beta == 0:  # what it multiplies does not count, not even where it is no number
        return made
    if beta != 1:
        scaled = op.with_(kind="mul", inputs=(added,), attributes={"scalar": beta}, shape=graph.ops[added].shape)
        added = graph.emit(scaled)
    return graph.emit(op.with_(kind="add", inputs=(made, added), attributes={}))


@always(
    "permute",
    name="transposed product",
    source="(a @ b).T = b.T @ a.T",
    requires="the last two axes are exchanged; factors of equal rank, none of them a parameter",
    evidence="rounded",
)
def transposed_product(op: Op, graph: Rewriting) -> int | None:
    """A transposed product is the product of the transposed factors in the other order."""
    product, dims = graph.source(op), op.attributes["dims"]
    rank = len(dims)
    turned = last_two_turned(rank)
    if product.kind != "matmul" or dims != turned or rank < 2 or product.attributes:
        return None
    if any(len(graph.ops[source].shape) != rank for source in product.inputs):
        return None
    if any(graph.ops[source].kind == "parameter" for source in product.inputs):  # the form of a linear layer stays
        return None
    sides = tuple(_permuted(op, graph, source, turned) for source in reversed(product.inputs))
    return graph.emit(product.with_(inputs=sides, shape=op.shape))


@always(
    "matmul",
    name="weight before its input",
    source="W @ x = (x.T @ W.T).T",
    requires="a parameter of 2 axes, and factors of equal rank",
    evidence="rounded",
)
def parameter_first(op: Op, graph: Rewriting) -> int | None:
    """A product with a weight before its input is, turned back, one with the weight after it, as in a linear layer."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    (left, right), rank = op.inputs, len(op.shape)
    weight, before = graph.ops[left], graph.ops[right]
    param = weight.params.get("value")
    if weight.kind != "parameter" or param is None or param.kind != "parameter" or before.kind == "parameter":
        return None
    if len(weight.shape) != 2 or rank < 2 or len(before.shape) != rank:
        return None
    turned = last_two_turned(rank)
    first = _permuted(op, graph, right, turned)
    second = _permuted(op, graph, left, (1, 0))
    shape = tuple(op.shape[dim] for dim in turned)
    made = graph.emit(op.with_(inputs=(first, second), shape=shape))
    return graph.emit(op.with_(kind="permute", inputs=(made,), attributes={"dims": turned}))


def _permuted(op: Op, graph: Rewriting, position: int, dims: tuple[int, ...]) -> int:
    before = graph.ops[position]
    shape = tuple(before.shape[dim] for dim in dims)
    return graph.emit(
        op.with_(kind="permute", inputs=(position,), attributes={"dims": dims}, shape=shape, dtype=before.dtype)
    )


@always(
    "einsum",
    name="einsum as a product",
    source="einsum('bij,bjk->bik', a, b) = a @ b, einsum('ij,ij->i', a, b) = sum(a * b, dim=1)",
    requires="one or two operands, and each name stands for one size",
    evidence="rounded",
)
def einsum(op: Op, graph: Rewriting) -> int | None:
    """An Einstein sum of one or two operands is sums, permutations, reshapes and at most one product."""
    if set(op.attributes) != {"equation"} or len(op.inputs) > 2:
        return None
    shapes = [graph.ops[source].shape for source in op.inputs]
    read = _read(op.attributes["equation"], shapes)
    return None if read is None else _product(op, graph, *read)


@always(
    "tensordot",
    name="einsum as a product",
    source="tensordot(a, b, ([k], [l])) = flatten(a.movedim(k, -1), 0, -2) @ flatten(b.movedim(l, 0), 1), in its size",
    requires="two lists of axes",
    evidence="rounded",
)
def tensordot(op: Op, graph: Rewriting) -> int | None:
    """A product summed over axes given by their numbers is one product of matrices."""
    if set(op.attributes) != {"dims_self", "dims_other"}:
        return None
    first, second = (len(graph.ops[source].shape) for source in op.inputs)
    pairs = {
        b % second: a % first for a, b in zip(op.attributes["dims_self"], op.attributes["dims_other"], strict=True)
    }
    left = tuple(f"a{axis}" for axis in range(first))
    right = tuple(f"a{pairs[axis]}" if axis in pairs else f"b{axis}" for axis in range(second))
    out = tuple(name for name in (*left, *right) if not (name in left and name in right))
    return _product(op, graph, [left, right], out)


def _read(equation: str, shapes: Sequence[Shape]) -> tuple[list[_Axes], _Axes] | None:
    """The names of the operands' axes and of the result's; None where one name stands for two things."""
    given, arrow, result = equation.replace(" ", "").partition("->")
    terms = given.split(",")
    operands = [_named(term, len(shape)) for term, shape in zip(terms, shapes, strict=True)]
    sizes: dict[str, int] = {}
    for names, shape in zip(operands, shapes, strict=True):
        if len(set(names)) != len(names):
            return None
        for name, size in zip(names, shape, strict=True):
            if sizes.setdefault(name, size) != size:
                return None
    rest = sorted((name for name in sizes if name.startswith(_ELLIPSIS)), key=lambda name: -int(name[3:]))
    if not arrow:
        letters = "".join(terms).replace(_ELLIPSIS, "")
        return operands, (*rest, *sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    before, dots, after = result.partition(_ELLIPSIS)
    out = (*before, *(rest if dots else ()), *after)
    return (operands, out) if len(set(out)) == len(out) else None


def _named(term: str, rank: int) -> _Axes:
    """An ellipsis stands for axes counted from its end."""
    before, _, after = term.partition(_ELLIPSIS)
    hidden = rank - len(before) - len(after)
    return (*before, *(f"{_ELLIPSIS}{number}" for number in range(hidden, 0, -1)), *after)


def _product(op: Op, graph: Rewriting, operands: Sequence[_Axes], out: _Axes) -> int:
    everywhere = {name for axes in operands for name in axes}
    parts = []
    for source, axes in zip(op.inputs, operands, strict=True):
        elsewhere = {name for other in operands if other is not axes for name in other}
        parts.append(_Part(op, graph, source, axes).summed(everywhere - set(out) - elsewhere))
    if len(parts) == 1:
        return parts[0].arranged(out).position
    left, right = parts
    shared = [name for name in left.axes if name in right.axes]
    summed = tuple(name for name in shared if name not in out)
    batch = tuple(name for name in out if name in shared)
    own, others = (tuple(name for name in out if name in part.axes and name not in shared) for part in parts)
    if not summed or not (own or others):
        return _numbers(left, right, out, summed)
    is_weight = [graph.ops[part.position].kind == "parameter" for part in parts]
    if is_weight == [True, False] or (is_weight[0] == is_weight[1] and (*own, *others) != _without(out, batch)):
        left, right, own, others = right, left, others, own
    return _matrices(left, right, (batch, own, others, summed)).arranged(out).position


def _without(axes: _Axes, dropped: _Axes) -> _Axes:
    return tuple(name for name in axes if name not in dropped)


def _numbers(left: _Part, right: _Part, out: _Axes, summed: _Axes) -> int:
    """Elementwise, the axes in the result's order, then summed."""
    order = (*out, *summed)
    sides = [part.arranged(tuple(name for name in order if name in part.axes)) for part in (left, right)]
    size = {**left.sizes, **right.sizes}
    stretched = [side.viewed(tuple(name if name in side.axes else "" for name in order)) for side in sides]
    shape = tuple(size[name] for name in order)
    made = left.emit("mul", tuple(side.position for side in stretched), {}, shape)
    return _Part(left.op, left.graph, made, order).summed(set(summed)).position


def _matrices(left: _Part, right: _Part, names: tuple[_Axes, _Axes, _Axes, _Axes]) -> _Part:
    """Rows of the first by columns of the second; where no axis is common, the rows keep their axes."""
    batch, own, others, summed = names
    size = {**left.sizes, **right.sizes}
    rows = tuple(size[name] for name in own) if own and not batch else (prod(size[name] for name in own),)
    deep, columns = prod(size[name] for name in summed), prod(size[name] for name in others)
    outer = tuple(size[name] for name in batch)
    one = left.arranged((*batch, *own, *summed)).reshaped((*outer, *rows, deep))
    two = right.arranged((*batch, *summed, *others)).reshaped((*outer, deep, columns))
    made = left.emit("matmul", (one, two), {}, (*outer, *rows, columns))
    order = (*batch, *own, *others)
    shape = tuple(size[name] for name in order)
    if (*outer, *rows, columns) != shape:
        made = left.emit("reshape", (made,), {"shape": shape}, shape)
    return _Part(left.op, left.graph, made, order)


class _Part:
    """A value with a name for each of its axes."""

    def __init__(self, op: Op, graph: Rewriting, position: int, axes: _Axes) -> None:
        self.op, self.graph, self.position, self.axes = op, graph, position, axes

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip(self.axes, self.graph.ops[self.position].shape, strict=True))

    def emit(self, kind: str, inputs: tuple[int, ...], attributes: dict[str, object], shape: Shape) -> int:
        return self.graph.emit(self.op.with_(kind=kind, inputs=inputs, attributes=attributes, params={}, shape=shape))

    def summed(self, names: set[str]) -> _Part:
        dims = tuple(axis for axis, name in enumerate(self.axes) if name in names)
        if not dims:
            return self
        left = tuple(name for name in self.axes if name not in names)
        shape = tuple(self.sizes[name] for name in left)
        made = self.emit("sum", (self.position,), {"dim": dims, "keepdim": False}, shape)
        return _Part(self.op, self.graph, made, left)

    def arranged(self, order: _Axes) -> _Part:
        if order == self.axes:
            return self
        dims = tuple(self.axes.index(name) for name in order)
        shape = tuple(self.sizes[name] for name in order)
        return _Part(self.op, self.graph, self.emit("permute", (self.position,), {"dims": dims}, shape), order)

    def reshaped(self, shape: Shape) -> int:
        if shape == self.graph.ops[self.position].shape:
            return self.position
        return self.emit("reshape", (self.position,), {"shape": shape}, shape)

    def viewed(self, order: _Axes) -> _Part:
        """With axes of size 1 where the order names none."""
        shape = tuple(self.sizes[name] if name else 1 for name in order)
        return _Part(self.op, self.graph, self.reshaped(shape), order)
