"""Operators that only make their results on the meta device: as torch makes them, and only within."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from properties.graph.torch.recording.quick_kernels import quick_kernels


def seen(tensors) -> list[tuple]:
    """What can be seen of results without memory."""
    return [(tuple(each.shape), each.stride(), each.dtype, each.device.type, each.requires_grad) for each in tensors]


def norm(training: bool, **settings):
    """A batch norm of an image, with gradients."""

    def run() -> list[torch.Tensor]:
        layer = nn.BatchNorm2d(4, device="meta", **settings).train(training)
        x = torch.empty(2, 4, 5, 6, device="meta", requires_grad=True)
        made = layer(x)
        made.sum().backward()
        return [made, x.grad, *layer.buffers()]

    return run


def native(training: bool):
    """All three results of the operator, of an image with its channels last."""
    x = torch.empty(2, 4, 5, 6, device="meta").to(memory_format=torch.channels_last)
    statistics = [torch.empty(4, device="meta") for _ in range(4)]
    return lambda: torch.native_batch_norm(x, *statistics, training, 0.1, 1e-5)


def mean(*arguments, **settings):
    """A mean, whatever axes."""
    return lambda: [torch.empty(2, 4, 5, device="meta").mean(*arguments, **settings)]


def linear(features: int):
    """A linear layer of five features, without gradients."""

    def run() -> list[torch.Tensor]:
        with torch.no_grad():
            return [nn.Linear(5, 3, device="meta")(torch.empty(2, features, device="meta"))]

    return run


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(norm(True), id="train"),
        pytest.param(norm(False), id="eval"),
        pytest.param(norm(True, affine=False, track_running_stats=False), id="bare"),
        pytest.param(native(True), id="channels last, train"),
        pytest.param(native(False), id="channels last, eval"),
        pytest.param(mean((1, 2)), id="mean"),
        pytest.param(mean(-1, keepdim=True), id="mean, kept"),
        pytest.param(mean(0, dtype=torch.float64), id="mean, wide"),
        pytest.param(mean([]), id="mean of all"),
        pytest.param(linear(5), id="linear"),
        pytest.param(lambda: [F.adaptive_avg_pool2d(torch.empty(2, 4, 5, 6, device="meta"), 1)], id="pool"),
    ],
)
def test_results_are_those_of_torch(run):
    """Sizes, strides, types and gradients are what torch's own way gives."""
    expected = seen(run())
    with quick_kernels(), quick_kernels():
        assert expected == seen(run())
    assert expected == seen(run())


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(mean((3,)), id="no such axis"),
        pytest.param(linear(6), id="another size"),
        pytest.param(lambda: torch.empty(2, 3, device="meta", dtype=torch.int64).mean(1), id="whole numbers"),
    ],
)
def test_errors_are_errors(run):
    """An axis that is none, and numbers that have no mean, are refused."""
    with quick_kernels(), pytest.raises((IndexError, RuntimeError)):
        run()


def test_with_memory_nothing_changes():
    """A batch norm that computes computes what it did."""
    x = torch.randn(2, 4, 5, 6)
    expected = F.batch_norm(x, None, None, training=True)
    with quick_kernels():
        assert torch.equal(expected, F.batch_norm(x, None, None, training=True))
