"""Waits: the range is right where theory knows it, and what was told does not grow by waiting."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.acd import Acd, AcdTimes
from ivr.acd_messages import AgentLoggedIn, ContactAnswered, ContactEnded, ContactQueuedIn, OfferContact, StationUp
from ivr.announcements import WORDINGS, position, wait
from ivr.estimate import AT_ONCE_S, ENOUGH, Line, Pace, Wait, estimate, keep
from ivr.settings import QueueSettings

LINES = st.builds(
    Line, st.integers(0, 300), st.integers(1, 200), st.just(1.0), st.integers(0, 5), st.floats(5, 3000)
).map(lambda line: Line(line.ahead, line.agents, line.agents * 0.6, line.free, line.handle_s))


@pytest.mark.parametrize(("ahead", "agents"), [(0, 1), (4, 1), (9, 3), (50, 20)])
def test_the_range_holds_three_waits_in_five(ahead: int, agents: int) -> None:
    """Against simulated queues of exponential handling times."""
    chance = random.Random(7)
    found = estimate(Line(ahead, agents, float(agents), 0, 200.0))
    assert found is not None
    waits = [sum(chance.expovariate(agents / 200.0) for _ in range(ahead + 1)) for _ in range(4000)]
    inside = sum(found.low_s <= seconds <= found.high_s for seconds in waits) / len(waits)
    assert 0.56 <= inside <= 0.64


@settings(deadline=None)
@given(LINES, st.integers(0, 20), st.integers(0, 20))
def test_fewer_ahead_and_more_agents_never_mean_a_longer_wait(line: Line, fewer: int, more: int) -> None:
    better = Line(max(0, line.ahead - fewer), line.agents + more, line.share + more, line.free, line.handle_s)
    now, then = estimate(line), estimate(better)
    assert now
    assert then
    assert now.low_s <= now.high_s
    if line.ahead >= line.free:
        assert then.low_s <= now.low_s + 1e-9
        assert then.high_s <= max(now.high_s, AT_ONCE_S) + 1e-9


def test_nobody_at_work_and_a_cold_start_promise_nothing() -> None:
    assert estimate(Line(3, 0, 0.0, 0, 200.0)) is None
    pace = Pace(200.0)
    for _ in range(ENOUGH - 1):
        pace.handled(100.0)
        assert estimate(Line(3, 2, 2.0, 0, pace.handle_s)) is None
    pace.handled(100.0)
    assert pace.handle_s == 150.0


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=30))
def test_what_was_told_grows_only_with_the_line_or_without_agents(lines: list[Line]) -> None:
    told: Wait | None = None
    for line in lines:
        before, told = told, keep(told, estimate(line))
        assert told is not None
        assert told.low_s <= told.high_s
        if before and line.ahead <= before.ahead and line.agents >= before.agents:
            assert told.low_s <= before.low_s
            assert told.high_s <= before.high_s


@settings(deadline=None)
@given(st.lists(st.floats(1, 4000), min_size=1, max_size=40))
def test_slow_contacts_meanwhile_do_not_lengthen_what_a_waiting_caller_was_told(talks: list[float]) -> None:
    acd = Acd(AcdTimes(wrap_up_s=0.0), queues={"a": QueueSettings(name="a", handle_s=100)})
    now = 1000.0
    acd.handle(StationUp("anna"), now)
    acd.handle(AgentLoggedIn("anna", ("a",), True), now)
    acd.handle(ContactQueuedIn("waits", "a", 0, now), now)
    told: list[Wait] = []
    for number, talk in enumerate([50.0] * ENOUGH + talks):
        # Each is of higher priority and gone before the caller is told again: the line is as it was.
        acd.handle(ContactQueuedIn(f"c{number}", "a", 9, now), now)
        agent = acd.agent("anna")
        assert agent
        if agent.assignment:
            current = agent.assignment
            acd.handle(ContactAnswered(current.contact_id, "anna", current.lease_id), now)
            now += talk
            effects = acd.handle(ContactEnded(current.contact_id), now)
            if current.contact_id == "waits":
                return
            assert any(isinstance(effect, OfferContact) for effect in effects)
        outlook = acd.outlook("waits")
        if outlook and outlook[1]:
            told.append(outlook[1])
    for before, after in itertools.pairwise(told):
        assert after.ahead > before.ahead or after.high_s <= before.high_s


MINUTES = {"one": 1, "two": 2, "three": 3, "five": 5, "eight": 8, "twelve": 12, "twenty": 20, "thirty": 30}


@settings(deadline=None)
@given(st.floats(0, 4000), st.floats(0, 4000))
def test_the_sentence_holds_the_range(one: float, other: float) -> None:
    low, high = sorted((one, other))
    said = wait(low, high)
    assert said in WORDINGS["en"].waits()
    numbers = [60 * MINUTES[word] for word in re.findall(r"[a-z]+", said) if word in MINUTES]
    if "more than" in said:
        assert low >= numbers[0]
    elif "longer than" in said:
        assert high > numbers[0]
    elif "less than" in said:
        assert high <= numbers[0]
    else:
        assert numbers[0] <= low
        assert high <= numbers[1]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 40, "We expect a wait of less than one minute."),
        (10, 100, "We expect a wait of less than two minutes."),
        (70, 170, "We expect a wait of one to three minutes."),
        (130, 290, "We expect a wait of two to five minutes."),
        (61, 1500, "We expect a wait of less than thirty minutes."),
        (500, 2000, "The wait may be longer than thirty minutes."),
        (2000, 3000, "We expect a wait of more than thirty minutes."),
    ],
)
def test_waits_as_they_are_said(low: float, high: float, said: str) -> None:
    assert wait(low, high) == said


def test_positions_as_they_are_said() -> None:
    said = [position(ahead) for ahead in (0, 1, 9, 10, 500)]
    far = "There are more than ten callers before you."
    assert said == ["You are the next in line.", "You are number two in line.", "You are number ten in line.", far, far]


def test_other_languages_say_the_same() -> None:
    assert [position(ahead, "es") for ahead in (0, 1, 10)] == [
        "Su llamada es la siguiente.", "Su llamada ocupa el puesto dos en la cola.",
        "Hay más de diez llamadas antes que la suya.",
    ]  # fmt: skip
    assert wait(70, 170, "es-MX") == "Calculamos una espera de uno a tres minutos."
    assert wait(70, 170, "de") == "Wir rechnen mit einer Wartezeit von einer bis drei Minuten."


@settings(deadline=None)
@given(st.floats(0, 4000), st.floats(0, 4000), st.sampled_from(sorted(WORDINGS)))
def test_every_sentence_is_among_those_recorded_and_stands_where_the_english_one_does(
    one: float, other: float, language: str
) -> None:
    low, high = sorted((one, other))
    said, english = WORDINGS[language].waits(), WORDINGS["en"].waits()
    assert len(set(said)) == len(said) == len(english)
    assert said.index(wait(low, high, language)) == english.index(wait(low, high))
    assert len(set(WORDINGS[language].positions())) == 11
