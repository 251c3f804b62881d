"""A net's graph for TensorBoard."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import torch

from properties.describe.net import Net, build
from properties.errors import CandidateError, TargetError, last_line
from properties.graph.ir import Shape
from properties.targets.build import strangers_code

__all__ = ["write_graph"]


def write_graph(net: Net, shape: Shape, folder: Path) -> None:
    """Write the graph of a forward pass in eval mode, as ``SummaryWriter.add_graph`` does.

    Args:
        net: a target, a function that builds the net, or the net.
        shape: size of the input, batch axis included.
        folder: where TensorBoard will look; made if it does not exist.

    Raises:
        TargetError: if tensorboard is not installed, or the folder cannot be written.
        CandidateError: if the net cannot be traced.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TargetError("--tensorboard needs tensorboard; pip install 'archproof[tensorboard]'") from error
    built, name = build(net, real=True)
    sample = next((p for p in built.parameters() if p.is_floating_point()), torch.empty(0))
    training = built.training
    try:
        image = torch.zeros(shape, device=sample.device, dtype=sample.dtype)
        silent = contextlib.redirect_stdout(io.StringIO())  # add_graph prints what it also raises
        with contextlib.closing(SummaryWriter(str(folder))) as writer, strangers_code(), silent, torch.no_grad():
            writer.add_graph(built.eval(), image, use_strict_trace=False)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TargetError(f"{folder} cannot be written: {reason.lower()}; give another folder") from error
    except Exception as error:
        raise CandidateError(f"{name} cannot be traced for TensorBoard at {shape}: {last_line(error)}") from error
    finally:
        built.train(training)
