"""The properties that are checked on a stranger's net alone, and what came of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from properties.catalogue import ALL
from properties.errors import last_line
from properties.profiles import PROFILES
from properties.property import Property, Violation
from properties.report import Result
from properties.runs.process import process_kept, seed_everything
from properties.subject import Subject
from properties.themes import behaviour, composition, parameters, training

__all__ = ["FOLLOW_FROM_THE_GRAPH", "asked", "decides", "results", "theme"]

_THEMES = ("behaviour", "training", "usage")
_OTHERS = (
    composition.hooks_see_what_the_graph_says,
    composition.sequential_equals_layer_by_layer,
    parameters.every_tensor_that_influences_the_output_is_registered,
)
FOLLOW_FROM_THE_GRAPH = frozenset(
    prop.name
    for prop in (
        behaviour.permuted_batch_gives_permuted_outputs,
        behaviour.outputs_do_not_depend_on_the_rest_of_the_batch,
        training.gradient_reaches_what_the_graph_connects,
        training.running_statistics_stay_in_eval_mode,
        training.running_statistics_follow_the_formula,
        training.dropout_drops_at_its_rate,
        parameters.every_tensor_that_influences_the_output_is_registered,
    )
)
"""What holds of a net whose graphs in both modes are those of a net of which it holds."""

Implied = Collection[str] | Callable[[Property], bool]


def results(subject: Subject, *, profile: str, seed: int, implied: Implied = ()) -> tuple[Result, ...]:
    """Check every property that says something about a net without a spec.

    A property that cannot be checked, because the net's code raises where the property does not expect it, is
    ``skipped`` with what was raised: it is no evidence against the net.

    Args:
        subject: the net; it is left as it was found.
        profile: by its name; it says whether all are checked or the cheap ones.
        seed: of what is drawn.
        implied: names, or a predicate: these follow from an identical graph and are not run.

    Returns:
        One result for each, in the catalogue's order: ``passed``, ``failed``, ``skipped`` or ``implied``.
    """
    return tuple(_result(prop, subject, seed, implied) for prop in asked(profile))


def asked(profile: str) -> tuple[Property, ...]:
    """The properties that are checked under a profile, in the catalogue's order."""
    wanted = PROFILES[profile].properties
    chosen = [prop for prop in ALL if prop.theme in _THEMES or prop in _OTHERS]
    return tuple(prop for prop in chosen if wanted == "all" or prop.cost == "cheap")


def decides(name: str) -> bool:
    """Whether a net that breaks the property of this name computes or trains otherwise than its structure promises."""
    return any(prop.decides for prop in ALL if prop.name == name)


def theme(name: str) -> str:
    """The theme of the property of this name; "" if there is none."""
    return next((prop.theme for prop in ALL if prop.name == name), "")


def _result(prop: Property, subject: Subject, seed: int, implied: Implied) -> Result:
    began = time.perf_counter()
    follows = implied(prop) if callable(implied) else prop.name in implied
    status, text = ("implied", None) if follows else _outcome(prop, subject, seed)
    return Result(prop.name, status, prop.sentence, prop.source, text, time.perf_counter() - began)


def _outcome(prop: Property, subject: Subject, seed: int) -> tuple[str, str | None]:
    try:
        with process_kept():
            seed_everything(seed)
            if not prop.concerns(subject):
                return "skipped", None
            prop.verify(subject)
    except Violation as violation:
        return "failed", str(violation)
    except (Exception, SystemExit) as error:  # whatever the net's code raises
        return "skipped", f"could not be checked: {last_line(error)}"
    return "passed", None
