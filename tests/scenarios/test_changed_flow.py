"""While calls go on: a supervisor raises a banner, somebody changes the flow, and then breaks it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.demo.stage import CUSTOMER_HOST, Cast
from assist.store import DEMO_NUMBER
from ivr.contacts import ContactOffered, PromptStarted
from ivr.schema import load_flow
from tests.scenarios.theatre import Caller, caller, contact_of, happened, on_stage, press

pytestmark = pytest.mark.live

SECRET = "kestrel-demo"
SUPERVISOR = f"""
[[agent]]
user = "sue"
name = "Sue"
secret = "{SECRET}"
role = "supervisor"
phone = "sip:1@{CUSTOMER_HOST}"
"""
FLOW = """
flow: changing
slower: ""
banners: {closed: We are closed now.}
start: greeting
nodes:
  greeting: {verb: say, text: TEXT, next: wait}
  wait: {verb: pause, length: 60, next: end}
  end: {verb: hangup}
"""
FIRST = "Thank you for calling Kestrel Broadband."
SECOND = "Goodbye."


def write(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


async def begun(cast: Cast, who: Caller, node: str) -> tuple[str, list[str]]:
    """The flow's version the contact goes through, and what it has heard until ``node`` has spoken."""
    await cast.seen.until(lambda: any(n == node for n, _ in heard(cast, who)), f"{node} at {who.number}", 30.0)
    (offered,) = happened(cast, contact_of(cast, who.number), ContactOffered)
    assert isinstance(offered.event, ContactOffered)
    return offered.event.flow_version, [text for _, text in heard(cast, who)]


def heard(cast: Cast, who: Caller) -> list[tuple[str, str]]:
    events = [seen.event for seen in happened(cast, contact_of(cast, who.number), PromptStarted)]
    return [(event.node, event.text) for event in events if isinstance(event, PromptStarted)]


def test_callers_to_come_hear_the_banner_and_the_new_flow_and_a_broken_one_harms_nobody(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    write(flow, FLOW.replace("TEXT", FIRST))
    first = load_flow(flow).version

    async def main() -> None:
        numbers = (f"{DEMO_NUMBER}{extra}" for extra in (1, 2, 3))
        async with on_stage(tmp_path, flow=flow, more=SUPERVISOR) as cast:
            async with caller(cast, next(numbers)) as one, caller(cast, next(numbers)) as two:
                one.call()
                assert await begun(cast, one, "greeting") == (first, [FIRST])
                await press(cast, "sue", SECRET, "set_banner", name="closed")
                write(flow, FLOW.replace("TEXT", SECOND))
                two.call()
                version, texts = await begun(cast, two, "greeting")
                assert (version, texts) == (load_flow(flow).version, ["We are closed now.", SECOND])
                assert version != first
                assert [text for _, text in heard(cast, one)] == [FIRST], "a running contact keeps its flow"
            await press(cast, "sue", SECRET, "set_banner")
            write(flow, FLOW.replace("TEXT", "Nobody has recorded this."))
            async with caller(cast, next(numbers)) as three:
                three.call()
                assert await begun(cast, three, "greeting") == (version, [SECOND])

    asyncio.run(main())
