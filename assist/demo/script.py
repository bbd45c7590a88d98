"""The demo's dialogue: who says what, as recorded speech with the time of every word.

``script.yaml`` is written by people; ``speech/`` is made from it by ``python -m assist.demo.render`` and committed.
The word times come from the synthesiser, never from a recogniser: they are what recognition is measured against.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from voice.audio import read_wav
from voice.documents import load_yaml, validate
from voice.errors import DocumentError

RATE = 8000
DIRECTORY = Path(__file__).parent
SCRIPT = "script.yaml"
SPEECH = "speech"
ALIGNMENT = "alignment.json"

Speaker = Literal["caller", "agent"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnLine(_Strict):
    """A turn as written. ``pause``: seconds of silence between the turn before and this one."""

    speaker: Speaker
    pause: float = Field(ge=0, le=10)
    text: str = Field(min_length=1, max_length=300)


class Voices(_Strict):
    """The synthesiser's voice of each."""

    caller: str
    agent: str

    def of(self, speaker: Speaker) -> str:
        """The voice of a speaker."""
        return self.caller if speaker == "caller" else self.agent


class ScriptFile(_Strict):
    """``script.yaml``."""

    voices: Voices
    turns: tuple[TurnLine, ...] = Field(min_length=1)


class AlignedWord(_Strict):
    """A word and where it lies in its turn's WAV, in seconds."""

    text: str
    start_s: float = Field(ge=0)
    end_s: float


class AlignedTurn(_Strict):
    """What was rendered into ``file``: text and voice as they were then."""

    file: str = Field(pattern=r"^\d{2}_(caller|agent)\.wav$")
    speaker: Speaker
    voice: str
    text: str
    words: tuple[AlignedWord, ...]


ALIGNMENTS = TypeAdapter(tuple[AlignedTurn, ...])


@dataclass(frozen=True)
class Turn:
    """One turn. ``pcm``: int16 mono at 8 kHz; ``words``: seconds from the first sample; ``pause_s``: silence before."""

    speaker: Speaker
    text: str
    pause_s: float
    pcm: bytes
    words: tuple[AlignedWord, ...]

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.pcm) / 2 / RATE


@dataclass(frozen=True)
class Script:
    """The dialogue, in order."""

    turns: tuple[Turn, ...]

    @property
    def seconds(self) -> float:
        """All turns and pauses."""
        return sum(turn.pause_s + turn.seconds for turn in self.turns)


def read_lines(directory: Path = DIRECTORY) -> ScriptFile:
    """The script as written. Raises DocumentError."""
    document = load_yaml(directory / SCRIPT)
    if not isinstance(document.data, dict):
        raise document.error((), "a script is a mapping of keys", "write voices: and turns:")
    return validate(document, ScriptFile)


def load_script(directory: Path = DIRECTORY) -> Script:
    """The dialogue with its speech. Raises DocumentError: bad files, or speech made from another text or voice."""
    written = read_lines(directory)
    file = directory / SPEECH / ALIGNMENT
    rendered = _read_alignments(file)
    if len(rendered) != len(written.turns):
        raise _stale(file, f"{len(rendered)} turns are rendered, the script has {len(written.turns)}")
    turns = []
    for number, (line, aligned) in enumerate(zip(written.turns, rendered, strict=True), start=1):
        if (aligned.speaker, aligned.text, aligned.voice) != (line.speaker, line.text, written.voices.of(line.speaker)):
            raise _stale(file, f"turn {number} was rendered from another text, speaker or voice")
        turn = Turn(line.speaker, line.text, line.pause, read_wav(file.parent / aligned.file, RATE), aligned.words)
        if any(word.end_s <= word.start_s or word.end_s > turn.seconds for word in turn.words):
            raise _stale(file, f"turn {number} has words that end before they start or after the sound")
        turns.append(turn)
    return Script(tuple(turns))


def _read_alignments(file: Path) -> tuple[AlignedTurn, ...]:
    try:
        return ALIGNMENTS.validate_json(file.read_bytes())
    except FileNotFoundError:
        raise _stale(file, "no such file") from None
    except ValidationError as errors:
        error = errors.errors()[0]
        where = ".".join(map(str, error["loc"])) or "the file"
        raise _stale(file, f"{where}: {error['msg']}") from None


def _stale(file: Path, what: str) -> DocumentError:
    return DocumentError(file, None, what, "python -m assist.demo.render")
