"""One forward pass written down: every operator with its arguments, its results, and the module that ran it.

Nothing is computed: every tensor that an operator returns is on the meta device, wherever the net stands. Code that
asks for the value of what is made of nothing but constants is told it; code that asks for any other value depends on
the numbers, which no recording can show.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import (  # as they are, since for the net they may be wrapped
    Tensor,
    fx,
    get_autocast_dtype,
    is_autocast_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    nn,
)
from torch.overrides import TorchFunctionMode

from properties.graph.question import Asked
from properties.graph.torch.asking.digest import digest
from properties.graph.torch.asking.listener import Listener
from properties.graph.torch.asking.queries import queries_heard
from properties.graph.torch.asking.sizes import SizesThatRemember
from properties.graph.torch.recording.data import as_if_real
from properties.graph.torch.recording.operators import argument, mapped, tensors_in, traits
from properties.graph.torch.recording.places import places_kept
from properties.graph.torch.recording.predispatch import hears_operators, is_transformed
from properties.graph.torch.recording.stand_ins import StandIns
from properties.graph.torch.recording.state import left_as_found, put_stand_ins
from properties.graph.torch.recording.values import Unanswered, Unrecordable, Values, is_refusal

__all__ = ["Recording", "record"]

_META = torch.device("meta")
_AUTOCAST = ("cpu", "cuda", "xpu", "mps")  # devices whose operators torch casts


@dataclass(frozen=True)
class Recording:
    """A forward pass.

    Args:
        graph: its operators; ``node.meta`` has the tensor they made as ``val``.
        keys: for each placeholder that is no input its dotted name.
        constants: content of those that are registered nowhere.
        returned: what the net returns.
        places: path of the module that ran each node, by the node's name.
        asked: what it asked about its input.
    """

    graph: fx.Graph
    keys: dict[fx.Node, str]
    constants: dict[str, Tensor]
    returned: tuple[fx.Node, ...]
    places: dict[str, str]
    asked: Asked


def record(
    net: nn.Module,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    device: torch.device,
    listener: Listener,
) -> Recording:
    """Run the net on an image without content, and write down what it does.

    Args:
        net: returns a tuple of tensors. Its attributes are put back afterwards.
        shape: of the image, batch axis included.
        dtype: of the image.
        device: where the image, and all else, says that it is.
        listener: is told what the net asks about the size of its input, also where it raises.

    Raises:
        Unrecordable: if it does something that a recording does not show.
        Exception: whatever the net raises.
    """
    _refuse_scripts(net)
    stand_ins = StandIns()
    with left_as_found(net, listener.under.state) as kept, torch.inference_mode(False):
        put_stand_ins(net, stand_ins)
        image = torch.empty(shape, dtype=dtype, device=_META)
        with places_kept(net) as stack:
            listener.stack = stack
            recorder = _Recorder(net, stand_ins, listener, device)
            recorder.values.define(image, recorder.graph.placeholder("input"))
            with (
                recorder,
                SizesThatRemember(listener),
                _as_written(),
                hears_operators(recorder.hear),
                queries_heard(net, listener),
            ):
                output = net(image)
        recorder.finish(net, output)
        asked = Asked(
            tuple(listener.questions),
            calls=digest(recorder.graph),
            queries=tuple(listener.queries.values()),
            kept=kept(),
        )
        return recorder.recording(asked)


def _refuse_scripts(net: nn.Module) -> None:
    for path, module in net.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise Unrecordable(f"{path or 'the net'} is a ScriptModule, whose code is not Python")


@contextmanager
def _as_written() -> Iterator[None]:
    """Compiled parts run as they are written, and no function of torch's does without an operator to be repeatable."""
    repeatable, only_warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    is_loaded = "torch._dynamo" in sys.modules  # where the compiler is not loaded, nothing is compiled
    try:
        if repeatable:
            torch.use_deterministic_algorithms(False)
        with torch.compiler.set_stance("force_eager") if is_loaded else nullcontext():
            yield
    finally:
        if repeatable:
            torch.use_deterministic_algorithms(True, warn_only=only_warns)


class _Recorder(TorchFunctionMode):
    """The state of one recording; as a mode it hears what is no operator, such as that gradients are switched off."""

    def __init__(self, net: nn.Module, stand_ins: StandIns, listener: Listener, device: torch.device) -> None:
        super().__init__()
        self.graph = fx.Graph()
        self.values = Values(self.graph, stand_ins, needs_content=device != _META)
        self.stand_ins = stand_ins
        self.listener = listener
        self.stack = listener.stack
        self.device = device
        self.places: dict[str, str] = {}
        self.refused: Exception | None = None
        self.unanswered = False
        self.gradients = self.written_gradients = True
        self.returned: tuple[fx.Node, ...] = ()
        self.casts_at_first = _casts()
        self.values.own(net)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch._C._set_grad_enabled:
            self.gradients = bool(args[0])
        return as_if_real(func, args, kwargs or {}, self.device)

    def hear(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one operator and write it down."""
        try:
            return self._hear(func, args, kwargs)
        except Exception as error:
            if is_refusal(error):  # the net might go on all the same
                self.refused = error
                self.unanswered = self.unanswered or traits(func).only_reads
            raise

    def _hear(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if is_transformed():
            raise Unrecordable("it computes under torch.func, where a tensor is not what it looks like")
        about = traits(func)
        given = mapped(args, self.values.node), mapped(kwargs, self.values.node)
        if about.only_reads and (known := self._contents(given)) is not None:
            return func(*known[0], **known[1])
        if about.tells_yes_or_no and (answer := self.listener.content()) is not None:
            return answer
        written = [t for at, name in about.written for t in tensors_in(argument(args, kwargs, at, name))]
        sizes = [tensor.size() for tensor in written]
        self.values.mark_written(written)
        args, kwargs = mapped(args, self.stand_ins.of, _META), mapped(kwargs, self.stand_ins.of, _META)
        if about.takes_device and next(tensors_in(args), None) is None:
            kwargs["device"] = _META
        if about.changes_size:
            if about.view is None:
                raise Unrecordable(f"it changes the size of a tensor in place ({func._schema.name})")
            self.values.keep_size(args[0])
        result = func(*args, **kwargs)
        if sizes != [tensor.size() for tensor in written]:
            raise Unrecordable(f"it changes the size of a tensor through out= ({func._schema.name})")
        if not about.only_reads:
            self._write_down(about.view or func, given, result)
        return result

    def _contents(self, given: tuple[Any, Any]) -> tuple[Any, Any] | None:
        try:
            return fx.map_arg(given, self.values.content)
        except Unrecordable:
            return None

    def _write_down(self, func: Any, given: tuple[Any, Any], result: Any) -> None:
        self._write_gradients(self._are_gradients_on())
        node = self.graph.call_function(func, *given)
        self.places[node.name] = self.stack[-1]
        casts = _casts()
        if casts != self.casts_at_first:
            if self.device != _META:
                raise Unrecordable("it computes under autocast, which asks for the device")
            node.meta["autocast"] = next((name for name in casts if name), "off")
        if isinstance(result, Tensor):
            self.values.define(result, node)
            return
        node.meta["val"] = result
        for index, part in enumerate(result):
            if isinstance(part, Tensor):
                taken = self.graph.call_function(operator.getitem, (node, index))
                self.places[taken.name] = self.stack[-1]
                self.values.define(part, taken)

    def _are_gradients_on(self) -> bool:
        """Whether the net has them on: a backward of its own has them off in its forward, and back on, unheard."""
        self.gradients = self.gradients or is_grad_enabled()
        return self.gradients and not is_inference_mode_enabled()

    def _write_gradients(self, gradients: bool) -> None:
        if gradients != self.written_gradients:
            self.graph.call_function(torch._C._set_grad_enabled, (gradients,))
            self.written_gradients = gradients

    def finish(self, net: nn.Module, output: tuple[Tensor, ...]) -> None:
        """The net has returned."""
        if self.unanswered:
            raise Unanswered("it asks for a number that it computed, and goes on without it where it gets none")
        if self.refused is not None:
            raise Unrecordable(str(self.refused)) from self.refused
        self._write_gradients(True)
        self.returned = tuple(self.values.node(tensor) for tensor in output)
        self.values.write_new_buffers(net)
        self.graph.output(self.returned)
        self.graph.eliminate_dead_code()

    def recording(self, asked: Asked) -> Recording:
        """What was written down."""
        return Recording(self.graph, self.values.keys, self.values.constants, self.returned, self.places, asked)


def _casts() -> tuple[str, ...]:
    """For each kind of device the type that autocast computes in, ``""`` where it does not."""
    return tuple(
        str(get_autocast_dtype(device)).removeprefix("torch.") if is_autocast_enabled(device) else ""
        for device in _AUTOCAST
    )
