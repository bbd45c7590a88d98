"""One contact in many hands: held, a colleague consulted, handed over, his station frozen, back with the first agent;
and his station, woken again, needs nobody to say that it is.

Who hears whom is proved by tones elsewhere (``tests/sip``); here real processes, real buttons and the page's commands.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from assist.demo.stage import AGENT, Cast
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactClosed, ContactEnded, ContactQueued, TalkMeasured
from ivr.controls import AgentLost, ConsultAnswered, ContactTransferred, HoldChanged
from ivr.watchdog import UNASKED_S
from tests.scenarios.fronts import BehindKamailio
from tests.scenarios.theatre import Extra, colleague, happened, on_stage, press
from voice.events import Event

pytestmark = pytest.mark.live

BEN, SECRET = "ben", "kestrel-of-ben"
BEN_TOO = f'\n[[agent]]\nuser = "{BEN}"\nname = "Ben Okafor"\nsecret = "{SECRET}"\nqueues = ["billing"]\n'


def test_a_contact_is_held_handed_over_and_survives_the_death_of_a_station(
    tmp_path: Path, gate: BehindKamailio | None
) -> None:
    async def main() -> None:
        async with on_stage(tmp_path, more=BEN_TOO, gate=gate) as cast:
            await cast.connect()
            async with colleague(cast, BEN, SECRET, "127.0.0.5") as ben:
                await until_free(cast, BEN)
                await _hold(cast)
                await _resume(cast)
                await _hand_over(cast, ben)
                ben.puppet.process.send_signal(signal.SIGSTOP)
                await _rescued(cast)
                ben.puppet.process.send_signal(signal.SIGCONT)
                await until_free(cast, BEN)
            await cast.hang_up()
            (ended,) = happened(cast, cast.seen.contact_id, ContactEnded)
            assert isinstance(ended.event, ContactEnded)
            assert (ended.event.reason, ended.event.ended_by) == ("completed", "caller")
            await _event(cast, ContactClosed)
            measured = [each.event for each in happened(cast, cast.seen.contact_id, TalkMeasured)]
            talked = [each.agent for each in measured if isinstance(each, TalkMeasured)]
            assert talked == [AGENT, BEN, AGENT], "each agent's part of the talk by itself"

    asyncio.run(main())


async def _hold(cast: Cast) -> None:
    """On hold there is music, although nobody speaks."""
    before = cast.seen.heard_s["caller"]
    await press(cast, AGENT, cast.secret, "hold", on=True)
    await _event(cast, HoldChanged)
    await cast.seen.until(lambda: cast.seen.heard_s["caller"] >= before + 2, "music for the customer")
    assert state_of(cast, AGENT) == "HOLD"
    await cast.seen.until(lambda: cast.seen.station["phase"] == "held", "her headset to show it")


async def _resume(cast: Cast) -> None:
    await press(cast, AGENT, cast.secret, "hold", on=False)
    await cast.seen.until(lambda: len(happened(cast, cast.seen.contact_id, HoldChanged)) == 2, "the end of the hold")
    await cast.seen.until(lambda: cast.seen.station["phase"] == "in_call", "her headset to show it")


async def _hand_over(cast: Cast, ben: Extra) -> None:
    await press(cast, AGENT, cast.secret, "consult", kind="agent", to=BEN)
    ben.puppet.order("answer")
    await _event(cast, ConsultAnswered)
    await cast.talk([0])
    await ben.until(lambda: bool(ben.told("hears")), "Ben to hear Anna")
    assert (state_of(cast, AGENT), state_of(cast, BEN)) == ("CONSULT", "CONSULT")
    await press(cast, AGENT, cast.secret, "complete_transfer")
    await taken_over(cast, ben)


async def taken_over(cast: Cast, ben: Extra) -> None:
    """Anna gave the contact to Ben: he hears the customer, and she is free."""
    wanted = (AGENT, BEN, True)
    await cast.seen.until(lambda: wanted in _transfers(cast), "the transfer")
    heard = len(ben.told("hears"))
    await cast.talk([1])
    await ben.until(lambda: len(ben.told("hears")) > heard, "Ben to hear the customer")
    await until_free(cast, AGENT)


def _transfers(cast: Cast) -> list[tuple[str, str, bool]]:
    given = (envelope.event for envelope in happened(cast, cast.seen.contact_id, ContactTransferred))
    return [(event.agent, event.to, event.done) for event in given if isinstance(event, ContactTransferred)]


async def _rescued(cast: Cast) -> None:
    """Ben's station is stopped: no BYE comes, all its connections stay up, and the floor knows nothing. That it neither
    speaks nor answers is noticed within 5 s, and Anna is given the customer at once.
    """
    cast.agent.order("answer")
    lost = await _event(cast, AgentLost)
    assert isinstance(lost, AgentLost)
    assert (lost.agent, lost.silent_s < UNASKED_S) == (BEN, True), "he was asked, and did not answer"
    await cast.seen.until(lambda: len(happened(cast, cast.seen.contact_id, ContactQueued)) == 2, "the queue again")
    queued = happened(cast, cast.seen.contact_id, ContactQueued)[-1].event
    assert isinstance(queued, ContactQueued)
    assert (queued.priority, queued.turn) == (9, 1)
    await cast.seen.until(
        lambda: len(happened(cast, cast.seen.contact_id, ContactAnswered)) == 2, "Anna to answer again"
    )
    assert state_of(cast, BEN) == "NOT_RESPONDING"
    before = cast.seen.heard_s["agent"]
    await cast.talk([1])
    await cast.seen.until(lambda: cast.seen.heard_s["agent"] > before, "Anna to hear the customer")


async def _event(cast: Cast, kind: type[Event]) -> Event:
    contact_id = cast.seen.contact_id
    await cast.seen.until(lambda: bool(happened(cast, contact_id, kind)), kind.type)
    return happened(cast, contact_id, kind)[-1].event


def state_of(cast: Cast, agent: str) -> str:
    states = [envelope.event for envelope in cast.seen.events(AgentStateChanged)]
    return next((s.state for s in reversed(states) if isinstance(s, AgentStateChanged) and s.agent == agent), "")


async def until_free(cast: Cast, agent: str) -> None:
    await cast.seen.until(lambda: state_of(cast, agent) == "AVAILABLE", f"{agent} to be free")
