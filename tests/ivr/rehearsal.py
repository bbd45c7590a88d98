"""A contact's core under test, brought to the point where a test begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ivr import effects as flow
from ivr.contact_commands import ConnectAgent
from ivr.contact_core import ContactCore
from ivr.contact_effects import ContactEffect, Publish
from ivr.schema import Flow, load_flow
from ivr.settings import IvrSettings
from voice.events import Event
from voice.phone import IncomingLeg, LegConnected, LegDigit, PhoneEvent

FLOW = load_flow(IvrSettings().flow)
INVITE = IncomingLeg("in", "id@host", "sip:+12025550142@127.0.0.2:5060", "", "sip:100@callfloor", {})
ANNA = ConnectAgent("anna", "sip:anna@callfloor", "lease-1", ring_s=15.0)

Wanted = TypeVar("Wanted")


def of(kind: type[Wanted], effects: Iterable[object]) -> list[Wanted]:
    return [effect for effect in effects if isinstance(effect, kind)]


def published(effects: Iterable[ContactEffect]) -> list[Event]:
    return [effect.event for effect in of(Publish, effects)]


class Contact:
    """A contact under test, with the clock at hand."""

    def __init__(self, script: Flow = FLOW) -> None:
        self.core = ContactCore("c1", "w1", script)
        self.now = 1000.0

    def phone(self, event: object) -> tuple[ContactEffect, ...]:
        assert isinstance(event, PhoneEvent)
        return self.core.phone_event(event, self.now)

    def answered(self) -> Contact:
        self.phone(INVITE)
        finish_prompts(self, self.phone(LegConnected("in", "PCMU")))
        return self

    def queued(self) -> Contact:
        self.answered().phone(LegDigit("in", "1"))
        return self

    def ringing(self) -> Contact:
        reply, _ = self.queued().core.command(ANNA, self.now)
        assert reply.ok
        return self

    def talking(self) -> Contact:
        self.ringing().phone(LegConnected("agent-1", "PCMU"))
        return self


def finish_prompts(contact: Contact, effects: Iterable[object]) -> tuple[ContactEffect, ...]:
    """As the player does: report the end of each prompt until the flow waits for something else."""
    found: tuple[ContactEffect, ...] = ()
    while playing := [effect for effect in of(flow.PlayPrompts, effects) if not effect.loop]:
        effects = contact.core.prompt_finished(playing[-1].token, contact.now)
        found += tuple(effects)
    return found
