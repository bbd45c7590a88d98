"""Repeat contacts: did the customer come back about the same thing?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assist.metrics.columns import Columns
from assist.metrics.contacts import Outcome

DAY_S = 86_400.0


def with_repeats(columns: Columns, days: float, known_until: float) -> Columns:
    """``columns`` with ``repeated``: 1 where the same customer had another handled contact about the same issue within
    ``days`` of the end of this one, 0 where not, NaN where that is not known (the window reaches past ``known_until``,
    nobody knows who called, or the contact was not handled).
    """
    handled = (columns["outcome"] == Outcome.ANSWERED) & (columns["ended_at"] > 0)
    names = columns.names["customer"]
    if "" in names:
        handled &= columns.codes["customer"] != names.index("")
    ended, began = columns["ended_at"], columns["answered_at"]
    repeated = np.full(len(columns), np.nan)
    picked = np.flatnonzero(handled)
    order = picked[np.lexsort((began[picked], columns.codes["issue"][picked], columns.codes["customer"][picked]))]
    same = np.zeros(len(order), dtype=bool)
    customer, issue = (columns.codes[field][order] for field in ("customer", "issue"))
    same[:-1] = (customer[:-1] == customer[1:]) & (issue[:-1] == issue[1:])
    gap = np.full(len(order), np.inf)
    gap[:-1] = began[order][1:] - ended[order][:-1]
    back = same & (gap <= days * DAY_S)
    over = ended[order] + days * DAY_S <= known_until
    repeated[order] = np.where(back, 1.0, np.where(over, 0.0, np.nan))
    return replace(columns, numbers={**columns.numbers, "repeated": repeated})
