"""Measures of service: every number shown anywhere has its one definition here.

In: the event log. ``fold`` turns it into one record for each stay of a contact in a queue, ``agents_time`` into the
spans of agents' states; ``totals`` adds records up, ``rollup`` by interval, day and queue; ``service``, ``customers``,
``talk`` and ``agents_time`` say what is computed from the sums. All of it is pure. Out: the board, the reports, the
scorecard.
"""

from assist.metrics import agents_time, customers, service, talk
from assist.metrics.registry import REGISTRY, Metric
from assist.metrics.targets import Goal, Targets
from assist.metrics.totals import Totals

__all__ = ["REGISTRY", "Goal", "Metric", "Targets", "Totals", "agents_time", "customers", "service", "talk"]
