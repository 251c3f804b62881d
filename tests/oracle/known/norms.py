"""Norms with other settings, beside a bias, shared, of another kind, in another place."""

from support.blocks import Residual
from support.pairs import Net, conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import norms

TRIOS = (
    Trio(
        norms.eps_of_width,
        right=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, 8), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, 16), nn.ReLU()),
    ),
    Trio(
        norms.eps_of_tensorflow,
        right=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU(), nn.GroupNorm(2, 8)),
        wrong=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU(), nn.GroupNorm(2, 8)),
        near=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU(), nn.GroupNorm(2, 8, eps=1e-3)),
    ),
    Trio(
        norms.eps_of_pytorch,
        right=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, eps=1e-6), nn.ReLU()),
    ),
    Trio(
        norms.another_eps,
        right=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, eps=1e-6), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU()),
    ),
    Trio(
        norms.momentum_of_tensorflow,
        right=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, momentum=0.1), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, momentum=0.9), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.BatchNorm2d(8, momentum=0.01), nn.ReLU()),
    ),
    Trio(
        norms.bias_before_norm,
        right=lambda: nn.Sequential(conv(bias=False), nn.BatchNorm2d(8), nn.ReLU(), conv(bias=False)),
        wrong=lambda: nn.Sequential(conv(bias=True), nn.BatchNorm2d(8), nn.ReLU(), conv(bias=False)),
        near=lambda: nn.Sequential(conv(bias=False), nn.BatchNorm2d(8), nn.ReLU(), conv(bias=True)),
    ),
    Trio(
        norms.bessel_correction,
        right=lambda: Net(lambda n, x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, correction=0, keepdim=True) + 1e-5)),
        wrong=lambda: Net(lambda n, x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, correction=1, keepdim=True) + 1e-5)),
        near=lambda: Net(lambda n, x: (x - x.mean(-1, keepdim=True)) / (x.std(-2, correction=0, keepdim=True) + 1e-5)),
    ),
    Trio(
        norms.one_norm_for_several,
        right=lambda: Net(
            lambda n, x: n.norm2(n.conv2(n.norm1(n.conv1(x)).relu())),
            conv1=conv(),
            conv2=conv(),
            norm1=nn.BatchNorm2d(8),
            norm2=nn.BatchNorm2d(8),
        ),
        wrong=lambda: Net(
            lambda n, x: n.norm(n.conv2(n.norm(n.conv1(x)).relu())), conv1=conv(), conv2=conv(), norm=nn.BatchNorm2d(8)
        ),
        near=lambda: Net(
            lambda n, x: n.norm2(n.conv(n.norm1(n.conv(x)).relu())),
            conv=conv(),
            norm1=nn.BatchNorm2d(8),
            norm2=nn.BatchNorm2d(8),
        ),
    ),
    Trio(
        norms.batch_norm_for_lrn,
        right=lambda: nn.Sequential(conv(), nn.ReLU(), nn.LocalResponseNorm(5), conv(), nn.ReLU()),
        wrong=lambda: nn.Sequential(conv(), nn.ReLU(), nn.BatchNorm2d(8), conv(), nn.ReLU()),
        near=lambda: nn.Sequential(conv(), nn.ReLU(), nn.InstanceNorm2d(8), conv(), nn.ReLU()),
    ),
    Trio(
        norms.layer_norm_elsewhere,
        right=lambda: Residual(nn.LayerNorm(12), nn.Linear(12, 12)),
        wrong=lambda: nn.Sequential(Residual(nn.Linear(12, 12)), nn.LayerNorm(12)),
        near=lambda: Residual(nn.RMSNorm(12), nn.Linear(12, 12)),
    ),
)
