"""``bench.board --log``: a floor made of one recorded contact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assist.feed import Feed
from assist.vocabulary import EVENTS
from bench.crowd import staff
from bench.replayed import TAIL_S, Replayed, tell_desk
from ivr.contacts import (
    AgentOffered,
    AgentStateChanged,
    ContactAnswered,
    ContactClosed,
    ContactEnded,
    ContactOffered,
    ContactQueued,
)
from tests.fakes.clock import VirtualClock
from transcription.utterances import UtteranceFinal
from voice.events import Envelope, Event

BEGAN, NOW = 1_700_000_000.0, 1_800_000_000.0
SAID = UtteranceFinal("u1", "caller", "it is anna i want", (), 1.0, 2.0, 0.9, "vosk", "demo")
LOG: tuple[tuple[float, Event], ...] = (
    (0.0, ContactOffered("w1", "+1555", "100", "demo", "1")),
    (2.0, ContactQueued("billing", 5, BEGAN + 2.0)),
    (3.0, AgentOffered("anna", "l")),
    (4.0, ContactAnswered("anna", "l", 2.0)),
    (4.0, AgentStateChanged("anna", "TALKING", "", BEGAN + 4.0)),
    (6.0, SAID),
    (9.0, ContactEnded("completed", "caller", 9.0, 5.0)),
    (9.0, AgentStateChanged("anna", "WRAPUP", "", BEGAN + 9.0, BEGAN + 19.0)),
    (30.0, ContactClosed("", 0.0, 0.0, 0.0, 0.0)),
)


@pytest.fixture
def floor(tmp_path: Path) -> Replayed:
    file = tmp_path / "demo.json"
    wires = [
        EVENTS.encode(
            Envelope(f"e{n}", BEGAN + at, "w", n, event, None if isinstance(event, AgentStateChanged) else "feedbeef")
        )
        for n, (at, event) in enumerate(LOG)
    ]
    file.write_text(json.dumps({"events": wires}))
    return Replayed(file, staff(3), 2)


def test_one_contact_is_over_as_the_other_is_half_way(floor: Replayed) -> None:
    opening = [(contact, agent, event) for contact, agent, event in floor.opening(NOW)]
    assert opening[0] == ("", "agent002", AgentStateChanged("agent002", "NOT_READY", "break", NOW - 60.0))
    ended = [contact for contact, _, event in opening if isinstance(event, ContactEnded)]
    begun = [contact for contact, _, event in opening if isinstance(event, ContactOffered)]
    assert (begun, ended) == (["c000", "c001"], ["c000"])
    assert next(iter(floor.next(NOW + 0.5)))[:2] == ("c000", "agent000"), "it begins again at once"


def test_a_round_has_everything_once_and_its_own_times(floor: Replayed) -> None:
    period = 9.0 + TAIL_S
    list(floor.opening(NOW))
    seen = list(floor.next(NOW + period - 0.01))
    assert len(seen) == 2 * (len(LOG) - 1), "what comes long after the end is left out"
    queued = {contact: event.since for contact, _, event in seen if isinstance(event, ContactQueued)}
    assert queued == {"c000": NOW + 2.0, "c001": pytest.approx(NOW + period / 2 + 2.0)}
    wrapped = [event for _, agent, event in seen if agent == "agent000" and isinstance(event, AgentStateChanged)][-1]
    assert (wrapped.since, wrapped.until) == (NOW + 9.0, NOW + 19.0)
    again = [event.since for contact, _, event in floor.next(NOW + 2 * period) if isinstance(event, ContactQueued)]
    assert again[0] == NOW + period + 2.0
    assert floor.events_per_s == pytest.approx(len(seen) / period)


def test_every_copy_has_its_agent_and_says_the_same(floor: Replayed) -> None:
    list(floor.opening(NOW))
    seen = list(floor.next(NOW + 9.99))
    assert {(contact, agent) for contact, agent, _ in seen if contact} == {("c000", "agent000"), ("c001", "agent001")}
    assert all(event.agent == agent for _, agent, event in seen if isinstance(event, ContactAnswered))
    assert [event for _, _, event in seen if isinstance(event, UtteranceFinal)] == [SAID, SAID]


def test_the_agents_desks_are_told(floor: Replayed) -> None:
    feed = Feed(VirtualClock())
    for person in staff(3):
        feed.add_agent(person.user, person.name)
    list(floor.opening(NOW))
    for contact, agent, event in floor.next(NOW + 7.0):
        tell_desk(feed, contact, agent, event, NOW)
    desk = feed.desk("agent000")
    assert desk.contact is not None
    assert (desk.contact.id, [line.text for line in desk.contact.transcript]) == ("c000", [SAID.text])
