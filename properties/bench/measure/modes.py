"""The ways to run a net: as it is, with its norms folded, compiled in several manners, replayed as a CUDA graph."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from properties.bench.measure.memory import is_out_of_memory
from properties.graph.torch.outputs import flatten_output

__all__ = ["ModeError", "Prepared", "Unavailable", "prepare", "require"]

_COMPILE: dict[str, dict[str, Any]] = {
    "compiled": {},
    "compiled_replayed": {},
    "frozen": {"options": {"freezing": True}},
    "autotuned": {"mode": "max-autotune-no-cudagraphs"},
}


class ModeError(RuntimeError):
    """A net could not be brought into a mode: one line."""


class Unavailable(RuntimeError):
    """This machine lacks what a case needs: one line."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A net ready to be timed.

    Args:
        run: one forward pass over the image it was prepared with; whoever changes that image in place changes what it
            computes.
        net: what runs.
        seconds: what making it ready took, its first call included.
    """

    run: Callable[[], Tensor]
    net: nn.Module
    seconds: float


def require(mode: str, dtype: str, device: str, name: str) -> None:
    """Nothing, if a device can run a mode in a dtype.

    Raises:
        Unavailable: if it cannot.
    """
    if "replayed" in mode and device != "cuda":
        raise Unavailable(f"{name}: replaying needs CUDA graphs, which {device} does not have")
    if dtype == "tfloat32" and device != "cuda":
        raise Unavailable(f"{name}: TF32 needs tensor cores, which {device} does not have")


def prepare(net: nn.Module, mode: str, image: Tensor, name: str) -> Prepared:
    """Bring a net into a mode. To be called, and its result run, under ``torch.inference_mode``.

    Args:
        net: in float32 and eval mode, on the image's device; a copy of it is changed.
        mode: one of ``cases.MODES``.
        image: of the dtype and layout that the net is to run in.
        name: how messages call the net.

    Raises:
        ModeError: if folding or compiling fails.
    """
    began = perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch's compiler says to those who work on it
            ready = _folded(net) if mode == "folded" else copy.deepcopy(net)
            layout = torch.contiguous_format if image.is_contiguous() else torch.channels_last
            ready = ready.to(dtype=image.dtype).to(memory_format=layout)  # type: ignore[call-overload]
            called = _compiled(ready, mode)

            def run() -> Tensor:
                return flatten_output(called(image))[0][1]

            run()
            run_again = _replayed(run) if "replayed" in mode else run
            if image.device.type == "cuda":
                torch.cuda.synchronize()
    except Exception as error:  # whatever tracing, compiling or a driver raises
        if is_out_of_memory(error):
            raise
        line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise ModeError(f"{name}: {mode} failed with {type(error).__name__}: {line[:200]}") from error
    return Prepared(run_again, ready, perf_counter() - began)


def _folded(net: nn.Module) -> nn.Module:
    """Every norm after a convolution made part of it, in float32: rounding comes after folding."""
    from torch.fx.experimental.optimization import fuse  # here, as it warns while it is imported

    folded = fuse(net)
    assert isinstance(folded, nn.Module)
    return folded


def _compiled(net: nn.Module, mode: str) -> Callable[[Tensor], object]:
    return torch.compile(net, dynamic=False, **_COMPILE[mode]) if mode in _COMPILE else net


def _replayed(run: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """The same kernels, launched by the driver in one go."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = run()

    def replay() -> Tensor:
        graph.replay()
        return output

    return replay
