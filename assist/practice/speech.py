"""The customer's lines as sound: rendered before the call, kept between practices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.engines import engines
from ivr.prompts import RATE, PromptSource
from ivr.synthesis import SynthesisError
from voice.audio import write_wav


def render(lines: Sequence[str], voices: Mapping[str, str], directory: Path) -> dict[str, Path]:
    """WAV files (8 kHz) of ``lines`` by line, in ``directory``. The first of ``voices`` (by engine) that can speak
    speaks them all. Raises SynthesisError where none can.
    """
    directory.mkdir(parents=True, exist_ok=True)
    reasons = []
    for engine, voice in voices.items():
        try:
            return {line: _file(PromptSource(line, voice, engine=engine), directory) for line in lines}
        except SynthesisError as error:
            reasons.append(str(error))
    raise SynthesisError("; ".join(reasons))


def _file(source: PromptSource, directory: Path) -> Path:
    file = directory / f"{source.key}.wav"
    if not file.exists():
        speaker = engines().get(source.engine)
        if speaker is None:
            raise SynthesisError(f"no engine {source.engine!r}")
        write_wav(file, speaker.speak(source, RATE), RATE)
    return file
