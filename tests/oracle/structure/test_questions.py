"""Nets whose code asks about their input: what is found, where, in which words; and what is not blamed."""

import pytest
from torch import nn

from properties import check


class Net(nn.Module):
    """A small net that does something else where its question holds."""

    def __init__(self, question=None, otherwise=lambda h: h * 2):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)
        self.question = question
        self.otherwise = otherwise

    def forward(self, x):
        """One pass."""
        h = self.bn(self.conv(x)).relu()
        if self.question is not None and self.question(self, x):
            h = self.otherwise(h)
        return self.fc(h.mean((2, 3)))


def judged(candidate, reference=Net, **options):
    """The report of a check at 224 pixels."""
    return check(candidate, reference, input_shape=(3, 224, 224), **options)


QUESTIONS = {
    "wide": lambda net, x: x.shape[-1] > 300,
    "many images": lambda net, x: x.size(0) > 16,
    "higher than wide": lambda net, x: x.shape[2] > 2 * x.shape[3],
    "many, by len": lambda net, x: len(x) > 40,
    "in train mode": lambda net, x: net.training and x.size(0) in (32, 64),
    "an area": lambda net, x: x.shape[2] * x.shape[3] >= 640 * 480,
    "out of sight": lambda net, x: int(x.shape[2]) >= 1000,
    "a rest": lambda net, x: x.shape[2] % 64 == 33,
    "a loop": lambda net, x: any(True for _ in range(x.shape[3] // 600)),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_another_path_behind_a_question_is_found(name):
    """At an input that the question calls for; the line is named, and where it was compared."""
    report = judged(lambda: Net(QUESTIONS[name]))

    assert "conditional" == report.verdict
    assert "the product should not be there" in report.deviations[0].message
    assert "test_questions.py:" in report.deviations[0].message
    assert any("test_questions.py:" in line for line in report.compared)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_without_another_path_is_no_deviation(name):
    """The other side is looked at, and the same there."""
    report = judged(lambda: Net(QUESTIONS[name], otherwise=lambda h: h))

    assert ("identical", ()) == (report.verdict, report.deviations)


def test_both_nets_may_ask():
    """What the reference asks is answered as well."""
    same = judged(lambda: Net(QUESTIONS["wide"]), lambda: Net(QUESTIONS["wide"]))
    missing = judged(Net, lambda: Net(QUESTIONS["wide"]))

    assert ("identical", "conditional") == (same.verdict, missing.verdict)
    assert "is missing" in missing.deviations[0].message


def test_a_difference_behind_a_question_is_confirmed_in_numbers():
    """No rule knows that what is rolled there and back is what it was; rolled there alone, it is not."""

    def roundabout(h):
        return h.roll(1, 3).roll(-1, 3)

    def askew(h):
        return h.roll(1, 1)

    harmless, harmful = (judged(lambda way=way: Net(QUESTIONS["wide"], way)) for way in (roundabout, askew))

    assert ("undistinguished", ()) == (harmless.verdict, harmless.deviations)
    assert any("the numbers agree" in note for note in harmless.notes)
    assert "conditional" == harmful.verdict


def test_a_question_that_no_input_answers_otherwise_is_named():
    """A size is never negative."""
    report = judged(lambda: Net(lambda net, x: x.shape[2] - x.shape[2] // 2 < 0))

    assert any("no input was found" in note and "test_questions.py:" in note for note in report.notes)


def test_a_net_of_another_size_is_compared_at_the_size_that_it_asks_for():
    """It says what it wants, and the reference takes that, too; the size that it rejects is the deviation."""

    def wants(net, x):
        assert x.shape[2] == 256, f"height {x.shape[2]}"
        assert x.shape[3] == 256, f"width {x.shape[3]}"

    report = check(lambda: Net(wants), _at_home)

    assert "conditional" == report.verdict
    assert "224x224 is rejected" in report.deviations[0].message
    assert any("compared at 256x256" in note for note in report.notes)


def _at_home():
    return Net()


def test_a_net_that_takes_no_size_of_the_reference_is_an_error():
    """It asks for one that the reference rejects."""
    from properties.errors import CandidateError

    def wants(net, x):
        assert x.shape[2] == 100

    def of_one_size():
        return Net(lambda net, x: 1 / (x.shape[2] == 224) > 2)

    of_one_size.__qualname__ = "of_one_size"
    with pytest.raises(CandidateError, match="raised in forward"):
        check(lambda: Net(wants), of_one_size)


def test_without_questions_train_mode_is_not_captured_twice():
    """Nothing in the net can tell the sizes apart, and the report says so."""
    report = judged(Net)
    thorough = judged(Net, profile="thorough")

    assert any("neither net asks" in line for line in report.compared)
    assert not any("neither net asks" in line for line in thorough.compared)
