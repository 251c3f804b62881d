"""One party of a check, as the check sees it: a net in this process (``local``) or in another (``remote.party``).

Everything that goes in and comes out is plain data, so that a stranger's net can stand behind a wire; tensors go
through files in the safetensors format, which holds no code.
"""

from __future__ import annotations

from typing import Any, Protocol

from properties.graph.ir import OpGraph, Param
from properties.graph.question import AS_IT_IS, Asked, Under
from properties.oracle.parties.scope import Scope
from properties.oracle.trials.trial import Observation, Trial
from properties.report import Result

__all__ = ["Party"]


class Party(Protocol):
    """A net to be compared.

    Every method raises ``CandidateError`` when the net's code raises, exits, hangs or dies, and says at which stage;
    ``TargetError`` when what was typed is to blame.
    """

    name: str
    is_reference: bool

    @property
    def num_params(self) -> int:
        """Scalars in parameters, tied ones once."""

    @property
    def params(self) -> tuple[Param, ...]:
        """Every registered tensor, from the last capture."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The state_dict's keys, in its order."""

    @property
    def scope(self) -> Scope:
        """The modes that it has and, where it takes one input only, the size of that."""

    def input_shape(self) -> tuple[int, ...]:
        """The size of one input that the net is made for, without the batch axis."""

    def with_own_channels(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """The size, with the channels of the net's first layer where it rejects those given."""

    def accepts(self, size: tuple[int, ...], mode: str = "eval") -> bool | str:
        """True, or the last line of what the net raises at this size, batch axis included."""

    def expect(self, method: str, *arguments: Any) -> None:
        """Say what will be asked for soon, at a size as the reference has it, so that another process can begin."""

    def capture(self, mode: str, size: tuple[int, ...], under: Under = AS_IT_IS) -> OpGraph:
        """Its operators as they are written; the check brings them to a normal form itself."""

    def ask(self, mode: str, size: tuple[int, ...], under: Under = AS_IT_IS) -> Asked:
        """What it asks about the size of its input, and whether it accepts it; much cheaper than a capture."""

    def observe(self, trial: Trial) -> Observation:
        """Run the trial; what the net raises while it runs stands in the observation."""

    def properties(
        self, size: tuple[int, ...], profile: str, seed: int, implied: tuple[str, ...]
    ) -> tuple[Result, ...]:
        """What came of the properties that are checked on the net alone, on inputs of this size."""

    def fresh(self, seed: int) -> Observation:
        """Values of every tensor after the net was built anew a few times, or why there are none."""
