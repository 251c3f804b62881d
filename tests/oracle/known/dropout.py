"""Dropout and stochastic depth in one net alone, or in another place."""

import torch
from support.blocks import Residual
from support.pairs import Net, conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import dropout

TRIOS = (
    Trio(
        dropout.dropout_in_block,
        right=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), conv()), conv()),
        wrong=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), nn.Dropout(0.3), conv()), conv()),
        near=lambda: nn.Sequential(Residual(conv(), nn.ReLU(), conv()), nn.Dropout(0.3), conv()),
    ),
    Trio(
        dropout.dropout_elsewhere,
        right=lambda: nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(1152, 16), nn.ReLU(), nn.Linear(16, 4)),
        wrong=lambda: nn.Sequential(nn.Flatten(), nn.Linear(1152, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 4)),
        near=lambda: nn.Sequential(
            nn.Flatten(), nn.Dropout(), nn.Linear(1152, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 4)
        ),
    ),
    Trio(
        dropout.dropout_in_one_net,
        right=lambda: nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(8, 4)),
        wrong=lambda: nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)),
        near=lambda: nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(8, 4)),
    ),
    Trio(
        dropout.drop_connect,
        right=lambda: Residual(conv(), nn.ReLU(), conv()),
        wrong=lambda: Residual(
            conv(),
            nn.ReLU(),
            conv(),
            Net(lambda n, x: x * torch.bernoulli(x.new_full((len(x), 1, 1, 1), 0.8)) / 0.8),
        ),
        near=lambda: Residual(conv(), nn.ReLU(), conv(), nn.Dropout(0.2)),
    ),
)
