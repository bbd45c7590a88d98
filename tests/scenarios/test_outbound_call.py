"""An agent calls a customer through a trunk: the own station first, then the customer, who hears the notice; then both
are recorded.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from assist.demo.stage import Cast
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactClosed, ContactEnded, ContactOffered, PromptStarted
from ivr.outbound import CustomerReached, RecordingAnnounced
from tests.scenarios.fronts import BehindKamailio, way_out
from tests.scenarios.theatre import colleague, on_stage, press, telephone
from voice.events import Event

pytestmark = pytest.mark.live

BEN, SECRET = "ben", "kestrel-of-ben"
NUMBER, HOST = "+12025550177", "127.0.0.7"


def settings(gateway: str) -> str:
    return (
        f'\n[[agent]]\nuser = "{BEN}"\nname = "Ben Okafor"\nsecret = "{SECRET}"\nqueues = ["sales"]\ndial = ["+1202"]\n'
        f'\n[[trunk]]\nname = "out"\ngateway = "{gateway}"\ndial = ["+1"]\n'
    )


def test_an_agent_calls_a_customer_who_hears_the_notice_first(tmp_path: Path, gate: BehindKamailio | None) -> None:
    async def main() -> None:
        async with (
            telephone(NUMBER, HOST) as customer,
            on_stage(tmp_path, more=settings(way_out(gate, customer.address)), gate=gate) as cast,
            colleague(cast, BEN, SECRET, "127.0.0.5") as ben,
        ):
            await cast.seen.until(lambda: _is_free(cast), "Ben to be free")
            with pytest.raises(httpx.HTTPStatusError, match="409"):
                await press(cast, BEN, SECRET, "call", number="+442079460000")
            await press(cast, BEN, SECRET, "call", number="+1 202 555-0177")
            ben.puppet.order("answer")
            await _in_order(cast, ContactOffered, ContactAnswered, CustomerReached, PromptStarted, RecordingAnnounced)
            await customer.until(lambda: bool(customer.told("hears")), "the notice")
            heard = len(ben.told("hears"))
            customer.puppet.order("say", turn=1)
            await ben.until(lambda: len(ben.told("hears")) > heard, "Ben to hear the customer")
            await customer.until(lambda: bool(customer.told("spoken")), "her words to end")
            customer.puppet.order("hang_up")
            await _in_order(cast, ContactEnded, ContactClosed)
            closed = cast.seen.events(ContactClosed)[0].event
            assert isinstance(closed, ContactClosed)
            assert closed.recording
            assert closed.recorded_s > 0

    asyncio.run(main())


async def _in_order(cast: Cast, *kinds: type[Event]) -> None:
    for kind in kinds:
        await cast.seen.until(lambda: bool(cast.seen.events(kind)), kind.type)  # noqa: B023 - awaited here
    at = [cast.seen.envelopes.index(cast.seen.events(kind)[0]) for kind in kinds]
    assert at == sorted(at), kinds


def _is_free(cast: Cast) -> bool:
    states = [envelope.event for envelope in cast.seen.events(AgentStateChanged)]
    return any(isinstance(s, AgentStateChanged) and (s.agent, s.state) == (BEN, "AVAILABLE") for s in states)
