"""``assert_conforms``: one line in somebody's own test."""

import pytest

import properties
from arches import cifar10_net, cifar10_net_sequential
from properties.errors import TargetError
from properties.report import DeviationError

EXPECTED = """
[[expected]]
name = "attribute:out_features:linear2"
reason = "seven classes"
link = "https://example.org"
"""


def seven():
    """The net with other logits."""
    return cifar10_net(num_classes=7)


def test_a_net_that_conforms_is_no_more_than_its_report():
    """A factory, a net and a target are taken alike."""
    report = properties.assert_conforms(cifar10_net_sequential, "cifar10_net", profile="quick")

    assert ("identical", ()) == (report.verdict, report.deviations)


@pytest.mark.slow
def test_one_that_deviates_fails_with_the_printed_report():
    """An assertion's error, whose text is what `archproof check` prints."""
    with pytest.raises(DeviationError) as raised:
        properties.assert_conforms(seven(), "cifar10_net", profile="quick")

    assert isinstance(raised.value, AssertionError)
    assert "\n 1. out_features is 7, but should be 10 in the linear layer" in str(raised.value)
    assert "\nreproduce  archproof check" in str(raised.value)


@pytest.mark.slow
def test_what_is_expected_fails_nothing(tmp_path):
    """The deviation is in the report, marked."""
    (tmp_path / "expected.toml").write_text(EXPECTED)
    report = properties.assert_conforms(
        seven, "cifar10_net", profile="quick", input_shape=[3, 32, 32], expected_failures=tmp_path / "expected.toml"
    )

    assert ("deviates", True) == (report.verdict, report.as_expected)


def test_a_reference_that_is_none_is_no_deviation():
    """The mistake is in the test, and its error says so."""
    with pytest.raises(TargetError, match="did you mean cifar10_net"):
        properties.assert_conforms(cifar10_net, "cifar10_nett")
