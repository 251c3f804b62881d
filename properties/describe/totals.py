"""What a net costs, as torchinfo counts it."""

from __future__ import annotations

from dataclasses import replace

import torch
import torchinfo
from torch import nn

from properties.describe.layers import closed_form_totals
from properties.describe.model import Totals
from properties.errors import last_line
from properties.graph.ir import OpGraph
from properties.runs.borrowed import modes_kept
from properties.targets.build import strangers_code

__all__ = ["totals"]


def totals(net: nn.Module, graph: OpGraph) -> tuple[Totals, tuple[str, ...]]:
    """The totals, and a note if torchinfo cannot make them, so that they follow from the graph alone.

    torchinfo leaves out what it cannot see: matrix products without a layer, the bytes of parameters that do not run.

    Args:
        net: on any device; its modes are left as they were.
        graph: captured from it in eval mode.
    """
    expected = closed_form_totals(graph)
    sample = next((p for p in net.parameters() if p.is_floating_point()), torch.empty(0))
    shape = next(op.shape for _, op in graph.of_kind("input"))
    try:
        with modes_kept(net), strangers_code():
            counted = torchinfo.summary(net, input_size=shape, dtypes=[sample.dtype], device=sample.device, verbose=0)
    except Exception as error:
        return expected, (f"torchinfo cannot count this net, so its closed forms do: {last_line(error)}",)
    return replace(
        expected,
        mult_adds=counted.total_mult_adds,
        input_mb=counted.total_input / 1e6,
        forward_backward_mb=counted.total_output_bytes / 1e6,
        params_mb=counted.total_param_bytes / 1e6,
    ), ()
