"""Ways to use a net: other layouts, devices, compilers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph.torch.outputs import flatten_output
from properties.property import require
from properties.runs.copies import must_work
from properties.runs.eval_run import eval_run
from properties.runs.forward import outputs
from properties.subject import Subject

__all__ = [
    "by_image",
    "compiled",
    "exported",
    "layouts",
    "mapped",
    "runs_without_memory",
    "shared_memory",
    "stands_on",
    "tf32_off",
]


def shared_memory(net: nn.Module, other: nn.Module) -> list[str]:
    """Names of the tensors that both hold in the same memory."""
    theirs = {tensor.data_ptr() for tensor in (*other.parameters(), *other.buffers()) if tensor.numel()}
    ours = (*net.named_parameters(), *net.named_buffers())
    return [key for key, tensor in ours if tensor.data_ptr() in theirs]


def stands_on(net: nn.Module, device: str, subject: Subject) -> None:
    """Raise unless every parameter and buffer is on the device."""
    tensors = (*net.named_parameters(), *net.named_buffers())
    left = [key for key, tensor in tensors if tensor.device.type != device]
    require(not left, f"{', '.join(left[:3])} stands on the {subject.device}", f"on the {device} device", subject)


def runs_without_memory(net: nn.Module, subject: Subject) -> None:
    """Raise unless a net on the meta device runs, with the sizes that the real one gives."""
    image = subject.randn(2, subject.small).to("meta")
    with must_work("the net on the meta device", subject):
        actual = [tuple(tensor.shape) for tensor in outputs(net, image)]
    expected = [tuple(tensor.shape) for tensor in eval_run(subject).first.tensors]
    require(actual == expected, f"on the meta device it returns {actual}", str(expected), subject)


@contextmanager
def tf32_off() -> Iterator[None]:
    """Products in float32 on a CUDA device keep all their digits."""
    flags: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [flag.allow_tf32 for flag in flags]
    try:
        for flag in flags:
            flag.allow_tf32 = False
        yield
    finally:
        for flag, value in zip(flags, before, strict=True):
            flag.allow_tf32 = value


def layouts(image: Tensor) -> Iterator[tuple[str, Tensor]]:
    """The same images with other strides, each with a word for it."""
    spaced = torch.zeros(*image.shape[:-1], 2 * image.shape[-1], dtype=image.dtype, device=image.device)[..., ::2]
    yield "non-contiguous", spaced.copy_(image)
    if image.dim() == 4:
        yield "channels-last", image.contiguous(memory_format=torch.channels_last)


def exported(net: nn.Module, image: Tensor) -> list[Tensor]:
    """What the exported program returns."""
    program = torch.export.export(net, (image,), strict=False)
    return outputs(program.module(), image)


def compiled(net: nn.Module, image: Tensor) -> list[Tensor]:
    """What the compiled net returns, its operators run one by one."""
    torch._dynamo.reset()
    try:
        return [tensor.clone() for _, tensor in flatten_output(torch.compile(net, backend="eager")(image))]
    finally:
        torch._dynamo.reset()


def by_image(tensors: list[Tensor]) -> list[Tensor]:
    """Those whose first axis counts the two images."""
    return [tensor for tensor in tensors if tensor.dim() and len(tensor) == 2]


def mapped(net: nn.Module, image: Tensor, expected: list[Tensor]) -> list[Tensor]:
    """What vmap makes of the net on single images, for the outputs that count images."""
    chosen = [index for index, tensor in enumerate(expected) if tensor.dim() and len(tensor) == 2]

    def alone(one: Tensor) -> tuple[Tensor, ...]:
        found = [tensor for _, tensor in flatten_output(net(one.unsqueeze(0)))]
        return tuple(found[index] for index in chosen)

    return [tensor.squeeze(1) for tensor in torch.func.vmap(alone)(image)]
