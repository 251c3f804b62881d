"""Spellings of smooth functions: GELU, sigmoid, softmax and their kin as formulas."""

from __future__ import annotations

import math

import torch
from support.cases import Rewrite
from torch.nn import functional as F

from properties.graph.rules.always import formulas as rules

__all__ = ["CASES"]


def _gelu_by_tanh(y, factor=0.044715):
    return 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + factor * torch.pow(y, 3))))


CASES = (
    Rewrite(
        rules.gelu,
        lambda n, x: (lambda y: 0.5 * y * (1 + torch.erf(y / math.sqrt(2))))(n.a(x)),
        lambda n, x: F.gelu(n.a(x)),
        lambda n, x: (lambda y: 0.5 * y * (1 + torch.erf(y)))(n.a(x)),
    ),
    Rewrite(
        rules.gelu,
        lambda n, x: _gelu_by_tanh(n.a(x)),
        lambda n, x: F.gelu(n.a(x), approximate="tanh"),
        lambda n, x: _gelu_by_tanh(n.a(x), 0.04),
        what="tanh",
    ),
    Rewrite(
        rules.product_as_activation,
        lambda n, x: (lambda y: y * F.softplus(y).tanh())(n.a(x)),
        lambda n, x: F.mish(n.a(x)),
        lambda n, x: (lambda y: y * F.softplus(y, beta=2).tanh())(n.a(x)),
    ),
    Rewrite(
        rules.product_as_activation,
        lambda n, x: (lambda y: y * F.relu6(y + 3) / 6)(4 * n.a(x)),
        lambda n, x: F.hardswish(4 * n.a(x)),
        lambda n, x: (lambda y: y * F.relu6(y + 3) / 5)(4 * n.a(x)),
        what="hardswish",
    ),
    Rewrite(
        rules.sigmoid_by_hand,
        lambda n, x: (lambda y: y / (1 + torch.exp(-y)))(n.a(x)) + 1 / (1 + torch.exp(-n.b(x))),
        lambda n, x: F.silu(n.a(x)) + n.b(x).sigmoid(),
        lambda n, x: (lambda y: y / (1 + torch.exp(y)))(n.a(x)) + 1 / (1 + torch.exp(-n.b(x))),
    ),
    Rewrite(
        rules.log_of_softmax,
        lambda n, x: F.softmax(n.a(x), 1).log(),
        lambda n, x: F.log_softmax(n.a(x), 1),
        lambda n, x: F.log_softmax(n.a(x), 2),
    ),
    Rewrite(
        rules.softmax_by_hand,
        lambda n, x: (lambda e: e / e.sum(1, keepdim=True))(n.a(x).exp()),
        lambda n, x: n.a(x).softmax(1),
        lambda n, x: (lambda e: e / e.sum((1, 2), keepdim=True))(n.a(x).exp()),
    ),
    Rewrite(
        rules.square,
        lambda n, x: n.a(x) ** 2,
        lambda n, x: (lambda y: y * y)(n.a(x)),
        lambda n, x: n.a(x) ** 3,
    ),
)
