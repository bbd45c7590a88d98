"""What a station needs of a headset, and the headset's two rings as ports of the phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hardware.audio.ring import AudioRing
from hardware.busylight import Work
from hardware.errors import HardwareError
from hardware.hid.intents import CallState, Intent
from voice.audio import AudioFrame
from voice.phone import Phone, PhoneListener


class StationHeadset(Protocol):
    """What a station needs of ``hardware.headset.Headset``."""

    on_sound_back: Callable[[], None]

    @property
    def remark(self) -> str:
        """What is odd about it, or empty."""

    def when_buttons_return(self, told: Callable[[], None]) -> None:
        """Say whom to tell."""

    @property
    def mic(self) -> AudioRing:
        """What the microphone hears."""

    @property
    def ear(self) -> AudioRing:
        """What the agent is to hear."""

    @property
    def rate(self) -> int:
        """Samples per second of both rings."""

    @property
    def name(self) -> str:
        """The headset's name."""

    async def open(self) -> None:
        """Open it. Raises HardwareError."""

    async def close(self) -> None:
        """Close it."""

    def set_call_state(self, state: CallState) -> None:
        """Show it."""

    def set_work(self, work: Work) -> None:
        """Show whether the agent takes calls."""


HeadsetFactory = Callable[[Callable[[Intent], None], Callable[[HardwareError], None]], StationHeadset]
"""Makes the headset, given who takes its intents and its troubles."""

PhoneFactory = Callable[[PhoneListener], Phone]
"""Makes the phone, given who takes its events. It runs at CLOCK_RATE."""


class Microphone:
    """The headset's microphone as a FrameSource: on the media thread."""

    def __init__(self, ring: AudioRing) -> None:
        self._ring = ring

    def read(self, samples: int) -> bytes | None:
        """See FrameSource."""
        return self._ring.read(samples)


class Ear:
    """The headset's ear as an AudioSink: on the media thread."""

    def __init__(self, ring: AudioRing) -> None:
        self._ring = ring

    def write(self, frame: AudioFrame) -> None:
        """See AudioSink."""
        self._ring.write(frame.pcm)
