"""A target's name, as typed on the command line, to something that builds the net.

``resnet50`` - ``torchvision:resnet50`` - ``timm:resnet50`` - ``package.module:factory`` - ``path/file.py:factory``, or
``path/file.py`` where it has one net alone, each optionally with literal keywords: ``file.py:net(num_classes=10)``; and
``path/program.pt2``, which torch exported.

Parsing needs no torch. ``libraries`` imports torchvision and timm, and only when a target asks for them.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from properties.errors import TargetError, nearest
from properties.targets.libraries import import_timm, import_torchvision
from properties.targets.loading import load
from properties.targets.offers import the_only_net
from properties.targets.other_files import no_target
from properties.targets.references import reference_named, require_reference

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Target", "builder", "is_initialised", "parse", "require_there"]

Builder = Callable[[], "nn.Module"]


_WITH_OTHER_NAMES = ("timm",)  # prefixes whose nets need no Python name; a front end adds its own here
_PROGRAM = ".pt2"  # what torch.export.save writes
_SLOW_TO_START = ("googlenet", "inception_v3")  # torchvision's, whose own initialisation takes half a minute and warns


@dataclass(frozen=True)
class Target:
    """A parsed target.

    Args:
        text: what was typed.
        place: ``""`` for ``arches``, a prefix (``"torchvision"``, ``"timm"``), a module's dotted name or a file's path.
        name: the factory's name there; ``""`` for the only one of a file, and for an exported program, which is a net.
        keywords: literal keyword arguments.
    """

    text: str
    place: str
    name: str
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Whether ``place`` is a path."""
        return self.place.endswith((".py", _PROGRAM))

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Target:
    """Take a target apart.

    Raises:
        TargetError: if it has none of the five forms, or its keywords are not literals.
    """
    head, keywords = _split_keywords(text)
    place, colon, name = head.rpartition(":")
    if place not in _WITH_OTHER_NAMES and (found := _file_alone(text, head, keywords)) is not None:
        return found
    if colon and not place:
        raise TargetError(
            f"{text!r} names no place before the colon; write torchvision:NAME, module:NAME or file.py:NAME"
        )
    dotted = place and place != "torchvision"
    if not all(part.isidentifier() for part in (name.split(".") if dotted else [name])) and not (
        place in _WITH_OTHER_NAMES and name
    ):
        raise TargetError(f"{text!r} is not a target: {name!r} is not a name")
    return Target(text, place, name, keywords)


def _file_alone(text: str, head: str, keywords: Mapping[str, Any]) -> Target | None:
    """The target that a file without a name is; None where something else was typed.

    Raises:
        TargetError: if it is a file that builds no net, or takes no keywords.
    """
    if head.endswith(_PROGRAM):
        if keywords:
            raise TargetError(f"{text!r}: an exported program takes no keywords; write {head}")
        return Target(text, head, "")
    if head.endswith(".py"):
        return Target(text, head, "", keywords)
    if (why := no_target(head)) is not None:
        raise TargetError(why)
    return None


def require_there(target: Target) -> None:
    """Nothing, unless it is certain before anything is loaded that there is no such file or reference.

    Raises:
        TargetError: with the nearest names.
    """
    if not target.place:
        require_reference(target.name)
    elif target.is_file:
        path = Path(target.place)
        if not path.is_file():
            near = [p.name for p in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
            raise TargetError(f"there is no file {target.place}{nearest(path.name, near)}")


def _split_keywords(text: str) -> tuple[str, dict[str, Any]]:
    """``"f.py:net(a=1)"`` to ``("f.py:net", {"a": 1})``."""
    text = text.strip()
    if not text.endswith(")"):
        return text, {}
    head, _, arguments = text.partition("(")
    try:
        call = ast.parse(f"f({arguments}", mode="eval").body
        literal = {keyword.arg: ast.literal_eval(keyword.value) for keyword in getattr(call, "keywords", ())}
    except (SyntaxError, ValueError) as error:
        raise TargetError(f"{text!r}: the keywords must be literals, as in {head}(num_classes=10)") from error
    if not isinstance(call, ast.Call) or call.args or None in literal:
        raise TargetError(f"{text!r}: only keywords can be given, as in {head}(num_classes=10)")
    return head, {str(name): value for name, value in literal.items()}


def builder(target: Target | str) -> Builder:
    """What builds the target's net, called without arguments.

    Raises:
        TargetError: if the place, the name or a keyword does not exist; the message suggests the nearest ones.
    """
    if isinstance(target, str):
        target = parse(target)
    if target.place.endswith(_PROGRAM):
        require_there(target)
        return partial(_program, target.place)
    if not target.place:
        found = reference_named(target.name)
    elif target.place == "torchvision":
        found = _from_torchvision(target)
    elif target.place == "timm":
        found = _from_timm(target)
    else:
        require_there(target)
        found = _from_module(target, load(target.place, target.name))
    return _bound(found, target)


def _program(path: str) -> nn.Module:
    """The net that torch exported to a file."""
    from properties.targets.programs import loaded

    return loaded(path)


def _from_torchvision(target: Target) -> Any:
    models = import_torchvision().models
    names = models.list_models()
    if target.name not in names:
        raise TargetError(f"torchvision has no model {target.name!r}{nearest(target.name, names)}")
    build = models.get_model_builder(target.name)
    if target.name in _SLOW_TO_START:
        return lambda **keywords: build(**{"init_weights": False, **keywords})
    return build


def is_initialised(text: str) -> bool:
    """Whether a target's net starts as its library means it to: two of torchvision's are built without."""
    target = parse(text)
    return (target.place, target.name) not in {("torchvision", name) for name in _SLOW_TO_START}


def _from_timm(target: Target) -> Any:
    timm = import_timm()
    names = timm.list_models()
    base = target.name.partition(".")[0]
    if base not in names:
        raise TargetError(f"timm has no model {target.name!r}{nearest(base, names)}")
    return lambda **keywords: timm.create_model(target.name, pretrained=False, **keywords)


def _from_module(target: Target, module: ModuleType) -> Any:
    if not target.name:
        return the_only_net(module, target.place)[1]
    found: Any = module
    for name in target.name.split("."):
        home, found = found, getattr(found, name, None)
        if found is None:
            names = [key for key, value in vars(home).items() if callable(value) and not key.startswith("_")]
            raise TargetError(f"{target.place} has no {target.name!r}{nearest(name, names)}")
    return found


def _bound(found: Any, target: Target) -> Builder:
    """The factory with its keywords, checked against its signature before anything is built."""
    if not callable(found):
        kind = type(found).__name__
        raise TargetError(f"{target}: {target.name!r} is of type {kind}, not something that builds a net")
    if _is_module(found):
        if target.keywords:
            raise TargetError(f"{target}: {target.name!r} is a net already built; it takes no keywords")
        return lambda: found
    _check_keywords(found, target)
    return lambda: found(**target.keywords)


def _is_module(found: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(found, torch.nn.Module)


def _check_keywords(factory: Any, target: Target) -> None:
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(**target.keywords)
    except TypeError as error:
        parameters = signature.parameters
        accepted = [p.name for p in parameters.values() if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
        unknown = [name for name in target.keywords if name not in accepted]
        if unknown:
            raise TargetError(f"{target}: no keyword {unknown[0]!r}{nearest(unknown[0], accepted, show=8)}") from error
        raise TargetError(f"{target}: {error}; give it as {target.place}:{target.name}(NAME=VALUE)") from error
