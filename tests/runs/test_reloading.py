"""Loading a net's own state_dict back: what its own code changes is found, and the net is left as it was."""

import pytest
import torch
from torch import nn

from properties import check
from properties.runs.reloading import reloaded


class Plain(nn.Module):
    """A small net that saves and loads as torch does."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        """Logits."""
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


class Scales(Plain):
    """Loading halves the last weight."""

    def load_state_dict(self, state_dict, *rest, **more):
        """As a migration of old checkpoints would."""
        return super().load_state_dict({**state_dict, "fc.weight": state_dict["fc.weight"] / 2}, *rest, **more)


class ScalesInAHook(Plain):
    """A hook does it after loading."""

    def __init__(self):
        super().__init__()
        self.register_load_state_dict_post_hook(self._halved)

    @staticmethod
    def _halved(module, keys):
        module.fc.weight.data.div_(2)


class Drops(Plain):
    """What is saved lacks a key, which loading misses."""

    def state_dict(self, *rest, **more):
        """Without the last bias."""
        state = super().state_dict(*rest, **more)
        state.pop("fc.bias")
        return state


class Renames(Plain):
    """What is saved has another name, which a hook knows when it is loaded."""

    def __init__(self):
        super().__init__()
        self._register_state_dict_hook(self._renamed)
        self.register_load_state_dict_pre_hook(self._named_again)

    @staticmethod
    def _renamed(module, state, prefix, metadata):
        state["head.weight"] = state.pop("fc.weight")

    @staticmethod
    def _named_again(module, state, *rest):
        state["fc.weight"] = state.pop("head.weight")


@pytest.mark.parametrize("net", [Scales, ScalesInAHook])
def test_what_loading_changes_is_found_and_set_back(net):
    """By the key of the tensor."""
    made = net()
    before = made.fc.weight.detach().clone()

    assert ["fc.weight"] == list(reloaded(made))
    assert torch.equal(before, made.fc.weight)


@pytest.mark.parametrize("net", [Plain, Renames])
def test_loading_that_gives_everything_back_changes_nothing(net):
    """Other names on the way are a matter of taste."""
    assert {} == reloaded(net())


def test_a_key_that_is_not_saved_is_missed():
    """In torch's words."""
    with pytest.raises(RuntimeError, match=r"fc\.bias"):
        reloaded(Drops())


@pytest.mark.parametrize(
    ("candidate", "said"), [(Scales, "changes fc.weight"), (ScalesInAHook, "changes fc.weight"), (Drops, "fc.bias")]
)
def test_loading_that_changes_a_net_is_one_deviation(candidate, said):
    """The reference's checkpoint would give other answers."""
    report = check(candidate, Plain, input_shape=(3, 16, 16))

    assert ("deviates", 1) == (report.verdict, len(report.deviations))
    assert said in report.deviations[0].message


@pytest.mark.parametrize(("candidate", "reference"), [(Renames, Plain), (Scales, Scales)])
def test_loading_that_changes_nothing_or_the_same_is_no_deviation(candidate, reference):
    """Both do what the other does."""
    assert check(candidate, reference, input_shape=(3, 16, 16)).verdict == "identical"
