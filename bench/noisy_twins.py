"""Noisy twins of written dialogues: ``python -m bench.noisy_twins DIR`` writes ``NAME.noisy.jsonl`` beside each
``NAME.jsonl`` that has labels, for ``callfloor evaluate-cards DIR --noisy``.

Every utterance is spoken by a synthesiser (voices that no model was trained with, one for each party of a dialogue),
at its own second and pace, through a telephone line with noise (mu-law, 8 kHz), and recognised as a recorded call is:
voice activity, the demo model that has learned the shipped content pack (``callfloor models learn``), redaction. So the
errors are a recogniser's own, on speech that is not people's.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import zlib
from pathlib import Path

import numpy as np
from rich.console import Console

from assist.content import BUILT_IN
from assist.evaluate import NOISY
from assist.replay import events, read
from transcription.engines.vosk import VoskEngine
from transcription.models import DEMO_MODEL, find_model
from transcription.recogniser import Engine
from transcription.sounds import Sound
from transcription.training import augment
from transcription.training.language import learn
from transcription.training.voices import RATE, Manner, available, draw_manner, speak
from transcription.transcribe import TWO_LEGS, transcribe
from transcription.utterances import UtteranceFinal

SNR_DB = 20.0
TAIL_S = 2.0
FINAL_AFTER_S = 0.6
"""From a speaker's last word to the final that is published: what the segmenter waits for."""


def spoken(name: str, said: list[UtteranceFinal], snr_db: float) -> Sound:
    """The call as its two legs would have been recorded. The same name gives the same voices and noise."""
    rng = random.Random(name)
    noise = np.random.default_rng(zlib.crc32(name.encode()))
    samples = int((max(final.end_s for final in said) + TAIL_S) * RATE)
    channels = []
    for party in TWO_LEGS:
        manner = draw_manner("test", rng, available() | {"festival": False})
        channel = np.zeros(samples, dtype=np.float64)
        for final in said:
            if final.party == party and final.text.strip():
                sound = _in_time(final, manner)[: samples - int(final.start_s * RATE)]
                start = int(final.start_s * RATE)
                channel[start : start + len(sound)] += sound
        clipped = np.clip(channel, -32768, 32767).astype(np.int16)
        channels.append(augment.noisy_line(clipped, noise, snr_db)[:samples])
    length = min(map(len, channels))
    return Sound(RATE, tuple(channel[:length] for channel in channels))


def _in_time(final: UtteranceFinal, manner: Manner) -> np.ndarray:
    """The words at the pace at which they were said, as far as the voice goes along."""
    first = speak(final.text, manner)
    pace = len(first) / RATE / max(0.5, final.end_s - final.start_s)
    return speak(final.text, Manner(manner.engine, manner.voice, manner.pace * min(1.5, max(0.7, pace)), manner.pitch))


def twin(file: Path, engine: Engine, snr_db: float) -> list[dict[str, object]]:
    """The lines of the twin."""
    said = [event for event in events(read(file)) if isinstance(event, UtteranceFinal)]
    heard = transcribe(file.name, spoken(file.stem, said, snr_db), engine)
    lines: list[dict[str, object]] = [
        {
            "t": round(final.end_s + FINAL_AFTER_S, 2), "speaker": final.party, "text": final.text, "final": True,
            "confidence": round(final.confidence, 2), "start": round(final.start_s, 2),
        }
        for final in heard.utterances
    ]  # fmt: skip
    return sorted(lines, key=lambda line: float(str(line["t"])))


def main() -> None:
    """Write the twins of a directory."""
    parser = argparse.ArgumentParser(prog="python -m bench.noisy_twins", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--model", help="another one than the demo model that knows the shipped content")
    parser.add_argument("--snr-db", type=float, default=SNR_DB)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        engine = VoskEngine(find_model(given.model or learn(DEMO_MODEL, BUILT_IN, Path(place))))
    files = sorted(given.directory.glob("*.labels.json"))
    with Console(stderr=True).status("Speaking and listening") as status:
        for number, labels in enumerate(files, start=1):
            name = labels.name.removesuffix(".labels.json")
            status.update(f"{number} of {len(files)}: {name}")
            lines = twin(labels.with_name(f"{name}.jsonl"), engine, given.snr_db)
            written = "".join(f"{json.dumps(line)}\n" for line in lines)
            labels.with_name(f"{name}{NOISY}").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
