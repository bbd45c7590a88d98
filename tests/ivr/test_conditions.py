"""Conditions, one by one."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.conditions import Condition, Facts, QueueFacts

DUBLIN = ZoneInfo("Europe/Dublin")
MONDAY_NOON = datetime.datetime(2026, 6, 1, 12, 0, tzinfo=DUBLIN)


def facts(now: datetime.datetime = MONDAY_NOON) -> Facts:
    return Facts(now, {"account": "42", "empty": ""}, known=True, queues={"billing": QueueFacts(21, 3)})


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"hours": {"days": ["mon"], "from": "09:00", "to": "17:30"}}, True),
        ({"hours": {"days": ["tue"], "from": "09:00", "to": "17:30"}}, False),
        ({"hours": {"from": "12:00", "to": "12:01"}}, True),
        ({"hours": {"from": "09:00", "to": "12:00"}}, False),
        ({"hours": {"from": "22:00", "to": "12:01"}}, True),
        ({"hours": {"days": ["mon"], "from": "22:00", "to": "12:01"}}, False),
        ({"hours": {"days": ["sun"], "from": "22:00", "to": "12:01"}}, True),
        ({"date": ["06-01"]}, True),
        ({"date": ["2025-06-01", "2026-06-01"]}, True),
        ({"date": ["2025-06-01"]}, False),
        ({"known": True}, True),
        ({"known": False}, False),
        ({"vip": True}, False),
        ({"queue": {"name": "billing", "waitingOver": 20}}, True),
        ({"queue": {"name": "billing", "waitingOver": 21}}, False),
        ({"queue": {"name": "billing", "waitingOver": 20, "workingUnder": 3}}, False),
        ({"queue": {"name": "nobody-told", "workingUnder": 3}}, False),
        ({"not": {"queue": {"name": "nobody-told", "workingUnder": 3}}}, True),
        ({"variable": {"name": "account", "is": "42"}}, True),
        ({"variable": {"name": "account", "in": ["1", "42"]}}, True),
        ({"variable": {"name": "account", "startsWith": "4"}}, True),
        ({"variable": {"name": "account", "startsWith": "2"}}, False),
        ({"variable": {"name": "empty", "set": True}}, True),
        ({"variable": {"name": "missing", "set": False}}, True),
        ({"variable": {"name": "missing", "is": ""}}, False),
        ({"any": [{"vip": True}, {"known": True}]}, True),
        ({"all": [{"vip": True}, {"known": True}]}, False),
        ({"any": []}, False),
        ({"known": True, "variable": {"name": "account", "is": "1"}}, False),
    ],
)
def test_a_condition(condition: dict[str, object], holds: bool) -> None:
    assert Condition.model_validate(condition).holds(facts()) is holds


def test_hours_follow_the_clocks_of_the_place() -> None:
    hours = Condition.model_validate({"hours": {"from": "09:00", "to": "10:00"}})
    for month, utc_hour in ((1, 9), (7, 8)):
        now = datetime.datetime(2026, month, 15, utc_hour, 30, tzinfo=datetime.UTC).astimezone(DUBLIN)
        assert hours.holds(facts(now))
