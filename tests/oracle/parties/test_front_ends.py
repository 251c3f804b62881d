"""The prefix of a target says which party answers for it."""

import pytest
from torch import nn

from properties.errors import TargetError
from properties.oracle.parties import front_ends
from properties.oracle.parties.front_ends import imported, party_of
from properties.oracle.parties.local import LocalParty
from properties.targets import target


@pytest.fixture
def other(monkeypatch):
    """A front end whose nets are ``other:PATH``, and what it was asked for."""
    asked = []

    def import_it(text):
        return lambda **settings: asked.append((text, settings)) or "its party"

    monkeypatch.setattr(front_ends, "FRONT_ENDS", {"other": import_it})
    monkeypatch.setattr(target, "_WITH_OTHER_NAMES", ("other",))
    return asked


def test_a_front_end_answers_for_its_prefix(other):
    """Its nets need no Python name; it is told whether it is the reference."""
    assert "its party" == party_of("other:nets/small.json", "the reference", is_reference=True)
    assert [("other:nets/small.json", {"is_reference": True})] == other


@pytest.mark.parametrize("net", ["cifar10_net", lambda: nn.ReLU(), nn.ReLU()], ids=["target", "factory", "instance"])
def test_torch_answers_for_all_else(other, net):
    """Targets with no prefix of a front end, factories and instances."""
    assert isinstance(party_of(net, "the candidate"), LocalParty)
    assert [] == other


def test_a_target_is_imported_before_it_is_built():
    """What is misspelt is said before anything is built; a target knows whether it starts by itself."""
    with pytest.raises(TargetError, match="cifar10_net"):
        imported("cifar10_nett")
    assert imported("cifar10_net")().starts_by_itself
