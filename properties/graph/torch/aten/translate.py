"""ATen's operators in the words of ``ir``: their kind, operands, roles and the settings that count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import fx

from properties.graph.torch.aten import layers
from properties.graph.torch.aten import moves as shapes
from properties.graph.torch.aten.meaning import Meaning, generic, plain
from properties.graph.torch.aten.moves import SPLITS
from properties.graph.torch.aten.schema import Call, result_shape

__all__ = ["SPLITS", "Meaning", "translate"]

Rule = Callable[[Call, int, tuple[int, ...]], Meaning]

_UNCHANGED = {"contiguous", "clone", "alias", "lift_fresh", "lift_fresh_copy", "lift", "positive"}
_RESHAPES = {"view", "reshape", "flatten", "squeeze", "unsqueeze", "_unsafe_view", "unflatten", "ravel", "reshape_as"}
_RESHAPES |= {"view_as", "view_copy", "squeeze_copy", "unsqueeze_copy", "_reshape_copy", "_reshape_alias"}


def translate(call: Call, index: int, node: fx.Node) -> Meaning:
    """The meaning of one call.

    Args:
        call: the call.
        index: which of its results is meant, where there are several.
        node: what holds that result.
    """
    shape = result_shape(node)
    if call.base in _UNCHANGED:
        return Meaning("identity", [call.operands()[0]])
    if call.base in _RESHAPES:
        return shapes.reshape(call, index, shape)
    if call.base in SPLITS:
        return shapes.split(call, index, shape)
    meaning = _RULES.get(call.base, generic)(call, index, shape)
    if index:
        meaning.attributes["result"] = index
    return meaning


def _arithmetic(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    attributes = generic(call, index, shape).attributes
    alpha = attributes.pop("alpha", 1)
    if not isinstance(call["other"], fx.Node):
        attributes.pop("other")
        attributes["scalar"] = plain(call["other"]) if alpha == 1 else plain(call["other"]) * alpha
        return Meaning(call.base, call.operands(), attributes)
    if alpha != 1:  # a kind of its own, because the operands cannot change places
        return Meaning(f"scaled_{call.base}", call.operands(), {**attributes, "alpha": alpha})
    return Meaning(call.base, call.operands(), attributes)


def _to(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    if source.meta["val"].dtype == call.dtype:
        return Meaning("identity", [source])
    return Meaning("cast", [source], {"dtype": plain(call.dtype)})


def _mean(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    rank = len(result_shape(source))
    dims = call.arguments.get("dim")
    chosen = sorted(d % max(rank, 1) for d in dims) if dims else list(range(rank))
    attributes = {"dim": tuple(chosen), "keepdim": bool(call.arguments.get("keepdim", False))}
    if call.dtype != source.meta["val"].dtype:
        attributes["dtype"] = plain(call.dtype)
    return Meaning(call.base, [source], attributes)


def _var_mean(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """The variance, then the mean, as two operators."""
    meaning = generic(call, 0, shape)
    if index == 0 or "dim" not in meaning.attributes:
        return replace(meaning, kind="var") if index == 0 else meaning
    dims = tuple(sorted(meaning.attributes["dim"]))
    return Meaning("mean", meaning.inputs, {"dim": dims, "keepdim": meaning.attributes["keepdim"]})


def _copy(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """What is written over a tensor of its own size and type replaces it."""
    source = call["src"]
    if isinstance(source, fx.Node) and result_shape(source) == shape and source.meta["val"].dtype == call.dtype:
        return Meaning("identity", [source])
    return generic(call, index, shape)


def _matmul(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    return Meaning("matmul", call.operands())


def _random(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A draw that depends on the size of its operand only, unless a tensor holds the probabilities."""
    if call.base == "bernoulli" and call.overload not in ("p", "float"):
        return generic(call, index, shape)
    attributes = {
        name: value for name, value in generic(call, index, shape).attributes.items() if name not in ("size", "dtype")
    }
    return Meaning(call.base, [], {**attributes, "shape": shape, "dtype": plain(call.dtype)})


def _filled(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """``zeros``, ``new_zeros``, ``zeros_like`` and their kin, by what they hold."""
    word = call.base.removeprefix("new_").removesuffix("_like")
    value = {"zeros": 0.0, "ones": 1.0}.get(word, call.arguments.get("fill_value", call.arguments.get("s")))
    if isinstance(value, fx.Node):
        return generic(call, index, shape)
    if word == "empty":
        return Meaning("empty", [], {"shape": shape, "dtype": plain(call.dtype)})
    return Meaning("full", [], {"shape": shape, "value": plain(value), "dtype": plain(call.dtype)})


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution", "_convolution"), layers.conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), layers.conv),
    **dict.fromkeys(
        ("batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"), layers.batch_norm
    ),
    **dict.fromkeys(
        ("_native_batch_norm_legit_functional", "native_batch_norm", "cudnn_batch_norm"), layers.batch_norm
    ),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), layers.layer_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), layers.group_norm),
    **dict.fromkeys(
        ("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices"), layers.pool
    ),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), layers.pool),
    **dict.fromkeys(
        ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "_adaptive_avg_pool2d"),
        layers.adaptive_pool,
    ),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"), layers.adaptive_pool),
    **dict.fromkeys(("add", "sub", "mul", "div"), _arithmetic),
    **dict.fromkeys(("cat", "concat", "concatenate", "hstack", "vstack", "dstack"), shapes.cat),
    **dict.fromkeys(
        ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout"), layers.dropout
    ),
    **dict.fromkeys(("to", "_to_copy", "type_as"), _to),
    **dict.fromkeys(
        ("permute", "permute_copy", "transpose", "transpose_copy", "t", "t_copy", "numpy_T", "mT"), shapes.permute
    ),
    **dict.fromkeys(("swapaxes", "swapdims", "movedim", "moveaxis"), shapes.permute),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), _mean),
    **dict.fromkeys(
        ("pad", "constant_pad_nd", "reflection_pad2d", "replication_pad2d", "reflection_pad1d"), shapes.pad
    ),
    **dict.fromkeys(("bernoulli", "rand", "rand_like", "randn", "randn_like"), _random),
    **dict.fromkeys(("zeros", "ones", "full", "empty", "new_zeros", "new_ones", "new_full", "new_empty"), _filled),
    **dict.fromkeys(("zeros_like", "ones_like", "full_like", "empty_like"), _filled),
    **dict.fromkeys(("matmul", "mm", "bmm"), _matmul),
    "scalar_tensor": _filled,
    "var_mean": _var_mean,
    "copy": _copy,
    "instance_norm": layers.instance_norm,
    "rms_norm": layers.rms_norm,
    "linear": layers.linear,
    "prelu": layers.prelu,
    "embedding": layers.embedding,
    "slice": shapes.slice_,
    "select": shapes.select,
    "narrow": shapes.narrow,
}
