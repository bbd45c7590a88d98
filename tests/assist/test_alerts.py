"""Alert rules over one contact's events: raised once, at the right moment, cleared when it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist.alert_rules import AlertRule, load_alert_rules
from assist.alert_watch import AlertRules, ContactAlerts
from assist.alerts import AlertAcknowledged, AlertCleared, AlertEvent, AlertRaised
from assist.content import Content
from ivr.contacts import ContactAnswered, ContactEnded, ContactOffered, ContactQueued, ContactSnapshot
from ivr.controls import HoldChanged
from tests.assist.dialogue import final
from transcription.utterances import TranscriptionGap, UtteranceFinal, Word
from voice.errors import DocumentError
from voice.events import Event, QualityMeasured

START = 1_700_000_000.0
RULES = """
rules:
  - {id: falling, kind: sentiment, severity: warning, below: -0.2, drop: 0.3, within_s: 120}
  - {id: over, kind: talk_over, seconds: 2, within_s: 30}
  - {id: silence, kind: dead_air, seconds: 20}
  - {id: hold, kind: hold, severity: critical, seconds: 60}
  - {id: manager, kind: keyword, phrases: [speak to a manager], unless: [do not want to speak to a manager]}
  - {id: recorded, kind: not_said, phrases: [this call is recorded], by_s: 30}
  - {id: checked, kind: not_said, what: a check, phrases: [your postcode], after: [change my address], by_s: 45}
  - {id: waits, kind: queue_wait, seconds: 90, queues: [billing]}
  - {id: sound, kind: mos, below: 3.5, reports: 2}
"""


@pytest.fixture
def rules(tmp_path: Path, content: Content) -> AlertRules:
    return made(tmp_path, content, RULES)


def made(tmp_path: Path, content: Content, text: str) -> AlertRules:
    file = tmp_path / "alerts.yaml"
    file.write_text(text)
    return AlertRules(load_alert_rules(file), content.scorer, content.sentiment)


class Watched:
    """A contact offered at START, its events at contact seconds; time passes as a driver would let it."""

    def __init__(self, rules: AlertRules) -> None:
        self.watch = ContactAlerts("c1", rules)
        self.at(0, ContactOffered("w1", "1", "100", "demo", "1"))

    def at(self, second: float, event: Event) -> list[AlertEvent]:
        return [*self.until(second), *self.watch.handle(event, START + second)]

    def until(self, second: float) -> list[AlertEvent]:
        found: list[AlertEvent] = []
        while (due := self.watch.next_due()) is not None and due <= START + second:
            found += self.watch.time_passed(due)
        return found

    def talking(self, at: float = 10.0, queue: str = "billing") -> Watched:
        self.at(2, ContactQueued(queue, 5, START + 2))
        self.at(at, ContactAnswered("anna", "l1", at - 2))
        return self


def raised(found: list[AlertEvent]) -> list[str]:
    return [event.rule for event in found if isinstance(event, AlertRaised)]


def cleared(found: list[AlertEvent]) -> list[str]:
    return [event.alert_id for event in found if isinstance(event, AlertCleared)]


def said(utterance: str, party: str, text: str, at: float, per_word_s: float = 0.3) -> UtteranceFinal:
    """Words one after the other from ``at`` on."""
    words = tuple(
        Word(word, at + n * per_word_s, at + (n + 1) * per_word_s, 1.0) for n, word in enumerate(text.split())
    )
    return UtteranceFinal(utterance, party, text, words, at, words[-1].end_s, 1.0, "e", "m")


NOTICE = said("n", "agent", "good morning this call is recorded", 11)


def test_a_caller_who_waits_too_long_is_raised_once_and_cleared_by_the_answer(rules: AlertRules) -> None:
    contact = Watched(rules)
    contact.at(2, ContactQueued("billing", 5, START + 2))
    assert contact.until(91.9) == []
    (alert,) = contact.until(92)
    assert isinstance(alert, AlertRaised)
    assert (alert.alert_id, alert.rule, alert.queue, alert.severity) == ("c1:1", "waits", "billing", "warning")
    assert contact.until(500) == []
    assert cleared(contact.at(501, ContactAnswered("anna", "l1", 499))) == ["c1:1"]


def test_a_rule_of_one_queue_says_nothing_of_another(rules: AlertRules) -> None:
    contact = Watched(rules)
    contact.at(2, ContactQueued("support", 5, START + 2))
    assert contact.until(500) == []


def test_silence_counts_from_the_last_words_and_not_during_hold(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    contact.at(15, NOTICE)
    assert contact.until(31) == []
    (alert,) = contact.until(33)
    assert isinstance(alert, AlertRaised)
    assert (alert.rule, round(alert.at_s, 1)) == ("silence", 12.8), "from the moment the last word ended"
    assert cleared(contact.at(40, said("u1", "caller", "are you there", 38))) == [alert.alert_id]
    contact.at(41, HoldChanged("anna", held=True))
    assert raised(contact.until(90)) == []
    assert raised(contact.until(101)) == ["hold"]
    assert cleared(contact.at(110, HoldChanged("anna", held=False))) == ["c1:2"]
    assert raised(contact.until(129)) == []
    assert raised(contact.until(130)) == ["silence"], "from the end of the hold"


def test_where_nobody_transcribes_silence_is_not_known(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    contact.at(13, TranscriptionGap("g1", "caller", 13.0, 13.0, open=True, recovered=False, reason="away"))
    assert contact.until(200) == []
    contact.at(200, TranscriptionGap("g1", "caller", 13.0, 200.0, open=False, recovered=False, reason="away"))
    assert contact.until(219) == []
    assert raised(contact.until(220)) == ["silence"]


def test_what_the_agent_must_say_is_missed_in_time_and_forgiven_when_said(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    found = contact.until(40)
    assert raised(found) == ["silence", "recorded"]
    late = contact.at(50, said("u1", "agent", "by the way this call is recorded", 48))
    assert "c1:2" in cleared(late)
    punctual = Watched(rules).talking()
    punctual.at(12, NOTICE)
    assert "recorded" not in raised(punctual.until(300))
    customer = Watched(rules).talking()
    customer.at(12, said("u1", "caller", "i know this call is recorded", 11))
    assert "recorded" in raised(customer.until(300)), "it is the agent who must say it"


def test_what_a_wish_obliges_the_agent_to_say_is_missed_from_the_wish_on(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    contact.at(18, said("u1", "caller", "i want to change my address", 15))
    assert "checked" not in raised(contact.until(60.8))
    (alert,) = [each for each in contact.until(61) if isinstance(each, AlertRaised) and each.rule == "checked"]
    assert alert.text == "a check not said within 45 s of “change my address”"
    assert (alert.utterance_id, alert.quote) == ("u1", "i want to change my address")
    assert alert.at_s == pytest.approx(15.9), "where the wish was said"
    assert alert.alert_id in cleared(contact.at(70, said("u2", "agent", "may i have your postcode", 68)))


def test_what_was_said_before_the_wish_is_not_missed_and_without_the_wish_nothing_is(rules: AlertRules) -> None:
    careful = Watched(rules).talking()
    careful.at(12, NOTICE)
    careful.at(14, said("u0", "agent", "may i have your postcode", 13))
    careful.at(18, said("u1", "caller", "i want to change my address", 15))
    other = Watched(rules).talking()
    other.at(12, NOTICE)
    other.at(18, said("u1", "agent", "would you like to change my address", 15))
    assert "checked" not in raised([*careful.until(300), *other.until(300)])


def test_a_keyword_names_the_words_and_the_moment_and_rises_again_only_after_somebody_has_seen_it(
    rules: AlertRules,
) -> None:
    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    (alert,) = contact.at(16, said("u1", "caller", "i want to speak to a manager", 14))
    assert isinstance(alert, AlertRaised)
    assert (alert.rule, alert.utterance_id, alert.quote) == ("manager", "u1", "i want to speak to a manager")
    assert alert.at_s == pytest.approx(14.9), "the first word of the phrase"
    assert "speak to a manager" in alert.text
    assert contact.at(18, said("u2", "caller", "let me speak to a manager now", 17)) == []
    assert contact.watch.acknowledge(alert.alert_id, "sara") == (AlertAcknowledged(alert.alert_id, "sara"),)
    assert contact.watch.acknowledge(alert.alert_id, "tom") == ()
    again = contact.at(20, said("u3", "caller", "will i ever speak to a manager", 19))
    assert (raised(again), cleared(again)) == (["manager"], [alert.alert_id])


@pytest.mark.parametrize("text", ["i do not want to speak to a manager", "you should manage that"])
def test_words_that_do_not_mean_it_raise_nothing(rules: AlertRules, text: str) -> None:
    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    assert contact.at(16, said("u1", "caller", text, 14)) == []


def test_falling_words_of_the_caller_are_raised_with_the_words_and_cleared_when_they_are_warm_again(
    rules: AlertRules,
) -> None:
    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    found: list[AlertEvent] = []
    for n in range(6):
        found += contact.at(16 + 4 * n, said(f"u{n}", "caller", "this is terrible and i am very angry", 14 + 4 * n))
    (alert,) = [event for event in found if isinstance(event, AlertRaised)]
    assert alert.rule == "falling"
    assert "angry" in alert.quote
    for n in range(8):
        found += contact.at(42 + 4 * n, said(f"v{n}", "caller", "thank you that is wonderful great help", 40 + 4 * n))
    assert cleared(found) == [alert.alert_id]
    agent = Watched(rules).talking()
    agent.at(12, NOTICE)
    for n in range(6):
        assert agent.at(16 + 4 * n, said(f"a{n}", "agent", "this is terrible and i am very angry", 14 + 4 * n)) == []


def test_speaking_at_once_counts_within_the_window_only(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    assert contact.at(22, said("u1", "caller", "one two three four five six seven eight", 20)) == []
    found = contact.at(23, said("u2", "agent", "one two three four five six seven eight", 20))
    (alert,) = [event for event in found if isinstance(event, AlertRaised)]
    assert alert.rule == "over"
    later = contact.at(75, said("u3", "agent", "now you first", 70))
    assert alert.alert_id in cleared(later)


def test_poor_sound_needs_two_reports_and_is_cleared_by_a_good_one(rules: AlertRules) -> None:
    def report(mos: float) -> QualityMeasured:
        return QualityMeasured("in", "caller", 4.3, mos, 250, 0.08, 12.0, 60.0)

    contact = Watched(rules).talking()
    contact.at(12, NOTICE)
    assert contact.at(15, report(3.0)) == contact.at(16, report(4.0)) == contact.at(17, report(3.0)) == []
    (alert,) = contact.at(18, report(2.8))
    assert isinstance(alert, AlertRaised)
    assert (alert.rule, "MOS 2.8" in alert.text) == ("sound", True)
    assert contact.at(19, report(3.6)) == [], "hardly better is not good"
    assert cleared(contact.at(20, report(4.2))) == [alert.alert_id]


def test_the_end_clears_what_is_open_and_nothing_comes_after_it(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    contact.until(45)
    found = contact.at(46, ContactEnded("completed", "caller", 46.0, 36.0))
    assert [(event.alert_id, event.reason) for event in found if isinstance(event, AlertCleared)] == [
        ("c1:1", "ended"), ("c1:2", "ended"),
    ]  # fmt: skip
    assert contact.watch.next_due() is None


def test_an_agent_who_has_left_owes_nothing_any_more(rules: AlertRules) -> None:
    contact = Watched(rules).talking()
    contact.until(45)
    found = contact.at(46, ContactSnapshot("w1", "1", "100", "flow", START, queue="billing", queued_at=START + 2))
    assert len(cleared(found)) == 2
    assert contact.watch.next_due() is None


def test_the_same_log_gives_the_same_alerts_with_the_same_ids(rules: AlertRules) -> None:
    def play() -> list[AlertEvent]:
        contact = Watched(rules).talking()
        found = contact.at(16, said("u1", "caller", "let me speak to a manager", 14))
        found += contact.until(60)
        return found + contact.at(61, final("u2", "caller", "good bye", 60.0))

    assert play() == play() != []


def test_the_built_in_rules_are_sound_and_name_every_kind() -> None:
    kinds = {rule.kind for rule in load_alert_rules()}
    told = {"sentiment", "talk_over", "dead_air", "hold", "keyword", "not_said", "queue_wait", "agent_state", "mos"}
    assert kinds == told | {"flow", "message"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rules:\n  - {id: a, kind: dead_air, seconds: 5}\n  - {id: a, kind: hold, seconds: 5}\n", "twice"),
        ("rules:\n  - {id: a, kind: dead_air, seconds: -5}\n", "seconds"),
        ("rules:\n  - {id: a, kind: shouting, seconds: 5}\n", "shouting"),
        ("rules:\n  - {id: a, kind: dead_air, seconds: 5, severity: grave}\n", "severity"),
        ("rules:\n  - {id: a, kind: keyword, phrases: ['!!']}\n", "no words"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_alert_rules(file)
    assert complaint in str(caught.value)
    assert "bad.yaml" in str(caught.value)


def test_rules_have_unique_types() -> None:
    rules: tuple[AlertRule, ...] = load_alert_rules()
    assert len({rule.id for rule in rules}) == len(rules)
