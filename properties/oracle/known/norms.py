"""Known deviations in norms: their epsilon and momentum, what stands beside them, and which norm it is."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.oracle.known.case import Case, is_setting, kinds, known

__all__ = [
    "another_eps",
    "batch_norm_for_lrn",
    "bessel_correction",
    "bias_before_norm",
    "eps_of_pytorch",
    "eps_of_tensorflow",
    "eps_of_width",
    "layer_norm_elsewhere",
    "momentum_of_tensorflow",
    "one_norm_for_several",
]

_PLACES = ("operator-missing", "operator-extra", "wiring")


def _is_over_channels(op: Op) -> bool:
    """Whether it is the average pool of a local response norm, whose third axis is that of the channels."""
    size = op.attributes.get("kernel_size", ())
    return op.kind == "avg_pool" and len(size) > 1 and size[0] > 1 and set(size[1:]) == {1}


@known(
    slug="eps-of-width",
    says="eps was given the number of channels, as by BatchNorm2d(n, n)",
    link="https://github.com/weiaicunzai/pytorch-cifar100/issues/96",
)
def eps_of_width(case: Case) -> bool:
    """The epsilon is the number of channels."""
    values = case.changes("eps")
    width = case.theirs.shape[1] if values is not None and len(case.theirs.shape) > 1 else 0
    return values is not None and isinstance(values[1], int | float) and values[1] >= 2 and values[1] == width


@known(
    slug="eps-of-tensorflow",
    says="TensorFlow's batch norm epsilon (1e-3); PyTorch's is 1e-5",
    link="https://github.com/gzuidhof/nn-transfer/pull/3",
)
def eps_of_tensorflow(case: Case) -> bool:
    """A batch norm's epsilon is 1e-3 in place of 1e-5."""
    return is_setting(case, "batch_norm", "eps", 1e-5, 1e-3)


@known(
    slug="eps-of-pytorch",
    says="PyTorch's batch norm epsilon (1e-5), where the net has TensorFlow's (1e-3)",
    link="https://github.com/gzuidhof/nn-transfer/pull/3",
)
def eps_of_pytorch(case: Case) -> bool:
    """A batch norm's epsilon is 1e-5 in place of 1e-3."""
    return is_setting(case, "batch_norm", "eps", 1e-3, 1e-5)


@known(
    slug="another-eps",
    says="the norm's epsilon does not match",
    link="https://github.com/gzuidhof/nn-transfer/pull/3",
)
def another_eps(case: Case) -> bool:
    """Any norm's epsilon differs."""
    return case.names("eps")


@known(
    slug="momentum-of-tensorflow",
    says="batch norm momentum in TensorFlow's convention (0.9, where PyTorch writes 0.1)",
    link="https://github.com/kazuto1011/deeplab-pytorch/issues/79",
)
def momentum_of_tensorflow(case: Case) -> bool:
    """The momentum is what the running statistics should keep of themselves, 1 minus the new batch's share."""
    values = case.changes("momentum")
    if values is None or not all(isinstance(value, float) for value in values):
        return False
    return values[1] >= 0.9 and values[0] <= 0.5  # type: ignore[operator]


@known(
    slug="bias-before-norm",
    says="bias before a batch norm, which takes it away again",
    link="https://github.com/weiaicunzai/pytorch-cifar100/blob/master/models/mobilenetv2.py",
)
def bias_before_norm(case: Case) -> bool:
    """A layer has a bias, and a batch norm alone reads it."""
    if case.edit.kind != "parameter" or case.edit.attribute != "bias" or not case.edit.after:
        return False
    following = [case.candidate.ops[user].kind for user in case.candidate.users[case.edit.candidate[0]]]
    return case.ours.kind in ("conv", "linear") and following == ["batch_norm"]


@known(
    slug="bessel-correction",
    says="variance with or without Bessel's correction in a norm written by hand",
    link="https://github.com/huggingface/pytorch-image-models/issues/1090",
)
def bessel_correction(case: Case) -> bool:
    """A variance divides by n in one net and by n - 1 in the other."""
    return case.names("correction", "unbiased")


@known(
    slug="one-norm-for-several",
    says="one norm shared where there should be several",
    link="https://github.com/patrick-kidger/equinox/pull/521",
)
def one_norm_for_several(case: Case) -> bool:
    """A norm's tensors are those of another one."""
    return case.edit.attribute == "shared" and bool(case.edit.after) and case.ours.kind.endswith("_norm")


@known(
    slug="batch-norm-for-lrn",
    says="batch norm for local response norm",
    link="https://github.com/pytorch/vision/blob/main/torchvision/models/googlenet.py",
)
def batch_norm_for_lrn(case: Case) -> bool:
    """A power of a mean over neighbouring channels is missing, in a net that alone has batch norms."""
    powers = "pow" in kinds(case.missing()) and any(_is_over_channels(op) for op in case.missing())
    return powers and any(case.candidate.of_kind("batch_norm")) and not any(case.reference.of_kind("batch_norm"))


@known(
    slug="layer-norm-elsewhere",
    says="the layer norm's place: before or after, twice, or not at all",
    link="https://github.com/lucidrains/vit-pytorch/pull/274",
)
def layer_norm_elsewhere(case: Case) -> bool:
    """One layer norm is missing, extra or moved."""
    ops = [*case.missing(), *case.extra()]
    return case.edit.kind in _PLACES and kinds(ops) in (["layer_norm"], ["layer_norm", "layer_norm"])
