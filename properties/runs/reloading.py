"""A net's own state_dict loaded back into it: hooks and methods of its own may change what comes back."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["reloaded"]

_METHODS = (
    "state_dict",
    "load_state_dict",
    "_save_to_state_dict",
    "_load_from_state_dict",
    "get_extra_state",
    "set_extra_state",
)
_HOOKS = (
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


def reloaded(net: nn.Module) -> dict[str, Tensor]:
    """The tensors that hold something else once the net has loaded its own state_dict, by key.

    The net is left as it was. Where torch's own code alone saves and loads, nothing is tried.

    Raises:
        Exception: whatever loading raises.
    """
    if not any(_takes_part(module) for module in net.modules()):
        return {}
    before = {key: tensor.detach().clone() for key, tensor in _owned(net).items()}
    try:
        state = {key: value.clone() if isinstance(value, Tensor) else value for key, value in net.state_dict().items()}
        net.load_state_dict(state)
        after = _owned(net)
        return {
            key: after[key].detach().clone()
            for key, value in before.items()
            if key in after and not torch.equal(after[key].nan_to_num(), value.nan_to_num())
        }
    finally:
        with torch.no_grad():
            for key, tensor in _owned(net).items():
                if key in before and tensor.shape == before[key].shape:
                    tensor.copy_(before[key])


def _owned(net: nn.Module) -> dict[str, Tensor]:
    return {**dict(net.named_parameters()), **dict(net.named_buffers())}


def _takes_part(module: nn.Module) -> bool:
    """Whether code that is not torch's saves or loads the module's tensors."""
    if any(getattr(module, name, None) for name in _HOOKS) or any(name in vars(module) for name in _METHODS):
        return True
    makers = (getattr(getattr(type(module), name, None), "__module__", None) or "torch" for name in _METHODS)
    return any(maker.partition(".")[0] != "torch" for maker in makers)
