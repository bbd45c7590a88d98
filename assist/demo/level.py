"""Does sound arrive? A sink that says when speech begins to be heard."""

from __future__ import annotations

import array
from collections.abc import Callable

from voice.audio import AudioFrame

LOUD = 400
"""Mean absolute int16 sample value of a frame that holds speech; line noise of an idle PCMU leg stays below 20."""


class HearingSink:
    """Calls ``on_heard(seconds)`` (on the media thread) with the seconds of sound heard so far, each time they grow."""

    def __init__(self, on_heard: Callable[[float], None]) -> None:
        self._on_heard = on_heard
        self._seconds = 0.0

    def write(self, frame: AudioFrame) -> None:
        """See AudioSink."""
        samples = array.array("h", frame.pcm)
        if samples and sum(map(abs, samples)) / len(samples) > LOUD:
            self._seconds += len(samples) / frame.rate
            self._on_heard(self._seconds)
