"""What the content of tensors answers in an ordinary pass: the path that is taken to be a net's own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from properties.graph.torch.asking.listener import Listener
from properties.graph.torch.recording.places import places_kept

__all__ = ["true_answers"]

_ASKING = (
    *(Tensor.__bool__, Tensor.is_nonzero, Tensor.equal, Tensor.allclose),
    *(torch.is_nonzero, torch.equal, torch.allclose),
)


def true_answers(net: nn.Module, shape: tuple[int, ...], dtype: torch.dtype) -> tuple[str, ...]:
    """Names of the questions about content that one pass on an image of drawn numbers answers with yes.

    Args:
        net: with memory; its tensors may change, and its random state moves.
        shape: of the image, batch axis included.
        dtype: of the image.

    Raises:
        Exception: whatever the net raises.
    """
    image = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    with places_kept(net) as stack, torch.no_grad():
        hearing = _Hearing(Listener(stack))
        with hearing:
            net(image)
    return tuple(question.name for question in hearing.listener.questions if question.answer)


class _Hearing(TorchFunctionMode):
    """Notes each answer; a name is the one that a recording gives the same question."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self.listener = listener

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = func(*args, **(kwargs or {}))
        if func in _ASKING:
            self.listener.note("content", int(answer), 0, int(answer), ())
        return answer
