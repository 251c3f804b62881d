"""Concatenations in another order, squeeze-and-excitation, transitions."""

import torch
from support.blocks import Branches, Gated
from support.pairs import Net, conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import branches

TRIOS = (
    Trio(
        branches.patches_in_other_order,
        right=lambda: Net(
            lambda n, x: n.merge(
                torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
            ),
            merge=conv(32, size=1),
        ),
        wrong=lambda: Net(
            lambda n, x: n.merge(
                torch.cat([x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]], 1)
            ),
            merge=conv(32, size=1),
        ),
        near=lambda: Net(
            lambda n, x: n.merge(
                torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]], 1)
            ),
            merge=conv(32, size=1),
        ),
    ),
    Trio(
        branches.concatenation_in_other_order,
        right=lambda: nn.Sequential(conv(), Branches(nn.Identity(), conv()), conv(16)),
        wrong=lambda: nn.Sequential(conv(), Branches(conv(), nn.Identity()), conv(16)),
        near=lambda: nn.Sequential(conv(), conv(), Branches(nn.Identity(), nn.Identity()), conv(16)),
    ),
    Trio(
        branches.norm_in_gate,
        right=lambda: nn.Sequential(
            conv(), Gated(nn.AdaptiveAvgPool2d(1), conv(size=1), nn.ReLU(), conv(size=1), nn.Sigmoid())
        ),
        wrong=lambda: nn.Sequential(
            conv(),
            Gated(nn.AdaptiveAvgPool2d(1), conv(size=1), nn.BatchNorm2d(8), nn.ReLU(), conv(size=1), nn.Sigmoid()),
        ),
        near=lambda: nn.Sequential(
            conv(),
            nn.BatchNorm2d(8),
            Gated(nn.AdaptiveAvgPool2d(1), conv(size=1), nn.ReLU(), conv(size=1), nn.Sigmoid()),
        ),
    ),
    Trio(
        branches.gate_elsewhere,
        right=lambda: nn.Sequential(
            conv(8, 16, size=1),
            nn.ReLU(),
            conv(16, 16, groups=16),
            Gated(nn.AdaptiveAvgPool2d(1), conv(16, 16, size=1), nn.Sigmoid()),
            nn.ReLU(),
            conv(16, 8, size=1),
        ),
        wrong=lambda: nn.Sequential(
            conv(8, 16, size=1),
            nn.ReLU(),
            conv(16, 16, groups=16),
            nn.ReLU(),
            conv(16, 8, size=1),
            Gated(nn.AdaptiveAvgPool2d(1), conv(8, 8, size=1), nn.Sigmoid()),
        ),
        near=lambda: nn.Sequential(
            conv(8, 16, size=1),
            nn.ReLU(),
            conv(16, 16, groups=16),
            Gated(nn.AdaptiveAvgPool2d(1), conv(16, 16, size=1), nn.Sigmoid()),
            nn.ReLU(),
            conv(16, 8, size=1),
            Gated(nn.AdaptiveAvgPool2d(1), conv(8, 8, size=1), nn.Sigmoid()),
        ),
    ),
    Trio(
        branches.no_gate,
        right=lambda: nn.Sequential(conv(), Gated(nn.AdaptiveAvgPool2d(1), conv(size=1), nn.Sigmoid())),
        wrong=lambda: nn.Sequential(conv()),
        near=lambda: nn.Sequential(conv(), Gated(conv(size=1), nn.Sigmoid())),
    ),
    Trio(
        branches.extra_gate,
        right=lambda: nn.Sequential(conv()),
        wrong=lambda: nn.Sequential(conv(), Gated(nn.AdaptiveAvgPool2d(1), conv(size=1), nn.Sigmoid())),
        near=lambda: nn.Sequential(conv(), Gated(conv(size=1), nn.Sigmoid())),
    ),
    Trio(
        branches.extra_transition,
        right=lambda: nn.Sequential(
            Branches(nn.Identity(), conv(8)),
            Branches(nn.Identity(), conv(16)),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        ),
        wrong=lambda: nn.Sequential(
            Branches(nn.Identity(), conv(8)),
            Branches(nn.Identity(), conv(16)),
            nn.Sequential(conv(24, 12, size=1), nn.AvgPool2d(2)),
            nn.BatchNorm2d(12),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        ),
        near=lambda: nn.Sequential(
            Branches(nn.Identity(), conv(8)),
            nn.Sequential(conv(16, 16, size=1), nn.AvgPool2d(2)),
            Branches(nn.Identity(), conv(16)),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        ),
    ),
)
