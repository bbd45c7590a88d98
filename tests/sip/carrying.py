"""A contact's decisions carried out by a telephone in another process, as the worker's own phone would."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.contact_effects import AnswerLeg, ContactEffect, DialLeg, HangUpLeg, PressKeys, Publish, SetPaths
from tests.sip.ends import RemoteEnd
from voice.events import Event


async def carry_out(effects: Iterable[ContactEffect], phone: RemoteEnd) -> list[Event]:
    """Whatever concerns legs and paths, in order; the events that were to be published. The rest is left out."""
    published: list[Event] = []
    for effect in effects:
        match effect:
            case AnswerLeg(leg_id):
                await phone.do("answer", leg_id)
            case DialLeg(leg_id, address, headers):
                await phone.do("dial", leg_id, address, dict(headers))
            case HangUpLeg(leg_id, code):
                await phone.do("hang_up", leg_id, code)
            case PressKeys(leg_id, digits):
                await phone.do("send_digits", leg_id, digits)
            case SetPaths(paths):
                await phone.do("set_paths", [(path.source, path.sink, path.gain) for path in paths])
            case Publish(event):
                published.append(event)
    return published
