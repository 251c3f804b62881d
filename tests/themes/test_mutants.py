"""Tests of the tests: every property catches a net with the mistake that it is about."""

import random
import warnings

import pytest
import torch
from mutants import behaviour, composition, equivalence, parameters, shortcuts, sizes, training, usage

from properties.catalogue import ALL
from properties.measures.layer_subject import LayerSubject
from properties.property import Violation

THEMES = (sizes, shortcuts, parameters, composition, behaviour, training, usage, equivalence)
MUTANTS = tuple(mutant for theme in THEMES for mutant in theme.MUTANTS)
SLOW = ("gradient_reaches_what_the_graph_connects", "twin_accepts_the_same_images")  # they trace both nets


def _marked(mutants):
    """One case for each mutant: skipped where its device is missing, left to the slow run where it takes long."""
    present = {"cpu"} | ({"cuda"} if torch.cuda.is_available() else set())
    cases = []
    for mutant in mutants:
        missing = pytest.mark.skipif(mutant.needs not in present, reason=f"there is no {mutant.needs} device")
        slow = [pytest.mark.slow] if mutant.caught_by.cost == "dear" or mutant.caught_by.name in SLOW else []
        cases.append(pytest.param(mutant, marks=[missing, *slow], id=str(mutant)))
    return cases


@pytest.mark.parametrize("prop", ALL, ids=str)
def test_every_property_has_a_mutant(prop):
    """A property that nothing can break is no property."""
    assert any(mutant.caught_by is prop for mutant in MUTANTS), f"no mutant in tests/mutants is caught by {prop.name}"


@pytest.mark.parametrize("mutant", _marked(MUTANTS))
def test_the_unmutated_twin_passes(mutant):
    """A property accepts the net without the mistake."""
    subject = mutant.original()

    assert mutant.caught_by.concerns(subject)
    mutant.caught_by.verify(subject)


@pytest.mark.parametrize("mutant", _marked(MUTANTS))
def test_the_mutant_is_caught(mutant):
    """A property rejects the net with the mistake, by a sentence that says what is and what should be."""
    subject = mutant.mutated()

    assert mutant.caught_by.concerns(subject)
    with pytest.raises(Violation, match=r", but should be "):
        mutant.caught_by.verify(subject)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", _marked(MUTANTS))
def test_no_cheaper_property_catches_it(mutant):
    """What stands before a property in its theme accepts the property's mutant, so each one is needed."""
    subject = mutant.mutated()

    for prop in ALL[: ALL.index(mutant.caught_by)]:
        if prop.theme == mutant.caught_by.theme and prop.concerns(subject):
            prop.verify(subject)


def _process():
    """What a check must not change, read off anew."""
    settings = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
    return *settings, list(warnings.filters), random.getstate(), torch.are_deterministic_algorithms_enabled()


def _state(net):
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in net.modules()]
    tensors = {key: value.clone() for key, value in (*net.named_parameters(), *net.named_buffers())}
    assert all(parameter.grad is None for parameter in net.parameters())
    return [module.training for module in net.modules()], hooks, tensors


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant", _marked(mutant for mutant in MUTANTS if not isinstance(mutant.original(), LayerSubject))
)
def test_a_check_leaves_everything_as_it_found_it(mutant):
    """Modes, hooks, tensors, random numbers, gradient mode and default type are what they were."""
    subject = mutant.original()
    modes, hooks, tensors = _state(subject.net)
    generator, process = torch.get_rng_state(), _process()
    mutant.caught_by.verify(subject)
    modes_after, hooks_after, tensors_after = _state(subject.net)

    assert (modes, hooks) == (modes_after, hooks_after)
    assert all(tensors[key].equal(value) for key, value in tensors_after.items())
    assert generator.equal(torch.get_rng_state())
    assert process == _process()
