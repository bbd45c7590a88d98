"""Measures of service: every number shown anywhere has its one definition here.

In: the event log. ``contacts`` folds it into one record a contact, ``agents_time`` into the spans of agents' states;
``totals`` adds records up, ``rollup`` by interval, day and queue; ``service``, ``customers`` and ``talk`` say what is
computed from the sums. All of it is pure. Out: the board, the reports, the scorecard.
"""
