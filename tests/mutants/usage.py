"""Nets that compute what they should and can be used in fewer ways than nets can."""

from __future__ import annotations

import random
import threading
from typing import Any

import torch
from mutants.mutant import Mutant
from mutants.nets import plain
from torch import Tensor, nn

from properties.themes import usage

__all__ = ["MUTANTS"]


class Net(nn.Module):
    """A convolution and a linear layer; what is wrong, if anything, is said by the subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.fc = nn.Linear(6 * 64, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)`` for images ``(N, 3, 8, 8)``."""
        return self.fc(self.conv(x).relu().flatten(1))


class HoldsALock(Net):
    """A lock cannot be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class HoldsALambda(Net):
    """A function without a name cannot be pickled."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = lambda x: x


class Version:
    """Something that is no tensor."""


class SavesAnObject(Net):
    """The state_dict holds an object, whose class must be imported to read it."""

    def get_extra_state(self) -> Any:
        """Return the object."""
        return Version()

    def set_extra_state(self, state: Any) -> None:
        """Take it."""


class ScalesByChance(Net):
    """A number that was drawn when the net was built stands in no state_dict."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = random.Random().uniform(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x) * self.scale


class ReadsANumber(Net):
    """The builder reads a number off a tensor, which has none on the meta device."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.linspace(0, 1, 3)[1].item()


class KeepsATensor(Net):
    """A tensor in a plain attribute is not moved."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = torch.full((3, 1, 1), 0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x - self.mean)


class RoundsOnCuda(Net):
    """Fewer digits on a CUDA device."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x.bfloat16().float() if x.is_cuda else x)


class ViewsTheImage(Net):
    """``view`` asks for images that lie in a row."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x.view(len(x), -1).view(x.shape))


class InsistsOnFloat32(Net):
    """The type is written into the forward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return self.fc(self.conv(x).float().relu().flatten(1))


class DependsOnNumbers(Net):
    """What is done next depends on the numbers computed."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x if float(x.sum()) > -1e9 else -x)


class DoublesWhenCompiled(Net):
    """The compiler is told something else."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        compiled = torch.compiler.is_compiling() and not torch.compiler.is_exporting()
        return super().forward(x * 2 if compiled else x)


class FillsATensor(Net):
    """The result is written into a tensor that knows nothing of the mapped axis."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        result = torch.zeros(len(x), 4, device=x.device, dtype=x.dtype)
        result.copy_(super().forward(x))
        return result


def _net(kind: type[nn.Module] = Net) -> Any:
    return lambda: plain(kind, 3, 8, 8)


def _mutant(caught_by: Any, net: type[nn.Module], mistake: str, needs: str = "cpu") -> Mutant:
    return Mutant(caught_by, _net(), _net(net), mistake, needs)


MUTANTS = (
    _mutant(usage.copying_it_changes_nothing, HoldsALock, "lock as an attribute"),
    _mutant(usage.pickling_it_changes_nothing, HoldsALambda, "lambda as an attribute"),
    _mutant(usage.saving_its_state_dict_needs_no_code_to_load_it, SavesAnObject, "object in the state_dict"),
    _mutant(usage.loading_its_state_dict_makes_a_fresh_net_the_same, ScalesByChance, "scale drawn when built"),
    _mutant(usage.building_it_without_memory_gives_the_same_sizes, ReadsANumber, "number read when built"),
    _mutant(usage.moving_it_moves_all_of_it, KeepsATensor, "tensor as a plain attribute"),
    _mutant(usage.cpu_and_cuda_agree, RoundsOnCuda, "fewer digits on CUDA", needs="cuda"),
    _mutant(usage.memory_layout_of_the_image_does_not_matter, ViewsTheImage, "view of the image"),
    _mutant(usage.precision_of_numbers_does_not_matter, InsistsOnFloat32, "float32 in the forward pass"),
    _mutant(usage.exporting_it_changes_nothing, DependsOnNumbers, "branch on computed numbers"),
    _mutant(usage.compiling_it_changes_nothing, DoublesWhenCompiled, "other arithmetic when compiled"),
    _mutant(usage.vmap_changes_nothing, FillsATensor, "result written in place"),
)
