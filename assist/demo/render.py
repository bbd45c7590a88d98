"""``python -m assist.demo.render``: speak the demo's script into WAVs with word times (needs Debian's flite).

The result is committed, so neither the demo nor its tests need flite.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

from assist.demo.script import (
    ALIGNMENT,
    ALIGNMENTS,
    DIRECTORY,
    RATE,
    SPEECH,
    AlignedTurn,
    AlignedWord,
    TurnLine,
    read_lines,
)
from ivr.synthesis import speak
from voice.audio import write_wav
from voice.errors import CallfloorError


def render(directory: Path, console: Console) -> int:
    """Render every turn anew; returns how many. Raises CallfloorError."""
    script = read_lines(directory)
    speech = directory / SPEECH
    speech.mkdir(exist_ok=True)
    made = []
    for number, line in enumerate(track(script.turns, "Speaking", console=console), start=1):
        made.append(_render_turn(speech, number, line, script.voices.of(line.speaker)))
    for left_over in set(speech.glob("*.wav")) - {speech / turn.file for turn in made}:
        left_over.unlink()
    (speech / ALIGNMENT).write_bytes(ALIGNMENTS.dump_json(tuple(made), indent=1) + b"\n")
    return len(made)


def _render_turn(speech: Path, number: int, line: TurnLine, voice: str) -> AlignedTurn:
    spoken = speak(line.text, voice)
    file = f"{number:02}_{line.speaker}.wav"
    write_wav(speech / file, spoken.pcm, RATE)
    words = tuple(AlignedWord(text=word.text, start_s=word.start_s, end_s=word.end_s) for word in spoken.words)
    return AlignedTurn(file=file, speaker=line.speaker, voice=voice, text=line.text, words=words)


def main() -> None:
    """Render the script beside this file."""
    console = Console(stderr=True)
    try:
        made = render(DIRECTORY, console)
    except CallfloorError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    console.print(f"{made} turns in {DIRECTORY / SPEECH}")


if __name__ == "__main__":
    main()
