"""Two-leg telephone calls made of the demo's recorded turns, with the words said in them, for benches.

Both legs are as long as the call; turns lie on them one after another, at the talk ratio wanted, over the faint noise
of a line, and everything went through mu-law. Silence is therefore never digital zero.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transcription import g711
from voice.audio import read_wav

RATE = 8000
ROOT = Path(__file__).parents[1]
DEMO = ROOT / "assist" / "demo" / "speech"
GOLDEN = ROOT / "tests" / "golden" / "speech"
LINE_NOISE_RMS = 12.0
"""About -69 dB of full scale."""
BABBLE_DB = -15.0
GAP_S = 0.15

Sound = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person says in one go; ``sound`` without silence at its ends."""

    text: str
    sound: Sound


@dataclass(frozen=True, slots=True)
class Leg:
    """``pcm``: int16 little-endian at 8 kHz; ``text``: what is said on it; ``talk``: the share of time in turns."""

    pcm: bytes
    text: str
    talk: float


def turns() -> dict[str, list[Turn]]:
    """The recorded turns of ``caller`` and ``agent``."""
    found: dict[str, list[Turn]] = {"caller": [], "agent": []}
    for spoken in json.loads((DEMO / "alignment.json").read_text()):
        words = spoken["words"]
        sound = _sound(DEMO / spoken["file"], words[0]["start_s"], words[-1]["end_s"])
        found[spoken["speaker"]].append(Turn(spoken["text"], sound))
    for name in ("refund", "supervisor"):
        found["caller"].append(Turn((GOLDEN / f"{name}.txt").read_text().strip(), _sound(GOLDEN / f"{name}.wav")))
    return found


def _sound(file: Path, start_s: float = 0.0, end_s: float | None = None) -> Sound:
    samples = np.frombuffer(read_wav(file, RATE), "<i2").astype(float)
    cut = samples[int(start_s * RATE) : None if end_s is None else int(end_s * RATE)]
    loud = np.flatnonzero(np.abs(cut) > 300)
    return cut[loud[0] : loud[-1] + 1]


def call(seconds: float, talk: Sequence[float], seed: int, *, babble: bool = False) -> tuple[Leg, Leg]:
    """A call's caller and agent leg; ``talk``: the share (0..1) of time each of them speaks.

    Each leg has its own timeline: pauses are drawn so that they add up. Where both shares fit into one conversation
    that is what it sounds like; at 45/45 % the two often speak at once. ``babble``: other people behind both legs.
    """
    rng = np.random.default_rng(seed)
    spoken = turns()
    first = _leg(seconds, talk[0], spoken["caller"], rng)
    second = _leg(seconds, talk[1], spoken["agent"], rng)
    everyone = spoken["caller"] + spoken["agent"]
    return _line(*first, rng, everyone if babble else []), _line(*second, rng, everyone if babble else [])


def _leg(seconds: float, talk: float, spoken: Sequence[Turn], rng: np.random.Generator) -> tuple[Sound, str, float]:
    wanted, chosen, used = talk * seconds * RATE, [], 0
    while used < wanted:
        turn = spoken[int(rng.integers(len(spoken)))]
        # The last turn is the one that comes closest to the share wanted.
        if used + len(turn.sound) - wanted > wanted - used:
            break
        chosen.append(turn)
        used += len(turn.sound)
    size = int(seconds * RATE)
    free = size - used - int(GAP_S * RATE) * (len(chosen) + 1)
    if free < 0:
        raise ValueError(f"{talk:.0%} of talk does not fit into {seconds:g} s")
    pauses = rng.dirichlet(np.full(len(chosen) + 1, 1.5)) * free
    sound, at = np.zeros(size), 0
    for turn, pause in zip(chosen, pauses, strict=False):
        at += int(pause) + int(GAP_S * RATE)
        sound[at : at + len(turn.sound)] = turn.sound
        at += len(turn.sound)
    return sound, " ".join(turn.text for turn in chosen), used / size


def _line(sound: Sound, text: str, talk: float, rng: np.random.Generator, behind: Sequence[Turn]) -> Leg:
    noisy = sound + rng.normal(0, LINE_NOISE_RMS, len(sound))
    if behind:
        noisy += _babble(len(sound), behind, rng) * 10 ** (BABBLE_DB / 20)
    samples = np.clip(noisy, -32768, 32767).astype(np.int16)
    return Leg(g711.decode(to_mu_law(samples), g711.MU_LAW), text, talk)


def _babble(size: int, spoken: Sequence[Turn], rng: np.random.Generator) -> Sound:
    """Three people talking without a pause, together as loud as one turn."""
    voices = []
    for _ in range(3):
        order = rng.permutation(len(spoken))
        once = np.concatenate([spoken[int(index)].sound for index in order])
        voices.append(np.resize(np.roll(once, int(rng.integers(len(once)))), size))
    mixed: Sound = np.sum(voices, axis=0) / np.sqrt(3)
    return mixed


def to_mu_law(samples: npt.NDArray[np.int16]) -> bytes:
    """The nearest mu-law code of each sample; one byte a sample."""
    order = np.argsort(g711.MU_LAW, kind="stable")
    values = g711.MU_LAW[order].astype(np.int32)
    above = np.clip(np.searchsorted(values, samples), 1, 255)
    nearer = np.where(samples - values[above - 1] <= values[above] - samples, above - 1, above)
    return order[nearer].astype(np.uint8).tobytes()
