"""``enqueue``: wait for an agent. Announcement, then music with a comfort message at intervals, until one answers.

An agent who does not answer puts the caller back to the music. When the agent leaves first, the flow goes on at
``next``, or ends where none is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from ivr.effects import Prompt
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Texts, Verb, each

COMFORT = "comfort"


class Enqueue(Verb):
    """A node where the caller waits. ``priority`` 0-9, higher first; ``comfort_interval`` in seconds."""

    terminal: ClassVar[bool] = True

    verb: Literal["enqueue"]
    queue: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    priority: int = Field(default=5, ge=0, le=9)
    announcement: Texts = ()
    hold_music: str = "hold"
    comfort: Texts = ()
    comfort_interval: float = Field(default=30.0, ge=5, le=600)
    connecting: Texts = ()
    next: str | None = None

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Where the flow goes on after the agent."""
        if self.next is not None:
            yield ("next",), self.next

    def texts(self) -> Iterator[tuple[Key, str]]:
        """Everything said while waiting."""
        yield from each("announcement", self.announcement)
        yield from each("comfort", self.comfort)
        yield from each("connecting", self.connecting)

    def audio(self) -> Iterator[tuple[Key, str]]:
        """The music."""
        yield ("holdMusic",), self.hold_music

    def activity(self, stage: Stage) -> Activity:
        """Wait."""
        return _Waiting(stage, self)


class _Waiting(Activity):
    def __init__(self, stage: Stage, verb: Enqueue) -> None:
        super().__init__(stage)
        self._verb = verb
        self._announcing = bool(verb.announcement)
        self._connected = False

    def begin(self) -> None:
        # The contact is queued before the announcement, so that hearing it costs no place and no time.
        self.stage.join_queue(self._verb.queue, self._verb.priority)
        if self._announcing:
            self.stage.say(self._verb.announcement)
        else:
            self._music()

    def prompt_finished(self) -> None:
        self._announcing = False
        self._music()

    def timer_fired(self, name: str) -> None:
        self.stage.say(self._verb.comfort)

    def digit(self, digit: str) -> None:
        """Not kept: what is pressed while waiting or talking answers no question."""

    def agent_ringing(self) -> None:
        # An announcement is heard out: it may hold what the caller has to know before talking.
        if self._verb.connecting and not self._announcing and not self._connected:
            self.stage.cancel_timer(COMFORT)
            self.stage.say(self._verb.connecting)

    def agent_connected(self) -> None:
        self._connected = True
        self.stage.agent_served = True
        self.stage.stop()
        self.stage.cancel_timer(COMFORT)

    def agent_failed(self, reason: str) -> None:
        if not self._connected and self._verb.connecting and not self._announcing:
            self._music()

    def agent_left(self) -> None:
        if not self._connected:
            return
        if self._verb.next is None:
            self.stage.hang_up()
        else:
            self.stage.go(self._verb.next)

    def _music(self) -> None:
        self.stage.play((Prompt("", self._verb.hold_music),), loop=True)
        if self._verb.comfort:
            self.stage.start_timer(COMFORT, self._verb.comfort_interval)
