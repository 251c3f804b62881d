"""Strides that moved within a block, between blocks, between stages."""

from support.blocks import Residual
from support.pairs import conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import strides

TRIOS = (
    Trio(
        strides.stride_on_first_1x1,
        right=lambda: Residual(
            conv(size=1), nn.ReLU(), conv(stride=2), nn.ReLU(), conv(size=1), shortcut=conv(size=1, stride=2)
        ),
        wrong=lambda: Residual(
            conv(size=1, stride=2), nn.ReLU(), conv(), nn.ReLU(), conv(size=1), shortcut=conv(size=1, stride=2)
        ),
        near=lambda: Residual(
            conv(size=1), nn.ReLU(), conv(), nn.ReLU(), conv(size=1, stride=2), shortcut=conv(size=1, stride=2)
        ),
    ),
    Trio(
        strides.stride_on_3x3,
        right=lambda: Residual(
            conv(size=1, stride=2), nn.ReLU(), conv(), nn.ReLU(), conv(size=1), shortcut=conv(size=1, stride=2)
        ),
        wrong=lambda: Residual(
            conv(size=1), nn.ReLU(), conv(stride=2), nn.ReLU(), conv(size=1), shortcut=conv(size=1, stride=2)
        ),
        near=lambda: Residual(
            conv(size=1), nn.ReLU(), conv(), nn.ReLU(), conv(size=1, stride=2), shortcut=conv(size=1, stride=2)
        ),
    ),
    Trio(
        strides.strides_of_other_stages,
        right=lambda: nn.Sequential(conv(groups=8, stride=2), conv(size=1), conv(groups=8), conv(size=1)),
        wrong=lambda: nn.Sequential(conv(groups=8), conv(size=1), conv(groups=8, stride=2), conv(size=1)),
        near=lambda: nn.Sequential(conv(groups=8), conv(size=1, stride=2), conv(groups=8), conv(size=1)),
    ),
    Trio(
        strides.stride_in_later_block,
        right=lambda: nn.Sequential(
            Residual(conv(stride=2), nn.ReLU(), conv(), shortcut=conv(size=1, stride=2)),
            Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
        ),
        wrong=lambda: nn.Sequential(
            Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
            Residual(conv(stride=2), nn.ReLU(), conv(), shortcut=conv(size=1, stride=2)),
        ),
        near=lambda: nn.Sequential(
            Residual(conv(), nn.ReLU(), conv(stride=2), shortcut=conv(size=1, stride=2)),
            Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
        ),
    ),
    Trio(
        strides.stride_in_earlier_block,
        right=lambda: nn.Sequential(
            Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
            Residual(conv(), nn.ReLU(), conv(stride=2), shortcut=conv(size=1, stride=2)),
        ),
        wrong=lambda: nn.Sequential(
            Residual(conv(), nn.ReLU(), conv(stride=2), shortcut=conv(size=1, stride=2)),
            Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
        ),
        near=lambda: nn.Sequential(
            Residual(conv(), nn.ReLU(), conv(), shortcut=conv(size=1)),
            Residual(conv(stride=2), nn.ReLU(), conv(), shortcut=conv(size=1, stride=2)),
        ),
    ),
)
