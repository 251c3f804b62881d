"""The names that torch does not promise: there today, and if one day they are not, a line says so."""

import pytest
import torch

from properties.graph.torch.recording import predispatch


def test_this_torch_can_be_listened_to():
    """Every supported torch has what recording needs."""
    assert predispatch.obstacle() is None


def test_operators_are_heard_whole():
    """A layer that torch takes apart is one operator, and what the listener calls is not heard."""
    heard = []

    def listen(operator, arguments, keywords):
        heard.append(operator.name())
        torch.ones(1)
        return operator(*arguments, **keywords)

    with predispatch.hears_operators(listen):
        torch.nn.functional.linear(torch.empty(1, 2, device="meta"), torch.empty(3, 2, device="meta"))
    torch.ones(1)

    assert ["aten::empty.memory_format", "aten::empty.memory_format", "aten::linear"] == heard


def _gone(listener):
    raise ImportError("cannot import name 'SchemaCheckMode'")


def _deaf(listener):
    return torch.no_grad()


@pytest.mark.parametrize(("mode", "words"), [(_gone, "SchemaCheckMode"), (_deaf, "does not show operators")])
def test_a_torch_without_them_is_named(mode, words, monkeypatch):
    """Its version, and what it lacks."""
    monkeypatch.setattr(predispatch, "_mode", lambda: mode)
    said = predispatch.obstacle.__wrapped__()

    assert said.startswith(f"torch {torch.__version__} ")
    assert words in said


def test_nothing_is_heard_after_an_error():
    """The mode ends with the block, whatever was raised in it."""

    def listen(operator, arguments, keywords):
        raise KeyError("gone")

    with pytest.raises(KeyError), predispatch.hears_operators(listen):
        torch.ones(1)

    assert 1 == int(torch.ones(1))
