"""Activations that are missing, unused, or of another kind."""

from support.blocks import Branches, Residual
from support.pairs import Net, conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import activations

TRIOS = (
    Trio(
        activations.gelu_by_tanh,
        right=lambda: nn.Sequential(conv(), nn.GELU()),
        wrong=lambda: nn.Sequential(conv(), nn.GELU("tanh")),
        near=lambda: nn.Sequential(conv(), nn.SiLU()),
    ),
    Trio(
        activations.gelu_by_erf,
        right=lambda: nn.Sequential(conv(), nn.GELU("tanh")),
        wrong=lambda: nn.Sequential(conv(), nn.GELU()),
        near=lambda: nn.Sequential(conv(), nn.SiLU()),
    ),
    Trio(
        activations.unused_relu,
        right=lambda: Net(lambda n, x: (y := n.a(x), z := n.relu(y), n.b(z))[-1], a=conv(), relu=nn.ReLU(), b=conv()),
        wrong=lambda: Net(lambda n, x: (y := n.a(x), n.relu(y), n.b(y))[-1], a=conv(), relu=nn.ReLU(), b=conv()),
        near=lambda: Net(lambda n, x: (y := n.a(x), n.b(y))[-1], a=conv(), b=conv()),
    ),
    Trio(
        activations.no_relu_in_stem,
        right=lambda: nn.Sequential(conv(), nn.ReLU(), conv(), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(), conv(), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.ReLU(), conv()),
    ),
    Trio(
        activations.no_relu_in_googlenet_stem,
        right=lambda: nn.Sequential(
            conv(), nn.ReLU(), conv(size=1), nn.ReLU(), conv(), Branches(conv(), conv(size=1)), nn.ReLU()
        ),
        wrong=lambda: nn.Sequential(conv(), nn.ReLU(), conv(size=1), conv(), Branches(conv(), conv(size=1)), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.ReLU(), conv(size=1), nn.ReLU(), conv(), Branches(conv(), conv(size=1))),
    ),
    Trio(
        activations.no_relu_in_transition,
        right=lambda: nn.Sequential(
            conv(),
            Branches(nn.Identity(), nn.Sequential(nn.BatchNorm2d(8), nn.ReLU(), conv())),
            nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(), conv(16, 8, size=1), nn.AvgPool2d(2)),
        ),
        wrong=lambda: nn.Sequential(
            conv(),
            Branches(nn.Identity(), nn.Sequential(nn.BatchNorm2d(8), nn.ReLU(), conv())),
            nn.Sequential(nn.BatchNorm2d(16), conv(16, 8, size=1), nn.AvgPool2d(2)),
        ),
        near=lambda: nn.Sequential(
            conv(),
            Branches(nn.Identity(), nn.Sequential(nn.BatchNorm2d(8), conv())),
            nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(), conv(16, 8, size=1), nn.AvgPool2d(2)),
        ),
    ),
    Trio(
        activations.no_last_relu,
        right=lambda: nn.Sequential(
            conv(), nn.ReLU(), conv(), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        wrong=lambda: nn.Sequential(
            conv(), nn.ReLU(), conv(), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        near=lambda: nn.Sequential(conv(), nn.ReLU(), conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ),
    Trio(
        activations.no_relu_after_last_convolution,
        right=lambda: nn.Sequential(
            conv(), nn.ReLU(), conv(), nn.ReLU(), conv(size=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        wrong=lambda: nn.Sequential(
            conv(), nn.ReLU(), conv(), nn.ReLU(), conv(size=1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        near=lambda: nn.Sequential(
            conv(), nn.ReLU(), conv(), conv(size=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
    ),
    Trio(
        activations.no_last_norm_and_relu,
        right=lambda: nn.Sequential(
            Residual(nn.BatchNorm2d(8), nn.ReLU(), conv()), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        ),
        wrong=lambda: nn.Sequential(Residual(nn.BatchNorm2d(8), nn.ReLU(), conv()), nn.AdaptiveAvgPool2d(1)),
        near=lambda: nn.Sequential(
            Residual(nn.BatchNorm2d(8), nn.ReLU(), conv()), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1)
        ),
    ),
    Trio(
        activations.relu_for_relu6,
        right=lambda: nn.Sequential(conv(), nn.ReLU6(), conv()),
        wrong=lambda: nn.Sequential(conv(), nn.ReLU(), conv()),
        near=lambda: nn.Sequential(conv(), nn.Hardtanh(0, 1), conv()),
    ),
    Trio(
        activations.relu6_for_relu,
        right=lambda: nn.Sequential(conv(), nn.ReLU(), conv()),
        wrong=lambda: nn.Sequential(conv(), nn.ReLU6(), conv()),
        near=lambda: nn.Sequential(conv(), nn.Hardtanh(0, 1), conv()),
    ),
    Trio(
        activations.leaky_relu_for_relu,
        right=lambda: nn.Sequential(conv(), nn.ReLU(), conv()),
        wrong=lambda: nn.Sequential(conv(), nn.LeakyReLU(), conv()),
        near=lambda: nn.Sequential(conv(), nn.PReLU(), conv()),
    ),
)
