"""What an agent is told of a caller before she answers."""

from __future__ import annotations

from assist.content import Content
from assist.passing import Past
from ivr.contacts import ChoiceMade, ContactQueued, ContactTagged


def test_what_the_caller_agreed_to_is_said_first_and_as_it_is_now(content: Content) -> None:
    past = Past(content)
    past.saw(ChoiceMade("menu", "1", "digits"))
    past.saw(ContactTagged("consent", "neither recorded nor transcribed"))
    past.saw(ContactTagged("answer", "moving_home"))
    past.saw(ContactQueued("billing", 5, 100.0, (), 0))
    declined = "This call is neither recorded nor transcribed"
    assert past.context(102.0) == (declined, "Pressed 1 at menu", "answer: moving_home")
    past.saw(ContactTagged("consent", "transcribed, not recorded"))
    assert past.context(170.0)[0] == "This call is transcribed, not recorded"
    assert past.context(170.0)[-1] == "Waited 1:10"
