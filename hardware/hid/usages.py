"""The usages of a telephony headset, by name (USB HID Usage Tables 1.5: pages 0x08, 0x09, 0x0B)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

LED_PAGE: Final = 0x08
BUTTON_PAGE: Final = 0x09
TELEPHONY_PAGE: Final = 0x0B


class Usage(NamedTuple):
    """A usage: ``page`` and ``id``, 16 bits each."""

    page: int
    id: int

    def __str__(self) -> str:
        return f"{self.page:02X}:{self.id:02X}"


PHONE: Final = Usage(TELEPHONY_PAGE, 0x01)
HEADSET: Final = Usage(TELEPHONY_PAGE, 0x05)
PROGRAMMABLE_BUTTON: Final = Usage(TELEPHONY_PAGE, 0x07)
BUTTON_1: Final = Usage(BUTTON_PAGE, 0x01)

TELEPHONY_APPLICATIONS: Final = frozenset({PHONE, HEADSET})

INPUT_NAMES: Final = MappingProxyType(
    {
        Usage(TELEPHONY_PAGE, 0x20): "hook",
        Usage(TELEPHONY_PAGE, 0x2F): "mute",
        Usage(TELEPHONY_PAGE, 0x21): "flash",
        Usage(TELEPHONY_PAGE, 0x24): "redial",
        Usage(TELEPHONY_PAGE, 0x26): "drop",
        PROGRAMMABLE_BUTTON: "reject",  # only as its button 1, see telephony.py
        Usage(TELEPHONY_PAGE, 0x97): "busy",  # Line Busy Tone: the headset is in a call, of any softphone
        Usage(TELEPHONY_PAGE, 0x50): "speed_dial",
        Usage(TELEPHONY_PAGE, 0x70): "voice_mail",
        Usage(TELEPHONY_PAGE, 0x2A): "line",  # the radio link of a wireless headset
    }
)

OUTPUT_NAMES: Final = MappingProxyType(
    {
        Usage(LED_PAGE, 0x17): "off_hook",
        Usage(LED_PAGE, 0x09): "mute",
        Usage(LED_PAGE, 0x18): "ring",
        Usage(LED_PAGE, 0x20): "hold",
        Usage(LED_PAGE, 0x21): "microphone",
        Usage(LED_PAGE, 0x1E): "speaker",
        Usage(LED_PAGE, 0x2A): "online",
        Usage(TELEPHONY_PAGE, 0x9E): "ringer",  # audible, on bases that ring
    }
)
