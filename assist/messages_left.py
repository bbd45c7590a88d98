"""Messages callers leave (voicemail, a survey's comment): complete with file and words when the contact is closed.

Pure. A message is a span of the contact's recording: the words in it are those the caller said meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr.contacts import ContactClosed, MessageTaken
from transcription.utterances import UtteranceFinal
from voice.calls import Role
from voice.events import Event


@dataclass(frozen=True, slots=True)
class MessageKept(Event):
    """What somebody at ``number`` left for ``queue`` (empty: for nobody in particular): seconds ``start_s`` to
    ``end_s`` of ``recording`` (a path, empty where nothing was recorded), ``text`` its words, redacted. ``kind``: see
    ``MessageTaken``.
    """

    type: ClassVar[str] = "message.kept"
    kind: str
    number: str
    queue: str
    recording: str
    start_s: float
    end_s: float
    text: str


class Messages:
    """Those of one contact."""

    def __init__(self) -> None:
        self._taken: list[MessageTaken] = []
        self._said: list[UtteranceFinal] = []

    def saw(self, event: Event, number: str, queue: str) -> tuple[MessageKept, ...]:
        """One event of the contact, in order; the messages, once everything is there."""
        match event:
            case MessageTaken():
                self._taken.append(event)
            case UtteranceFinal(party=Role.CALLER):
                self._said.append(event)
            case ContactClosed(recording=recording):
                return tuple(self._kept(taken, number, queue, recording) for taken in self._taken)
        return ()

    def _kept(self, taken: MessageTaken, number: str, queue: str, recording: str) -> MessageKept:
        inside = [said for said in self._said if said.start_s < taken.end_s and said.end_s > taken.start_s]
        words = (said.written or said.text for said in sorted(inside, key=lambda said: said.start_s))
        text = " ".join(word for word in words if word)
        return MessageKept(taken.kind, number, queue, recording, taken.start_s, taken.end_s, text)
