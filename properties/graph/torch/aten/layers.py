"""Layers: ATen's convolutions, norms, pools and dropouts in the words of ``ir``."""

from __future__ import annotations

from typing import Any

from properties.graph.torch.aten.meaning import Meaning, roles, spread
from properties.graph.torch.aten.schema import Call, result_shape

__all__ = ["CUMULATIVE", "adaptive_pool", "batch_norm", "conv", "dropout", "embedding", "group_norm", "instance_norm",
           "layer_norm", "linear", "pool", "prelu", "rms_norm"]  # fmt: skip

CUMULATIVE = -1.0  # stands for a batch norm's momentum of None, a plain average over all batches


def conv(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A convolution, or a transposed one; channels and kernel size are those of its weight."""
    weight = result_shape(call["weight"])
    axes = len(weight) - 2
    transposed = bool(call.arguments.get("transposed", call.base.startswith("conv_transpose")))
    kernel, stride, dilation = weight[2:], spread(call["stride"], axes), spread(call["dilation"], axes)
    padding = call["padding"]
    given = (
        (0 if padding == "valid" else _same(kernel, dilation)) if isinstance(padding, str) else spread(padding, axes)
    )
    attributes = {
        "out_channels": weight[1] * call["groups"] if transposed else weight[0],
        "kernel_size": kernel,
        "stride": stride,
        "padding": (0,) * axes if given == 0 else given,
        "dilation": dilation,
        "groups": call["groups"],
        "padding_mode": "zeros",
    }
    if transposed:
        attributes["output_padding"] = spread(call["output_padding"], axes)
    return Meaning(
        "conv_transpose" if transposed else "conv", [call["input"]], attributes, roles(call, "weight", "bias")
    )


def _same(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[Any, ...]:
    """``padding="same"``: the odd one goes to the high side."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if all(total % 2 == 0 for total in totals):
        return tuple(total // 2 for total in totals)
    return tuple((total // 2, total - total // 2) for total in totals)


def linear(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """An affine map of the last axis; the features that come in follow from the input."""
    return Meaning("linear", [call["input"]], {"out_features": shape[-1]}, roles(call, "weight", "bias"))


def batch_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Eval mode leaves the running statistics alone, so momentum counts in train mode only."""
    tensors = roles(call, "weight", "bias", "running_mean", "running_var")
    training = bool(call.arguments.get("training", False))
    momentum = None if call["momentum"] == CUMULATIVE or not training else call["momentum"]  # decides nothing then
    attributes = {"eps": call["eps"], "momentum": momentum, "training": training}
    return Meaning("batch_norm", [call["input"]], attributes, tensors)


def instance_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Each image and channel by itself; running statistics where there are any."""
    tensors = roles(call, "weight", "bias", "running_mean", "running_var")
    attributes = {name: call[name] for name in ("eps", "momentum", "use_input_stats")}
    return Meaning("instance_norm", [call["input"]], attributes, tensors)


def layer_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Over the last axes: how many they are, as their sizes follow from the input."""
    attributes = {"axes": len(call["normalized_shape"]), "eps": call["eps"]}
    return Meaning("layer_norm", [call["input"]], attributes, roles(call, "weight", "bias"))


def rms_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Over the last axes like a layer norm, but without mean and bias."""
    attributes = {"axes": len(call["normalized_shape"]), "eps": call["eps"]}
    return Meaning("rms_norm", [call["input"]], attributes, roles(call, "weight"))


def group_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """One mean and variance for each image and group of channels."""
    groups = call.arguments.get("num_groups", call.arguments.get("group"))
    return Meaning(
        "group_norm", [call["input"]], {"num_groups": groups, "eps": call["eps"]}, roles(call, "weight", "bias")
    )


def prelu(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A leaky ReLU whose slope is learned, for all channels or for each."""
    return Meaning("prelu", [call["self"]], {}, roles(call, "weight"))


def embedding(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Rows of a table, chosen by index; its settings matter to the table's gradient only."""
    attributes = {"padding_idx": call["padding_idx"], "scale_grad_by_freq": call["scale_grad_by_freq"]}
    return Meaning("embedding", [call["indices"]], attributes, roles(call, "weight"))


def pool(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A max or average pool on 1 to 3 axes; without a stride, windows stand side by side."""
    source = call["self"]
    axes = int(call.base.split("pool")[1][0])
    kernel = spread(call["kernel_size"], axes)
    attributes: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": spread(call["stride"], axes) if call["stride"] else kernel,
        "padding": spread(call["padding"], axes),
    }
    for name in ("dilation", "ceil_mode", "count_include_pad", "divisor_override"):
        if name in call.arguments:
            attributes[name] = spread(call[name], axes) if name == "dilation" else call[name]
    kind = call.base.split("_pool")[0] + "_pool"
    if kind == "avg_pool":
        attributes.setdefault("divisor_override", None)
    return Meaning(kind, [source], attributes)


def adaptive_pool(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A pool given by the size that comes out, on 1 to 3 axes."""
    axes = int(call.base.split("pool")[1][0])
    kind = call.base.rstrip("123d")
    attributes: dict[str, Any] = {"output_size": spread(call["output_size"], axes)}
    return Meaning(kind, [call["self"]], attributes)


def dropout(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A dropout of elements, of channels or alpha; the identity in eval mode and where p is 0."""
    source = call.operands()[0]
    if not call["train"] or call["p"] == 0:
        return Meaning("identity", [source])
    kind = "dropout" if call.base == "native_dropout" else call.base
    return Meaning(kind, [source], {"p": call["p"]})
