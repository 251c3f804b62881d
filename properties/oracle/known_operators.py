"""Known deviations in which operators there are and what they read: activations, shortcuts, branches, heads."""

from __future__ import annotations

from properties.graph._signatures import label_of
from properties.graph.ir import Op, OpGraph
from properties.oracle.known_case import Case, Known, branch, is_depthwise, join_of, kinds, sources, users, weighted

__all__ = ["OPERATORS"]

_PADDED = {"pad", "cat", "slice", "constant", "full", "avg_pool", "zeros", "mul"}
_ARITHMETIC = {"add", "sub", "mul", "div", "slice", "select", "cat", "stack", "unsqueeze", "select_scatter"}
_GATES = {"sigmoid", "hardsigmoid"}
_PLACES = ("operator-missing", "operator-extra", "wiring")
_RANDOM = {"bernoulli", "rand", "dropout", "feature_dropout"}


def _missing(case: Case, *wanted: str) -> bool:
    return case.edit.kind == "operator-missing" and kinds(case.missing()) == list(wanted)


def _extra(case: Case, *wanted: str) -> bool:
    return case.edit.kind == "operator-extra" and kinds(case.extra()) == list(wanted)


def _layers_above(graph: OpGraph, position: int) -> int:
    """How many convolutions and linear layers stand above it."""
    seen, waiting = set[int](), list(graph.ops[position].inputs)
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += graph.ops[at].inputs
    return len(weighted(graph, sorted(seen)))


def _above(graph: OpGraph, position: int) -> list[str]:
    return [op.kind for op in graph.ops[:position]]


def _lost_relu(case: Case, *, reads: str, feeds: str) -> bool:
    """Whether a ReLU is missing between these two kinds."""
    if not _missing(case, "relu"):
        return False
    at = case.edit.reference[0]
    return sources(case.reference, at) == [reads] and feeds in users(case.reference, [at])


def _lost_stem_relu(case: Case) -> bool:
    return _missing(case, "relu") and _layers_above(case.reference, case.edit.reference[0]) == 1


def _lost_inception_stem_relu(case: Case) -> bool:
    if not _missing(case, "relu"):
        return False
    at = case.edit.reference[0]
    has_branches = any(op.kind == "cat" for op in case.reference.ops)
    return has_branches and "cat" not in _above(case.reference, at) and _layers_above(case.reference, at) in (2, 3)


def _lost_transition_relu(case: Case) -> bool:
    if not _missing(case, "relu"):
        return False
    graph, at = case.reference, case.edit.reference[0]
    following = [user for user in graph.users[at] if graph.ops[user].kind == "conv"]
    return sources(graph, at) == ["batch_norm"] and any("avg_pool" in users(graph, [user]) for user in following)


def _lost_after_addition(case: Case) -> bool:
    return _missing(case, "relu") and "add" in sources(case.reference, case.edit.reference[0])


def _is_registered(case: Case) -> bool:
    """Whether the candidate has the ReLU's module all the same, and no operator comes from it."""
    if not _missing(case, "relu"):
        return False
    where = case.missing()[0].where
    ran = {op.where for op in case.candidate.ops}
    return "ReLU" in case.candidate.modules.get(where, "") and where not in ran


def _before_addition(case: Case) -> bool:
    if case.edit.kind == "wiring" and case.edit.attribute == "moved" and kinds(case.missing()) == ["relu"]:
        is_after = "add" in sources(case.reference, case.edit.reference[0])
        return is_after and "add" in users(case.candidate, case.edit.candidate)
    return _extra(case, "relu") and "add" in users(case.candidate, case.edit.candidate) and not _on_shortcut(case)


def _on_shortcut(case: Case) -> bool:
    """Whether the candidate's operator stands on a projection: a branch of one layer into an addition."""
    at = case.edit.candidate[0]
    chain = weighted(case.candidate, branch(case.candidate, at))
    is_short = len(chain) == 1 or (len(chain) == 2 and is_depthwise(chain[0]) and _is_pointwise(chain[1]))
    return join_of(case.candidate, at) == "add" and is_short


def _is_pointwise(op: Op) -> bool:
    return set(op.attributes.get("kernel_size", (0,))) == {1}


def _shortcut_activation(case: Case) -> bool:
    return _extra(case, "relu") and _on_shortcut(case)


def _in_place_on_skip(case: Case) -> bool:
    """Whether an addition reads what a ReLU made, where it should read what the ReLU reads."""
    if case.edit.kind != "wiring" or case.edit.attribute != "operands" or case.ours.kind != "add":
        return False
    expected = {str(label_of(case.reference.ops[source])) for source in case.ours.inputs}
    activations = [case.candidate.ops[source] for source in case.theirs.inputs]
    return any(op.kind == "relu" and str(label_of(case.candidate.ops[op.inputs[0]])) in expected for op in activations)


def _other_shortcut(case: Case) -> bool:
    """Whether the shortcut leaves before a norm and ReLU in one net, and after them in the other."""
    if case.edit.kind != "wiring" or case.edit.attribute != "operands":
        return False
    is_shortcut = case.ours.kind == "add" or join_of(case.reference, case.edit.reference[0]) == "add"
    return is_shortcut and _reads_activated(case.reference, case.ours) != _reads_activated(case.candidate, case.theirs)


def _reads_activated(graph: OpGraph, op: Op) -> bool:
    activations = [graph.ops[source] for source in op.inputs if graph.ops[source].kind == "relu"]
    return any(graph.ops[relu.inputs[0]].kind == "batch_norm" for relu in activations)


def _is_relu6(op: Op) -> bool:
    return op.kind == "clamp" and (op.attributes.get("min"), op.attributes.get("max")) == (0, 6)


def _replaced(case: Case) -> tuple[Op, Op] | None:
    is_one = case.edit.kind == "operator-replaced" and len(case.edit.reference) == len(case.edit.candidate) == 1
    return (case.ours, case.theirs) if is_one else None


def _replaces(case: Case, before: str, after: str) -> bool:
    pair = _replaced(case)
    return pair is not None and (pair[0].kind, pair[1].kind) == (before, after)


def _relu_for_relu6(case: Case) -> bool:
    pair = _replaced(case)
    return pair is not None and _is_relu6(pair[0]) and pair[1].kind == "relu"


def _relu6_for_relu(case: Case) -> bool:
    pair = _replaced(case)
    return pair is not None and pair[0].kind == "relu" and _is_relu6(pair[1])


def _no_final_norm(case: Case) -> bool:
    return _missing(case, "batch_norm", "relu") and "global_avg_pool" in users(case.reference, case.edit.reference)


def _order(case: Case) -> bool:
    return case.edit.kind == "wiring" and case.edit.attribute == "order" and case.ours.kind == "cat"


def _patches(case: Case) -> bool:
    return _order(case) and set(sources(case.reference, case.edit.reference[0])) == {"slice"}


def _outputs_swapped(case: Case) -> bool:
    return case.edit.kind == "output" and case.edit.attribute == "order"


def _transforms(graph: OpGraph, positions: tuple[int, ...]) -> bool:
    ops = [graph.ops[position] for position in positions]
    reads = {graph.ops[source].kind for p in positions for source in graph.ops[p].inputs if source not in positions}
    scales = {"mul", "div"} & {op.kind for op in ops}
    return (
        bool(scales) and reads <= {"input", "constant"} and "input" in reads and {op.kind for op in ops} <= _ARITHMETIC
    )


def _projects(ops: list[Op]) -> bool:
    return kinds(ops) in (["conv"], ["conv", "batch_norm"], ["avg_pool", "conv", "batch_norm"])


def _extra_projection(case: Case) -> bool:
    return case.edit.kind == "operator-extra" and _projects(case.extra()) and _feeds_addition(case)


def _feeds_addition(case: Case) -> bool:
    return users(case.candidate, case.edit.candidate) == ["add"] and _on_shortcut(case)


def _norm_on_identity(case: Case) -> bool:
    is_norm = _extra(case, "batch_norm") and users(case.candidate, case.edit.candidate) == ["add"]
    return is_norm and not weighted(case.candidate, branch(case.candidate, case.edit.candidate[0]))


def _option_a(case: Case) -> bool:
    if case.edit.kind != "operator-replaced" or not _projects(case.missing()):
        return False
    return {op.kind for op in case.extra()} <= _PADDED and not weighted(case.candidate, case.edit.candidate)


def _option_b(case: Case) -> bool:
    if case.edit.kind != "operator-replaced" or not _projects(case.extra()):
        return False
    return {op.kind for op in case.missing()} <= _PADDED and not weighted(case.reference, case.edit.reference)


def _excites(ops: list[Op]) -> bool:
    found = {op.kind for op in ops}
    return {"global_avg_pool", "mul"} <= found and bool(_GATES & found)


def _norm_in_gate(case: Case) -> bool:
    if not _extra(case, "batch_norm"):
        return False
    chain = kinds([case.candidate.ops[at] for at in branch(case.candidate, case.edit.candidate[0])])
    return "global_avg_pool" in chain and join_of(case.candidate, case.edit.candidate[0]) == "mul"


def _split(case: Case) -> bool:
    if case.edit.kind != "operator-replaced":
        return False
    before, after = weighted(case.reference, case.edit.reference), weighted(case.candidate, case.edit.candidate)
    sides = [[op.attributes.get("kernel_size") for op in ops] for ops in (before, after)]
    return sides == [[(5, 5)], [(3, 3), (3, 3)]]


def _dropout(case: Case, *, attribute: str | None) -> bool:
    ops = [*case.missing(), *case.extra()] if case.edit.kind in _PLACES else []
    is_dropout = bool(ops) and all(op.kind.endswith("dropout") for op in ops)
    is_moved = case.edit.kind == "wiring" and case.edit.attribute == "moved"
    return is_dropout and is_moved == (attribute == "moved")


def _dropout_in_block(case: Case) -> bool:
    if not _dropout(case, attribute=None):
        return False
    graph, at = (
        (case.reference, case.edit.reference[0])
        if case.edit.kind == "operator-missing"
        else (case.candidate, case.edit.candidate[0])
    )
    return join_of(graph, at) == "add"


def _drops_paths(case: Case) -> bool:
    ops = case.missing() if case.edit.kind == "operator-missing" else case.extra()
    is_random = any(op.kind in _RANDOM for op in ops) and not any(op.kind.endswith("dropout") for op in ops)
    return case.edit.kind in ("operator-missing", "operator-extra") and is_random


def _one_head(case: Case) -> bool:
    before, after = weighted(case.reference, case.edit.reference), weighted(case.candidate, case.edit.candidate)
    is_head = case.edit.kind in ("operator-missing", "operator-replaced") and len(before) > max(1, len(after))
    return is_head and all(op.kind == "linear" for op in before) and "cat" not in kinds(case.missing())


def _extra_transition(case: Case) -> bool:
    if case.edit.kind != "operator-extra" or not {"conv", "avg_pool"} <= {op.kind for op in case.extra()}:
        return False
    last = users(case.candidate, case.edit.candidate)
    return bool(last) and set(last) <= {"global_avg_pool", "batch_norm"} and case.edit.at > len(case.reference) - 8


def _softmax(case: Case) -> bool:
    return (_extra(case, "softmax") or _extra(case, "log_softmax")) and users(case.candidate, case.edit.candidate) == [
        "output"
    ]


def _stem_pool(case: Case) -> bool:
    return _missing(case, "max_pool") and _layers_above(case.reference, case.edit.reference[0]) == 1


def _misplaced_norm(case: Case) -> bool:
    ops = [*case.missing(), *case.extra()]
    return case.edit.kind in ("operator-missing", "operator-extra", "wiring") and kinds(ops) in (
        ["layer_norm"],
        ["layer_norm", "layer_norm"],
    )


_VISION = "https://github.com/pytorch/vision"
_KUANGLIU = "https://github.com/kuangliu/pytorch-cifar"
_FID = "https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py"
_OPTIONS = "https://github.com/akamaster/pytorch_resnet_cifar10/blob/master/README.md"

# fmt: off
OPERATORS = (
    Known("the outputs are swapped, as the two auxiliary heads of GoogLeNet were",
          f"{_VISION}/pull/8743", _outputs_swapped),
    Known("transform_input is on: the input is normalised once more",
          f"{_VISION}/issues/4136",
          lambda case: case.edit.kind == "operator-extra" and _transforms(case.candidate, case.edit.candidate)),
    Known("transform_input is off: the reference normalises its input once more",
          f"{_VISION}/issues/4136",
          lambda case: case.edit.kind == "operator-missing" and _transforms(case.reference, case.edit.reference)),
    Known("an in-place ReLU changes what the shortcut adds",
          "https://github.com/rosinality/vq-vae-2-pytorch/issues/60", _in_place_on_skip),
    Known("pre-activation: the shortcut leaves before the norm and ReLU in one net and after them in the other",
          f"{_KUANGLIU}/issues/9", _other_shortcut),
    Known("a ReLU on the shortcut",
          "https://github.com/iamhankai/ghostnet.pytorch/issues/21", _shortcut_activation),
    Known("the ReLU is before the addition",
          f"{_KUANGLIU}/issues/4", _before_addition),
    Known("the ReLU is there, but what it returns is not used",
          "https://github.com/Cadene/pretrained-models.pytorch/issues/79", _is_registered),
    Known("the ReLU after the addition is missing",
          "https://arxiv.org/abs/1512.03385", _lost_after_addition),
    Known("the stem's ReLU is missing",
          "https://github.com/michuanhaohao/reid-strong-baseline/issues/117", _lost_stem_relu),
    Known("a ReLU of GoogLeNet's stem is missing, as in a textbook",
          "https://github.com/d2l-ai/d2l-en/pull/1732", _lost_inception_stem_relu),
    Known("DenseNet's transition without its ReLU",
          "https://github.com/weiaicunzai/pytorch-cifar100/issues/52", _lost_transition_relu),
    Known("the last ReLU, before the global pool, is missing, as in DenseNet",
          "https://github.com/keras-team/keras-applications/issues/31",
          lambda case: _lost_relu(case, reads="batch_norm", feeds="global_avg_pool")),
    Known("the last convolution's ReLU is missing, as in SqueezeNet",
          "https://github.com/DT42/squeezenet_demo/pull/12",
          lambda case: _lost_relu(case, reads="conv", feeds="global_avg_pool")),
    Known("pre-activation without the last norm and ReLU before the pool",
          f"{_KUANGLIU}/blob/master/models/preact_resnet.py", _no_final_norm),
    Known("ReLU for ReLU6",
          f"{_KUANGLIU}/blob/master/models/mobilenetv2.py", _relu_for_relu6),
    Known("ReLU6 for ReLU",
          f"{_KUANGLIU}/blob/master/models/mobilenetv2.py", _relu6_for_relu),
    Known("leaky ReLU for ReLU, as in FixMatch's ResNet",
          "https://github.com/google-research/fixmatch/issues/43",
          lambda case: _replaces(case, "relu", "leaky_relu")),
    Known("the patches are merged in another order",
          "https://github.com/berniwal/swin-transformer-pytorch/issues/22", _patches),
    Known("the concatenation is in another order, as in cat([out, x]): later channels change places",
          f"{_KUANGLIU}/blob/master/models/densenet.py", _order),
    Known("a projection on a shortcut that should be the identity",
          f"{_KUANGLIU}/blob/master/models/mobilenetv2.py", _extra_projection),
    Known("a batch norm on the identity shortcut",
          "https://arxiv.org/abs/1611.05431", _norm_on_identity),
    Known("shortcut of option A (subsampled and padded with zeros) instead of option B (projection)",
          _OPTIONS, _option_a),
    Known("shortcut of option B (projection) instead of option A (subsampled and padded with zeros)",
          _OPTIONS, _option_b),
    Known("batch norm inside squeeze-and-excitation",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/30", _norm_in_gate),
    Known("squeeze-and-excitation in another place",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
          lambda case: case.edit.kind == "wiring" and _excites(case.missing())),
    Known("squeeze-and-excitation is missing here",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
          lambda case: case.edit.kind == "operator-missing" and _excites(case.missing())),
    Known("squeeze-and-excitation where there should be none",
          "https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
          lambda case: case.edit.kind == "operator-extra" and _excites(case.extra())),
    Known("a 5x5 convolution as two of 3x3",
          f"{_KUANGLIU}/issues/5", _split),
    Known("max pool for average pool, as in the last block of the FID network",
          _FID, lambda case: _replaces(case, "avg_pool", "max_pool") and join_of(
              case.reference, case.edit.reference[0]) == "cat"),
    Known("batch norm for local response norm",
          f"{_VISION}/blob/main/torchvision/models/googlenet.py",
          lambda case: "local_response_norm" in kinds(case.missing())),
    Known("dropout inside the residual block, which Wide ResNet has for CIFAR and not for ImageNet",
          f"{_VISION}/issues/2196", _dropout_in_block),
    Known("dropout in another place",
          f"{_VISION}/pull/107", lambda case: _dropout(case, attribute="moved")),
    Known("dropout is there in one net alone, or in another place",
          f"{_VISION}/issues/92", lambda case: _dropout(case, attribute=None)),
    Known("drop-connect (stochastic depth) in one net alone",
          "https://github.com/tensorflow/tpu/issues/381", _drops_paths),
    Known("fewer linear layers than the paper's classifier",
          f"{_KUANGLIU}/blob/master/models/vgg.py", _one_head),
    Known("a transition after the last dense block",
          "https://github.com/Lasagne/Recipes/pull/84", _extra_transition),
    Known("probabilities instead of logits",
          "https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html", _softmax),
    Known("no max pool in the stem, as in a CIFAR net",
          f"{_KUANGLIU}/issues/18", _stem_pool),
    Known("the layer norm's place: before or after, twice, or not at all",
          "https://github.com/lucidrains/vit-pytorch/pull/274", _misplaced_norm),
)
# fmt: on
