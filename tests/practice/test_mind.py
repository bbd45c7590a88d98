"""What she says next, event by event."""

from __future__ import annotations

from dataclasses import dataclass, field

from assist.practice.mind import (
    REPLY_S,
    AgentSaid,
    AgentSpeaks,
    Connected,
    Effect,
    HangUp,
    Happening,
    LineSpoken,
    Mind,
    Say,
    TimePassed,
)
from assist.practice.persona import Fact, Persona, Reaction, Replies

REPLIES = Replies(
    calm=("Calm one.", "Calm two."), upset=("Upset.",), silence=("Hello?",), not_yet="Not yet.",
    leaving="I leave.", thanks="Thanks.", bye="Bye.",
)  # fmt: skip


def persona(**changes: object) -> Persona:
    given: dict[str, object] = {
        "title": "A test", "level": 1, "name": "Mary Black", "number": "+12025550104", "goal": "a refund",
        "voices": {"flite": "slt"}, "mood": 0.0, "patience_s": 10.0, "opening": ("First.", "Second."),
        "facts": {"number": Fact(asked=("customer number",), say="It is five.")},
        "reactions": {
            "sorry": Reaction(why="an apology", phrases=("sorry",), mood=0.2),
            "refund": Reaction(
                why="a refund", phrases=("will refund",), needs=("sorry",), mood=0.3, goal=True, say="Good."
            ),
            "no": Reaction(why="refused", phrases=("not possible",), mood=-0.5, times=9, say="What?"),
        },
        "replies": REPLIES,
    }  # fmt: skip
    return Persona.model_validate(given | changes)


@dataclass
class Talk:
    """Moves a mind; her own lines take no time."""

    mind: Mind
    now: float = 0.0
    said: list[str] = field(default_factory=list)
    hung_up: HangUp | None = None

    def tell(self, event: Happening) -> tuple[Effect, ...]:
        effects = self.mind.handle(event, self.now)
        for effect in effects:
            if isinstance(effect, Say):
                self.said.append(effect.line)
                self.tell(LineSpoken())
            else:
                self.hung_up = effect
        return effects

    def hears(self, text: str) -> list[str]:
        """The agent says ``text``; what she answers."""
        before = len(self.said)
        self.tell(AgentSaid(text))
        self.now += REPLY_S
        self.tell(TimePassed())
        return self.said[before:]


def opened(**changes: object) -> Talk:
    talk = Talk(Mind(persona(**changes)))
    talk.tell(Connected())
    assert talk.hears("hello") == ["First.", "Second."]
    return talk


def test_she_waits_for_the_greeting_and_then_says_why_she_calls() -> None:
    opened()


def test_she_does_not_answer_before_the_agent_has_been_quiet() -> None:
    talk = opened()
    talk.tell(AgentSaid("i am sorry"))
    talk.now += REPLY_S / 2
    talk.tell(AgentSpeaks(talk.now))
    assert talk.mind.next_due() is None
    talk.now += 5.0
    talk.tell(AgentSaid("what is your customer number"))
    talk.now += REPLY_S
    talk.tell(TimePassed())
    assert talk.said[-1] == "It is five."
    assert talk.mind.happened["sorry"] == 1


def test_what_she_needs_first_comes_first() -> None:
    talk = opened()
    assert talk.hears("i will refund it") == ["Calm one."]
    assert talk.mind.happened["refund"] == 0
    talk.hears("i am sorry")
    assert talk.hears("i will refund it") == ["Good."]
    assert talk.mind.helped
    assert talk.mind.mood == 0.5


def test_what_she_knows_she_tells_and_minds_being_asked_again() -> None:
    talk = opened(wearing=0.1)
    assert talk.hears("what is your customer number") == ["It is five."]
    assert talk.mind.mood == 0.0
    assert talk.hears("and your customer number was") == ["It is five."]
    assert (talk.mind.mood, talk.mind.course[-1].why) == (-0.1, "asked again what she had said")


def test_a_reaction_may_need_a_fact() -> None:
    sent = Reaction(why="sent", phrases=("will send",), needs=("number",), goal=True, say="Good.")
    talk = opened(reactions={"sent": sent})
    assert talk.hears("i will send it") == ["Calm one."]
    talk.hears("what is your customer number")
    assert talk.hears("i will send it") == ["Good."]


def test_an_apology_counts_once() -> None:
    talk = opened()
    talk.hears("sorry")
    talk.hears("sorry")
    assert talk.mind.mood == 0.2


def test_unless_keeps_it_quiet() -> None:
    sorry = Reaction(why="an apology", phrases=("sorry",), unless=("sorry could you",), mood=0.2, goal=True)
    talk = opened(reactions={"sorry": sorry})
    talk.hears("sorry could you repeat that")
    assert talk.mind.mood < 0.0
    assert not talk.mind.helped


def test_silence_wears_her_patience() -> None:
    talk = opened()
    assert talk.mind.next_due() == talk.now + 10.0
    talk.now += 10.0
    talk.tell(TimePassed())
    assert talk.said[-1] == "Hello?"
    assert talk.mind.mood == -0.15


def test_a_clock_that_is_early_says_nothing() -> None:
    talk = opened()
    talk.now += 9.0
    assert talk.tell(TimePassed()) == ()


def test_to_interrupt_her_costs_once_a_line() -> None:
    mind = Mind(persona())
    mind.handle(Connected(), 0.0)
    mind.handle(AgentSaid("hello"), 1.0)
    assert mind.handle(TimePassed(), 1.0 + REPLY_S) == (Say("First."),)
    mind.handle(AgentSpeaks(2.0), 2.4)
    assert mind.mood == 0.0, "both began at once"
    mind.handle(AgentSpeaks(3.0), 3.4)
    mind.handle(AgentSpeaks(3.0), 3.8)
    assert mind.mood == -0.1
    assert mind.handle(LineSpoken(), 4.0) == (Say("Second."),), "she goes on"


def test_words_that_bring_nothing_wear_and_her_tone_changes_with_her_mood() -> None:
    talk = opened(wearing=0.2)
    assert talk.hears("well") == ["Calm one."]
    assert talk.hears("well") == ["Upset."]


def test_she_closes_content_once_helped() -> None:
    talk = opened()
    assert talk.hears("is there anything else") == ["Not yet."]
    talk.hears("i am sorry")
    talk.hears("i will refund you")
    assert talk.hears("is there anything else") == ["Thanks."]
    assert talk.hung_up == HangUp(content=True)
    assert talk.mind.over
    assert talk.tell(AgentSaid("hello")) == ()


def test_a_farewell_without_help_ends_it_all_the_same() -> None:
    talk = opened()
    assert talk.hears("goodbye") == ["Bye."]
    assert talk.hung_up == HangUp(content=False)


def test_she_has_had_enough() -> None:
    talk = opened(mood=-0.5, leaves_below=-0.9)
    assert talk.hears("not possible") == ["I leave."]
    assert talk.hung_up == HangUp(content=False)
    assert talk.mind.course[-1].why == "had enough"


def test_helped_but_cross_is_not_content() -> None:
    talk = opened(mood=-0.8)
    talk.hears("sorry")
    talk.hears("i will refund it")
    assert talk.hears("goodbye") == ["Bye."]
    assert talk.mind.helped
    assert talk.hung_up == HangUp(content=False)
