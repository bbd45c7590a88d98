"""The stage a verb acts on: it notes the effects wanted, and knows what is playing, timed, masked and typed ahead."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Container, Mapping
from urllib.parse import quote

from ivr.conditions import Facts, QueueFacts
from ivr.effects import (
    AskFacts,
    AskKnowledge,
    AskPlace,
    CancelTimer,
    ChoiceReported,
    ConsentNoted,
    DialOut,
    Effect,
    HangUp,
    JoinQueue,
    LeftQueue,
    LookUp,
    MaskDigits,
    MessageEnded,
    MessageStarted,
    PlayPrompts,
    Prompt,
    RequestCallback,
    Scored,
    StartSpeech,
    StartTimer,
    StopPrompts,
    StopSpeech,
    Tagged,
)
from ivr.languages import VARIABLE, Spoken, offered

_VARIABLE = re.compile(r"\$\{([a-z][a-z0-9_]*)\}")

TYPE_AHEAD_LIMIT = 32
"""Digits kept while no gather listens; more are dropped, as a caller leaning on a key would send them."""


class Stage:
    """One contact's stage. ``speech`` turns a text into its Prompt, slowly if wanted, in a language; ``variables`` are
    the contact's, by name. ``slower`` is the key that repeats the flow's menus slowly, ``listening`` whether they take
    speech in the flow's own ``language``; ``languages`` are the others.
    """

    def __init__(
        self,
        speech: Callable[[str, bool, str], Prompt],
        variables: dict[str, str],
        timezone: datetime.tzinfo = datetime.UTC,
        *,
        slower: str = "",
        listening: bool = False,
        language: str = "en",
        languages: Mapping[str, Spoken] | None = None,
        recorded: Container[str] | None = None,
    ) -> None:
        self._recorded = recorded
        self._own = language
        self._languages = languages or {}
        self.slower = slower
        self._listening = listening
        self.variables = variables
        self.notice = ""
        """A banner raised meanwhile: said before whatever is said next."""
        self.now = 0.0
        self._timezone = timezone
        self.node = ""
        self.destination: str | None = None
        self.finished = False
        self.agent_served = False
        self._speech = speech
        self._effects: list[Effect] = []
        self._tokens = 0
        self._playing: int | None = None
        self._looping = False
        self._speech_token: int | None = None
        self._timers: dict[str, int] = {}
        self._masked = False
        self._typed = ""

    @property
    def language(self) -> str:
        """The one the caller is spoken to in."""
        wanted = self.variables.get(VARIABLE, self._own)
        return offered(wanted, (self._own, *self._languages)) or self._own

    @property
    def listening(self) -> bool:
        """Whether menus take speech, in the caller's language."""
        other = self._languages.get(self.language)
        return self._listening and (other is None or other.speech)

    def phrases(self, ours: Mapping[str, str]) -> dict[str, str]:
        """Choices by what means them in the caller's language."""
        other = self._languages.get(self.language)
        return {other.phrases.get(phrase, phrase) if other else phrase: choice for phrase, choice in ours.items()}

    def say(self, texts: tuple[str, ...], *, slow: bool = False) -> None:
        """Play texts once."""
        self.play(tuple(self._speech(text, slow, self.language) for text in texts))

    def play(self, prompts: tuple[Prompt, ...], *, loop: bool = False) -> None:
        """Play prompts instead of whatever is playing, after the notice that waits to be heard."""
        if self.notice and not loop:
            notice, self.notice = self.notice, ""
            prompts = (self._speech(notice, False, self.language), *prompts)
        self._playing = self._token()
        self._looping = loop
        self._effects.append(PlayPrompts(self._playing, self.node, prompts, loop))

    def stop(self) -> None:
        """Silence, if anything is playing."""
        if self._playing is not None:
            self._playing = None
            self._effects.append(StopPrompts())

    def start_timer(self, name: str, seconds: float) -> None:
        """Start or restart the timer ``name``."""
        self._timers[name] = self._token()
        self._effects.append(StartTimer(name, seconds, self._timers[name]))

    def timer_runs(self, name: str) -> bool:
        """Whether the timer ``name`` runs."""
        return name in self._timers

    def cancel_timer(self, name: str) -> None:
        """Forget the timer ``name``, if it runs."""
        if self._timers.pop(name, None) is not None:
            self._effects.append(CancelTimer(name))

    def mask(self, on: bool) -> None:
        """Mask digits from now on, or no longer."""
        if on != self._masked:
            self._masked = on
            self._effects.append(MaskDigits(on))

    def report_choice(self, value: str, by: str = "digits") -> None:
        """Say what was gathered, masked if digits are."""
        self._effects.append(ChoiceReported(self.node, "*" * len(value) if self._masked else value, by))

    def listen(self, phrases: tuple[str, ...] | None) -> None:
        """Recognise the caller's words: any, or only ``phrases``; none in a language nothing here recognises."""
        other = self._languages.get(self.language)
        if other is not None and not other.speech:
            return
        self._speech_token = self._token()
        self._effects.append(StartSpeech(self._speech_token, phrases))

    def listen_no_more(self) -> None:
        """The turn is over."""
        if self._speech_token is not None:
            self._speech_token = None
            self._effects.append(StopSpeech())

    def listens(self, token: int) -> bool:
        """Whether words of this turn are still wanted."""
        return token == self._speech_token

    def join_queue(self, queue: str, priority: int, skills: tuple[tuple[str, int], ...] = ()) -> None:
        """Wait for an agent."""
        self._effects.append(JoinQueue(queue, priority, skills))

    def ask_place(self) -> None:
        """Ask for the place in the queue and the wait."""
        self._effects.append(AskPlace())

    def ask_knowledge(self, question: str) -> None:
        """Ask the knowledge base."""
        self._effects.append(AskKnowledge(question))

    def can_say(self, text: str) -> bool:
        """Whether ``text`` is recorded."""
        return self._recorded is None or self._speech(text, False, self.language).audio in self._recorded

    def ask_facts(self, queues: tuple[str, ...]) -> None:
        """Ask about the caller and queues."""
        self._effects.append(AskFacts(queues))

    def facts(self, known: bool, vip: bool, queues: Mapping[str, QueueFacts]) -> Facts:
        """What conditions are judged by, here and now."""
        now = datetime.datetime.fromtimestamp(self.now, self._timezone)
        return Facts(now, self.variables, known, vip, queues)

    def look_up(self, method: str, url: str, body: Mapping[str, str], timeout_s: float) -> int:
        """Ask another system; returns the token its answer will bear."""
        token = self._token()
        self._effects.append(LookUp(token, method, url, body, timeout_s))
        return token

    def tag(self, name: str, value: str) -> None:
        """Note something about the contact."""
        self._effects.append(Tagged(name, value))

    def note_consent(self, *, recording: bool, recognition: bool) -> None:
        """Say what the caller agrees to."""
        self._effects.append(ConsentNoted(recording, recognition))

    def report_score(self, kind: str, score: int) -> None:
        """Say how a survey was answered."""
        self._effects.append(Scored(kind, score))

    def start_message(self, kind: str) -> None:
        """Listen to what the caller says from now on."""
        self._effects.append(MessageStarted(kind))

    def end_message(self, kind: str) -> None:
        """The caller's message is over."""
        self._effects.append(MessageEnded(kind))

    def request_callback(self, queue: str, number: str) -> None:
        """Promise a call."""
        self._effects.append(RequestCallback(queue, number))

    def dial(self, whom: DialOut) -> None:
        """Ring somebody."""
        self._effects.append(whom)

    def fill(self, text: str) -> str:
        """``text`` with every ``${name}`` replaced by that variable, or by nothing where it is not set."""
        return _VARIABLE.sub(lambda found: self.variables.get(found[1], ""), text)

    def fill_url(self, url: str) -> str:
        """The same, percent-encoded."""
        return _VARIABLE.sub(lambda found: quote(self.variables.get(found[1], ""), safe=""), url)

    def leave_queue(self) -> None:
        """Wait no longer."""
        self._effects.append(LeftQueue())

    def type_ahead(self, digit: str) -> None:
        """Keep a digit for the next gather."""
        self._typed = (self._typed + digit)[:TYPE_AHEAD_LIMIT]

    def take_typed(self) -> str:
        """The digits typed ahead, which are then forgotten."""
        typed, self._typed = self._typed, ""
        return typed

    def go(self, node: str) -> None:
        """Leave this node for another."""
        self.destination = node

    def hang_up(self) -> None:
        """End the contact from our side."""
        self.clear()
        self._effects.append(HangUp("completed" if self.agent_served else "self_service"))
        self.finished = True

    def clear(self) -> None:
        """Nothing plays, nothing is timed, digits are masked: between two nodes and after the last."""
        self.stop()
        self.listen_no_more()
        for name in list(self._timers):
            self.cancel_timer(name)
        self.mask(True)

    def prompt_over(self, token: int) -> bool:
        """Note that a prompt ended; False if it is not the one playing."""
        if token != self._playing or self._looping:
            return False
        self._playing = None
        return True

    def timer_over(self, name: str, token: int) -> bool:
        """Note that a timer fired; False if it is not the one running."""
        if self._timers.get(name) != token:
            return False
        del self._timers[name]
        return True

    def drain(self) -> tuple[Effect, ...]:
        """The effects noted since the last drain."""
        effects, self._effects = tuple(self._effects), []
        return effects

    def _token(self) -> int:
        self._tokens += 1
        return self._tokens
