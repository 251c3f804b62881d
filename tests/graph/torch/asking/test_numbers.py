"""Numbers that remember: they compute as plain numbers do, and tell when they are compared."""

import copy
import math
import operator
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from properties.graph.torch.asking.listener import Listener
from properties.graph.torch.asking.numbers import Remembering, remembering

ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.truediv)
COMPARISONS = {
    operator.lt: "<", operator.le: "<=", operator.eq: "==", operator.ne: "!=", operator.gt: ">", operator.ge: ">=",
}  # fmt: skip
SIZES = st.integers(1, 5000)


def asked(listener):
    """What was noted, without where."""
    return [(q.operator, q.left, q.right, q.answer) for q in listener.questions]


@given(SIZES, SIZES, st.sampled_from(ARITHMETIC))
def test_arithmetic_is_that_of_plain_numbers_and_keeps_the_memory(size, other, compute):
    """On either side, with a plain number and with another size; nothing of it is a question."""
    listener = Listener()
    ours, theirs = remembering(size, listener), remembering(other, listener)

    for found in (compute(ours, other), compute(size, theirs), compute(ours, theirs)):
        assert isinstance(found, Remembering)
        assert compute(size, other) == (
            float.__add__(found, 0.0) if isinstance(found, float) else int.__add__(found, 0)
        )
    assert all(q.operator == "<" for q in listener.questions)  # a quotient of 0 says that the size is small


@given(SIZES, st.integers(-5, 6000), st.sampled_from(list(COMPARISONS)))
def test_a_comparison_is_answered_and_noted(size, other, compare):
    """With both sides, what they were made of, and the line."""
    listener = Listener()

    answer = compare(remembering(size, listener) * 2, other)

    (question,) = listener.questions
    assert compare(size * 2, other) is answer
    assert (COMPARISONS[compare], size * 2, other, answer) == (
        question.operator, question.left, question.right, question.answer,
    )  # fmt: skip
    assert ((size,), {2, other}) == (question.sizes, set(question.constants))
    assert question.where.startswith("test_numbers.py:")
    assert "compare(remembering" in question.text


def test_what_comes_of_several_sizes_remembers_all_of_them():
    """Also through min, max, sum, round and math's roundings."""
    listener = Listener()
    height, width = remembering(10, listener), remembering(7, listener)

    assert max(height, width) == 10
    assert sum([height, width]) == 17
    assert (math.ceil(width / 2), math.floor(width / 2), round(width / 2, 1), -height) == (4, 3, 3.5, -10)
    assert math.prod([height, width]) > 60

    assert [(7, 10), (10,), (7, 10), (7,), (7,), (7,), (10,), (7, 10)] == [q.sizes for q in listener.questions]


@pytest.mark.parametrize(
    ("use", "noted"),
    [
        (bool, [("truth", 9, 0, 1)]),
        (lambda size: 1 if size % 3 else 0, [("truth", 0, 0, 0)]),
        (lambda size: size in (8, 9), [("==", 9, 8, 0), ("==", 9, 9, 1)]),
        (int, [("number", 9, 9, 0)]),
        (lambda size: math.sqrt(size), [("number", 9, 9, 0)]),
        (str, [("number", 9, 9, 0)]),
        (lambda size: {8: "a"}.get(size), [("number", 9, 9, 0)]),
        (lambda size: size // 300, [("<", 9, 300, 1)]),
        (lambda size: size // 2, []),
        (lambda size: f"{size} {size!r}", []),
        (lambda size: list(range(size)), []),
        (copy.deepcopy, []),
        (lambda size: pickle.loads(pickle.dumps(size)), []),
    ],
)
def test_a_use_is_noted_where_it_can_decide_something(use, noted):
    """And a message, a copy or a small quotient is none."""
    listener = Listener()

    use(remembering(9, listener))

    assert noted == asked(listener)


def test_the_numbers_in_a_function_that_hides_a_size_are_told():
    """What it is compared with afterwards must be one of them."""
    listener = Listener()

    def hides(size):
        return int(size) > 1234

    assert hides(remembering(2000, listener))
    assert 1234 in listener.questions[0].constants


def test_what_torch_asks_is_not_told():
    """Its functions are the same in every net; a line of the net that calls them is no question."""
    listener = Listener()

    torch.Size([remembering(4, listener)]).numel()
    torch.nn.functional.interpolate(torch.zeros(1, 1, 4, 4), size=(remembering(8, listener),) * 2)

    assert [] == listener.questions


def test_the_same_line_in_another_module_is_another_question():
    """And the second time in the same module, too."""
    stack = ["stem"]
    listener = Listener(stack)
    size = remembering(3, listener)

    for stack[0] in ("stem", "stem", "head"):
        assert size > 2

    assert [("stem", 0), ("stem", 1), ("head", 0)] == [(q.module, q.turn) for q in listener.questions]
    assert 3 == len({q.key for q in listener.questions})
