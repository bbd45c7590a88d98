"""The verbs of a flow, one file each, under jambonz' names. To add one: write its file and name it in ``VERBS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ivr.verbs.base import Activity, Problem, Verb
from ivr.verbs.enqueue import Enqueue
from ivr.verbs.gather import Gather
from ivr.verbs.hangup import Hangup
from ivr.verbs.pause import Pause
from ivr.verbs.play import Play
from ivr.verbs.redirect import Redirect
from ivr.verbs.say import Say

VERBS: Mapping[str, type[Verb]] = MappingProxyType(
    {
        "enqueue": Enqueue,
        "gather": Gather,
        "hangup": Hangup,
        "pause": Pause,
        "play": Play,
        "redirect": Redirect,
        "say": Say,
    }
)

__all__ = ["VERBS", "Activity", "Enqueue", "Gather", "Hangup", "Pause", "Play", "Problem", "Redirect", "Say", "Verb"]
