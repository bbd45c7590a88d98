"""What talk measures are taken over."""

from dataclasses import replace

from ivr.contacts import ContactSnapshot
from ivr.conversation import Conversation
from transcription.talk import TalkStats

FLOW = ContactSnapshot("w1", "+1", "100", "flow", 0.0)
TALKING = replace(FLOW, phase="talking", agent="anna")


def test_only_what_agent_and_customer_can_say_to_each_other_counts() -> None:
    talk = Conversation()
    for at, snapshot in (
        (5.0, FLOW),
        (20.0, TALKING),
        (30.0, replace(TALKING, talk="held")),
        (35.0, replace(TALKING, talk="consult")),
        (50.0, replace(TALKING, talk="conference")),
        (60.0, TALKING),
        (80.0, FLOW),
    ):
        talk.note(snapshot, at)
    assert talk.pauses(100.0) == ((0.0, 20.0), (30.0, 50.0), (80.0, 100.0))
    (had,) = talk.stretches(100.0)
    assert (had.agent, had.since_s) == ("anna", 20.0)
    assert {(30.0, 50.0), (0.0, 20.0), (80.0, float("inf"))} <= set(had.apart)


def test_each_time_an_agent_has_the_contact_is_measured_by_itself() -> None:
    talk = Conversation()
    for at, snapshot in (
        (20.0, TALKING),
        (40.0, replace(TALKING, agent="ben")),
        (60.0, replace(FLOW, phase="queued")),
        (70.0, TALKING),
    ):
        talk.note(snapshot, at)
    had = talk.stretches(90.0)
    assert [(each.agent, each.since_s) for each in had] == [("anna", 20.0), ("ben", 40.0), ("anna", 70.0)]
    assert [each.apart[-1] for each in had] == [(40.0, float("inf")), (60.0, float("inf")), (90.0, float("inf"))]
    stats = TalkStats()
    stats.listening_from(20.0)
    for party, start, end in (("agent", 22, 25), ("caller", 26, 30), ("agent", 41, 59), ("caller", 71, 75)):
        stats.heard(party, start, end)
    stats.silent_until(90.0)
    found = [stats.summary(("agent", "caller"), each.apart) for each in had]
    assert [(each.talk_s.get("agent"), each.talk_s.get("caller")) for each in found] == [(3, 4), (18, 0), (0, 4)]
    assert [each.measured_s for each in found] == [20.0, 20.0, 20.0]
    assert [each.dead_air_s for each in found] == [10.0, 0.0, 15.0]


def test_a_contact_nobody_answered_is_one_pause() -> None:
    assert Conversation().pauses(30.0) == ((0.0, 30.0),)
    assert Conversation().stretches(30.0) == (), "and no stretch: the worker's last words ask for them all the same"
