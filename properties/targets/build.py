"""Build a stranger's net: on the meta device when its code allows, else for real; its prints kept off our output."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import nn

from properties.errors import CandidateError, TargetError, last_line, unknown_keyword
from properties.targets.libraries import torchvision_importable
from properties.targets.modes.devices import staying
from properties.targets.modes.undrawn import Undrawn
from properties.targets.programs import module_of, settled_mode

__all__ = ["build_net", "strangers_code"]


@contextlib.contextmanager
def strangers_code(asked: set[str] | None = None, *, if_known: bool = False) -> Iterator[None]:
    """Around code that is not ours: its prints go to stderr, warnings and logs nowhere, the random state comes back.

    It finds torchvision, computes without a compiler, and on the devices that there are.

    Args:
        asked: gets the kinds of devices that it asks for and this machine lacks; they are asked for without effect.
        if_known: for code that has run here before, as in ``devices.staying``.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # torch logs a traceback for every size that a net rejects
    try:
        with (
            contextlib.redirect_stdout(sys.stderr),
            warnings.catch_warnings(),
            torch.random.fork_rng(devices=[]),
            torchvision_importable(),
            _uncompiled(),
            staying(set() if asked is None else asked, if_known=if_known),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _uncompiled() -> Iterator[None]:
    """Compiled nets run as they are written, wherever the compiler is loaded already: it takes minutes otherwise."""
    with torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else contextlib.nullcontext():
        yield


def build_net(
    build: Callable[[], nn.Module], name: str, *, real: bool = False, asked: set[str] | None = None
) -> nn.Module:
    """The net that ``build`` makes.

    Args:
        build: called without arguments; called a second time if it cannot build on the meta device.
        name: how errors call it.
        real: build with real tensors, because their content matters.
        asked: as in ``strangers_code``.

    Raises:
        TargetError: if it does not take a keyword that the target gives.
        CandidateError: if it raises or returns something that is not a net.
    """
    if not real:
        with (
            contextlib.suppress(Exception, SystemExit),
            contextlib.redirect_stderr(io.StringIO()),
            torch.device("meta"),
            strangers_code(asked),
            Undrawn(),  # type: ignore[no-untyped-call]
        ):
            net = module_of(build())
            if isinstance(net, nn.Module) and _is_whole(net) and not isinstance(net, torch.jit.ScriptModule):
                return settled_mode(net)
    try:
        with strangers_code(asked):
            net = module_of(build())
    except TargetError:
        raise
    except SystemExit as error:
        raise CandidateError(f"{name} called sys.exit({error.code!r}) while it was built") from error
    except Exception as error:
        if keyword := unknown_keyword(error):
            raise TargetError(f"{name}: {keyword}") from error
        raise CandidateError(f"{name} raised while it was built: {last_line(error)}") from error
    if not isinstance(net, nn.Module):
        raise CandidateError(f"{name} returned {type(net).__name__}, but should return an nn.Module")
    if isinstance(net, torch.jit.ScriptModule):
        raise CandidateError(f"{name} is a ScriptModule, which cannot be traced; name the module that it was made from")
    with strangers_code(asked):
        return settled_mode(net)


def _is_whole(net: nn.Module) -> bool:
    """Whether all of it stands on one device; a mixture cannot be traced."""
    return len({tensor.device for tensor in (*net.parameters(), *net.buffers())}) <= 1
