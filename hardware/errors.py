"""The errors of ``hardware``, which imports nothing from the packages above it.

HardwareError
├── HidError        a HID device refused or is gone: the reason is a HidFailure
└── SoundError      a sound device refused or is gone: the reason is a SoundFailure
"""

from __future__ import annotations

from enum import Enum


class HardwareError(Exception):
    """Base of every error of this package raised on purpose; ``str()`` is one line fit for a person."""


class HidFailure(Enum):
    """Why a HID device could not be used."""

    NOT_INSTALLED = "the hidapi package is not installed (pip install 'callfloor[station]')"
    NO_PERMISSION = "no permission to open the device"
    NONE_PLUGGED = "no headset with buttons is plugged in"
    NOT_FOUND = "that headset is not plugged in"
    GONE = "the device is gone"
    WRITE_REFUSED = "the device refused a report"
    TOO_SLOW = "the device does not take reports fast enough"


class HidError(HardwareError):
    """A HID device refused or is gone; ``failure`` says why in a form the program can act on."""

    def __init__(self, failure: HidFailure, detail: str = "") -> None:
        self.failure = failure
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)


class SoundFailure(Enum):
    """Why a sound device could not be used."""

    NOT_INSTALLED = "sounddevice or the PortAudio library is not installed (pip install 'callfloor[station]')"
    NOT_FOUND = "no such sound device"
    GONE = "the sound device stopped"


class SoundError(HardwareError):
    """A sound device refused or is gone; ``failure`` says why in a form the program can act on."""

    def __init__(self, failure: SoundFailure, detail: str = "") -> None:
        self.failure = failure
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)
