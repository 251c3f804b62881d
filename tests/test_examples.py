"""The examples are what they say they are."""

from pathlib import Path

import pytest

from properties import check
from properties.oracle.remote.watch import check_isolated
from properties.request import Request

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "reference", "verdict"),
    [
        ("cifar_net.py:CifarNet", "cifar10_net", "identical"),
        ("resnet50_by_hand.py:build", "resnet50", "equivalent"),  # it has a clamp for a ReLU
    ],
)
def test_a_net_by_another_hand_conforms(target, reference, verdict):
    """Names, order and style are its own; it is proved the same."""
    report = check(f"{EXAMPLES}/{target}", reference, profile="quick")

    assert (verdict, ()) == (report.verdict, report.deviations)


@pytest.mark.slow
def test_the_googlenet_has_the_five_differences_that_its_comments_count():
    """Each is one deviation, however often it was made."""
    report, _ = check_isolated(f"{EXAMPLES}/googlenet_with_five_differences.py:GoogLeNet", "googlenet", Request())

    assert "deviates" == report.verdict
    assert {
        ("both", "eps", 1e-5, 1e-3),
        ("both", "kernel_size", (5, 5), (3, 3)),
        ("both", None, None, None),  # the ReLU, which is missing
        ("both", "kernel_size", (3, 3), (2, 2)),
        ("train", "p", 0.4, 0.2),
    } == {(found.mode, found.attribute, found.reference, found.candidate) for found in report.deviations}
    assert 5 == len(report.deviations)
    assert 5 == sum(f"# {n}: " in Path(EXAMPLES, "googlenet_with_five_differences.py").read_text() for n in range(1, 9))
