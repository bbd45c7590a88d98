from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from assist.history import CustomerProfile, Issue
from assist.inputs import ContactRang
from assist.rule_watch import Fired, RuleWatch
from assist.rules import RuleSpec
from assist.sightings import Sighting
from tests.assist.dialogue import SARAH, final
from transcription.utterances import UtteranceFinal, Word


def rule(**given: Any) -> RuleSpec:
    return RuleSpec.model_validate({"id": "r", "title": "Do it", "why": "because", "cooldown_s": 0, **given})


def watching(**given: Any) -> RuleWatch:
    return RuleWatch({"r": rule(**given)})


def said(utterance: str, at_s: float, trigger: str = "final") -> Sighting[object]:
    return Sighting("k", utterance, "caller", "the words", "words", at_s, trigger)


SAID = {"said": {"phrases": ["x"]}}


def test_said_fires_once_per_utterance() -> None:
    watch = watching(**SAID)
    assert [each.at_s for each in watch.said("r", "said", said("u1", 3.0, "partial"))] == [3.0]
    assert watch.said("r", "said", said("u1", 3.0)) == ()
    assert len(watch.said("r", "said", said("u2", 9.0))) == 1


@pytest.mark.parametrize(("limits", "fires"), [({"once": True}, 1), ({"max_per_call": 2}, 2), ({"cooldown_s": 25}, 2)])
def test_limits(limits: dict[str, object], fires: int) -> None:
    watch = watching(**(SAID | limits))
    count = sum(len(watch.said("r", "said", said(f"u{at}", at))) for at in (0.0, 10.0, 30.0, 40.0))
    assert count == fires


def test_withdrawn_words_give_the_card_back() -> None:
    watch = watching(**SAID, once=True)
    watch.said("r", "said", said("u1", 3.0))
    assert watch.withdrawn("r", "said", "u1")
    assert len(watch.said("r", "said", said("u2", 5.0))) == 1


def test_missing_after_a_trigger_falls_due_unless_it_is_said() -> None:
    for spoken, fires in ((False, 1), (True, 0)):
        watch = watching(**SAID, missing={"phrases": ["y"], "within_s": 10, "ever": False})
        assert watch.said("r", "said", said("u1", 5.0)) == ()
        assert watch.next_due() == 15.0
        if spoken:
            watch.said("r", "missing", said("u2", 8.0))
        assert watch.advance(14.9) == ()
        assert len(watch.advance(15.0)) == fires
        assert watch.next_due() is None


def test_missing_from_the_start_of_the_talk() -> None:
    watch = watching(missing={"phrases": ["hello"], "within_s": 15})
    assert watch.next_due() is None, "nobody has spoken"
    watch.talking("caller", 2.0, 3.0)
    assert [each.at_s for each in watch.advance(60.0)] == [17.0]


def test_ever_looks_back() -> None:
    watch = watching(**SAID, missing={"phrases": ["y"], "within_s": 0})
    watch.said("r", "missing", said("u1", 1.0))
    assert watch.said("r", "said", said("u2", 50.0)) == ()


def test_the_name_counts_as_said_and_strangers_have_none() -> None:
    given = {"attributes": {"known": True}, "missing": {"name": True, "within_s": 30}}
    for words, customer, fires in (("hi sarah", SARAH, 0), ("hi there", SARAH, 1), ("hi there", None, 0)):
        watch = watching(**given)
        watch.found(customer, 0.0)
        watch.talking("agent", 1.0, 2.0)
        watch.heard(final("u1", "agent", words, 1.0))
        assert len(watch.advance(99.0)) == fires


def test_silence_is_over_when_somebody_speaks_and_hold_is_no_silence() -> None:
    watch = watching(silence_s=20)
    watch.talking("agent", 0.0, 4.0)
    watch.talking("caller", 20.0, 22.0)
    assert watch.next_due() == 42.0
    watch.held(30.0)
    assert watch.advance(200.0) == ()
    watch.resumed(200.0)
    assert [each.at_s for each in watch.advance(230.0)] == [220.0]
    assert watch.advance(400.0) == (), "the same silence, told already"


def test_a_hold_past_its_limit_fires_once_for_each_hold() -> None:
    watch = watching(hold_s=60)
    watch.held(10.0)
    assert [each.at_s for each in watch.advance(300.0)] == [70.0]
    assert watch.advance(400.0) == ()
    watch.resumed(400.0)
    watch.held(500.0)
    assert [each.at_s for each in watch.advance(560.0)] == [560.0]


def test_a_monologue_ends_when_the_caller_speaks() -> None:
    watch = watching(monologue_s=30)
    watch.talking("agent", 0.0, 20.0)
    assert watch.advance(29.0) == ()
    watch.talking("caller", 21.0, 22.0)
    watch.talking("agent", 23.0, 60.0)
    assert [each.at_s for each in watch.advance(60.0)] == [53.0]


def test_the_pace_is_measured_on_long_utterances_only() -> None:
    watch = watching(words_per_minute=200)
    fast = " ".join(["word"] * 20)

    def uttered(text: str, seconds: float) -> UtteranceFinal:
        return UtteranceFinal("u", "agent", text, (Word("w", 0.0, seconds, 1.0),), 0.0, seconds, 1.0, "e", "m")

    assert watch.heard(uttered("yes of course", 0.3)) == ()
    assert watch.heard(uttered(fast, 7.0)) == ()
    (fired,) = watch.heard(uttered(fast, 5.0))
    assert fired.shown == "240 words a minute"


def test_cutting_in_counts_from_the_second_time() -> None:
    watch = watching(talk_over={"count": 2, "seconds": 0.4, "over_s": 60})
    fired: list[Fired] = []
    for number, (party, start) in enumerate([("caller", 0.0), ("agent", 1.0), ("caller", 10.0), ("agent", 11.0)]):
        fired += watch.heard(final(f"u{number}", party, "one two three four five six", start))
    assert len(fired) == 1
    polite = watching(talk_over={"count": 1})
    polite.heard(final("u1", "caller", "one two", 0.0))
    assert polite.heard(final("u2", "agent", "yes", 5.0)) == ()


def test_a_low_level_must_last() -> None:
    watch = watching(sentiment={"below": -0.3, "for_s": 60})
    watch.felt(-0.4, 10.0)
    watch.felt(-0.1, 40.0)
    assert watch.next_due() is None
    watch.felt(-0.5, 50.0)
    assert [each.at_s for each in watch.advance(500.0)] == [110.0]
    assert watch.advance(900.0) == ()


@pytest.mark.parametrize(("gap_s", "fires"), [(20.0, 1), (40.0, 0)])
def test_a_sequence_is_in_order_and_in_time(gap_s: float, fires: int) -> None:
    parts = [{"phrases": ["x"]}, {"phrases": ["y"]}]
    watch = watching(sequence={"parts": parts, "within_s": 30})
    assert watch.said("r", "1", said("u0", 1.0)) == (), "the second part first is nothing"
    assert watch.said("r", "0", said("u1", 5.0)) == ()
    assert len(watch.said("r", "1", said("u2", 5.0 + gap_s))) == fires


def test_attributes() -> None:
    issue = Issue(1, "Outage in your street", date(2026, 1, 1), open=True)
    outage = CustomerProfile(1, "A B", "", "", date(2020, 1, 1), "Gold", "quick", issues=(issue,))
    watch = watching(attributes={"known": True, "open_issue": ["outage"], "queue": ["technical"], "style": ["quick"]})
    watch.rang(ContactRang("c1", "", "billing"))
    assert watch.found(outage, 0.0) == ()
    watch.rang(ContactRang("c1", "", "technical"))
    assert watch.found(SARAH, 0.0) == ()
    assert len(watch.found(outage, 0.0)) == 1


@pytest.mark.parametrize(
    ("wanted", "fires"),
    [
        ({"direction": "outbound"}, 1),
        ({"direction": "inbound"}, 0),
        ({"tags": {"language": ["es", "fr"]}}, 1),
        ({"tags": {"language": ["en"]}}, 0),
        ({"tags": {"language": ["es"], "campaign": ["spring"]}}, 0),
        ({"direction": "outbound", "tags": {"language": ["es"]}}, 1),
    ],
)
def test_attributes_of_the_call_and_of_its_flow(wanted: dict[str, object], fires: int) -> None:
    watch = watching(**SAID, attributes=wanted)
    watch.rang(ContactRang("c1", "", "billing", "outbound", (("language", "es"), ("other", "x"))))
    assert len(watch.said("r", "said", said("u1", 3.0))) == fires


@pytest.mark.parametrize(("at_s", "fires"), [(35.0, 1), (35.5, 0)])
def test_said_by_a_time_of_the_talk(at_s: float, fires: int) -> None:
    watch = watching(said={"phrases": ["x"], "by_s": 30})
    watch.talking("agent", 5.0, 6.0)
    assert len(watch.said("r", "said", said("u1", at_s))) == fires
    parts = [{"phrases": ["x"], "by_s": 30}, {"phrases": ["y"]}]
    watch = watching(sequence={"parts": parts, "within_s": 60})
    watch.talking("agent", 5.0, 6.0)
    watch.said("r", "0", said("u1", at_s))
    assert len(watch.said("r", "1", said("u2", 50.0))) == fires


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "a rule needs a trigger"),
        ({"silence_s": 5, "hold_s": 5}, "one trigger to a rule, not silence_s and hold_s"),
        ({"missing": {"within_s": 5}}, "missing needs phrases"),
        ({"silence_s": 0}, "greater than 0"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(given: dict[str, object], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        rule(**given)
