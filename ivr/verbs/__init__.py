"""The verbs of a flow, one file each, under jambonz' names. To add one: write its file and name it in ``VERBS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ivr.verbs.answer import Answer
from ivr.verbs.base import Activity, Problem, Verb
from ivr.verbs.branch import Branch
from ivr.verbs.callback import Callback
from ivr.verbs.consent import Consent
from ivr.verbs.dial import Dial
from ivr.verbs.enqueue import Enqueue
from ivr.verbs.gather import Gather
from ivr.verbs.hangup import Hangup
from ivr.verbs.http import Http
from ivr.verbs.pause import Pause
from ivr.verbs.play import Play
from ivr.verbs.record import Record
from ivr.verbs.redirect import Redirect
from ivr.verbs.say import Say
from ivr.verbs.set import Set
from ivr.verbs.survey import Survey
from ivr.verbs.tag import Tag
from ivr.verbs.transfer import Transfer

VERBS: Mapping[str, type[Verb]] = MappingProxyType(
    {
        "answer": Answer,
        "branch": Branch,
        "callback": Callback,
        "consent": Consent,
        "dial": Dial,
        "enqueue": Enqueue,
        "gather": Gather,
        "hangup": Hangup,
        "http": Http,
        "pause": Pause,
        "play": Play,
        "record": Record,
        "redirect": Redirect,
        "say": Say,
        "set": Set,
        "survey": Survey,
        "tag": Tag,
        "transfer": Transfer,
    }
)

__all__ = [
    "VERBS", "Activity", "Answer", "Branch", "Callback", "Consent", "Dial", "Enqueue", "Gather", "Hangup", "Http",
    "Pause", "Play", "Problem", "Record", "Redirect", "Say", "Set", "Survey", "Tag", "Transfer", "Verb",
]  # fmt: skip
