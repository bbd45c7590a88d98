"""``transfer``: hand the caller over, for good, to an agent by name or to an outside number.

Rings as ``dial`` does (which see); there is no way back once the other side has answered: the contact ends with that
talk. To hand over to a queue is an ``enqueue``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ivr.stage import Stage
from ivr.verbs.base import Activity
from ivr.verbs.dial import Dialling, Outward


class Transfer(Outward):
    """A node that gives the caller away."""

    terminal: ClassVar[bool] = True

    verb: Literal["transfer"]

    def activity(self, stage: Stage) -> Activity:
        """Ring, and go."""
        return Dialling(stage, self, None)
