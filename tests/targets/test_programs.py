"""What has one mode, or takes one input: exported programs, and nets that refuse to change their mode."""

import pytest
import torch
from torch import nn

from properties import check
from properties.errors import CandidateError, TargetError
from properties.oracle.parties.scope import Scope, scope_of
from properties.targets.build import build_net
from properties.targets.target import parse

SIZE = (2, 3, 32, 32)


class Net(nn.Module):
    """A convolution, a batch norm, dropout and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        """Logits."""
        return self.fc(self.drop(self.bn(self.conv(x)).relu().mean((2, 3))))


class OfAnotherActivation(Net):
    """A tanh in place of the ReLU."""

    def forward(self, x):
        """Logits."""
        return self.fc(self.drop(self.bn(self.conv(x)).tanh().mean((2, 3))))


class ForInference(Net):
    """In eval mode for good."""

    def __init__(self) -> None:
        super().__init__()
        super().train(False)

    def train(self, mode=True):
        """Raise in either mode."""
        raise RuntimeError("this net is for inference")


class NeverTrained(Net):
    """Refuses train mode alone."""

    def train(self, mode=True):
        """Raise in train mode."""
        if mode:
            raise RuntimeError("this net is for inference")
        return super().train(mode)


def program(net=Net, size=SIZE, training=False, **keywords):
    """An exported program."""
    return torch.export.export(net().train(training), (torch.zeros(size),), **keywords)


def module():
    """A factory of the net that a program is."""
    return program().module()


def of_any_size():
    """A program for every batch and size from 2 on."""
    sides = {0: torch.export.Dim("n"), 2: torch.export.Dim("h", min=5), 3: torch.export.Dim("w", min=5)}
    return program(dynamic_shapes={"x": sides}).module()


@pytest.fixture
def file(tmp_path):
    """A file with a program."""
    path = str(tmp_path / "net.pt2")
    torch.export.save(program(), path)
    return path


ONE_INPUT = "equal for an input of 2x3x32x32 in eval mode; in train mode {} cannot be run"


@pytest.mark.parametrize("candidate", [module, program], ids=["its module", "the program"])
def test_a_program_is_judged_where_it_runs(candidate):
    """At its batch and size and in its mode, and the verdict says so."""
    report = check(candidate, Net)

    assert ("conditional", ()) == (report.verdict, report.deviations)
    assert report.domain.startswith(ONE_INPUT.format(candidate.__qualname__))
    assert report.domain.endswith(f"{candidate.__qualname__} takes no other input")
    assert "eval at (2, 3, 32, 32)" in report.compared
    assert not any(said.startswith("train") for said in report.compared)


@pytest.mark.parametrize("candidate_first", [True, False])
def test_a_file_of_a_program_is_a_target(file, candidate_first):
    """As candidate and as reference; its weights are transplanted like any other's."""
    report = check(file, Net) if candidate_first else check(Net, file)

    assert "conditional" == report.verdict
    assert report.domain.startswith(ONE_INPUT.format(file))


def test_a_program_that_deviates_is_told_so():
    """What was not compared is a note then."""
    report = check(lambda: program(OfAnotherActivation).module(), Net)

    assert ("deviates", "the tanh stands in place of the ReLU") == (report.verdict, report.deviations[0].message)
    assert any("in train mode" in note and "was not compared" in note for note in report.notes)


def test_a_program_of_one_image_is_compared_on_one():
    """Nothing is asked of it at another batch."""
    report = check(lambda: program(size=(1, 3, 40, 24)).module(), Net)

    assert "conditional" == report.verdict
    assert report.domain.startswith("equal for an input of 1x3x40x24 in eval mode")


def test_a_program_that_was_exported_in_train_mode_is_judged_in_it():
    """Its operators say which mode it has."""
    report = check(lambda: program(training=True).module(), Net)

    assert "conditional" == report.verdict
    assert report.domain.startswith("equal for an input of 2x3x32x32 in train mode; in eval mode")


def test_a_program_of_many_sizes_is_compared_at_several():
    """Its mode alone is a condition, and what it rejects that the reference takes."""
    report = check(of_any_size, Net, input_shape=(3, 32, 32))

    assert "conditional" == report.verdict
    assert "in train mode of_any_size cannot be run" in report.domain
    assert 2 == sum(said.startswith("eval at") for said in report.compared)


def test_an_instance_is_left_as_it_was():
    """The caller's own net refuses to change its mode as before."""
    net = module()

    report = check(net, Net)

    assert "conditional" == report.verdict
    with pytest.raises(NotImplementedError):
        net.eval()


@pytest.mark.parametrize("candidate", [ForInference, NeverTrained])
def test_a_net_for_inference_is_judged_in_eval_mode(candidate):
    """At every size, with the reason that it gives."""
    report = check(candidate, Net, input_shape=(3, 32, 32))

    said = f"in train mode {candidate.__name__} cannot be run (RuntimeError: this net is for inference) and was not"
    said = said if candidate is ForInference else said.replace("RuntimeError: ", "")
    assert ("conditional", f"equal in eval mode; {said} compared") == (report.verdict, report.domain)


def test_what_is_not_in_eval_mode_cannot_hide_there():
    """A net for inference that computes something else deviates."""

    class Wrong(ForInference):
        def forward(self, x):
            return super().forward(x).exp()

    assert "deviates" == check(Wrong, Net, input_shape=(3, 32, 32)).verdict


def test_every_other_net_has_both_modes():
    """Nothing is limited where ``train`` does what it should, and nothing is called to find out."""
    assert Scope() == scope_of(build_net(Net, "net"))


def test_two_nets_without_a_common_mode_or_input_are_not_compared():
    """One line says what each of them takes."""
    with pytest.raises(CandidateError, match=r"nothing to compare.*in eval mode, and .*in train mode"):
        check(lambda: program(training=True).module(), module)
    with pytest.raises(CandidateError, match=r"nothing to compare.*2x3x32x32 alone"):
        check(lambda: program(size=(1, 3, 40, 24)).module(), module)


def test_an_input_that_a_program_does_not_take_is_a_mistake_of_who_typed_it():
    """The size that it takes is named."""
    with pytest.raises(TargetError, match="takes inputs of 3x32x32 alone"):
        check(module, Net, input_shape=(3, 64, 64))


def test_a_program_takes_no_keywords():
    """It is built already."""
    with pytest.raises(TargetError, match=r"takes no keywords; write net\.pt2"):
        parse("net.pt2(width=3)")
