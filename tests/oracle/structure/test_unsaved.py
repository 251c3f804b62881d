"""What only one of two state_dicts holds: numbers matter, a fixed table does not."""

import pytest
import torch
from torch import nn

from properties import check
from properties.graph.torch.leaves import Leaves


class Scaled(nn.Module):
    """A small net whose features are scaled by a buffer, picked by a table and counted."""

    def __init__(self, scale=True, table=True, steps=True):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bias = nn.Parameter(torch.zeros(12))
        self.fc = nn.Linear(8, 4)
        self.register_buffer("scale", torch.full((8,), 2.0), persistent=scale)
        self.register_buffer("table", torch.tensor([0, 2, 4, 6, 1, 3, 5, 11]), persistent=table)
        self.register_buffer("steps", torch.zeros(1, dtype=torch.int64), persistent=steps)

    def forward(self, x):
        """Logits."""
        if self.training:
            self.steps += 1
        features = self.conv(x).relu().mean((2, 3)) * self.scale
        return self.fc(features + self.bias[self.table])


class Renames(Scaled):
    """Its state_dict has other names, and a hook that knows them again."""

    def __init__(self):
        super().__init__()
        self._register_state_dict_hook(self._renamed)
        self.register_load_state_dict_pre_hook(self._named_again)

    @staticmethod
    def _renamed(module, state, prefix, metadata):
        state["factor"] = state.pop("scale").detach()

    @staticmethod
    def _named_again(module, state, *rest):
        state["scale"] = state.pop("factor")


def _judged(candidate, reference=Scaled):
    return check(candidate, reference, input_shape=(3, 16, 16))


@pytest.mark.parametrize("name", ["scale", "steps"])
def test_numbers_that_are_not_saved_are_one_deviation(name):
    """So is what a pass counts."""
    report = _judged(lambda: Scaled(**{name: False}))

    assert ("deviates", ["parameter"]) == (report.verdict, [each.kind for each in report.deviations])
    assert f"the buffer {name} is not saved with the state_dict, but should be" == report.deviations[0].message


def test_what_should_not_be_saved_is_told_the_other_way_round():
    """A strict load of the reference's checkpoint misses it."""
    report = _judged(Scaled, lambda: Scaled(scale=False))

    assert ["the buffer scale is saved with the state_dict, but should not be"] == [
        deviation.message for deviation in report.deviations
    ]


def test_a_fixed_table_is_a_note():
    """Libraries save the index of relative positions or they do not; its content is the same."""
    report = _judged(lambda: Scaled(table=False))

    assert report.verdict == "identical"
    assert "only the reference saves table, whose content is fixed" in report.notes


def test_another_name_in_the_state_dict_is_no_missing_one():
    """A hook renames a tensor, and what it stands for is saved all the same."""
    assert all(param.persistent for param in Leaves.of(Renames()).params)
    assert _judged(Renames).verdict == "identical"
