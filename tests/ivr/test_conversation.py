"""What talk measures are taken over."""

from dataclasses import replace

from ivr.contacts import ContactSnapshot
from ivr.conversation import Conversation

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
    assert talk.answered_s == 20.0


def test_a_contact_nobody_answered_is_one_pause() -> None:
    assert Conversation().pauses(30.0) == ((0.0, 30.0),)
