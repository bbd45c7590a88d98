"""Text to sound: the synthesisers of this machine, at 8 kHz.

espeak-ng comes as the ``espeakng-loader`` wheel (used through ctypes: milliseconds a sentence); flite and festival are
used when Debian's packages are installed. Voices are split by name: a voice that is tested with is never trained with.
"""

from __future__ import annotations

import ctypes
import functools
import random
import re
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from transcription.training.errors import TrainingError

RATE = 8000
"""Samples per second of everything here: the telephone's."""

Split = Literal["train", "tune", "test"]
Sound = npt.NDArray[np.int16]

_ESPEAK = {
    "train": (
        "adam Alex Alicia Andy antonio aunty benjamin boris caleb david Denis Diogo ed edward2 Gene gustave"
        " Henrique Hugo iven iven3 Jacky john kaukovalta Lee linda marcelo Marco Mario Michael miguel Mike"
        " Nguyen pablo paul pedro RicishayMax RicishayMax3 rob robosoft3 robosoft6 steph steph3 travis zac f2"
        " f3 f5 m1 m3 m4 m6 m7 klatt klatt3 klatt5 grandpa norbert sandro whisperf croak"
    ),
    "tune": "Andrea Storm robert m8 klatt2 shelby",
    "test": "Annie belinda max michel victor f4 m2 klatt4",
}
_ESPEAK_ACCENTS = (
    "en-us",
    "en-us",
    "en-us",
    "en",
    "en-gb-x-rp",
    "en-us-nyc",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-029",
)
_FLITE = {"train": "kal16 awb slt", "tune": "kal", "test": "rms"}
_FESTIVAL = {"train": "cmu_us_slt_arctic_hts", "tune": "", "test": "ked_diphone"}
_PACKAGES = {"cmu_us_slt_arctic_hts": "us/cmu_us_slt_arctic_hts", "ked_diphone": "english/ked_diphone"}
_FESTIVAL_BATCH = 100


@dataclass(frozen=True, slots=True)
class Manner:
    """Who says it and how. ``pace`` multiplies the voice's own speed; ``pitch`` is espeak-ng's 0..99 (50: its own)."""

    engine: Literal["espeak", "flite", "festival"]
    voice: str
    pace: float = 1.0
    pitch: int = 50


def available() -> dict[str, bool]:
    """Which engines this machine has."""
    try:
        import espeakng_loader  # noqa: F401 - asked for, not used
    except ImportError:
        espeak = False
    else:
        espeak = True
    return {
        "espeak": espeak,
        "flite": shutil.which("flite") is not None,
        "festival": shutil.which("festival") is not None,
    }


def draw_manner(split: Split, rng: random.Random, engines: dict[str, bool]) -> Manner:
    """A voice of that split and a manner of speaking. Raises TrainingError where the split has no voice here."""
    weights = {"espeak": 0.62, "flite": 0.32, "festival": 0.06} if split == "train" else dict.fromkeys(engines, 1 / 3)
    voices = {"espeak": _ESPEAK[split], "flite": _FLITE[split], "festival": _festival_voices(split)}
    usable = [engine for engine in weights if engines[engine] and voices[engine]]
    if not usable:
        raise TrainingError("no speech synthesiser: pip install 'callfloor[training]', or apt install flite")
    engine = rng.choices(usable, [weights[engine] for engine in usable])[0]
    voice = rng.choice(voices[engine].split())
    if engine == "espeak":
        return Manner("espeak", f"{rng.choice(_ESPEAK_ACCENTS)}+{voice}", rng.uniform(0.7, 1.2), rng.randint(20, 80))
    if engine == "flite":
        return Manner("flite", voice, rng.uniform(0.8, 1.25))
    return Manner("festival", voice, rng.uniform(0.85, 1.15))


def speak(text: str, manner: Manner) -> Sound:
    """``text`` in that manner, whole scale, without the synthesiser's own silence control. Raises TrainingError."""
    if manner.engine == "espeak":
        return _finish(*_espeak().say(text, manner))
    if manner.engine == "flite":
        return _finish(*_flite(text, manner))
    return next(speak_festival([(text, manner)]))


def espeak(text: str, manner: Manner) -> tuple[Sound, int]:
    """What espeak-ng makes of ``text``, and at which rate. Raises TrainingError; ImportError without its wheel."""
    return _espeak().say(text, manner)


def speak_festival(said: list[tuple[str, Manner]]) -> Iterator[Sound]:
    """Festival takes a second to start, so it is given many sentences at once."""
    for first in range(0, len(said), _FESTIVAL_BATCH):
        batch = said[first : first + _FESTIVAL_BATCH]
        with tempfile.TemporaryDirectory() as directory:
            lines = [_scheme(text, manner, Path(directory) / f"{n}.wav") for n, (text, manner) in enumerate(batch)]
            script = Path(directory) / "all.scm"
            script.write_text("\n".join(lines), encoding="ascii")
            _run("festival", "-b", str(script))
            for n in range(len(batch)):
                yield _finish(*_read(Path(directory) / f"{n}.wav"))


def resample(sound: npt.NDArray[Any], rate: float, to: float = RATE) -> npt.NDArray[np.float64]:
    """Band-limited, through the spectrum of the whole sound."""
    count = round(len(sound) * to / rate)
    if count == len(sound) or not count:
        return sound.astype(np.float64)
    spectrum = np.fft.rfft(sound)
    kept = np.zeros(count // 2 + 1, dtype=complex)
    both = min(len(spectrum), len(kept))
    kept[:both] = spectrum[:both]
    return np.asarray(np.fft.irfft(kept, count) * (count / len(sound)))


class _Espeak:
    """libespeak-ng keeps one state per process; its callback hands over the samples of the one synthesis that runs."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._rate = int(self._library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0))
        if self._rate <= 0:
            raise TrainingError("espeak-ng does not find its data: pip install --force-reinstall espeakng-loader")
        self._parts: list[npt.NDArray[np.int16]] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = kind(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str, manner: Manner) -> tuple[npt.NDArray[np.int16], int]:
        if self._library.espeak_SetVoiceByName(manner.voice.encode()) != 0:
            raise TrainingError(f"espeak-ng has no voice {manner.voice}")
        self._library.espeak_SetParameter(1, round(165 * manner.pace), 0)
        self._library.espeak_SetParameter(3, manner.pitch, 0)
        self._parts.clear()
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, 1, None, None)
        if not self._parts:
            raise TrainingError(f"espeak-ng said nothing for {text!r}")
        return np.concatenate(self._parts), self._rate


@functools.cache
def _espeak() -> _Espeak:
    return _Espeak()


def _flite(text: str, manner: Manner) -> tuple[npt.NDArray[np.int16], int]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "speech.wav"
        stretch = f"duration_stretch={1 / manner.pace:.3f}"
        _run("flite", "-voice", manner.voice, "--setf", stretch, "-t", text, str(file))
        return _read(file)


def _scheme(text: str, manner: Manner, file: Path) -> str:
    words = re.sub(r"[^a-z' ]", " ", text.lower())
    return (
        f"(voice_{manner.voice}) (Parameter.set 'Duration_Stretch {1 / manner.pace:.3f})"
        f'(utt.save.wave (utt.synth (Utterance Text "{words}")) "{file}" \'riff)'
    )


@functools.cache
def _festival_voices(split: Split) -> str:
    root = Path("/usr/share/festival/voices")
    return " ".join(name for name in _FESTIVAL[split].split() if (root / _PACKAGES[name]).is_dir())


def _run(program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise TrainingError(f"{program} is not installed: apt install {program}")
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False, timeout=300)  # noqa: S603
    if done.returncode != 0:
        raise TrainingError(f"{program} failed with status {done.returncode}: {done.stderr.strip()[:200]}")


def _read(file: Path) -> tuple[npt.NDArray[np.int16], int]:
    with wave.open(str(file), "rb") as wav:
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.int16), wav.getframerate()


def _finish(samples: npt.NDArray[np.int16], rate: int) -> Sound:
    """8 kHz, silence at the edges cut to 30 ms, peak -1 dBFS."""
    sound = resample(samples, rate)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.max(np.abs(sound), initial=1.0))
    if not len(loud):
        raise TrainingError("the synthesiser rendered silence")
    margin = int(0.03 * RATE)
    sound = sound[max(0, loud[0] - margin) : loud[-1] + margin]
    return np.asarray(np.round(sound * (29200 / np.max(np.abs(sound)))), np.int16)
