"""What must hold of a net, and the oracle that judges other people's.

Names are imported when they are first used: the command line answers ``--help`` without torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from properties.catalogue import ALL as ALL
    from properties.oracle.candidates.conform import assert_conforms as assert_conforms
    from properties.oracle.check import check as check
    from properties.oracle.porting.port import PortReport as PortReport
    from properties.oracle.porting.port import port as port
    from properties.property import Property as Property
    from properties.property import Violation as Violation
    from properties.property import claim as claim
    from properties.property import forall as forall
    from properties.property import require as require
    from properties.report import Deviation as Deviation
    from properties.report import Report as Report
    from properties.subject import Subject as Subject

__all__ = [
    "ALL",
    "Deviation",
    "PortReport",
    "Property",
    "Report",
    "Subject",
    "Violation",
    "assert_conforms",
    "check",
    "claim",
    "forall",
    "port",
    "require",
]

_HOMES = {
    "ALL": "properties.catalogue",
    "Deviation": "properties.report",
    "PortReport": "properties.oracle.porting.port",
    "Property": "properties.property",
    "Report": "properties.report",
    "Subject": "properties.subject",
    "Violation": "properties.property",
    "assert_conforms": "properties.oracle.candidates.conform",
    "check": "properties.oracle.check",
    "claim": "properties.property",
    "forall": "properties.property",
    "port": "properties.oracle.porting.port",
    "require": "properties.property",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'properties' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
