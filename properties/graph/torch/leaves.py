"""The tensors a net owns, read off an ``nn.Module``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from properties.graph.ir import Param

__all__ = ["Leaves", "constant", "digest", "name_of"]


@dataclass(frozen=True)
class Leaves:
    """The tensors a net owns, by name, with ties resolved to the first name."""

    params: tuple[Param, ...]
    tied: Mapping[str, str]
    tensors: Mapping[str, Tensor]
    modules: Mapping[str, str]
    device: torch.device
    dtype: torch.dtype

    @classmethod
    def of(cls, net: nn.Module) -> Leaves:
        """Read them off a net."""
        found: dict[str, Tensor] = {}
        tied: dict[str, str] = {}
        first: dict[object, str] = {}
        params = []
        named = [*net.named_parameters(remove_duplicate=False), *net.named_buffers(remove_duplicate=False)]
        persistent = _saved(net, dict(named))
        for key, tensor in named:
            found[key] = tensor
            place = _place(tensor)
            if place in first:
                tied[key] = first[place]
                continue
            first[place] = key
            params.append(_param(key, tensor, key in persistent))
        sample = next((tensor for tensor in found.values() if tensor.is_floating_point()), None)
        return cls(
            params=tuple(params),
            tied=tied,
            tensors=found,
            modules={path: type(module).__name__ for path, module in net.named_modules()},
            device=sample.device if sample is not None else torch.device("cpu"),
            dtype=sample.dtype if sample is not None else torch.get_default_dtype(),
        )


def _place(tensor: Tensor) -> object:
    """The same for two tensors that are one, or that are two objects on one memory."""
    if tensor.layout is not torch.strided or not tensor.numel() or isinstance(tensor, FakeTensor):
        return id(tensor)
    try:
        memory = tensor.untyped_storage()._cdata
    except (RuntimeError, NotImplementedError):  # a tensor of a class of its own
        return id(tensor)
    return memory, tensor.storage_offset(), tensor.size(), tensor.stride()


def _saved(net: nn.Module, named: Mapping[str, Tensor]) -> set[str]:
    """Keys of the tensors that the state_dict holds; a hook may have given them other names there."""
    state = {key: value for key, value in net.state_dict(keep_vars=True).items() if isinstance(value, Tensor)}
    held, own = {id(value) for value in state.values()}, {id(tensor) for tensor in named.values()}
    saved = {key for key, tensor in named.items() if key in state or id(tensor) in held}
    renamed = Counter(value.shape for key, value in state.items() if key not in named and id(value) not in own)
    for key in (key for key in named if key not in saved):
        if renamed[named[key].shape]:
            renamed[named[key].shape] -= 1
            saved.add(key)
    return saved


def _param(key: str, tensor: Tensor, persistent: bool) -> Param:
    kind = "parameter" if isinstance(tensor, nn.Parameter) else "buffer"
    trainable = kind == "parameter" and tensor.requires_grad
    return Param(key, kind, tuple(tensor.shape), trainable, name_of(tensor.dtype), persistent)


def constant(key: str, tensor: object) -> Param:
    """A tensor that is registered nowhere, with a hash of its content.

    Raises:
        NotImplementedError: if the trace itself should have made it.
    """
    if not isinstance(tensor, Tensor):
        return Param(key, "constant", (), False, "unknown", False)
    if isinstance(tensor, FakeTensor):
        raise NotImplementedError("the net computes with a tensor that left the trace, through .data or the like")
    return Param(key, "constant", tuple(tensor.shape), False, name_of(tensor.dtype), False, digest(tensor))


def name_of(dtype: torch.dtype) -> str:
    """``float32`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


def digest(tensor: Tensor) -> str | None:
    """A hash of the content, or None where there is none (meta device)."""
    if tensor.device.type == "meta" or isinstance(tensor, FakeTensor):
        return None
    data = tensor.detach().cpu().contiguous()
    if data.dtype == torch.bfloat16:
        data = data.float()
    return hashlib.sha256(data.numpy().tobytes()).hexdigest()[:16]
