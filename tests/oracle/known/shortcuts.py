"""Residual blocks: the shortcut, and the ReLU around the addition."""

from support.blocks import Residual
from support.pairs import Net, conv
from support.trios import Trio
from torch import nn
from torch.nn import functional as F

from properties.oracle.known import shortcuts

TRIOS = (
    Trio(
        shortcuts.relu_in_place_on_shortcut,
        right=lambda: nn.Sequential(conv(), Residual(nn.ReLU(), conv())),
        wrong=lambda: nn.Sequential(conv(), Residual(nn.ReLU(inplace=True), conv())),
        near=lambda: Residual(conv(), nn.ReLU(), conv()),
    ),
    Trio(
        shortcuts.shortcut_of_other_activation,
        right=lambda: nn.Sequential(conv(), Residual(nn.BatchNorm2d(8), nn.ReLU(), conv())),
        wrong=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU(), Residual(conv())),
        near=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), Residual(nn.ReLU(), conv())),
    ),
    Trio(
        shortcuts.relu_on_shortcut,
        right=lambda: Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
        wrong=lambda: Residual(conv(), nn.ReLU(), conv(), shortcut=nn.Sequential(conv(size=1), nn.ReLU())),
        near=lambda: Residual(conv(), nn.ReLU(), conv(), nn.ReLU(), shortcut=conv(size=1)),
    ),
    Trio(
        shortcuts.relu_before_addition,
        right=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)), nn.ReLU()),
        wrong=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), conv(), nn.ReLU(), shortcut=conv(size=1))),
        near=lambda: nn.Sequential(
            Residual(conv(), nn.ReLU(), conv(), shortcut=nn.Sequential(conv(size=1), nn.ReLU())), nn.ReLU()
        ),
    ),
    Trio(
        shortcuts.no_relu_after_addition,
        right=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), conv()), nn.ReLU(), conv()),
        wrong=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), conv()), conv()),
        near=lambda: nn.Sequential(Residual(conv(), conv()), nn.ReLU(), conv()),
    ),
    Trio(
        shortcuts.projection_for_identity,
        right=lambda: Residual(conv(), nn.ReLU(), conv()),
        wrong=lambda: Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
        near=lambda: Residual(conv(), nn.ReLU(), conv(), conv(size=1)),
    ),
    Trio(
        shortcuts.norm_on_identity,
        right=lambda: Residual(conv(), nn.ReLU(), conv()),
        wrong=lambda: Residual(conv(), nn.ReLU(), conv(), shortcut=nn.BatchNorm2d(8)),
        near=lambda: Residual(conv(), nn.ReLU(), conv(), nn.BatchNorm2d(8)),
    ),
    Trio(
        shortcuts.shortcut_of_option_a,
        right=lambda: Residual(conv(8, 16, stride=2), shortcut=conv(8, 16, size=1, stride=2)),
        wrong=lambda: Residual(
            conv(8, 16, stride=2), shortcut=Net(lambda n, x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 4, 4)))
        ),
        near=lambda: Residual(
            conv(8, 16, stride=2), shortcut=Net(lambda n, x: F.pad(F.max_pool2d(x, 2), (0, 0, 0, 0, 4, 4)))
        ),
    ),
    Trio(
        shortcuts.shortcut_of_option_b,
        right=lambda: Residual(
            conv(8, 16, stride=2), shortcut=Net(lambda n, x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 4, 4)))
        ),
        wrong=lambda: Residual(conv(8, 16, stride=2), shortcut=conv(8, 16, size=1, stride=2)),
        near=lambda: Residual(conv(8, 16, stride=2), shortcut=nn.Sequential(conv(8, 16, size=1, stride=2), nn.ReLU())),
    ),
)
