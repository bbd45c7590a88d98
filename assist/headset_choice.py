"""Which headset an agent's machine uses, remembered by who the devices are and never by their numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import field_validator

from assist.headset_live import plain_console
from hardware.audio.engine import PortAudioDevice, SoundDevice
from hardware.audio.pulse import PulseDevice, pulse_is_here
from hardware.errors import HidError
from hardware.hid.transport import DeviceIdentity, HidapiTransport, list_headsets
from voice.documents import Document, load_toml, validate
from voice.settings import Section

FILE: Final = Path("callfloor/headset.toml")


class HeadsetChoice(Section):
    """``headset``: whose buttons: ``auto`` (the first there is), ``none``, or ``VENDOR:PRODUCT[:SERIAL]``.

    ``microphone`` and ``ear``: the sound server's names, which hold maker, model and serial number; None: its defaults.
    ``noise_suppression``: steady noise is sent 8 dB weaker, 10 ms later.
    """

    headset: str = "auto"
    microphone: str | None = None
    ear: str | None = None
    noise_suppression: bool = False

    @field_validator("headset")
    @classmethod
    def _is_headset(cls, value: str) -> str:
        if value not in ("auto", "none"):
            DeviceIdentity.parse(value)
        return value


def choice_file(environment: Mapping[str, str]) -> Path:
    """By the XDG base directory specification."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "/")) / ".config")
    return Path(home) / FILE


def read_choice(environment: Mapping[str, str]) -> HeadsetChoice:
    """What ``callfloor headset choose`` remembered; all defaults where nothing was. Raises DocumentError."""
    file = choice_file(environment)
    return validate(load_toml(file), HeadsetChoice) if file.exists() else HeadsetChoice()


def write_choice(environment: Mapping[str, str], choice: HeadsetChoice) -> Path:
    """Remember it; where."""
    file = choice_file(environment)
    file.parent.mkdir(parents=True, exist_ok=True)
    known = choice.model_dump(exclude_none=True)
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in known.items()), encoding="utf-8")
    return file


def chosen_buttons(choice: HeadsetChoice) -> HidapiTransport:
    """The keys and lights to look at; a choice of none is for the station only."""
    named = choice.headset not in ("auto", "none")
    return HidapiTransport(DeviceIdentity.parse(choice.headset) if named else None)


def chosen_sound(choice: HeadsetChoice) -> SoundDevice:
    """Through the sound server where it runs, else PortAudio."""
    return (PulseDevice if pulse_is_here() else PortAudioDevice)(8000, choice.microphone, choice.ear)


async def remember(
    environment: Mapping[str, str],
    buttons: str | None,
    microphone: str | None,
    ear: str | None,
    noise_suppression: bool = False,
) -> HeadsetChoice:
    """Complete what is not named with what there is now, write it down and print it. Raises DocumentError (a name that
    cannot be meant), SoundError.
    """
    console = plain_console()
    if microphone is None or ear is None:
        ear, microphone = await _present_sound(microphone, ear)
    options = {
        "headset": buttons or _present_buttons(),
        "microphone": microphone,
        "ear": ear,
        "noise_suppression": noise_suppression,
    }
    choice = validate(Document(Path("command line"), options, {}), HeadsetChoice)
    console.print(f"Remembered in {write_choice(environment, choice)}:")
    for key, value in choice.model_dump().items():
        console.print(f"  {key:<18} {'the default at the time' if value is None else value}")
    return choice


def _present_buttons() -> str:
    try:
        found = list_headsets()
    except HidError:  # without hidapi a headset still speaks
        return "auto"
    return found[0][1].key if found else "auto"


async def _present_sound(microphone: str | None, ear: str | None) -> tuple[str | None, str | None]:
    """Names of ear and microphone; PortAudio's defaults stay unnamed."""
    if not pulse_is_here():
        return ear, microphone
    device = PulseDevice(8000, microphone, ear)
    try:
        await device.start(lambda pcm: None, lambda samples: bytes(2 * samples), lambda error: None)
    finally:
        await device.stop()
    return device.ear, device.microphone
