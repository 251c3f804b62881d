"""What is done to the input, the classifier, and what is returned."""

import torch
from support.pairs import Net, conv
from support.trios import Trio
from torch import nn

from properties.oracle.known import ends

TRIOS = (
    Trio(
        ends.outputs_swapped,
        right=lambda: Net(lambda n, x: (n.a(x).relu(), n.b(x).tanh()), a=conv(), b=conv()),
        wrong=lambda: Net(lambda n, x: (n.b(x).tanh(), n.a(x).relu()), a=conv(), b=conv()),
        near=lambda: Net(lambda n, x: (n.b(x).tanh(), n.b(x).tanh(), n.a(x).relu()), a=conv(), b=conv()),
    ),
    Trio(
        ends.input_transformed,
        right=lambda: conv(3, 8),
        wrong=lambda: Net(
            lambda n, x: n.conv(torch.cat([x[:, :1] * 0.458 - 0.03, x[:, 1:2] * 0.448 - 0.088, x[:, 2:] * 0.45], 1)),
            conv=conv(3, 8),
        ),
        near=lambda: Net(
            lambda n, x: n.conv(torch.cat([x[:, :1] - 0.03, x[:, 1:2] - 0.088, x[:, 2:] - 0.188], 1)),
            conv=conv(3, 8),
        ),
        shape=(2, 3, 12, 12),
    ),
    Trio(
        ends.input_not_transformed,
        right=lambda: Net(lambda n, x: n.conv(x * 2 - 1), conv=conv()),
        wrong=lambda: Net(lambda n, x: n.conv(x), conv=conv()),
        near=lambda: Net(lambda n, x: n.conv(x * 2), conv=conv()),
    ),
    Trio(
        ends.fewer_linear_layers,
        right=lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(1152, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4)
        ),
        wrong=lambda: nn.Sequential(nn.Flatten(), nn.Linear(1152, 4)),
        near=lambda: nn.Sequential(nn.Flatten(), nn.Linear(1152, 16), nn.ReLU(), nn.Linear(16, 4)),
    ),
    Trio(
        ends.probabilities_for_logits,
        right=lambda: nn.Sequential(conv(), nn.Flatten(), nn.Linear(1152, 4)),
        wrong=lambda: nn.Sequential(conv(), nn.Flatten(), nn.Linear(1152, 4), nn.Softmax(1)),
        near=lambda: nn.Sequential(conv(), nn.Softmax(1), nn.Flatten(), nn.Linear(1152, 4)),
    ),
)
