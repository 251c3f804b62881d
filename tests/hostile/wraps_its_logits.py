"""Returns its logits in things of many kinds."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

from arches.cifar10 import Cifar10Net


class Row(NamedTuple):
    """A named tuple."""

    logits: Any


@dataclass
class Record:
    """A dataclass."""

    logits: Any
    loss: Any = None


class ModelOutput(OrderedDict):
    """A dictionary whose entries are attributes too, as transformer libraries return."""

    def __getattr__(self, name):
        """An entry."""
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


class Wrapped(Cifar10Net):
    """Wraps what it returns."""

    def __init__(self, wrap):
        super().__init__()
        self.wrap = wrap

    def forward(self, x):
        """Return the logits, wrapped."""
        return self.wrap(super().forward(x))


def row():
    """In a named tuple."""
    return Wrapped(Row)


def record():
    """In a dataclass."""
    return Wrapped(Record)


def entries():
    """In a dictionary."""
    return Wrapped(lambda logits: {"logits": logits})


def output():
    """In a model output."""
    return Wrapped(lambda logits: ModelOutput(logits=logits))
