"""The one representation of a net: a DAG of operators, free of any framework.

Operators are listed in execution order, each with exactly one result; ``Op.inputs`` are positions in that list.
The vocabulary of ``Op.kind`` and the attributes of each kind (every default filled in, pairs as tuples):

===================  ==============================================================================================
kind                 attributes (``params`` roles in brackets)
===================  ==============================================================================================
input                slot
output               paths: one string per returned tensor, ``""`` for a bare tensor, ``"[1]"``, ``".logits"``
parameter            [value] a parameter or buffer used outside a layer's own role, such as a position embedding
constant             digest of the content, or None where it is not known
conv                 out_channels, kernel_size, stride, padding, dilation, groups, padding_mode [weight, bias]
conv_transpose       the same and output_padding [weight, bias]
linear               out_features [weight, bias]
batch_norm           eps, momentum, training [weight, bias, running_mean, running_var]
layer_norm           axes (how many trailing ones), eps [weight, bias]
group_norm           num_groups, eps [weight, bias]
max_pool             kernel_size, stride, padding, dilation, ceil_mode
avg_pool             kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
adaptive_avg_pool    output_size; with every entry 1 it is ``global_avg_pool`` and has no attribute
relu, sigmoid, ...   none; clamp: min, max (ReLU6 is clamp 0, 6); leaky_relu: negative_slope; gelu: approximate
dropout              p (train graphs only); feature_dropout: p
add, mul, sub, div   scalar, where one operand is a number
cat                  dim
flatten              start
reshape              shape (by effect, the batch axis as -1)
permute              dims
pad                  padding ((low, high) per axis, from the first axis on), mode, value
any other            the operator's own name, with its arguments under the names of its schema
===================  ==============================================================================================

``padding`` of a convolution or pool is one int per spatial axis, or one ``(low, high)`` pair per axis where the two
sides differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import Any

from properties.graph.question import Asked
from properties.graph.recipe import Recipe

__all__ = ["Attribute", "Op", "OpGraph", "Param", "Shape"]

Shape = tuple[int, ...]
Attribute = Any  # None | bool | int | float | str | tuple of these

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Param:
    """A tensor the net owns.

    Args:
        key: its dotted name; a tied tensor goes by its first name.
        kind: ``"parameter"``, ``"buffer"`` or ``"constant"`` (not registered).
        shape: its size along each axis.
        trainable: whether it requires a gradient.
        dtype: ``"float32"``, ``"int64"``.
        persistent: whether the state_dict holds it.
        digest: hash of the content where it was worth knowing, else None.
        made: how it is made of stored tensors, where a rewrite changed it; None for a stored tensor as it stands.
    """

    key: str
    kind: str
    shape: Shape
    trainable: bool = True
    dtype: str = "float32"
    persistent: bool = True
    digest: str | None = None
    made: Recipe | None = None

    @property
    def size(self) -> int:
        """Number of scalars."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Op:
    """One operator: what it does, to what, with which tensors, and where it stands.

    Args:
        kind: the vocabulary above.
        inputs: positions of the operators whose results it reads, in argument order.
        attributes: its settings, defaults filled in.
        params: role to tensor.
        shape: of its result, batch axis included; ``()`` for the output, which may return several.
        where: dotted path of the innermost module whose forward ran it, ``""`` for the net itself.
        dtype: of its result.
    """

    kind: str
    inputs: tuple[int, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: _NOTHING)
    params: Mapping[str, Param] = field(default_factory=lambda: _NOTHING)
    shape: Shape = ()
    where: str = ""
    dtype: str = "float32"

    def with_(self, **changes: Any) -> Op:
        """A copy with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True)
class OpGraph:
    """A net in one mode at one input size.

    Args:
        ops: the operators in execution order; the last one is the ``output``.
        params: every registered parameter and buffer in definition order, used or not.
        modules: dotted path to class name, for every module, the net itself as ``""``.
        mode: ``"eval"`` or ``"train"``.
        tied: every further name of a tied tensor, to the first one.
        notes: one line for each thing a reader should know about how the graph was made.
        asked: what the code asked about its input; None where nobody listened.
    """

    ops: tuple[Op, ...]
    params: tuple[Param, ...] = ()
    modules: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    mode: str = "eval"
    tied: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    notes: tuple[str, ...] = ()
    asked: Asked | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.ops)

    @property
    def output(self) -> Op:
        """The operator that returns."""
        return self.ops[-1]

    @cached_property
    def users(self) -> tuple[tuple[int, ...], ...]:
        """For each operator the positions of those that read it, once per use."""
        found: list[list[int]] = [[] for _ in self.ops]
        for position, op in enumerate(self.ops):
            for source in op.inputs:
                found[source].append(position)
        return tuple(tuple(users) for users in found)

    @cached_property
    def used_params(self) -> frozenset[str]:
        """Keys of the stored tensors that some operator reads."""
        params = (param for op in self.ops for param in op.params.values())
        return frozenset(key for param in params for key in (param.made.keys if param.made else (param.key,)))

    @cached_property
    def num_params(self) -> int:
        """Number of scalars in parameters, tied ones once, buffers not counted."""
        return sum(param.size for param in self.params if param.kind == "parameter")

    def of_kind(self, *kinds: str) -> Iterator[tuple[int, Op]]:
        """Position and operator, for every operator of these kinds."""
        return ((position, op) for position, op in enumerate(self.ops) if op.kind in kinds)

    @cached_property
    def parents(self) -> frozenset[str]:
        """Paths of the modules that hold other modules."""
        return frozenset(path.rpartition(".")[0] for path in self.modules if path)

    def label(self, position: int) -> str:
        """The operator's layer, or its surrounding module with the operator's name beside it: ``layer1.0 (add)``."""
        op = self.ops[position]
        if op.where and op.where not in self.parents:
            return op.where
        return f"{op.where} ({op.kind})".strip()
