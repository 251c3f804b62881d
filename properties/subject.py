"""What a property is checked on: the builder of a net, with the net and the graphs made from it once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import torch
from torch import Tensor, nn

from arches._spec import Spec
from properties.graph.ir import OpGraph
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture
from properties.targets.modes.devices import staying

__all__ = ["Subject"]


class Subject:
    """A net under test, by its builder.

    Args:
        build: makes a fresh net; called without arguments.
        name: how messages call it.
        spec: the claims about it, or None for a stranger's net.
        input_shape: ``(C, H, W)`` at which its graphs are captured; the spec's by default. A net without a spec may
            take inputs of another rank.
        device: where ``net`` lives and inputs are made.
        dtype: floating type of ``net`` and inputs.
        twin: the same net from another definition, its tensors in the same order; None if there is none.
        rebuildable: whether ``build`` makes a new net each time.
        graphs: the graphs by mode, in normal form, where they are known already.
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        *,
        name: str,
        spec: Spec | None = None,
        input_shape: tuple[int, ...] | None = None,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        twin: Subject | None = None,
        rebuildable: bool = True,
        graphs: Mapping[str, OpGraph] | None = None,
    ) -> None:
        self.build = build
        self.name = name
        self.spec = spec
        self.input_shape = input_shape or (spec.input_shape if spec else (3, 224, 224))
        self.device = device
        self.dtype = dtype
        self.twin = twin
        self.rebuildable = rebuildable
        self._graphs: dict[str, OpGraph] = dict(graphs or {})
        self._untraceable: set[str] = set()

    @classmethod
    def of(cls, spec: Spec, *, device: str = "cpu", twin: Subject | None = None) -> Subject:
        """The subject of a reference in ``arches.SPECS``."""
        return cls(spec.build, name=spec.name, spec=spec, device=device, twin=twin)

    @cached_property
    def net(self) -> nn.Module:
        """The net with reproducible random weights, in eval mode. A check leaves it as it found it."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = self.build()
        net = net.to(device=self.device, dtype=self.dtype)
        net.eval()  # a stranger's may return nothing
        return net

    def forget_net(self) -> None:
        """Free the memory of ``net``; the next use builds the same one again."""
        self.__dict__.pop("net", None)

    @cached_property
    def meta(self) -> nn.Module:
        """The net on the meta device, whose tensors have shapes and no data, in eval mode."""
        with torch.device("meta"), staying(set(), if_known=True):
            return self.build().eval()

    def graph(self, mode: str = "eval") -> OpGraph:
        """The net's operators in normal form, captured once per mode at batch 2 and ``input_shape``."""
        if mode not in self._graphs:
            with torch.device("meta"), staying(set(), if_known=True):
                net = self.build()
            self._graphs[mode] = canonicalise(capture(net, input_shape=(2, *self.input_shape), mode=mode)).graph
        return self._graphs[mode]

    def graph_if_any(self, mode: str = "eval") -> OpGraph | None:
        """The graph, or None for a net that cannot be traced; it is tried once."""
        if mode not in self._untraceable:
            try:
                return self.graph(mode)
            except Exception:  # building or tracing a stranger's net may raise anything
                self._untraceable.add(mode)
        return None

    @property
    def small(self) -> tuple[int, ...]:
        """A small legal image size in eval mode, not square; the captured one for a net without a spec."""
        if self.spec is None:
            return self.input_shape[1:]
        side, largest = self.spec.smallest_eval, self.spec.largest or self.spec.smallest_eval + 16
        return min(side + 16, largest), min(side + 5, largest)

    def randn(self, n: int, size: tuple[int, ...], seed: int = 0) -> Tensor:
        """Gaussian images ``(n, C, *size)`` on the subject's device, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        images = torch.randn(n, self.input_shape[0], *size, generator=generator)
        return images.to(device=self.device, dtype=self.dtype)

    def __str__(self) -> str:
        return self.name
