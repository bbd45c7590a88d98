"""Alerts about no contact that runs: a flow whose file is broken, messages that callers left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assist.alarm import Alarms
from assist.alert_rules import load_alert_rules
from assist.alert_watch import AlertRules
from assist.alerts import AlertAcknowledged, AlertCleared, AlertEvent, AlertRaised
from assist.content import Content
from assist.messages_left import MessageKept
from ivr.contacts import ContactOffered
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
    alarms.recall_message("c1", mail)
    alarms.recall_message("c2", mail)
    alarms.recall_message("", AlertAcknowledged("message:c1:1", "sue"))
    alarms.recall_message("", AlertAcknowledged("c9:1", "sue"))
    assert [alert.subject for alert in alarms.open] == ["message:c2"]
