"""What noise suppression does to the words: ``python -m bench.noise`` prints one JSON line.

The demo call's sentences under white and under pink noise, recognised with and without the suppressor: word errors
against what is recognised without noise, and by how much the noise before the first word is weaker. Small: 13 sentences
of synthetic speech and the demo model.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from numpy.typing import NDArray

from hardware.audio.denoise import NoiseSuppressor
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from voice.audio import read_wav

RATE, BLOCK = 8000, 160
SPEECH = Path(__file__).parents[1] / "assist" / "demo" / "speech"
SNR_DB = (20, 15, 10, 5)
Signal = NDArray[np.float64]


def noise(kind: str, samples: int, rng: np.random.Generator) -> Signal:
    """Of power 1."""
    white = rng.normal(size=samples)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white) / np.sqrt(np.arange(1, samples // 2 + 2))
    pink = np.fft.irfft(spectrum, samples)
    return np.asarray(pink / pink.std())


def noisy(clean: Signal, kind: str, snr_db: float, rng: np.random.Generator) -> bytes:
    """``clean`` with noise ``snr_db`` below its loud parts."""
    speech = np.sqrt(np.mean(clean[np.abs(clean) > 200] ** 2))
    mixed = clean + speech / 10 ** (snr_db / 20) * noise(kind, len(clean), rng)
    return bytes(np.clip(np.rint(mixed), -32768, 32767).astype("<i2"))


def suppressed(pcm: bytes) -> bytes:
    """All of it, in blocks as a sound card gives them."""
    suppressor = NoiseSuppressor(RATE)
    return b"".join(suppressor.process(pcm[at : at + 2 * BLOCK]) for at in range(0, len(pcm), 2 * BLOCK))


def words(engine: VoskEngine, pcm: bytes) -> str:
    """What is recognised."""
    recogniser = engine.open(RATE)
    recogniser.accept(pcm + bytes(RATE))
    return " ".join(word.text for word in recogniser.final())


def gap_db(before: bytes, after: bytes) -> float:
    """By how much the noise of the second half second is weaker."""
    loudness = [float(np.std(np.frombuffer(pcm, "<i2")[RATE // 2 : RATE].astype(float))) for pcm in (before, after)]
    return 20 * float(np.log10(loudness[1] / loudness[0]))


def main() -> None:
    """See the module."""
    engine, rng = VoskEngine(find_model("demo-en-8k")), np.random.default_rng(3)
    sentences = []
    for file in sorted(SPEECH.glob("*.wav")):
        clean = np.frombuffer(read_wav(file, RATE), "<i2").astype(np.float64)
        sentences.append(np.concatenate((np.zeros(RATE), clean, np.zeros(RATE // 2))))
    said = [words(engine, sentence.astype("<i2").tobytes()) for sentence in sentences]
    rows: list[dict[str, Any]] = []
    cpu = seconds = 0.0
    for kind in ("white", "pink"):
        for snr_db in SNR_DB:
            plain = [noisy(sentence, kind, snr_db, rng) for sentence in sentences]
            began = time.process_time()
            cleaned = [suppressed(pcm) for pcm in plain]
            cpu += time.process_time() - began
            seconds += sum(map(len, plain)) / 2 / RATE
            rows.append({"noise": kind, "snr_db": snr_db} | compared(engine, said, plain, cleaned))
    print(json.dumps({"bench": "noise", "cpu_percent": round(100 * cpu / seconds, 2), "rows": rows}))


def compared(engine: VoskEngine, said: list[str], plain: list[bytes], cleaned: list[bytes]) -> dict[str, Any]:
    """Word errors in percent without and with the suppressor, and what it does to the noise."""
    errors = [100 * jiwer.wer(said, [words(engine, pcm) for pcm in each]) for each in (plain, cleaned)]
    gap = float(np.mean([gap_db(*pair) for pair in zip(plain, cleaned, strict=True)]))
    return {"wer_without": round(errors[0], 1), "wer_with": round(errors[1], 1), "gap_db": round(gap, 1)}


if __name__ == "__main__":
    main()
