"""What a pre-activation block does with its layers, and what follows the last one."""

from __future__ import annotations

from torch import Tensor

from corpus.case import Mutant, mutant
from corpus.edits import reclass
from corpus.nets import PREACT, PreActBlock, PreActNet

__all__ = ["MUTANTS"]


class _InPlaceOnSkip(PreActBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(out)
        out = self.conv2(self.relu(self.bn2(self.conv1(out))))
        return out + shortcut.relu_()


class _InPlaceFirst(PreActBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = x.relu_()
        shortcut = x if self.shortcut is None else self.shortcut(self.relu(self.bn1(out)))
        return self.conv2(self.relu(self.bn2(self.conv1(self.relu(self.bn1(out)))))) + shortcut


class _ProjectsRawInput(PreActBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return self.conv2(self.relu(self.bn2(self.conv1(out)))) + shortcut


class _ShortcutActivated(PreActBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(x))
        shortcut = out if self.shortcut is None else self.shortcut(out)
        return self.conv2(self.relu(self.bn2(self.conv1(out)))) + shortcut


class _NoLastNorm(PreActNet):
    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.blocks(self.conv(x)).mean((2, 3)))


class _NoLastActivation(PreActNet):
    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.norm(self.blocks(self.conv(x))).mean((2, 3)))


class _MeanFirst(PreActNet):
    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.relu(self.norm(self.blocks(self.conv(x))).mean((2, 3))))


PREACTIVATED = (
    mutant("preact projection of the raw input", PREACT, "blocks.1.shortcut", reclass("blocks.1", _ProjectsRawInput),
           row=24),
    mutant("preact activated identity", PREACT, "blocks.2", reclass("blocks.2", _ShortcutActivated), row=40),
    mutant("preact in-place ReLU on the skip", PREACT, "blocks.2", reclass("blocks.2", _InPlaceOnSkip), row=23),
    mutant("preact in-place ReLU", PREACT, "blocks.0 blocks.0.relu blocks.0.bn1", reclass("blocks.0", _InPlaceFirst),
           row=23),
    mutant("preact no last norm and ReLU", PREACT, "norm relu", reclass("", _NoLastNorm), row=25),
    mutant("preact no last ReLU", PREACT, "relu", reclass("", _NoLastActivation), row=43),
    mutant("preact mean before the ReLU", PREACT, "relu .", reclass("", _MeanFirst), row=59),
)  # fmt: skip


MUTANTS: tuple[Mutant, ...] = PREACTIVATED
