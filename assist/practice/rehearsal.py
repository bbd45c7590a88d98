"""Practise by typing: no telephone and no waiting. Pure: what the agent says goes in as text, time is counted in words.

The cards are the live engine's and the log has the events a real contact leaves, so that the debrief is the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from assist.cards import Card, CardRetracted, CardShown, CardUpdated
from assist.content import Content
from assist.effects import DraftSummary, Effect, RetractCard, ShowCard, UpdateCard
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound, Input
from assist.engine import TimePassed as EngineTime
from assist.history import CustomerProfile
from assist.practice.mind import AgentSaid, Connected, HangUp, LineSpoken, Mind, Say, TimePassed
from assist.practice.mind import Effect as MindEffect
from assist.practice.persona import Persona
from assist.summary import ContactSummary, TalkStats
from ivr.contacts import ContactAnswered, ContactEnded, ContactOffered, ContactQueued, TalkMeasured
from transcription.talk import DEAD_AIR_MIN_S
from transcription.utterances import UtteranceFinal, Word
from voice.events import Envelope, Event

AGENT = "trainee"
CONTACT = "rehearsal"
QUEUE = "practice"
WORD_S = 0.4
_ANSWER_S = 2.0


class Rehearsal:
    """One call. ``started_at``: Unix seconds. ``log`` is its event log, ``cards`` what the agent's page would show."""

    def __init__(
        self, persona: Persona, content: Content, started_at: float, customer: CustomerProfile | None = None
    ) -> None:
        self.mind = Mind(persona)
        self.log: list[Envelope] = []
        self.cards: dict[str, Card] = {}
        self.summary: ContactSummary | None = None
        self._engine = ContactAssistant(content, AGENT)
        self._started_at = started_at
        self._now = 0.0
        self._numbers = itertools.count(1)
        self._spoken = {"agent": 0.0, "caller": 0.0}
        self._dead_s = self._longest_s = 0.0
        self._response_s: float | None = None
        self._note(ContactOffered("practice", persona.number, "practice", "practice", "1"))
        self._note(ContactQueued(QUEUE, 5, started_at))
        self._feed(ContactRang(CONTACT, persona.number, QUEUE))
        self._feed(CustomerFound(customer, persona.number))
        self._now = _ANSWER_S
        self._note(ContactAnswered(AGENT, "lease", _ANSWER_S))
        self.mind.handle(Connected(), self._now)

    @property
    def over(self) -> bool:
        """Somebody hung up."""
        return self.summary is not None

    def agent_says(self, text: str) -> tuple[str, ...]:
        """The agent says ``text``; what the customer answers, line by line."""
        if self._response_s is None:
            self._response_s = self._now - _ANSWER_S
        self._utter("agent", text)
        return self._carry_out(self.mind.handle(AgentSaid(text), self._now)) + self._wait_until(self.mind.next_due())

    def wait(self, seconds: float) -> tuple[str, ...]:
        """The agent says nothing for so long; what the customer says meanwhile."""
        end = self._now + seconds
        said: tuple[str, ...] = ()
        while not self.over and (due := self.mind.next_due()) is not None and due <= end:
            said += self._wait_until(due)
        if not self.over:
            self._pass_to(max(end, self._now))
        return said

    def hang_up(self) -> None:
        """The agent ends it."""
        if not self.over:
            self._end("agent")

    def _wait_until(self, due: float | None) -> tuple[str, ...]:
        if due is None:
            return ()
        self._pass_to(due)
        return self._carry_out(self.mind.handle(TimePassed(), self._now))

    def _carry_out(self, effects: Iterable[MindEffect]) -> tuple[str, ...]:
        said: tuple[str, ...] = ()
        for effect in effects:
            match effect:
                case Say(line):
                    self._utter("caller", line)
                    said += (line, *self._carry_out(self.mind.handle(LineSpoken(), self._now)))
                case HangUp():
                    self._end("caller")
        return said

    def _pass_to(self, at_s: float) -> None:
        silence = at_s - self._now
        self._longest_s = max(self._longest_s, silence)
        if silence >= DEAD_AIR_MIN_S:
            self._dead_s += silence
        while (due := self._engine.next_due()) is not None and due <= at_s:
            self._now = max(self._now, due)
            self._feed(EngineTime(due))
        self._now = at_s

    def _utter(self, party: str, text: str) -> None:
        spoken = text.split()
        start, self._now = self._now, self._now + WORD_S * len(spoken)
        self._spoken[party] += self._now - start
        words = tuple(Word(word, start + WORD_S * n, start + WORD_S * (n + 1), 1.0) for n, word in enumerate(spoken))
        said = UtteranceFinal(
            f"u{next(self._numbers)}", party, text, words, start, self._now, 1.0, "rehearsal", "typed"
        )
        self._note(said)
        self._feed(said)

    def _end(self, by: str) -> None:
        talk_s = self._now - _ANSWER_S
        agent, caller = self._spoken["agent"], self._spoken["caller"]
        self._note(TalkMeasured(talk_s, agent, caller, 0.0, self._dead_s, self._longest_s, self._response_s))
        self._note(ContactEnded("completed", by, self._now, talk_s))
        self._feed(ContactOver("completed", self._now, talk_s, TalkStats(agent, caller)))

    def _feed(self, event: Input) -> None:
        for effect in self._engine.handle(event, self._started_at + self._now):
            self._show(effect)

    def _show(self, effect: Effect) -> None:
        match effect:
            case ShowCard(card):
                self.cards[card.id] = card
                self._note(CardShown(AGENT, card, 0.0))
            case UpdateCard(card):
                self.cards[card.id] = card
                self._note(CardUpdated(AGENT, card, 0.0))
            case RetractCard(card_id, reason):
                self.cards.pop(card_id, None)
                self._note(CardRetracted(AGENT, card_id, reason))
            case DraftSummary(summary):
                self.summary = summary

    def _note(self, event: Event) -> None:
        number = len(self.log)
        at = self._started_at + self._now
        self.log.append(Envelope(f"e{number}", at, "rehearsal", number, event, CONTACT))
