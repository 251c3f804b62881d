"""Pools that round, count or look in another way, and pools of another kind."""

from support.blocks import Branches
from support.pairs import conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import pools

TRIOS = (
    Trio(
        pools.pool_rounds_up,
        right=lambda: nn.Sequential(nn.MaxPool2d(3, 2), conv(), nn.AvgPool2d(2)),
        wrong=lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), conv(), nn.AvgPool2d(2)),
        near=lambda: nn.Sequential(nn.MaxPool2d(3, 2), conv(), nn.AvgPool2d(2, ceil_mode=True)),
    ),
    Trio(
        pools.pool_rounds_down,
        right=lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), conv(), nn.AvgPool2d(4, ceil_mode=True)),
        wrong=lambda: nn.Sequential(nn.MaxPool2d(3, 2), conv(), nn.AvgPool2d(4, ceil_mode=True)),
        near=lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), conv(), nn.AvgPool2d(4)),
    ),
    Trio(
        pools.average_without_padding,
        right=lambda: nn.AvgPool2d(3, 1, padding=1),
        wrong=lambda: nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
        near=lambda: nn.AvgPool2d(3, 1, padding=0),
    ),
    Trio(
        pools.average_with_padding,
        right=lambda: nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
        wrong=lambda: nn.AvgPool2d(3, 1, padding=1),
        near=lambda: nn.AvgPool2d(3, 1, padding=1, count_include_pad=False, divisor_override=6),
    ),
    Trio(
        pools.pool_of_2x2_for_3x3,
        right=lambda: nn.Sequential(
            nn.MaxPool2d(3, 2, ceil_mode=True), Branches(conv(), conv(size=1)), nn.MaxPool2d(3, 2, ceil_mode=True)
        ),
        wrong=lambda: nn.Sequential(
            nn.MaxPool2d(3, 2, ceil_mode=True), Branches(conv(), conv(size=1)), nn.MaxPool2d(2, 2, ceil_mode=True)
        ),
        near=lambda: nn.Sequential(
            nn.MaxPool2d(2, 2, ceil_mode=True), Branches(conv(), conv(size=1)), nn.MaxPool2d(3, 2, ceil_mode=True)
        ),
    ),
    Trio(
        pools.pool_of_3x3_for_2x2,
        right=lambda: nn.Sequential(
            nn.MaxPool2d(2, 2, ceil_mode=True), Branches(conv(), conv(size=1)), nn.MaxPool2d(2, 2, ceil_mode=True)
        ),
        wrong=lambda: nn.Sequential(
            nn.MaxPool2d(2, 2, ceil_mode=True), Branches(conv(), conv(size=1)), nn.MaxPool2d(3, 2, ceil_mode=True)
        ),
        near=lambda: nn.Sequential(
            nn.MaxPool2d(3, 2, ceil_mode=True), Branches(conv(), conv(size=1)), nn.MaxPool2d(2, 2, ceil_mode=True)
        ),
    ),
    Trio(
        pools.max_pool_for_average,
        right=lambda: nn.Sequential(Branches(conv(), nn.AvgPool2d(3, 1, 1)), nn.AvgPool2d(2)),
        wrong=lambda: nn.Sequential(Branches(conv(), nn.MaxPool2d(3, 1, 1)), nn.AvgPool2d(2)),
        near=lambda: nn.Sequential(Branches(conv(), nn.AvgPool2d(3, 1, 1)), nn.MaxPool2d(2)),
    ),
    Trio(
        pools.no_max_pool_in_stem,
        right=lambda: nn.Sequential(conv(), nn.ReLU(), nn.MaxPool2d(2), conv(), nn.ReLU(), nn.MaxPool2d(2)),
        wrong=lambda: nn.Sequential(conv(), nn.ReLU(), conv(), nn.ReLU(), nn.MaxPool2d(2)),
        near=lambda: nn.Sequential(conv(), nn.ReLU(), nn.MaxPool2d(2), conv(), nn.ReLU()),
    ),
)
