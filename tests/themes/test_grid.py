"""The grid: every reference net, every property that says something about it."""

import pkgutil
from importlib import import_module

import pytest

import arches
from properties import themes
from properties.catalogue import ALL
from properties.property import Property, Violation
from properties.subject import Subject
from properties.targets.target import builder
from properties.themes import composition, parameters, sizes

# A property that a spec waives, and a property that does not apply, are not collected: nothing is skipped silently.


def _subject(spec, device="cpu"):
    """The spec's net; torchvision's net of the same name, or the other form that the spec names, is its twin."""
    target = f"torchvision:{spec.torchvision}" if spec.torchvision else spec.same_as
    twin = Subject(lambda: builder(target)(), name=target, input_shape=spec.input_shape) if target else None
    return Subject.of(spec, device=device, twin=twin)


# The quick run spares nets of a hundred layers, which repeat the blocks of shallower ones; their published figures are
# held in test_arches. Nets with half a GiB of weights, or more than 8 blocks, are spared what computes with weights,
# needs a twin or is drawn. The slow run leaves to the wide one what is drawn for nets of a hundred layers, and what is
# computed again and again with half a GiB of weights, but for the smallest net of a family.
MANY_PARAMS = 100_000_000
MANY_BLOCKS, VERY_MANY_BLOCKS = 8, 16
HEAVY = (  # several real forward passes
    composition.stage_is_all_that_later_layers_see,
    parameters.state_dict_alone_determines_the_output,
    sizes.receptive_field_and_total_stride_equal_the_closed_form,
)
COSTLY = (sizes.receptive_field_and_total_stride_equal_the_closed_form,)  # gradients through the real net


# What is computed with weights, forward and back, says nothing new about the second net of a family: these themes run
# on the smallest of each, all of them on the three smallest of these. What takes seconds is left to the slow run.
WITH_WEIGHTS = ("behaviour", "training", "usage", "equivalence")


SMALLEST = {
    spec.family: spec.name for spec in sorted(arches.SPECS, key=lambda spec: spec.num_params.value, reverse=True)
}
SMALL_NETS = [
    spec.name
    for spec in sorted(arches.SPECS, key=lambda spec: spec.num_params.value)
    if spec.name == SMALLEST[spec.family] and spec.num_params.value <= MANY_PARAMS
]


def _is_quick(subject, prop):
    return subject.name in SMALL_NETS[:3] and prop.cost == "cheap" and not prop.draws


def _runs_here(subject, prop):
    if prop.theme not in WITH_WEIGHTS:
        return prop.concerns(subject)
    return subject.name in SMALL_NETS[: 3 if prop.cost == "dear" or prop.draws else None]


def _marks(subject, prop):
    spec = subject.spec
    if prop.theme in WITH_WEIGHTS:
        return [] if _is_quick(subject, prop) else [pytest.mark.slow]
    large = spec.num_params.value > MANY_PARAMS or spec.residual_blocks > MANY_BLOCKS
    cheap = prop not in COSTLY and not prop.draws and prop.concerns(Subject.of(spec, device="meta"))
    if spec.residual_blocks > VERY_MANY_BLOCKS:
        return [pytest.mark.wide if prop.draws else pytest.mark.slow]
    if cheap or not large:
        return []
    is_wide = prop in HEAVY and spec.num_params.value > MANY_PARAMS and subject.name != SMALLEST[spec.family]
    return [pytest.mark.wide if is_wide else pytest.mark.slow]


def pytest_generate_tests(metafunc):
    """Collect the grid for the device that ``--device`` names, net by net, so that one net is in memory at a time."""
    if "subject" not in metafunc.fixturenames:
        return
    subjects = [_subject(spec, metafunc.config.getoption("device")) for spec in arches.SPECS]
    pairs = [(subject, prop) for subject in subjects for prop in ALL if _runs_here(subject, prop)]
    grid = [pytest.param(*pair, marks=_marks(*pair), id=f"{pair[0]}-{pair[1]}") for pair in pairs]
    metafunc.parametrize(("subject", "prop"), grid)


@pytest.fixture
def in_memory(subject, _latest=[]):  # noqa: B006
    """Free the previous net's weights when the grid moves on to another net."""
    for other in _latest:
        if other is not subject:
            other.forget_net()
    _latest[:] = [subject]


@pytest.mark.usefixtures("in_memory")
def test_property(subject, prop):
    """The property holds for the reference net."""
    if prop.concerns(subject):  # for those themes it takes a forward pass to know
        prop.verify(subject)


WAIVED = [(spec, waiver) for spec in arches.SPECS for waiver in spec.waives]


@pytest.mark.parametrize(("spec", "waiver"), WAIVED, ids=[f"{spec.name}-{waiver.property}" for spec, waiver in WAIVED])
def test_every_waiver_is_needed(spec, waiver):
    """A rule that a spec breaks on purpose is a property of the catalogue, and the net does break it."""
    (prop,) = [prop for prop in ALL if prop.name == waiver.property]

    with pytest.raises(Violation):
        prop.verify(Subject.of(spec))


def test_every_property_that_is_written_is_in_the_catalogue():
    """One that stands in its theme and not in the catalogue would never be checked."""
    files = [import_module(f"properties.themes.{file.name}") for file in pkgutil.iter_modules(themes.__path__)]
    written = [each for file in files for each in vars(file).values() if isinstance(each, Property)]

    assert [] == [f"{prop.name} is not in ALL" for prop in written if prop not in ALL]


def test_names_are_unique():
    """A property can be named in a report, a waiver and ``-k`` without doubt."""
    assert len({prop.name for prop in ALL}) == len(ALL)


@pytest.mark.parametrize("prop", ALL, ids=str)
def test_a_property_is_one_sentence_with_a_source(prop):
    """The sentence ends, the source is given, the name is the check's."""
    assert prop.sentence.endswith(".")
    assert prop.source.strip()
    assert prop.check.__name__ == prop.name


def test_themes_come_one_after_another():
    """The catalogue runs sizes, shortcuts, parameters, composition and the others, each in one piece."""
    order = ("sizes", "shortcuts", "parameters", "composition", "behaviour", "training", "usage", "equivalence")

    assert [prop.theme for prop in ALL] == sorted((prop.theme for prop in ALL), key=order.index)
