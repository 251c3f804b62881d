"""What a net owns, what it costs, and how it starts."""

from __future__ import annotations

import torch
import torchinfo
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from properties.graph.analysis.costs import expected_shapes, macs, torchinfo_macs
from properties.graph.ir import OpGraph, Shape
from properties.measures.distributions import distribution_of, mismatch
from properties.property import Violation, claim, require
from properties.runs.forward import agree, filled, outputs
from properties.subject import Subject

__all__ = [
    "convolution_has_a_bias_exactly_when_no_norm_follows",
    "every_tensor_that_influences_the_output_is_registered",
    "fresh_weights_have_the_documented_distribution",
    "macs_are_the_published_ones",
    "norms_and_linear_layers_have_all_their_tensors",
    "parameter_count_is_the_published_one",
    "state_dict_alone_determines_the_output",
    "state_dict_has_the_twins_keys_order_and_shapes",
    "tensors_are_exactly_those_the_layers_ask_for",
    "torch_counts_two_operations_for_each_multiply_add",
    "torchinfo_counts_the_same_macs",
    "torchinfo_counts_the_same_parameters",
]

MODULE_DOCS = "PyTorch 2.13 documentation, torch.nn.Module"
_ROLES = {"batch_norm": ("weight", "bias", "running_mean", "running_var"), "linear": ("weight", "bias")}


def _has_spec(subject: Subject) -> bool:
    return subject.spec is not None


def _has_values(subject: Subject) -> bool:
    return subject.device != "meta"


@claim(source="the table or page that the spec cites for its number of parameters", applies=_has_spec)
def parameter_count_is_the_published_one(subject: Subject) -> None:
    """The number of parameters is the published one."""
    if subject.spec:
        count = sum(parameter.numel() for parameter in subject.meta.parameters())
        published = subject.spec.num_params
        require(published.met_by(count), f"num_params={count:,}", f"{published.value:,} ({published.why})", subject)


@claim(
    source="torchvision 0.28's models: the names under which its checkpoints are published",
    applies=lambda subject: subject.twin is not None and subject.spec is not None and bool(subject.spec.torchvision),
)
def state_dict_has_the_twins_keys_order_and_shapes(subject: Subject) -> None:
    """The state_dict has torchvision's keys, in its order, with its shapes and types."""
    if subject.twin is None:
        return
    ours, theirs = _described(subject.meta), _described(subject.twin.meta)
    for actual, expected in zip(ours, theirs, strict=False):
        require(actual == expected, f"the state_dict has {actual}", expected, subject)
    require(len(ours) == len(theirs), f"the state_dict has {len(ours)} tensors", str(len(theirs)), subject)


def _described(net: nn.Module) -> list[str]:
    return [f"{key} {tuple(tensor.shape)} {tensor.dtype}" for key, tensor in net.state_dict().items()]


@claim(source=f"{MODULE_DOCS}; the size formulas of Conv2d, Linear and BatchNorm2d, section Variables")
def tensors_are_exactly_those_the_layers_ask_for(subject: Subject) -> None:
    """Every registered tensor is used, and has the size that its layer's settings and input ask for."""
    graphs = _graphs(subject)
    for graph in graphs:
        _shapes_follow(subject, graph)
    used = frozenset().union(*(graph.used_params for graph in graphs))
    counters = {key.rpartition(".")[0] for key in used if key.endswith("running_mean")}
    for param in graphs[0].params:
        place, _, last = param.key.rpartition(".")
        counts = last == "num_batches_tracked" and place in counters
        require(param.key in used or counts, f"{param.key} {param.shape} is not used", "left out", subject)


def _graphs(subject: Subject) -> list[OpGraph]:
    """The eval graph, and the train graph if something (auxiliary heads) is used in training alone."""
    graph = subject.graph()
    idle = {p.key for p in graph.params if p.kind == "parameter"} - graph.used_params
    return [graph, subject.graph("train")] if idle else [graph]


def _shapes_follow(subject: Subject, graph: OpGraph) -> None:
    for position, op in enumerate(graph.ops):
        for role, shape in expected_shapes(graph, position).items():
            param = op.params[role]
            require(param.shape == shape, f"{param.key}.shape={param.shape}", str(shape), subject)


@claim(
    source=f"{MODULE_DOCS}: register_parameter, register_buffer; a plain attribute is neither moved nor saved",
    decides=False,
)
def every_tensor_that_influences_the_output_is_registered(subject: Subject) -> None:
    """Every tensor that reaches the output is a parameter or a buffer."""
    graph = subject.graph()
    loose: list[tuple[str, Shape]] = [(graph.label(i), op.shape) for i, op in graph.of_kind("constant")]
    for position, op in enumerate(graph.ops):
        loose += [(graph.label(position), p.shape) for p in op.params.values() if p.kind == "constant"]
    places = ", ".join(f"{label} reads one of shape {shape}" for label, shape in loose)
    require(not loose, f"{len(loose)} tensors are not registered: {places}", "registered", subject)


@claim(source="Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2: a bias before the norm is subsumed by its shift")
def convolution_has_a_bias_exactly_when_no_norm_follows(subject: Subject) -> None:
    """A convolution has a bias exactly when no batch norm follows it."""
    graph = subject.graph()
    for position, op in graph.of_kind("conv"):
        normed = [graph.ops[user].kind for user in graph.users[position]] == ["batch_norm"]
        actual = f"{graph.label(position)} has {'a' if 'bias' in op.params else 'no'} bias"
        require(normed != ("bias" in op.params), actual, "without it" if normed else "with one", subject)


@claim(source="PyTorch 2.13 documentation, BatchNorm2d (affine, track_running_stats) and Linear (bias), the defaults")
def norms_and_linear_layers_have_all_their_tensors(subject: Subject) -> None:
    """Every batch norm has weight, bias and running statistics, every linear layer weight and bias."""
    graph = subject.graph()
    for position, op in graph.of_kind(*_ROLES):
        missing = [role for role in _ROLES[op.kind] if role not in op.params]
        require(not missing, f"{graph.label(position)} has no {', '.join(missing)}", "complete", subject)


@claim(
    source="the table or page that the spec cites for its multiply-adds",
    applies=lambda subject: subject.spec is not None and subject.spec.macs is not None,
)
def macs_are_the_published_ones(subject: Subject) -> None:
    """The multiply-adds of one image are the published ones."""
    if subject.spec and subject.spec.macs:
        count, published = macs(subject.graph()), subject.spec.macs
        require(published.met_by(count), f"macs={count:,}", f"{published.value:,.0f} ({published.why})", subject)


@claim(source="torch.utils.flop_counter, conv_flop_count and addmm_flop: two operations per multiply-add, no bias")
def torch_counts_two_operations_for_each_multiply_add(subject: Subject) -> None:
    """torch's counter finds twice the multiply-adds that the closed form gives, so nothing else multiplies matrices."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        subject.meta(_meta_image(subject, 1))
    counted, expected = counter.get_total_flops(), 2 * macs(subject.graph())
    require(counted == expected, f"torch counts {counted:,} operations", f"{expected:,}", subject)


@claim(source="torchinfo 1.8, ModelStatistics.total_params")
def torchinfo_counts_the_same_parameters(subject: Subject) -> None:
    """torchinfo's sum over layers is the number of parameters, so no tensor is shared, hidden or counted twice."""
    counted, expected = _summary(subject).total_params, subject.graph().num_params
    require(counted == expected, f"torchinfo counts {counted:,} parameters", f"{expected:,}", subject)


@claim(source="torchinfo 1.8, LayerInfo.calculate_macs: weights and biases once per output position, norms included")
def torchinfo_counts_the_same_macs(subject: Subject) -> None:
    """torchinfo's multiply-adds are those of the layers in the graph, so every layer runs as a module."""
    counted, expected = _summary(subject).total_mult_adds, torchinfo_macs(subject.graph())
    require(counted == expected, f"torchinfo counts {counted:,} multiply-adds", f"{expected:,}", subject)


def _summary(subject: Subject) -> torchinfo.ModelStatistics:
    return torchinfo.summary(subject.meta, input_data=[_meta_image(subject, 2)], verbose=0, mode="eval")


def _meta_image(subject: Subject, n: int) -> Tensor:
    return torch.empty(n, *subject.input_shape, device="meta")


@claim(
    source="the document that the spec's init cites",
    applies=lambda subject: _has_values(subject) and subject.spec is not None and subject.spec.init is not None,
)
def fresh_weights_have_the_documented_distribution(subject: Subject) -> None:
    """Fresh weights and biases are drawn from the documented distributions, and norms start as the identity."""
    if subject.spec is None or subject.spec.init is None:
        return
    init, tensors, graph = subject.spec.init, subject.net.state_dict(), _graphs(subject)[-1]
    drawn: dict[str, dict[str, str | None]] = {
        "conv": {"weight": init.conv, "bias": init.conv_bias},
        "linear": {"weight": init.linear, "bias": init.linear_bias},
        "batch_norm": {"weight": "ones", "bias": "zeros", "running_mean": "zeros", "running_var": "ones"},
    }
    for _, op in graph.of_kind(*drawn):
        for role, param in op.params.items():
            name = drawn[op.kind][role]
            if name is None:
                continue
            problem = mismatch(tensors[param.key], distribution_of(name, op.params["weight"].shape))
            if problem:
                require(False, f"{param.key} has {problem[0]}", f"{problem[1]}: {name} ({init.why})", subject)


@claim(source=f"{MODULE_DOCS}.load_state_dict: with assign=True the net holds the loaded tensors", applies=_has_values)
def state_dict_alone_determines_the_output(subject: Subject) -> None:
    """A second net without values of its own computes the same, bit for bit, once it has the first one's state_dict."""
    second = filled(subject.build, subject.net)
    empty = [key for key, tensor in [*second.named_parameters(), *second.named_buffers()] if tensor.is_meta]
    require(not empty, f"after loading {', '.join(empty)} has no value", "in the state_dict", subject)
    image = subject.randn(1, subject.small)
    expected = outputs(subject.net, image)
    try:
        actual = outputs(second, image)
    except RuntimeError as error:
        raise Violation(f"the loaded net raises {error!s:.200}, but should be able to run [{subject}]") from error
    require(agree(actual, expected), "the loaded net's output differs", "equal to the first net's", subject)
