"""``check`` on candidates that cannot be judged, on instances and factories, and on what one graph does not show."""

import json
from pathlib import Path

import numpy
import pytest
import torch
from torch import nn

from properties import Report, check
from properties.errors import CandidateError, TargetError
from properties.render.text import lines
from properties.report import DeviationError


class Small(nn.Module):
    """A convolution, a norm and a classifier."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


class SmallWithUnread(Small):
    """One more layer that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.spare = nn.Linear(8, 2)


class SmallBySize(Small):
    """Another function at large sizes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, without the ReLU if the image is large."""
        y = self.norm(self.conv(x))
        return self.fc((y if x.shape[-1] > 32 or x.shape[-2] > 32 else torch.relu(y)).mean((2, 3)))


class SmallBySqueeze(Small):
    """Loses the batch axis of a single image."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        pooled = nn.functional.adaptive_avg_pool2d(torch.relu(self.norm(self.conv(x))), 1)
        return self.fc(pooled.squeeze())


class SmallForOneSize(Small):
    """Rejects every size but one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        if x.shape[-1] != 32:
            raise ValueError("only 32 wide")
        return super().forward(x)


class TwoBranches(nn.Module):
    """Two branches of one make, and a classifier that reads both."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 8, 3)
        self.two = nn.Conv2d(3, 8, 3)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both branches."""
        return self.one(x), self.two(x)


class TwoBranchesRenamed(TwoBranches):
    """The same under the other names."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both branches."""
        return self.two(x), self.one(x)


class TwoBranchesByMode(TwoBranches):
    """The branches change places in train mode."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both branches."""
        return (self.two(x), self.one(x)) if self.training else (self.one(x), self.two(x))


class SumOfBranches(TwoBranches):
    """Branches that nothing tells apart."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Their sum."""
        return self.two(x) + self.one(x) if self.training else self.one(x) + self.two(x)


def verdict(candidate: object, reference: object = Small) -> Report:
    """A quick check at 32x32."""
    return check(candidate, reference, input_shape=(3, 32, 32))  # type: ignore[arg-type]


def test_factories_and_instances_are_accepted() -> None:
    """Nets can be given by a factory or as they are, and come back as they were."""
    net = Small().train()
    net.norm.eval()
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    assert "identical" == verdict(net).verdict == verdict(Small).verdict
    assert (True, False) == (net.training, net.norm.training)
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())


def test_something_else_is_refused() -> None:
    """A net is named, built by a factory, or given."""
    with pytest.raises(TypeError, match="must be a target, a function that builds a net or a net, got int"):
        verdict(3)


def test_parameters_that_nothing_reads_are_a_deviation() -> None:
    """Two nets with the same graph and other parameters are not the same."""
    found = verdict(SmallWithUnread)
    assert ("deviates", [("parameter", "registered", 2)]) == (
        found.verdict,
        [(d.kind, d.attribute, d.count) for d in found.deviations],
    )
    assert [18] == [d.effect["parameters"] for d in found.deviations]


def test_missing_parameters_are_a_deviation_too() -> None:
    """The same the other way round."""
    found = verdict(Small, SmallWithUnread)
    assert [-18] == [d.effect["parameters"] for d in found.deviations]


@pytest.mark.parametrize(
    ("candidate", "domain"),
    [
        (SmallBySize, "equal at 32x32; differs at "),
        (SmallBySqueeze, "equal for several images at once; differs for one image by itself"),
        (SmallForOneSize, "equal at 32x32; differs at "),
    ],
)
def test_code_that_depends_on_the_size_is_not_identical(candidate: type[nn.Module], domain: str) -> None:
    """A net that is the same at the first size only, or for several images, is caught, and where it differs is said."""
    found = verdict(candidate)
    assert ("conditional", {"domain"}) == (found.verdict, {d.kind for d in found.deviations})
    assert found.domain is not None
    assert found.domain.startswith(domain)


def test_one_correspondence_of_tensors_serves_both_modes() -> None:
    """Weights that change places in train mode are a deviation; names that do are none."""
    assert "identical" == verdict(TwoBranchesRenamed, TwoBranches).verdict
    assert "deviates" == verdict(TwoBranchesByMode, TwoBranches).verdict
    assert "identical" == verdict(SumOfBranches, SumOfBranches).verdict


def test_a_width_is_one_deviation() -> None:
    """What follows from another width is not reported again."""
    found = check(lambda: Small(16), Small, input_shape=(3, 32, 32))
    assert [("out_channels", 8, 16)] == [(d.attribute, d.reference, d.candidate) for d in found.deviations]


class WithPlainTensor(Small):
    """Keeps a tensor outside parameters and buffers, made where a meta build cannot see it."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.from_numpy(numpy.full((8, 1, 1), 2.0, dtype="float32"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.fc(torch.relu(self.norm(self.conv(x)) * self.scale).mean((2, 3)))


def test_a_net_that_cannot_be_traced_without_memory_is_traced_with() -> None:
    """A net whose code mixes devices under a meta build is built for real, and its constants are compared."""
    assert "identical" == verdict(WithPlainTensor, WithPlainTensor).verdict
    assert "deviates" == verdict(WithPlainTensor).verdict


def test_another_number_of_channels_is_a_deviation_not_an_error() -> None:
    """A net for grey images against one for colour images is compared all the same."""
    found = check("resnet18(in_channels=1)", "resnet18")
    assert [("shape", (3, 224, 224), (1, 224, 224))] == [
        (d.attribute, d.reference, d.candidate) for d in found.deviations
    ]
    assert "(input)" == found.deviations[0].where.reference


def test_a_variant_for_other_channels_is_named() -> None:
    """What the candidate is in truth is found at the candidate's own input, not the reference's."""
    assert "resnet18_d2l" == check("resnet18_d2l", "resnet18").known_as


def test_a_report_raises_for_deviations_only() -> None:
    """raise_for_deviations is silent on the same net and names the first layer of another."""
    verdict(Small).raise_for_deviations()
    with pytest.raises(DeviationError, match="conv: out_channels is 16, but should be 8"):
        check(lambda: Small(16), Small, input_shape=(3, 32, 32)).raise_for_deviations()


def test_a_report_is_json() -> None:
    """Every field of the contract is there and is JSON's own type."""
    found = check(lambda: Small(16), Small, input_shape=(3, 32, 32)).to_dict()
    assert found == json.loads(json.dumps(found))
    assert {
        "schema", "candidate", "reference", "verdict", "known_as", "deviations", "rules", "properties", "parameters",
        "key_map", "seed", "reproduce", "versions", "seconds", "timings",
    } <= found.keys()  # fmt: skip
    assert {
        "kind", "mode", "where", "attribute", "candidate", "reference", "effect", "count", "known_as", "link",
        "message",
    } <= found["deviations"][0].keys()  # fmt: skip
    assert {"reference": "conv", "candidate": "conv"} == found["deviations"][0]["where"]


def test_the_text_says_what_was_computed() -> None:
    """A reader sees which runs were compared, and how closely."""
    text = "\n".join(line.plain for line in lines(verdict(Small)))
    assert "drawn images in float64: outputs, gradients and statistics agree" in text


BAD = """
from torch import nn
def raises(): raise ValueError("widths must be positive")
def number(): return 3
def needs(width): return nn.Linear(width, 3)
class FailsInForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
    def forward(self, x):
        return self.conv(x).no_such_thing
class DependsOnData(FailsInForward):
    def forward(self, x):
        y = self.conv(x)
        return y if y.sum().item() > 0 else -y
class ReturnsText(FailsInForward):
    def forward(self, x):
        return object()
class Exits(FailsInForward):
    def forward(self, x):
        raise SystemExit(0)
def exits(): raise SystemExit(0)
value = 3
"""


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A file of candidates that cannot be judged."""
    path = tmp_path / "bad_candidates.py"
    path.write_text(BAD)
    return str(path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "raised while it was built: ValueError: widths must be positive (bad_candidates.py, line 3)"),
        ("number", "returned int, but should return an nn.Module"),
        ("needs", "missing a required argument: 'width'"),
        (
            "FailsInForward",
            "AttributeError: 'Tensor' object has no attribute 'no_such_thing' (bad_candidates.py, line 11)",
        ),
        ("DependsOnData", "cannot be traced in forward at (2, 3, 224, 224) in eval mode"),
        ("ReturnsText", "the net returns a object"),
        ("exits", "called sys.exit(0) while it was built"),
        ("Exits", "called sys.exit(0) in forward"),
        ("value", "'value' is of type int, not something that builds a net"),
        ("rises", "did you mean raises?"),
    ],
)
def test_a_candidate_that_cannot_be_judged_is_an_error_in_one_line(bad: str, name: str, said: str) -> None:
    """What is wrong with the candidate is said with its own last line."""
    with pytest.raises((CandidateError, TargetError)) as raised:
        check(f"{bad}:{name}", "resnet18")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("candidate", "reference", "said"),
    [
        ("resnet05", "resnet18", "did you mean resnet50"),
        ("resnet18", "resnet81", "did you mean resnet18"),
        ("torchvision:resnet5", "resnet18", "did you mean resnet50"),
        ("timm:resnet5", "resnet18", "did you mean resnet50"),
        ("nowhere.py:net", "resnet18", "there is no file nowhere.py"),
        ("no_such_module:net", "resnet18", "no module is called 'no_such_module'"),
        ("resnet18(num_clases=3)", "resnet18", "no keyword 'num_clases'; did you mean num_classes?"),
        ("torchvision:resnet18(num_clases=3)", "resnet18", "no keyword 'num_clases'; did you mean num_classes"),
        ("resnet18(num_classes=0)", "resnet18", "num_classes must be at least 1, got 0"),
        ("resnet18(num_classes=x)", "resnet18", "the keywords must be literals"),
        ("resnet18(10)", "resnet18", "only keywords can be given"),
        ("resnet18(**{'num_classes': 10})", "resnet18", "only keywords can be given"),
    ],
)
def test_a_wrong_name_is_an_error_that_says_what_to_do(candidate: str, reference: str, said: str) -> None:
    """Names, files and keywords that do not exist are answered with the nearest ones."""
    with pytest.raises((TargetError, CandidateError)) as caught:
        check(candidate, reference)
    assert said in str(caught.value)


def test_an_input_smaller_than_the_net_accepts_names_the_smallest() -> None:
    """AlexNet needs 63x63."""
    with pytest.raises(TargetError, match="63"):
        check("torchvision:alexnet", "alexnet", input_shape=(3, 20, 20))


class _HeadOfPixels(Small):
    """The classifier is a 1x1 convolution, and the norm has another epsilon."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(8, eps=1e-3)
        self.fc = nn.Conv2d(8, 10, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3), keepdim=True)).flatten(1)


def test_weights_stored_otherwise_are_no_part_of_a_mistake():
    """Beside a real mistake, a linear layer that is a 1x1 convolution is not blamed, as it is not without one."""
    (deviation,) = check(_HeadOfPixels, Small, input_shape=(3, 16, 16), profile="quick").deviations

    assert ("eps", 1e-5, 1e-3) == (deviation.attribute, deviation.reference, deviation.candidate)


class _Around(nn.Module):
    """A net, and something beside it."""

    def __init__(self, beside) -> None:
        super().__init__()
        self.net = Small()
        self.beside = beside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, and whatever is made of them."""
        return self.beside(self.net, x)


@pytest.mark.parametrize(
    ("beside", "verdict", "domain"),
    [
        (
            lambda net, x: net(x) if len(x) > 1 else net(x) * 1.01,
            "conditional",
            "equal for several images at once; differs for one image by itself",
        ),
        (
            lambda net, x: net(x if x.shape[2] <= x.shape[3] else x.transpose(2, 3)),
            "conditional",
            "equal at 16x16; differs at ",
        ),
        (lambda net, x: net(x.clamp(-100, 100)), "deviates", None),
        (lambda net, x: net(x.clamp(-3, 3)), "deviates", None),
        (lambda net, x: torch.nan_to_num(net(x)), "undistinguished", None),
    ],
    ids=["another batch", "another side", "rare values", "usual values", "no value that is drawn"],
)
def test_where_two_nets_are_equal_is_said(beside, verdict, domain):
    """A part of the inputs is named only where it is the size or the batch that decides, not the numbers."""
    found = check(lambda: _Around(beside), Small, input_shape=(3, 16, 16))

    assert (verdict, domain is None) == (found.verdict, found.domain is None)
    assert (found.domain or "").startswith(domain or "")
    assert found.known_as is None


def test_a_script_module_is_refused_in_one_line():
    """It has no Python to run or trace; the message says what to name instead."""
    with pytest.raises(CandidateError, match="is a ScriptModule, which cannot be traced"):
        check(lambda: torch.jit.script(Small()), Small, input_shape=(3, 16, 16))
