"""A busy floor made of one recorded contact: the log of ``callfloor demo --json FILE``, as many times as wanted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assist.desk_events import FEED_EVENTS, ContactAssigned
from assist.feed import Feed
from assist.vocabulary import EVENTS
from ivr.contacts import AgentOffered, AgentStateChanged, ContactAnswered, ContactEnded, ContactOffered
from voice.events import Envelope, Event
from voice.settings import AgentSettings

TAIL_S = 1.0
"""How long after its end a contact begins again; what comes later in its log is left out."""


@dataclass(frozen=True, slots=True)
class _Due:
    """``event`` of ``contact``, which is ``agent``'s, ``at_s`` seconds into each round. ``clocks``: those of its fields
    that are Unix seconds; ``offset_s``: how far into the contact it is.
    """

    at_s: float
    offset_s: float
    contact: str
    agent: str
    event: Event
    clocks: tuple[str, ...]


class Replayed:
    """``contacts`` copies of the contact in ``file``, each with an agent of her own, begun evenly one after the other
    and again and again, at the pace they were recorded at. The other ``agents`` rest.
    """

    def __init__(self, file: Path, agents: tuple[AgentSettings, ...], contacts: int) -> None:
        wires = json.loads(file.read_text("utf-8"))["events"]
        log = [EVENTS.decode(wire) for wire in wires]
        self._recorded_at = next(each.at for each in log if isinstance(each.event, ContactOffered))
        (ended,) = (each for each in log if isinstance(each.event, ContactEnded))
        self._period_s = ended.at - self._recorded_at + TAIL_S
        mine = [wire for wire, each in zip(wires, log, strict=True) if each.at <= ended.at + TAIL_S]
        agent = next(each.event.agent for each in log if isinstance(each.event, ContactAnswered))
        self._resting = [each.user for each in agents[contacts:]]
        due = []
        for number in range(contacts):
            shift_s = self._period_s * number / contacts
            for each in _renamed(mine, ended.contact_id or "", f"c{number:03d}", agent, agents[number].user):
                due.append(self._due(each, agents[number].user, shift_s))
        self._due_in_round = sorted(due, key=lambda each: each.at_s)
        self._place, self._began = 0, 0.0

    @property
    def events_per_s(self) -> float:
        """How many happen in a second."""
        return len(self._due_in_round) / self._period_s

    def opening(self, now: float) -> Iterator[tuple[str, str, Event]]:
        """The floor as it stands at Unix second ``now``: (contact, its agent, event)."""
        self._began = now
        for user in self._resting:
            yield "", user, AgentStateChanged(user, "NOT_READY", "break", now - 60.0)
        for each in self._due_in_round:
            if each.at_s >= each.offset_s:  # the others are still to come, in contacts that have begun
                yield self._at(each, now - self._period_s)

    def next(self, now: float) -> Iterator[tuple[str, str, Event]]:
        """What has happened since."""
        while True:
            each = self._due_in_round[self._place]
            if self._began + each.at_s > now:
                return
            yield self._at(each, self._began)
            self._place += 1
            if self._place == len(self._due_in_round):
                self._place, self._began = 0, self._began + self._period_s

    def _due(self, envelope: Envelope, agent: str, shift_s: float) -> _Due:
        offset = max(0.0, min(envelope.at - self._recorded_at, self._period_s))
        event = envelope.event
        values = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
        clocks = tuple(name for name, value in values.items() if isinstance(value, float) and value > 1e9)
        at_s = (offset + shift_s) % self._period_s
        return _Due(at_s, offset, envelope.contact_id or "", agent, event, clocks)

    def _at(self, each: _Due, round_began: float) -> tuple[str, str, Event]:
        later = round_began + each.at_s - each.offset_s - self._recorded_at
        moved = {name: getattr(each.event, name) + later for name in each.clocks}
        event = dataclasses.replace(each.event, **moved) if moved else each.event
        return each.contact, each.agent, event


def tell_desk(feed: Feed, contact: str, agent: str, event: Event, at: float) -> None:
    """What the floor tells the agent's page of it."""
    if isinstance(event, AgentOffered | ContactAnswered):
        phase = "ringing" if isinstance(event, AgentOffered) else "talking"
        feed.publish(agent, ContactAssigned(agent, phase, "", "", at), contact, at=at)
    if isinstance(event, FEED_EVENTS):
        feed.publish(agent, event, contact or None, at=at)


def _renamed(wires: list[dict[str, object]], contact: str, new: str, agent: str, user: str) -> Iterator[Envelope]:
    text = json.dumps(wires).replace(contact, new).replace(json.dumps(agent), json.dumps(user))
    yield from map(EVENTS.decode, json.loads(text))
