"""The scorecard: hand-worked numbers, evidence, and what cannot be judged."""

import random
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from assist.cards import Card, CardKind, CardShown, CardStep, CardUpdated, Evidence
from assist.content import RuleKey, RuleSaid, load_content
from assist.promises import promises_in
from assist.quality.findings import find
from assist.quality.measures import Call, Owed
from assist.quality.parts import parts_of
from assist.quality.principles import Mark, Principle, Scorecard
from assist.quality.scorecard import score_contact
from assist.quality.spec import load_scorecard
from assist.rules import RuleSpec, RuleTable
from assist.sightings import CompiledRules, Rule
from ivr.contacts import ContactTagged, TalkMeasured
from ivr.controls import ContactTransferred, HoldChanged
from tests.quality.logs import DAY, JAMES, MONDAY, NUMBER, Log

CONTENT = load_content()
SPEC = load_scorecard(CONTENT)
NOW = MONDAY + 30 * DAY


def card(log: Log, *, known: bool = False, calls: tuple[Call, ...] = ()) -> Scorecard:
    """The one scorecard of a log."""
    (found,) = score_contact("c1", log.envelopes, CONTENT, SPEC, JAMES if known else None, calls, NOW)
    return found


def marks(found: Scorecard, principle: Principle) -> dict[str, float]:
    """Marks by name."""
    return {mark.name: mark.value for score in found.scores if score.principle is principle for mark in score.marks}


def mark(found: Scorecard, name: str) -> Mark:
    """The mark of that name."""
    return next(mark for score in found.scores for mark in score.marks if mark.name == name)


def good() -> Log:
    """A short contact with nothing wrong in it."""
    log = Log().agent_says(11, "Broadband care good morning my name is Anna")
    log.caller_says(15, "my bill is wrong and this is unacceptable")
    log.agent_says(20, "I am sorry I understand how annoying that is")
    log.agent_says(30, "is there anything else I can help you with")
    return log.agent_says(40, "thank you and goodbye").ends(46)


def test_a_good_contact() -> None:
    found = card(good())

    assert found.value(Principle.COMPLIANCE) == 100.0
    assert marks(found, Principle.COMPLIANCE) == {
        "opening_greeting": 100.0, "no_secrets": 100.0, "no_guarantee": 100.0, "closing_thanks": 100.0,
    }  # fmt: skip
    assert marks(found, Principle.EMPATHY)["no_empathy"] == 100.0
    assert marks(found, Principle.FOLLOW_UP) == {"no_further_help": 100.0}


def test_what_there_was_no_chance_for_is_not_judged() -> None:
    found = card(Log().agent_says(11, "hello Anna speaking").caller_says(14, "sorry wrong number").ends(20))

    assert found.value(Principle.EMPATHY) is None
    assert found.value(Principle.PERSONALISATION) is None
    assert found.value(Principle.FOLLOW_UP) is None
    assert "talk_over" not in marks(found, Principle.LISTENING)
    assert "verify_identity" not in marks(found, Principle.COMPLIANCE)


def test_a_contact_nobody_answered_has_no_scorecard() -> None:
    log = Log(answered=False).caller_says(3, "hello").ends(20)

    assert score_contact("c1", log.envelopes, CONTENT, SPEC) == ()


def test_every_finding_links_to_the_words_that_show_it() -> None:
    found = card(Log().agent_says(11, "hello what do you want").caller_says(14, "this is ridiculous").ends(90))

    moment = next(each for each in found.moments if each.rule == "no_empathy")
    assert (moment.contact_id, moment.utterance_id, moment.quote) == ("c1", "caller-14", "this is ridiculous")
    assert (moment.principle, moment.off) == (Principle.EMPATHY, 100.0)
    assert moment.at_s == pytest.approx(14.8)
    for score in found.scores:
        for one in score.marks:
            assert (one.value < 100.0) == bool(one.moments)


def test_the_budget_of_cards_spares_nobody() -> None:
    """Live, jargon shows at most two cards, a minute apart; each of its four sightings is a finding."""
    log = Log().agent_says(11, "hello Anna speaking")
    for at_s in (20, 30, 40, 50):
        log.agent_says(at_s, "the dslam has packet loss")
    found = card(log.ends(60))

    assert mark(found, "jargon").value == 0.0
    assert [moment.at_s for moment in mark(found, "jargon").moments] == pytest.approx([20.4, 30.4, 40.4, 50.4])


def test_a_critical_rule_fails_its_principle() -> None:
    found = card(good().agent_says(35, "tell me your password please"))

    assert mark(found, "no_secrets").value == 0.0
    assert mark(found, "opening_greeting").value == 100.0
    assert found.value(Principle.COMPLIANCE) == 0.0


def test_a_farewell_without_thanks_counts_though_the_line_is_closed_at_once() -> None:
    found = card(Log().agent_says(11, "hello Anna speaking").agent_says(20, "goodbye").ends(21.5))

    assert mark(found, "closing_thanks").value == 0.0


@pytest.mark.parametrize(
    ("agent_s", "caller_s", "over_s", "dead_s", "name", "value"),
    [
        (30, 30, 2, 0, "talk_over", 100.0),
        (30, 30, 6, 0, "talk_over", 50.0),
        (30, 30, 10, 0, "talk_over", 0.0),
        (65, 35, 0, 0, "talk_ratio", 100.0),
        (80, 20, 0, 0, "talk_ratio", 50.0),
        (95, 5, 0, 0, "talk_ratio", 0.0),
        (30, 30, 0, 5, "dead_air_share", 100.0),
        (30, 30, 0, 17.5, "dead_air_share", 50.0),
        (30, 30, 0, 40, "dead_air_share", 0.0),
    ],
)
def test_shares_of_the_talk(
    agent_s: float, caller_s: float, over_s: float, dead_s: float, name: str, value: float
) -> None:
    assert mark(card(good().talk(46, agent_s, caller_s, over_s, dead_s)), name).value == pytest.approx(value)


def test_hold_transfer_and_steps() -> None:
    """40 of 100 seconds on hold: half way from 20 % to 60 %. One of two steps done. Given away: 50."""
    steps = (CardStep("a", "Look", "", False), CardStep("b", "Book the visit", "", False))
    shown = Card("p1", CardKind.NEXT_STEP, "Look", "why", (Evidence("t"),), "outage", "v", "final", steps=steps)
    done = Card(
        "p1", CardKind.NEXT_STEP, "Look", "why", (Evidence("t"),), "outage", "v", "final",
        steps=(CardStep("a", "Look", "", True), steps[1]),
    )  # fmt: skip
    log = Log().agent_says(11, "hello Anna speaking").put(20, CardShown("anna", shown, 1.0))
    log.put(25, CardUpdated("anna", done, 1.0)).put(30, HoldChanged("anna", True)).put(70, HoldChanged("anna", False))
    log.put(110, ContactTransferred("anna", "queue", "sales", False)).ends(120)
    found = card(log)

    ownership = marks(found, Principle.OWNERSHIP)
    assert (ownership["hold_share"], ownership["transfers"], ownership["steps"]) == (50.0, 50.0, 50.0)
    assert ownership["hold_check_in"] == 100.0
    assert mark(found, "steps").moments[0].text == "1 of 2 steps left open: Book the visit"


def test_a_long_hold_without_a_word_is_found() -> None:
    log = Log().agent_says(11, "hello Anna speaking please hold")
    found = card(log.put(20, HoldChanged("anna", True)).put(95, HoldChanged("anna", False)).ends(100))

    assert [moment.at_s for moment in mark(found, "hold_check_in").moments] == [80.0]


def test_each_agent_is_judged_by_her_own_part() -> None:
    log = Log().agent_says(11, "hello Anna speaking").put(20, ContactTransferred("anna", "agent", "ben", True))
    log.agent_says(30, "your own fault").talk(60, 30, 30, 10).ends(60)
    anna, ben = score_contact("c1", log.envelopes, CONTENT, SPEC)

    assert (anna.agent, ben.agent) == ("anna", "ben")
    assert marks(anna, Principle.COMPLIANCE)["opening_greeting"] == 100.0
    assert (mark(anna, "no_blame").value, mark(ben, "no_blame").value) == (100.0, 50.0)
    assert "talk_over" not in marks(ben, Principle.LISTENING)  # measured over both agents, in an older log: nobody's
    assert ben.answered_at == MONDAY + 20


@pytest.mark.parametrize(
    ("direction", "campaign", "found"), [("outbound", "spring", 1), ("outbound", "", 0), ("inbound", "spring", 0)]
)
def test_a_rule_judges_calls_such_as_it_is_about(direction: str, campaign: str, found: int) -> None:
    rule = RuleSpec.model_validate({
        "id": "no_gift", "title": "Promise no gift", "why": "There are none", "said": {"phrases": ["free gift"]},
        "attributes": {"direction": "outbound", "tags": {"campaign": ["spring"]}},
    })  # fmt: skip
    phrases = CompiledRules[RuleKey]([Rule(RuleSaid("no_gift", "said"), "agent", ("free gift",))])
    content = replace(CONTENT, advice=RuleTable({"no_gift": rule}), kinds={"no_gift": "compliance"}, rules=phrases)
    log = Log(direction=direction).put(0.5, ContactTagged("campaign", campaign))
    (part,) = parts_of("c1", log.agent_says(20, "you get a free gift").ends(30).envelopes)
    assert len(find(part, content, None).findings) == found


def test_a_promise_is_due_on_the_houses_day() -> None:
    log = Log(at=1_767_664_800.0).agent_says(20, "i will call you back tomorrow").ends(30)  # 18:00 in California
    called = 1_767_664_800.0 + 1.4 * DAY  # on the 7th there, on the 7th and not the 8th in UTC as well
    kept = {}
    for zone in ("UTC", "America/Los_Angeles"):
        content = CONTENT.in_zone(ZoneInfo(zone))
        (found,) = score_contact("c1", log.envelopes, content, SPEC, None, (Call(NUMBER, called),), NOW)
        kept[zone] = mark(found, "promises_kept").value
    assert kept == {"UTC": 100.0, "America/Los_Angeles": 0.0}, "tomorrow was the 6th there, the 7th in UTC"


def test_each_agent_is_judged_by_her_own_talk() -> None:
    log = Log().agent_says(11, "hello Anna speaking").put(20, ContactTransferred("anna", "agent", "ben", True))
    log.agent_says(30, "hello ben speaking").ends(60)
    for agent, over in (("anna", 0.0), ("ben", 10.0)):
        log.put(61, TalkMeasured(100.0, 30.0, 30.0, over, 0.0, 0.0, 1.0, agent))
    anna, ben = score_contact("c1", log.envelopes, CONTENT, SPEC)

    assert (mark(anna, "talk_over").value, mark(ben, "talk_over").value) == (100.0, 0.0)


def test_the_name_of_a_known_customer() -> None:
    used = Log().agent_says(11, "hello Anna speaking").agent_says(20, "good morning James").ends(60)
    unused = Log().agent_says(11, "hello Anna speaking").agent_says(200, "it is done").ends(240)

    assert card(used, known=True).value(Principle.PERSONALISATION) == 100.0
    assert card(unused, known=True).value(Principle.PERSONALISATION) == 0.0
    assert card(unused).value(Principle.PERSONALISATION) is None


def promised() -> Log:
    """One promise with a day (Tuesday), one without."""
    log = Log().agent_says(11, "hello Anna speaking").agent_says(20, "I will call you back tomorrow")
    return log.agent_says(40, "we will send you the letter").ends(60)


def test_promises_named_and_kept() -> None:
    found = card(promised(), calls=(Call(NUMBER, MONDAY + DAY),))

    assert mark(found, "promises_dated").value == 50.0
    assert mark(found, "promises_dated").moments[0].utterance_id == "agent-40"
    assert mark(found, "promises_kept").value == 100.0


@pytest.mark.parametrize(
    "calls",
    [(), (Call("+12025550143", MONDAY + DAY),), (Call(NUMBER, MONDAY + 2 * DAY),), (Call(NUMBER, MONDAY - 60.0),)],
    ids=["none", "somebody else", "a day late", "before the promise"],
)
def test_promises_broken(calls: tuple[Call, ...]) -> None:
    broken = mark(card(promised(), calls=calls), "promises_kept")

    assert broken.value == 0.0
    assert broken.moments[0].text == "not called back by 2026-01-06"


def test_tasks_that_came_of_promises_are_kept_when_they_are_ticked_off() -> None:
    day = date(2026, 1, 6)
    log = Log().agent_says(11, "hello Anna speaking").agent_says(20, "I will send you the letter tomorrow").ends(60)
    said = promises_in("I will send you the letter tomorrow", date(2026, 1, 5))[0].text

    def judged(*tasks: Owed) -> Mark | None:
        (found,) = score_contact("c1", log.envelopes, CONTENT, SPEC, now=MONDAY + 3 * DAY, tasks=tasks)
        score = next(each for each in found.scores if each.principle is Principle.FOLLOW_UP)
        return next((each for each in score.marks if each.name == "promises_kept"), None)

    assert judged() is None, "no call back and no task: nobody can tell"
    kept = judged(Owed(f"“{said}”", day, done=True))
    assert kept is not None
    assert (kept.value, kept.moments) == (100.0, ())
    half = judged(Owed(f"“{said}”", day, done=False), Owed("refund the fee", day, done=True))
    assert half is not None
    assert (half.value, half.moments[0].utterance_id) == (50.0, "agent-20")
    assert half.moments[0].text == f"not done by 2026-01-06: {said}"
    assert judged(Owed("some day", None, done=False)) is None


def test_a_promise_whose_day_is_not_over_is_not_judged() -> None:
    (found,) = score_contact("c1", promised().envelopes, CONTENT, SPEC, now=MONDAY + DAY)

    assert "promises_kept" not in marks(found, Principle.FOLLOW_UP)


def test_recovery_is_the_way_back_up() -> None:
    upset = Log().agent_says(11, "hello Anna speaking").caller_says(14, "this is unacceptable I want your supervisor")
    stays = mark(card(upset), "recovery")
    upset.agent_says(20, "I am sorry I will sort it out").caller_says(
        25, "oh wonderful thank you so much that is great"
    )
    rises = mark(card(upset.ends(40)), "recovery")

    assert stays.value == 0.0
    assert 0.0 < rises.value <= 100.0
    assert stays.moments[0].utterance_id == "caller-14"


def test_the_same_log_gives_the_same_numbers_whatever_the_order_in_which_words_came() -> None:
    log = good().agent_says(33, "your own fault").talk(46, 70, 30, 5)
    words = [each for each in log.envelopes if each.event.type == "transcript.final"]
    others = [each for each in log.envelopes if each.event.type != "transcript.final"]
    random.Random(1).shuffle(words)

    shuffled, again = (
        score_contact("c1", [*others[:3], *words, *others[3:]], CONTENT, SPEC, JAMES),
        score_contact("c1", log.envelopes, CONTENT, SPEC, JAMES),
    )
    assert shuffled == again
