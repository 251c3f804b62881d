"""A function of a few sizes, written line by line: shared subexpressions, folded constants, checks that can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NoReturn

__all__ = ["Amount", "StraightLine"]

Amount = int | str
"""A known number, or the name of a variable of the function."""

Why = Callable[..., str]


class StraightLine:
    """Writes one Python function whose variables are positive integers.

    Every variable has a lower bound that holds once the checks before it have passed, so a check that cannot fail is
    not written, and neither is an expression that was written before.

    Args:
        arguments: names of the function's arguments, each at least 1.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = tuple(arguments)
        self.lines: list[str] = []
        self.reasons: list[tuple[int, Why]] = []
        self._lower: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._checked: set[str] = set()
        for name in self.arguments:
            self.require(f"{name} >= 1", 0, lambda value: f"every size must be at least 1, got {value}", name)
            self._lower[name] = 1

    def lower(self, amount: Amount) -> int:
        """The least value that ``amount`` can have here."""
        return amount if isinstance(amount, int) else self._lower[amount]

    def let(self, expression: str, lower: int) -> str:
        """The variable that holds ``expression``, which is at least ``lower``."""
        if expression not in self._names:
            name = f"v{len(self._names)}"
            self._names[expression] = name
            self._lower[name] = lower
            self.lines.append(f"{name} = {expression}")
        return self._names[expression]

    def plus(self, amount: Amount, number: int) -> Amount:
        """``amount + number``."""
        if isinstance(amount, int):
            return amount + number
        if number == 0:
            return amount
        return self.let(_plus(amount, number), self.lower(amount) + number)

    def steps(self, amount: Amount, number: int, stride: int) -> Amount:
        """``floor((amount + number)/stride) + 1``."""
        if stride == 1:
            return self.plus(amount, number + 1)
        if isinstance(amount, int):
            return (amount + number) // stride + 1
        return self.let(f"({_plus(amount, number)})//{stride} + 1", (self.lower(amount) + number) // stride + 1)

    def times(self, amounts: Sequence[Amount]) -> Amount:
        """The product."""
        known = prod(amount for amount in amounts if isinstance(amount, int))
        names = sorted(amount for amount in amounts if isinstance(amount, str))
        if not names:
            return known
        if known == 1 and len(names) == 1:
            return names[0]
        factors = [str(known)] * (known != 1) + names
        return self.let("*".join(factors), known * prod(self.lower(name) for name in names))

    def total(self, amounts: Sequence[Amount]) -> Amount:
        """The sum."""
        known = sum(amount for amount in amounts if isinstance(amount, int))
        names = sorted(amount for amount in amounts if isinstance(amount, str))
        if len(names) < 2:
            return self.plus(names[0], known) if names else known
        return self.let(_plus(" + ".join(names), known), known + sum(self.lower(name) for name in names))

    def at_least(self, amount: Amount, lowest: int, position: int, why: Why, *values: Amount) -> None:
        """Fail at operator ``position`` unless ``amount >= lowest``; from here on it is."""
        if self.lower(amount) >= lowest:
            return
        self.require(f"{amount} >= {lowest}", position, why, *values)
        if isinstance(amount, str):
            self._lower[amount] = max(lowest, self._lower[amount])

    def equal(self, first: Amount, second: Amount, position: int, why: Why, *values: Amount) -> None:
        """Fail at operator ``position`` unless the two are equal."""
        if first != second:
            self.require(f"{first} == {second}", position, why, *values)

    def require(self, condition: str, position: int, why: Why, *values: Amount) -> None:
        """Fail at operator ``position`` with ``why(*values)`` unless ``condition``."""
        if condition in self._checked:
            return
        self._checked.add(condition)
        call = ", ".join(str(value) for value in (len(self.reasons), *values))
        self.reasons.append((position, why))
        self.lines.append(f"if not {condition}: fail({call})")

    def source(self, results: Sequence[Sequence[Amount]]) -> str:
        """The text of the function, which returns a tuple with one tuple for each of ``results``."""
        names: dict[str, str] = {}
        lines = list(self.lines)
        for result in results:
            text = "(" + "".join(f"{amount}, " for amount in result) + ")"
            if text not in names:
                names[text] = f"s{len(names)}"
                lines.append(f"{names[text]} = {text}")
        returned = ", ".join(names["(" + "".join(f"{amount}, " for amount in result) + ")"] for result in results)
        body = "\n    ".join([*lines, f"return ({returned},)"])
        return f"def sizes({', '.join(self.arguments)}):\n    {body}\n"

    def compiled(
        self, results: Sequence[Sequence[Amount]], fail: Callable[..., NoReturn]
    ) -> Callable[..., tuple[tuple[int, ...], ...]]:
        """The function itself; ``fail`` gets a position in ``reasons`` and the values that its text needs."""
        scope: dict[str, Callable[..., tuple[tuple[int, ...], ...]]] = {"fail": fail}
        exec(compile(self.source(results), "<sizes>", "exec"), scope)
        return scope["sizes"]


def _plus(text: str, number: int) -> str:
    if number == 0:
        return text
    return f"{text} {'+' if number > 0 else '-'} {abs(number)}"
