"""``enqueue``: wait for an agent. Announcement, then music with a comfort message at intervals, until one answers.

With ``announcePosition`` and ``announceWait`` the caller is told place and wait after the announcement and with each
comfort message, where the floor answers in time and only when they are others than last time. ``empty`` and ``full``
name where callers go whom the queue does not take or keep; without them they wait. A digit of ``choices`` leaves the
queue for that node: a call back, voicemail; ``phrases`` say it in words.

``sorry`` is said when the connection to the agent's station is lost and the caller waits again.

An agent who does not answer puts the caller back to the music. When the agent leaves first, the flow goes on at
``next``, or ends where none is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ivr.announcements import position, wait, wording
from ivr.effects import Prompt
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Phrases, Problem, Texts, Verb, choice_of, each, not_said

COMFORT = "comfort"
PLACE = "place"
PLACE_S = 1.0
"""Seconds the floor has to answer; then the comfort message goes without place and wait."""


class Enqueue(Verb):
    """A node where the caller waits in ``queue``. ``priority`` 0-9, higher first; ``skills``: levels (1-10) an agent
    needs beside those the queue asks for; ``comfort_interval``: seconds of music between two comfort messages.
    """

    terminal: ClassVar[bool] = True

    verb: Literal["enqueue"]
    queue: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    priority: int = Field(default=5, ge=0, le=9)
    announcement: Texts = ()
    hold_music: str = "hold"
    comfort: Texts = ()
    comfort_interval: float = Field(default=30.0, ge=5, le=600)
    connecting: Texts = ()
    sorry: Texts = ()
    announce_position: bool = False
    announce_wait: bool = False
    skills: dict[str, Annotated[int, Field(ge=1, le=10)]] = Field(default_factory=dict)
    choices: dict[str | int, str] = Field(default_factory=dict)
    phrases: Phrases = Field(default_factory=dict)
    empty: str | None = None
    full: str | None = None
    next: str | None = None

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Where the caller's choices, an empty or full queue, and the end of the talk lead."""
        for choice, node in self.choices.items():
            yield ("choices", choice), node
        for key, target in (("empty", self.empty), ("full", self.full), ("next", self.next)):
            if target is not None:
                yield (key,), target

    def problems(self) -> Iterator[Problem]:
        """Choices that are not one digit."""
        for choice in self.choices:
            if not isinstance(choice, str) or len(choice) != 1 or choice not in "0123456789*#":
                yield Problem(("choices", choice), f"choice {choice!r} is not one key in quotes", 'write it as "1"')

    def phrase_problems(self, slower: str) -> Iterator[Problem]:
        """Phrases that mean no choice."""
        for phrase, meant in self.phrases.items():
            if meant not in self.choices:
                yield Problem(("phrases", phrase), f"phrase {phrase!r} means {meant!r}, no choice", "name a choice")

    def unspeakable(self) -> Iterator[Problem]:
        """Choices without words."""
        yield from not_said(self.choices, self.phrases)

    def texts(self) -> Iterator[tuple[Key, str]]:
        """Everything said while waiting."""
        yield from each("announcement", self.announcement)
        yield from each("comfort", self.comfort)
        yield from each("connecting", self.connecting)
        yield from each("sorry", self.sorry)

    def announcements(self, language: str) -> Iterator[tuple[Key, str]]:
        """The sentences that tell places and waits, where these are told."""
        if self.announce_position:
            yield from ((("announcePosition",), text) for text in wording(language).positions())
        if self.announce_wait:
            yield from ((("announceWait",), text) for text in wording(language).waits())

    def said_by_callers(self) -> Iterator[str]:
        """The phrases that mean a choice."""
        yield from self.phrases

    def audio(self) -> Iterator[tuple[Key, str]]:
        """The music on hold."""
        yield ("holdMusic",), self.hold_music

    def activity(self, stage: Stage) -> Activity:
        """Wait."""
        return _Waiting(stage, self)


class _Waiting(Activity):
    """``_announcing``: the announcement still plays; ``_connected``: an agent talks with the caller, and nothing is
    said; ``_told``: the place and wait the caller heard last.
    """

    def __init__(self, stage: Stage, verb: Enqueue) -> None:
        super().__init__(stage)
        self._verb = verb
        self._announcing = bool(verb.announcement)
        self._connected = False
        self._phrases = stage.phrases(verb.phrases)
        self._asks = verb.announce_position or verb.announce_wait
        self._told: tuple[str, ...] = ()

    def begin(self) -> None:
        # The contact is queued before the announcement, so that hearing it costs no place and no time.
        self.stage.join_queue(self._verb.queue, self._verb.priority, tuple(self._verb.skills.items()))
        if self._verb.phrases and self.stage.listening:
            self.stage.listen(tuple(self._phrases))
        if self._announcing:
            self.stage.say(self._verb.announcement)
        else:
            self._music()

    def prompt_finished(self) -> None:
        """Music; place and wait for the first time after the announcement."""
        was_announcing, self._announcing = self._announcing, False
        self._music()
        if was_announcing and self._asks:
            self._ask()

    def timer_fired(self, name: str) -> None:
        """Time for comfort; or the floor, asked for the place, has not answered in time, and there is comfort alone."""
        if name == COMFORT and self._asks:
            self._ask()
        elif self._verb.comfort:
            self.stage.say(self._verb.comfort)

    def _ask(self) -> None:
        self.stage.ask_place()
        self.stage.start_timer(PLACE, PLACE_S)

    def place_told(self, ahead: int, low_s: float | None, high_s: float | None) -> None:
        """What has changed since it was told last, then the comfort message."""
        if not self.stage.timer_runs(PLACE):
            return  # too late
        self.stage.cancel_timer(PLACE)
        told: tuple[str, ...] = (position(ahead, self.stage.language),) if self._verb.announce_position else ()
        if self._verb.announce_wait and low_s is not None and high_s is not None:
            told = (*told, wait(low_s, high_s, self.stage.language))
        new, self._told = told if told != self._told else (), told
        if said := (*new, *self._verb.comfort):
            self.stage.cancel_timer(COMFORT)
            self.stage.say(said)

    def banner_raised(self, text: str) -> None:
        """Heard at once, over the music; then the music again. An announcement is heard out first."""
        if self._announcing:
            super().banner_raised(text)
        elif not self._connected:
            self._quiet()
            self.stage.say((text,))

    def turned_away(self, reason: str) -> None:
        """On to ``full`` or ``empty``; where the flow names none, the caller waits all the same."""
        target = self._verb.full if reason == "full" else self._verb.empty
        if target is not None and not self._connected:
            self.stage.leave_queue()
            self.stage.go(target)

    def digit(self, digit: str) -> None:
        """Not kept: but for the choices, what is pressed while waiting or talking answers no question."""
        if digit in self._verb.choices and not self._connected:
            self.stage.leave_queue()
            self.stage.go(self._verb.choices[digit])

    def speech_heard(self, text: str, final: bool) -> None:
        """The same, said."""
        choice = choice_of(self._phrases, text)
        if final and choice is not None:
            self.digit(choice)

    def agent_ringing(self) -> None:
        # An announcement is heard out: it may hold what the caller has to know before talking.
        if self._verb.connecting and not self._announcing and not self._connected:
            self._quiet()
            self.stage.say(self._verb.connecting)

    def agent_connected(self) -> None:
        self._connected = True
        self.stage.agent_served = True
        self.stage.notice = ""  # there is somebody to ask now
        self.stage.stop()
        self.stage.listen_no_more()
        self._quiet()

    def agent_failed(self, reason: str) -> None:
        if not self._connected and self._verb.connecting and not self._announcing:
            self._music()

    def agent_left(self) -> None:
        """The talk is over, and the caller still there."""
        if not self._connected:
            return
        if self._verb.next is None:
            self.stage.hang_up()
        else:
            self.stage.go(self._verb.next)

    def back_in_queue(self, *, apology: bool) -> None:
        self._connected = False
        if apology and self._verb.sorry:
            self.stage.say(self._verb.sorry)
        else:
            self._music()

    def _quiet(self) -> None:
        self.stage.cancel_timer(COMFORT)
        self.stage.cancel_timer(PLACE)

    def _music(self) -> None:
        if self.stage.notice:
            self.stage.say(())
            return
        self.stage.play((Prompt("", self._verb.hold_music),), loop=True)
        if self._verb.comfort or self._asks:
            self.stage.start_timer(COMFORT, self._verb.comfort_interval)
