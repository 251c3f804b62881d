"""The record of a check: report, deviations and results, and their JSON. Standard library alone.

Anyone may import it; a field changes only together with ``SCHEMA``. Nothing here judges, and nothing here prints.
"""

from properties.report.deviation import Deviation as Deviation
from properties.report.deviation import Place as Place
from properties.report.deviation import Row as Row
from properties.report.deviation import identifier as identifier
from properties.report.deviation import identifiers as identifiers
from properties.report.report import EXIT_STATUS as EXIT_STATUS
from properties.report.report import SCHEMA as SCHEMA
from properties.report.report import DeviationError as DeviationError
from properties.report.report import Report as Report
from properties.report.report import Result as Result
from properties.report.timings import Timing as Timing
