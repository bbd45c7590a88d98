"""What an agent promised ("I will call you back today") is dialled by itself when it is due: her station first, then
the customer, through a trunk; kept, it is ticked off.
"""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from assist.demo.stage import AGENT, Cast
from assist.store import DEMO_NUMBER, Store
from assist.summary import FollowUp
from ivr.contacts import ContactAnswered, ContactEnded, ContactOffered
from ivr.outbound import CallbackSettled, CustomerReached, RecordingAnnounced
from tests.assist_web.kept_house import summary
from tests.scenarios.fronts import BehindKamailio, way_out
from tests.scenarios.theatre import DEADLINE_S, on_stage, service, telephone

pytestmark = pytest.mark.live

HOST = "127.0.0.7"
PROMISE = "I will call you back today."


def noon() -> str:
    """A time zone in which it is between 12 and 13 o'clock, so that no test runs outside the calling hours."""
    behind = datetime.now(UTC).hour - 12
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"


def settings(gateway: str) -> str:
    every_day = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
    return (
        f'\n[[trunk]]\nname = "out"\ngateway = "{gateway}"\ndial = ["+1"]\n'
        f'\n[promised_calls]\ndial = true\nzone = "{noon()}"\ndays = {every_day}\n'
    )


async def promise(cast: Cast) -> None:
    """Anna told James Smith an hour ago that she would call him today; the floor looks at it when it starts again."""
    store = await Store.open(f"sqlite+aiosqlite:///{cast.house.where.state / 'callfloor.db'}")
    try:
        customer = (await store.look_up(DEMO_NUMBER)).customer
        assert customer is not None
        now = datetime.now(UTC)
        about = summary("before", AGENT, now.timestamp() - 3600, customer.customer_id)
        await store.record_contact(replace(about, follow_ups=(FollowUp(PROMISE, now.date(), "u1", 9.0),)))
    finally:
        await store.close()
    assert await tasks(cast) == [f"“{PROMISE}”"]
    os.kill(service(cast, "floor"), signal.SIGKILL)


async def tasks(cast: Cast) -> list[str]:
    async with httpx.AsyncClient(base_url=cast.house.addresses.web, timeout=DEADLINE_S) as http:
        login = await http.post("/api/login", json={"user": AGENT, "secret": cast.secret})
        bearer = {"Authorization": f"Bearer {login.raise_for_status().json()['token']}"}
        answer = await http.get("/api/tasks", headers=bearer)
        return [task["text"] for task in answer.raise_for_status().json()]


def test_a_promised_call_is_made_when_it_is_due(tmp_path: Path, gate: BehindKamailio | None) -> None:
    async def main() -> None:
        async with telephone(DEMO_NUMBER, HOST) as customer:
            more = settings(way_out(gate, customer.address))
            async with on_stage(tmp_path, more=more, gate=gate) as cast:
                await cast.seen.until(lambda: cast.desk.agent.state == "AVAILABLE", "Anna at work", 40.0)
                await promise(cast)
                cast.agent.order("answer")
                order = (ContactOffered, ContactAnswered, CustomerReached, RecordingAnnounced)
                for kind in order:
                    await cast.seen.until(lambda: bool(cast.seen.events(kind)), kind.type, 60.0)  # noqa: B023 - here
                begun = [cast.seen.events(kind)[0] for kind in order]
                assert begun == sorted(begun, key=cast.seen.envelopes.index)
                offered, answered = begun[0].event, begun[1].event
                assert isinstance(offered, ContactOffered)
                assert isinstance(answered, ContactAnswered)
                assert (offered.direction, offered.caller, answered.agent) == ("outbound", DEMO_NUMBER, AGENT)
                cast.agent.order("hang_up")
                await customer.until(lambda: bool(customer.told("disconnected")), "the customer's BYE")
                await cast.seen.until(lambda: bool(cast.seen.events(CallbackSettled)), "the promise to be kept")
                settled = cast.seen.events(CallbackSettled)[0].event
                assert isinstance(settled, CallbackSettled)
                assert settled.kept
                await cast.seen.until(lambda: bool(cast.seen.events(ContactEnded)), "the end")
                async with asyncio.timeout(DEADLINE_S):
                    while await tasks(cast):  # noqa: ASYNC110 - ticking it off is no event
                        await asyncio.sleep(0.2)

    asyncio.run(main())
