"""Kernels and paddings of another size."""

from support.blocks import Branches
from support.pairs import conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import kernels

TRIOS = (
    Trio(
        kernels.branch_of_3x3_for_5x5,
        right=lambda: nn.Sequential(conv(size=5), Branches(conv(size=1), conv(size=5))),
        wrong=lambda: nn.Sequential(conv(size=5), Branches(conv(size=1), conv(size=3))),
        near=lambda: nn.Sequential(conv(size=3), Branches(conv(size=1), conv(size=5))),
    ),
    Trio(
        kernels.branch_of_5x5_for_3x3,
        right=lambda: nn.Sequential(conv(size=3), Branches(conv(size=1), conv(size=3))),
        wrong=lambda: nn.Sequential(conv(size=3), Branches(conv(size=1), conv(size=5))),
        near=lambda: nn.Sequential(conv(size=5), Branches(conv(size=1), conv(size=3))),
    ),
    Trio(
        kernels.expansion_of_3x3,
        right=lambda: nn.Sequential(
            conv(8, 16, size=1), nn.ReLU(), conv(16, 16, groups=16), nn.ReLU(), conv(16, 8, size=1)
        ),
        wrong=lambda: nn.Sequential(
            conv(8, 16, size=3), nn.ReLU(), conv(16, 16, groups=16), nn.ReLU(), conv(16, 8, size=1)
        ),
        near=lambda: nn.Sequential(
            conv(8, 16, size=1), nn.ReLU(), conv(16, 16, groups=16), nn.ReLU(), conv(16, 8, size=3)
        ),
    ),
    Trio(
        kernels.stem_of_1x1,
        right=lambda: nn.Sequential(conv(size=3, padding=1), nn.ReLU(), conv()),
        wrong=lambda: nn.Sequential(conv(size=1, padding=1), nn.ReLU(), conv()),
        near=lambda: nn.Sequential(conv(size=1, padding=0), nn.ReLU(), conv()),
    ),
    Trio(
        kernels.small_stem,
        right=lambda: nn.Sequential(conv(size=7, stride=2), nn.ReLU(), conv()),
        wrong=lambda: nn.Sequential(conv(size=3, stride=1), nn.ReLU(), conv()),
        near=lambda: nn.Sequential(conv(size=5, stride=1), nn.ReLU(), conv()),
    ),
    Trio(
        kernels.uneven_padding,
        right=lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), conv(stride=2, padding=0)),
        wrong=lambda: nn.Sequential(conv(stride=2, padding=1)),
        near=lambda: nn.Sequential(nn.ZeroPad2d((1, 0, 1, 0)), conv(stride=2, padding=0)),
    ),
    Trio(
        kernels.padding_of_other_axis,
        right=lambda: nn.Sequential(conv(padding=(1, 2)), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(padding=(2, 1)), nn.ReLU()),
        near=lambda: nn.Sequential(conv(padding=(2, 2)), nn.ReLU()),
    ),
    Trio(
        kernels.two_3x3_for_5x5,
        right=lambda: nn.Sequential(conv(size=5), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(size=3), conv(size=3), nn.ReLU()),
        near=lambda: nn.Sequential(conv(size=3), conv(size=1), nn.ReLU()),
    ),
)
