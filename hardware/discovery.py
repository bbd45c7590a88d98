"""What headsets this machine has, and what keeps one from being used. For people: the command line prints it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from hardware.errors import HidError, SoundError, SoundFailure
from hardware.hid.telephony import describe
from hardware.hid.transport import DeviceIdentity, list_headsets, open_hidraw

UDEV_FILE: Final = "/etc/udev/rules.d/70-callfloor-headset.rules"
"""Its name must sort before 73, where systemd turns the uaccess tag into a permission of who sits at the machine."""

Table = dict[str, dict[str, dict[str, int]]]


@dataclass(frozen=True, slots=True)
class FoundHeadset:
    """A HID device with a telephony collection. ``table`` as of ``describe``; ``trouble``: why it cannot be used."""

    identity: DeviceIdentity
    path: str
    table: Table | None
    trouble: HidError | None = None


@dataclass(frozen=True, slots=True)
class SoundEnd:
    """A sound device as PortAudio names it; ``inputs`` and ``outputs`` in channels."""

    name: str
    inputs: int
    outputs: int
    default: bool


def find_headsets(
    listing: Callable[[], Iterable[tuple[bytes, DeviceIdentity]]] = list_headsets,
    open_device: Callable[[bytes], Any] = open_hidraw,
) -> list[FoundHeadset]:
    """Every headset with buttons, opened for a moment to read its descriptor. Raises HidError without hidapi."""
    found = []
    for path, identity in listing():
        name = path.decode(errors="replace")
        try:
            device = open_device(path)
        except HidError as error:
            found.append(FoundHeadset(identity, name, None, error))
            continue
        try:
            found.append(FoundHeadset(identity, name, describe(bytes(device.get_report_descriptor()))))
        finally:
            device.close()
    return found


def belongs(identity: DeviceIdentity, sound_device: str) -> bool:
    """Whether a sound device, as PulseAudio or PortAudio names it, is part of that headset: udev puts the product's
    name into PulseAudio's, ALSA into PortAudio's.
    """
    product, name = (re.sub(r"[^a-z0-9]+", "_", text.lower()) for text in (identity.name, sound_device))
    return bool(product) and product in name


def udev_rules(vendors: Iterable[int]) -> str:
    """The rules file that gives the person at the machine the headsets of these USB vendors."""
    lines = (f'KERNEL=="hidraw*", ATTRS{{idVendor}}=="{vendor:04x}", TAG+="uaccess"\n' for vendor in sorted({*vendors}))
    return "".join(lines)


def find_sound() -> list[SoundEnd]:
    """PortAudio's devices, as they were when this process first asked. Raises SoundError."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: the PortAudio library is missing
        raise SoundError(SoundFailure.NOT_INSTALLED, str(error)) from None
    defaults = set(sounddevice.default.device)
    return [
        SoundEnd(each["name"], each["max_input_channels"], each["max_output_channels"], index in defaults)
        for index, each in enumerate(sounddevice.query_devices())
    ]
