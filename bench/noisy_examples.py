"""Examples as the demo recogniser hears them: ``python -m bench.noisy_examples DIR`` writes ``DIR/examples/heard``.

Every example is spoken by a synthesiser (the voices of ``bench.noisy_twins``) through a telephone line with noise and
recognised, a batch to a call. Kept is what still has a third of its words: the rest teaches nothing but noise.
"""

from __future__ import annotations

import argparse
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from assist.spotting import tokenise
from bench.noisy_twins import SNR_DB
from transcription.engines.vosk import VoskEngine
from transcription.models import DEMO_MODEL, find_model
from transcription.recogniser import Engine
from transcription.sounds import Sound
from transcription.training import augment
from transcription.training.voices import RATE, available, draw_manner, speak
from transcription.transcribe import transcribe

_BATCH = 20
_LEAD_S, _GAP_S = 0.8, 1.6
_KEPT = 0.35


def heard(texts: list[str], engine: Engine) -> Iterator[str]:
    """What the recogniser makes of each text, all by one voice that the texts decide."""
    manner = draw_manner("test", random.Random(texts[0]), available() | {"festival": False})
    parts, spans, at = [np.zeros(int(_LEAD_S * RATE))], [], _LEAD_S
    for text in texts:
        sound = speak(text, manner).astype(np.float64)
        spans.append((at, at + len(sound) / RATE))
        parts += [sound, np.zeros(int(_GAP_S * RATE))]
        at += len(sound) / RATE + _GAP_S
    clean = np.clip(np.concatenate(parts), -32768, 32767).astype(np.int16)
    line = augment.noisy_line(clean, np.random.default_rng(zlib.crc32(texts[0].encode())), SNR_DB)
    found = transcribe("examples", Sound(RATE, (np.zeros_like(line), line)), engine)
    for start, end in spans:
        middles = ((final.text, (final.start_s + final.end_s) / 2.0) for final in found.utterances)
        yield " ".join(text for text, middle in middles if start - _GAP_S / 2 <= middle <= end + _GAP_S / 2)


def kept(said: str, understood: str) -> bool:
    """Whether enough of what was said is left, and not all of it."""
    words = {token.text for token in tokenise(said)}
    left = words & {token.text for token in tokenise(understood)}
    return said != understood and len(left) >= _KEPT * len(words)


def main() -> None:
    """Write the lists of a content directory."""
    parser = argparse.ArgumentParser(prog="python -m bench.noisy_examples", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--model", default=DEMO_MODEL)
    given = parser.parse_args()
    engine = VoskEngine(find_model(given.model))
    folder: Path = given.directory / "examples"
    (folder / "heard").mkdir(exist_ok=True)
    with Console(stderr=True).status("Speaking and listening") as status:
        for file in sorted(folder.glob("*.txt")):
            status.update(file.stem)
            lines = file.read_text(encoding="utf-8").splitlines()
            texts = [line for line in lines if tokenise(line) and not line.startswith("#")]
            batches = [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]
            pairs = [pair for batch in batches for pair in zip(batch, heard(batch, engine), strict=True)]
            found = sorted({understood for said, understood in pairs if kept(said, understood)})
            note = "# Made by `python -m bench.noisy_examples`: examples as the demo recogniser heard them.\n"
            (folder / "heard" / file.name).write_text(note + "".join(f"{each}\n" for each in found), encoding="utf-8")


if __name__ == "__main__":
    main()
