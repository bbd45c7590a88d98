"""Alerts about no contact that runs: a flow whose file is broken, messages that callers left, agents who are stuck."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from assist.alarm import Alarms
from assist.alert_rules import load_alert_rules
from assist.alert_watch import AlertRules
from assist.alerts import AlertAcknowledged, AlertCleared, AlertEvent, AlertRaised
from assist.content import Content
from assist.messages_left import MessageKept
from ivr.contacts import AgentStateChanged, ContactOffered
from tests.fakes.clock import VirtualClock

GOOD = ContactOffered("w1", "+12025550142", "100", "main", "1")
BAD = replace(GOOD, flow_problem="flow.yaml:3: no verb 'sey'; write say")


def test_a_broken_flow_is_one_alert_until_a_caller_goes_through_a_mended_one(content: Content) -> None:
    told = list[tuple[AlertEvent, str, str]]()
    rules = AlertRules(load_alert_rules(), content.scorer, content.sentiment)
    alarms = Alarms(rules, VirtualClock(), lambda *alert: told.append(alert))
    try:
        for number, offered in enumerate((GOOD, BAD, BAD)):
            alarms.heard(f"c{number}", offered)
        text = "flow.yaml:3: no verb 'sey'; write say. Callers go through version 1 of before"
        broken = AlertRaised("flow:1", "flow_broken", "flow", "critical", "flow", "", "", text)
        assert told == [(broken, "", "")]
        assert alarms.open == (broken,)
        assert alarms.acknowledge("flow:1", "sue").ok
        alarms.heard("c3", replace(GOOD, direction="outbound"))
        alarms.heard("c4", replace(GOOD, worker_id="pbx", flow="pbx", flow_version=""))
        assert alarms.open == (broken,), "those go through no flow"
        alarms.heard("c5", GOOD)
    finally:
        alarms.close()
    assert [event for event, _, _ in told[1:]] == [AlertAcknowledged("flow:1", "sue"), AlertCleared("flow:1", "over")]


def test_a_voicemail_is_known_until_somebody_has_seen_to_it(content: Content) -> None:
    told = list[tuple[AlertEvent, str, str]]()
    rules = AlertRules(load_alert_rules(), content.scorer, content.sentiment)
    alarms = Alarms(rules, VirtualClock(), lambda *alert: told.append(alert))
    mail = MessageKept("voicemail", "+12025550142", "billing", "/r/c1", 20.0, 30.0, "call me after five")
    alarms.message_left("c1", mail)
    alarms.message_left("c1", replace(mail, kind="comment"))
    alarms.message_left("c2", replace(mail, number=""))
    first, second = alarms.open
    words = ("voicemail from +12025550142", "call me after five", "billing")
    assert (first.text, first.quote, first.queue) == words
    assert second.text == "voicemail from a withheld number"
    assert alarms.acknowledge(first.alert_id, "sue").ok
    assert alarms.open == (second,)
    assert not alarms.acknowledge(first.alert_id, "tom").ok
    assert [type(event) for event, _, _ in told] == [AlertRaised, AlertRaised, AlertAcknowledged, AlertCleared]


def test_messages_outlive_the_floor_until_they_are_seen_to(content: Content) -> None:
    rules = AlertRules(load_alert_rules(), content.scorer, content.sentiment)
    alarms = Alarms(rules, VirtualClock(), lambda *alert: pytest.fail("said before"))
    mail = MessageKept("voicemail", "+12025550142", "billing", "/r/c1", 20.0, 30.0, "call me after five")
    alarms.recall_apart("c1", mail)
    alarms.recall_apart("c2", mail)
    alarms.recall_apart("", AlertAcknowledged("message:c1:1", "sue"))
    alarms.recall_apart("", AlertAcknowledged("c9:1", "sue"))
    assert [alert.subject for alert in alarms.open] == ["message:c2"]


def stuck_alarms(content: Content) -> tuple[Alarms, AgentStateChanged, asyncio.Queue[AlertEvent]]:
    """The built-in rules (wrap-up for 300 s), Anna in wrap-up since just that long, and what is said."""
    clock, told = VirtualClock(), asyncio.Queue[AlertEvent]()
    rules = AlertRules(load_alert_rules(), content.scorer, content.sentiment)
    alarms = Alarms(rules, clock, lambda event, agent, contact_id: told.put_nowait(event))
    return alarms, AgentStateChanged("anna", "WRAPUP", "", clock.wall() - 300.0), told


async def following(told: asyncio.Queue[AlertEvent]) -> AlertEvent:
    async with asyncio.timeout(10):
        return await told.get()


def test_an_agent_who_is_stuck_is_one_alert_until_she_goes_on(content: Content) -> None:
    async def main() -> None:
        alarms, wrap_up, told = stuck_alarms(content)
        alarms.agent_state(wrap_up)
        stuck = await following(told)
        alarms.agent_state(replace(wrap_up, until=wrap_up.since + 600.0))  # extended: she is in it still
        alarms.agent_state(replace(wrap_up, state="AVAILABLE", since=wrap_up.since + 300.0))
        assert isinstance(stuck, AlertRaised)
        assert (stuck.alert_id, stuck.rule, stuck.agent) == ("agent:anna:1", "stuck_in_wrap_up", "anna")
        assert stuck.text == "wrapup for 300 s"
        assert await following(told) == AlertCleared("agent:anna:1", "over")
        alarms.agent_state(replace(wrap_up, since=wrap_up.since + 300.0))
        assert alarms.open == (), "she has only begun"
        alarms.close()

    asyncio.run(main())


def test_who_has_seen_that_she_is_stuck_is_known_to_the_next_floor(content: Content) -> None:
    async def main() -> None:
        alarms, wrap_up, told = stuck_alarms(content)
        alarms.agent_state(wrap_up)
        stuck = await following(told)
        assert alarms.acknowledge("agent:anna:1", "sue").ok
        seen = await following(told)
        alarms.close()
        alarms, _, told = stuck_alarms(content)
        for event in (stuck, seen):
            alarms.recall_apart("", event)
        assert alarms.retold == (stuck, seen)
        alarms.agent_state(wrap_up)  # a floor that starts says every agent's state
        assert not alarms.acknowledge("agent:anna:1", "tom").ok
        alarms.agent_state(replace(wrap_up, state="AVAILABLE"))
        assert await following(told) == AlertCleared("agent:anna:1", "over")
        alarms.agent_state(wrap_up)
        assert (await following(told)).alert_id == "agent:anna:2"
        alarms.close()

    asyncio.run(main())


def test_a_flow_that_was_broken_before_the_floor_began_is_the_same_alert(content: Content) -> None:
    before, after = list[AlertEvent](), list[AlertEvent]()
    rules = AlertRules(load_alert_rules(), content.scorer, content.sentiment)
    first = Alarms(rules, VirtualClock(), lambda event, agent, contact_id: before.append(event))
    first.heard("c1", BAD)
    first.close()
    second = Alarms(rules, VirtualClock(), lambda event, agent, contact_id: after.append(event))
    for event in before:
        second.recall_apart("", event)
    try:
        second.heard("c2", BAD)
        assert second.open == tuple(before)
        second.heard("c3", GOOD)
    finally:
        second.close()
    assert after == [AlertCleared("flow:1", "over")]
