"""From questions to inputs that answer them otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from properties.graph.question import Asked, Question
from properties.oracle.parties.answers import Answers

HOME = (2, 3, 224, 224)
SECOND = (1, 3, 257, 191)
MOST = 24


def question(left, operator, right, *, sizes, constants=(), line=1):
    """As a listener notes it."""
    answer = {
        "<": left < right, ">=": left >= right, "==": left == right, "truth": left != 0, "parts": left, "number": 0,
    }[operator]  # fmt: skip
    return Question(f"net.py:{line}", "", "", 0, operator, left, right, int(answer), sizes, constants)


def flipped(ask):
    """The input, if one is found, at which what a net asks at its first two sizes is answered otherwise."""
    answers = Answers(HOME)
    tried = {}
    for size in (HOME, SECOND):
        tried[size] = ask(size)
        answers.add(size, Asked((tried[size],)))
    while answers.open():
        size = next((size for _, size in answers.proposals(tried, MOST)), None)
        if size is None:
            return None
        tried[size] = ask(size)
        answers.add(size, Asked((tried[size],)))
    return next(size for size in tried if tried[size].answer != tried[HOME].answer)


@given(st.integers(10, 2000), st.sampled_from((2, 3)), st.sampled_from((1, 2, 4, 8, 16, 32)))
def test_a_side_of_any_map_compared_with_a_number(bound, axis, stride):
    """Also where the map is smaller than the image."""
    limit = max(2, bound // stride)

    def ask(size):
        side = -(-size[axis] // stride)
        return question(side, ">=", limit, sizes=(side,), constants=(limit,))

    assert flipped(ask) is not None


@given(st.integers(3, 4000))
def test_a_batch_compared_with_a_number(bound):
    """Whatever it is."""
    size = flipped(lambda size: question(size[0], ">=", bound, sizes=(size[0],), constants=(bound,)))

    assert size is not None
    assert size[0] >= bound


@given(st.integers(1, 3), st.integers(1, 3))
def test_two_sides_compared(high, wide):
    """At a portrait, a panorama, or twice that."""

    def ask(size):
        return question(size[2] * high, "<", size[3] * wide, sizes=(size[2], size[3]), constants=(high, wide))

    assert flipped(ask) is not None


@given(st.integers(20_000, 2_000_000))
def test_an_area_compared_with_a_number(bound):
    """A product of two sides grows otherwise than a side."""

    def ask(size):
        return question(size[2] * size[3], "<", bound, sizes=(size[2], size[3]), constants=(bound,))

    assert flipped(ask) is not None


@given(st.integers(2, 64))
def test_a_rest(divisor):
    """Where the first size leaves none and the second one some, and the other way round."""

    def ask(size):
        return question(size[2] % divisor, "truth", 0, sizes=(size[2],), constants=(divisor,))

    assert flipped(ask) is not None


@given(st.integers(3, 600))
def test_one_size_alone(side):
    """``==`` needs that very number."""
    size = flipped(lambda size: question(size[2], "==", side, sizes=(size[2],), constants=(side,)))

    assert size is not None
    assert (side in (size[2], HOME[2], SECOND[2])) is True


@given(st.integers(2, 64))
def test_a_number_of_parts(length):
    """Of a batch that is split."""

    def ask(size):
        return question(-(-size[0] // length), "parts", 1, sizes=(size[0],), constants=(length,))

    size = flipped(ask)
    assert size is not None
    assert size[0] > length


def test_a_number_that_does_not_move_with_the_input_is_no_open_question():
    """A number of channels, say."""
    answers = Answers(HOME)
    for size in (HOME, SECOND):
        answers.add(size, Asked((question(64, "==", 64, sizes=(64,)),)))

    assert [] == answers.open()
    assert [] == list(answers.proposals({HOME, SECOND}, MOST))


def test_what_cannot_be_answered_otherwise_stays_open_after_a_few_tries():
    """A size is never negative."""
    answers = Answers(HOME)
    tried = {HOME, SECOND}
    for size in (HOME, SECOND):
        answers.add(size, Asked((question(size[2], "<", 0, sizes=(size[2],), constants=(0,)),)))
    for _ in range(3 * MOST):
        size = next((size for _, size in answers.proposals(tried, 5)), None)
        if size is None:
            break
        tried.add(size)
        answers.add(size, Asked((question(size[2], "<", 0, sizes=(size[2],), constants=(0,)),)))

    assert 1 == len(answers.open())
    assert 5 == len(tried) - 2


def test_after_a_number_went_out_of_sight_the_functions_constants_are_tried():
    """``int(h) > 300``."""
    answers = Answers(HOME)
    for size in (HOME, SECOND):
        answers.add(size, Asked((question(size[2], "number", size[2], sizes=(size[2],), constants=(0, 300)),)))

    proposed = [size for _, size in answers.proposals({HOME, SECOND}, MOST)]

    assert proposed
    assert 300 in proposed[0]


def test_new_answers_are_those_that_were_not_given_elsewhere():
    """At the sizes that were compared."""
    answers = Answers(HOME)
    asked = {side: question(side, ">=", 230, sizes=(side,)) for side in (224, 229, 255)}
    for side, one in asked.items():
        answers.add((1, 3, side, side), Asked((one,), calls=str(side)))

    assert {(asked[255].key, 1)} == answers.new_at((1, 3, 255, 255), [(1, 3, 224, 224)])
    assert set() == answers.new_at((1, 3, 229, 229), [(1, 3, 224, 224)])
    assert answers.calls_otherwise((1, 3, 229, 229), [(1, 3, 224, 224)])
    assert not answers.calls_otherwise((1, 3, 229, 229), [(1, 3, 224, 224), (1, 3, 229, 229)])
