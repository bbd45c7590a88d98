from __future__ import annotations

import array

from assist.demo.level import LOUD, HearingSink
from voice.audio import AudioFrame


def frame(value: int, samples: int = 800) -> AudioFrame:
    return AudioFrame(array.array("h", [value, -value] * (samples // 2)).tobytes(), 0, 8000, 0.0)


def test_only_sound_as_loud_as_speech_is_heard() -> None:
    heard: list[float] = []
    sink = HearingSink(heard.append)
    for value in (0, 20, LOUD, LOUD + 1, 8000):
        sink.write(frame(value))
    assert heard == [0.1, 0.2]


def test_an_empty_frame_is_silence() -> None:
    heard: list[float] = []
    HearingSink(heard.append).write(AudioFrame(b"", 0, 8000, 0.0))
    assert heard == []
