"""While calls go on: a supervisor raises a banner, somebody changes the flow, and then breaks it, and is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.alerts import AlertRaised
from assist.demo.stage import CUSTOMER_HOST, Cast
from assist.store import DEMO_NUMBER
from ivr.contacts import ContactOffered, ContactTagged
from ivr.schema import load_flow
from tests.scenarios.fronts import BehindKamailio
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
  greeting: {verb: say, text: TEXT, next: mark}
  mark: {verb: tag, data: {said: TEXT}, next: wait}
  wait: {verb: pause, length: 60, next: end}
  end: {verb: hangup}
"""
FIRST = "Thank you for calling Kestrel Broadband."
SECOND = "Goodbye."


def write(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


async def begun(cast: Cast, who: Caller) -> tuple[str, list[tuple[str, str]]]:
    """The flow's version the contact goes through, and what is tagged up to the end of its greeting."""
    await cast.seen.until(lambda: "said" in dict(tags(cast, who)), f"the greeting of {who.number}", 30.0)
    (offered,) = happened(cast, contact_of(cast, who.number), ContactOffered)
    assert isinstance(offered.event, ContactOffered)
    return offered.event.flow_version, tags(cast, who)


def tags(cast: Cast, who: Caller) -> list[tuple[str, str]]:
    events = [seen.event for seen in happened(cast, contact_of(cast, who.number), ContactTagged)]
    return [(event.name, event.value) for event in events if isinstance(event, ContactTagged)]


def test_callers_to_come_hear_the_banner_and_the_new_flow_and_a_broken_one_harms_nobody(
    tmp_path: Path, gate: BehindKamailio | None
) -> None:
    flow = tmp_path / "flow.yaml"
    write(flow, FLOW.replace("TEXT", FIRST))
    first = load_flow(flow).version

    async def main() -> None:
        numbers = (f"{DEMO_NUMBER}{extra}" for extra in (1, 2, 3))
        async with on_stage(tmp_path, flow=flow, more=SUPERVISOR, gate=gate) as cast:
            async with caller(cast, next(numbers)) as one, caller(cast, next(numbers)) as two:
                one.call()
                assert await begun(cast, one) == (first, [("said", FIRST)])
                await press(cast, "sue", SECRET, "set_banner", name="closed")
                write(flow, FLOW.replace("TEXT", SECOND))
                two.call()
                version, told = await begun(cast, two)
                assert (version, told) == (load_flow(flow).version, [("banner", "closed"), ("said", SECOND)])
                assert version != first
                await cast.seen.until(lambda: ("banner", "closed") in tags(cast, one), "the banner for who is in line")
                said = [value for name, value in tags(cast, one) if name == "said"]
                assert said == [FIRST], "a running contact keeps its flow"
            await press(cast, "sue", SECRET, "set_banner")
            write(flow, FLOW.replace("TEXT", "Nobody has recorded this."))
            async with caller(cast, next(numbers)) as three:
                three.call()
                assert await begun(cast, three) == (version, [("said", SECOND)])
                await cast.seen.until(lambda: bool(cast.seen.events(AlertRaised)), "the supervisors' alert")
                (alert,) = [seen.event for seen in cast.seen.events(AlertRaised)]
                assert isinstance(alert, AlertRaised)
                assert (alert.kind, alert.severity) == ("flow", "critical")
                assert str(flow) in alert.text
                assert version in alert.text

    asyncio.run(main())
