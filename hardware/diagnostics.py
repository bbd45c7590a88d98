"""Is this headset fit for a day of calls? What is measured, and the plain words for it. Pure but for ``measure``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hardware.audio.engine import SoundDevice
from hardware.discovery import belongs
from hardware.errors import SoundError
from hardware.hid.transport import DeviceIdentity

Samples = NDArray[np.int16]

QUIET_DBFS: Final = -50.0
"""Speech below this is not understood by people, let alone by a recogniser."""

CLIPPED: Final = 0.001  # of the samples
STUCK_S: Final = 1.0  # even a quiet room has noise; a run of exact zeros is a muted or dead microphone
CHIRP_AT_S: Final = 1.0
CHIRP_S: Final = 0.25
ECHO: Final = 0.3  # correlation from which the chirp counts as heard


@dataclass(frozen=True, slots=True)
class Heard:
    """What the microphone gave. Levels in dB below full scale; ``clipped`` 0..1; ``zeros_s`` the longest exact silence;
    ``echo_ms``: from playing the chirp to hearing it again, None where it was not heard.
    """

    seconds: float
    loudest_dbfs: float
    clipped: float
    zeros_s: float
    echo_ms: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the verdict."""

    good: bool
    what: str


def judge(heard: Heard) -> list[Finding]:
    """What to tell the agent, worst first."""
    findings = []
    if heard.seconds == 0 or heard.zeros_s >= max(STUCK_S, 0.9 * heard.seconds):
        findings.append(Finding(False, "the microphone gives nothing at all: muted on the headset, or boom arm up?"))
    elif heard.zeros_s >= STUCK_S:
        findings.append(
            Finding(False, f"the microphone stopped for {heard.zeros_s:.1f} s: a loose plug or radio link?")
        )
    elif heard.loudest_dbfs < QUIET_DBFS:
        findings.append(Finding(False, f"too quiet ({heard.loudest_dbfs:.0f} dBFS): move the microphone to your mouth"))
    if heard.clipped > CLIPPED:
        findings.append(Finding(False, f"{100 * heard.clipped:.1f} % distorted: turn the microphone down"))
    if not findings:
        findings.append(Finding(True, f"microphone good, loudest {heard.loudest_dbfs:.0f} dBFS"))
    if heard.echo_ms is not None:
        what = f"the microphone hears the ear after {heard.echo_ms:.0f} ms: sound comes from loudspeakers, or a loop"
        findings.append(Finding(True, what))
    return findings


def same_device(ear: str, microphone: str) -> bool:
    """Whether two PulseAudio names are one device, as ``alsa_output.usb-X.stereo`` and ``alsa_input.usb-X.mono``."""
    parts = [name.split(".")[1] if name.count(".") > 1 else name for name in (ear, microphone)]
    return parts[0] == parts[1]


def remark_on_ends(ear: str, microphone: str) -> str:
    """For an agent at work: that the two are different devices, where their names are of the kind that shows it."""
    telling = all(name.count(".") > 1 for name in (ear, microphone))
    return _apart(ear, microphone) if telling and not same_device(ear, microphone) else ""


def _apart(ear: str, microphone: str) -> str:
    return f"ear ({ear}) and microphone ({microphone}) are different devices"


def judge_devices(ear: str, microphone: str, headsets: Iterable[DeviceIdentity]) -> list[Finding]:
    """Whether sound goes where it should: ``ear`` and ``microphone`` as PulseAudio names them, one device, and part of
    one of the ``headsets`` with keys, where there are any.
    """
    findings = [] if same_device(ear, microphone) else [Finding(False, _apart(ear, microphone))]
    named = [identity for identity in headsets if identity.name]
    for kind, name in (("ear", ear), ("microphone", microphone)):
        if named and not any(belongs(identity, name) for identity in named):
            what = (
                f"the {kind} is {name}, not the {named[0].name}: make that the default, or `callfloor headset choose`"
            )
            findings.append(Finding(False, what))
    return findings


def chirp(rate: int) -> Samples:
    """300 to 3000 Hz in CHIRP_S, -20 dBFS, faded in and out."""
    time = np.arange(round(CHIRP_S * rate)) / rate
    phase = 2 * np.pi * (300 * time + (3000 - 300) / (2 * CHIRP_S) * time**2)
    return np.asarray(3277 * np.sin(phase) * np.hanning(len(time)), np.int16)


def analyse(microphone: Samples, rate: int, played_at: int | None = None) -> Heard:
    """Measure what was recorded; ``played_at``: the sample of it during which the chirp began to be played."""
    if not len(microphone):
        return Heard(0.0, -100.0, 0.0, 0.0, None)
    values = microphone.astype(np.float64)
    window = rate // 10
    blocks = values[: len(values) // window * window].reshape(-1, window) if len(values) >= window else values[None, :]
    loudest = float(np.sqrt((blocks**2).mean(axis=1)).max())
    edges = np.flatnonzero(np.concatenate(([1], microphone != 0, [1])))
    return Heard(
        seconds=len(microphone) / rate,
        loudest_dbfs=20 * float(np.log10(max(loudest, 0.3) / 32768)),
        clipped=float(np.mean(np.abs(values) >= 32700)),
        zeros_s=(int(np.diff(edges).max()) - 1) / rate,
        echo_ms=None if played_at is None else _echo_ms(values, rate, played_at),
    )


def _echo_ms(values: NDArray[np.float64], rate: int, played_at: int) -> float | None:
    probe = chirp(rate).astype(np.float64)
    part = values[played_at : played_at + len(probe) + rate]
    if len(part) < len(probe):
        return None
    products = np.correlate(part, probe, "valid")
    energies = np.convolve(part**2, np.ones(len(probe)), "valid")
    likeness = np.abs(products) / np.sqrt(np.maximum(energies, 1.0) * float((probe**2).sum()))
    best = int(likeness.argmax())
    return 1000 * best / rate if likeness[best] >= ECHO else None


async def measure(device: SoundDevice, seconds: float) -> Heard:
    """Listen for ``seconds`` while a chirp is played after one of them. Raises SoundError."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    recorded = bytearray()
    wanted = round(seconds * device.rate) * 2
    playing = memoryview(bytes(round(CHIRP_AT_S * device.rate) * 2) + chirp(device.rate).tobytes())
    at, played_at = 0, None

    def capture(block: bytes) -> None:
        recorded.extend(block)
        if len(recorded) >= wanted:
            loop.call_soon_threadsafe(done.set)

    def playback(samples: int) -> bytes:
        nonlocal at, played_at
        part = bytes(playing[2 * at : 2 * (at + samples)])
        at += samples
        if played_at is None and at > CHIRP_AT_S * device.rate:
            played_at = len(recorded) // 2
        return part.ljust(2 * samples, b"\0")

    def stopped(_error: SoundError) -> None:
        loop.call_soon_threadsafe(done.set)

    await device.start(capture, playback, stopped)
    try:
        async with asyncio.timeout(seconds + 5):
            await done.wait()
    except TimeoutError:
        pass  # a device that gives nothing: judged by what there is
    finally:
        await device.stop()
    return analyse(np.frombuffer(bytes(recorded[: len(recorded) // 2 * 2]), np.int16), device.rate, played_at)
