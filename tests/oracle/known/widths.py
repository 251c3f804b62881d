"""Widths and groups, one layer's or all of a net's."""

from support.blocks import Branches, Residual
from support.pairs import conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import widths

TRIOS = (
    Trio(
        widths.first_1x1_grouped,
        right=lambda: Residual(conv(size=1), nn.ReLU(), conv(groups=4), nn.ReLU(), conv(size=1)),
        wrong=lambda: Residual(conv(size=1, groups=4), nn.ReLU(), conv(groups=4), nn.ReLU(), conv(size=1)),
        near=lambda: Residual(conv(size=1), nn.ReLU(), conv(groups=4), nn.ReLU(), conv(size=1, groups=4)),
    ),
    Trio(
        widths.groups_ignored,
        right=lambda: nn.Sequential(conv(groups=4), nn.ReLU(), conv(groups=8)),
        wrong=lambda: nn.Sequential(conv(), nn.ReLU(), conv(groups=8)),
        near=lambda: nn.Sequential(conv(groups=4), nn.ReLU(), conv()),
    ),
    Trio(
        widths.alexnet_of_2012,
        right=lambda: nn.Sequential(conv(3, 64), conv(64, 192), conv(192, 384), conv(384, 256), conv(256, 256)),
        wrong=lambda: nn.Sequential(conv(3, 96), conv(96, 256), conv(256, 384), conv(384, 384), conv(384, 256)),
        near=lambda: nn.Sequential(conv(3, 64), conv(64, 192), conv(192, 384), conv(384, 384), conv(384, 256)),
        shape=(2, 3, 12, 12),
    ),
    Trio(
        widths.alexnet_of_2014,
        right=lambda: nn.Sequential(conv(3, 96), conv(96, 256), conv(256, 384), conv(384, 384), conv(384, 256)),
        wrong=lambda: nn.Sequential(conv(3, 64), conv(64, 192), conv(192, 384), conv(384, 256), conv(256, 256)),
        near=lambda: nn.Sequential(conv(3, 96), conv(96, 256), conv(256, 384), conv(384, 256), conv(256, 256)),
        shape=(2, 3, 12, 12),
    ),
    Trio(
        widths.width_of_stem,
        right=lambda: nn.Sequential(conv(8, 8), nn.ReLU(), conv(8, 8, groups=8), conv(8, 24, size=1), conv(24, 4)),
        wrong=lambda: nn.Sequential(conv(8, 16), nn.ReLU(), conv(16, 16, groups=16), conv(16, 24, size=1), conv(24, 4)),
        near=lambda: nn.Sequential(conv(8, 8), nn.ReLU(), conv(8, 8, groups=8), conv(8, 48, size=1), conv(48, 4)),
    ),
    Trio(
        widths.width_of_densenet_stem,
        right=lambda: nn.Sequential(
            conv(8, 8), Branches(nn.Identity(), conv(8, 4)), conv(12, 6, size=1), nn.AvgPool2d(2)
        ),
        wrong=lambda: nn.Sequential(
            conv(8, 16), Branches(nn.Identity(), conv(16, 4)), conv(20, 6, size=1), nn.AvgPool2d(2)
        ),
        near=lambda: nn.Sequential(
            conv(8, 12), Branches(nn.Identity(), conv(12, 4)), conv(16, 6, size=1), nn.AvgPool2d(2)
        ),
    ),
    Trio(
        widths.width_of_resnext,
        right=lambda: nn.Sequential(
            Residual(conv(8, 8, size=1), nn.ReLU(), conv(8, 8, groups=4), nn.ReLU(), conv(8, 8, size=1)),
            conv(8, 4, size=1),
        ),
        wrong=lambda: nn.Sequential(
            Residual(conv(8, 16, size=1), nn.ReLU(), conv(16, 16, groups=4), nn.ReLU(), conv(16, 8, size=1)),
            conv(8, 4, size=1),
        ),
        near=lambda: nn.Sequential(
            Residual(conv(8, 8, size=1), nn.ReLU(), conv(8, 8, groups=4), nn.ReLU(), conv(8, 8, size=1)),
            conv(8, 8, size=1),
        ),
    ),
)
