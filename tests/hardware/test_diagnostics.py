from __future__ import annotations

import asyncio

import numpy as np
import pytest

from hardware.audio.engine import SimulatedSoundCard
from hardware.diagnostics import Heard, analyse, chirp, judge, judge_devices, measure, remark_on_ends, same_device
from hardware.hid.transport import DeviceIdentity

RATE = 8000
RNG = np.random.default_rng(1)


def noise(seconds: float, level: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.clip(RNG.normal(0, level, round(seconds * RATE)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize(
    ("recorded", "good", "says"),
    [
        (noise(3, 2000), True, "microphone good"),
        (noise(3, 3), False, "too quiet"),
        (np.zeros(3 * RATE, np.int16), False, "nothing at all"),
        (np.concatenate((noise(2, 2000), np.zeros(RATE + 1, np.int16), noise(2, 2000))), False, "stopped for 1.0 s"),
        (noise(3, 20000), False, "distorted"),
        (np.zeros(0, np.int16), False, "nothing at all"),
    ],
)
def test_each_fault_has_its_words(recorded: np.ndarray[tuple[int], np.dtype[np.int16]], good: bool, says: str) -> None:
    findings = judge(analyse(recorded, RATE))
    assert says in findings[0].what
    assert all(finding.good for finding in findings) == good


def test_the_delay_of_a_loop_is_measured() -> None:
    recorded = noise(3, 50)
    at = RATE + 800  # heard 100 ms after it was played
    recorded[at : at + len(chirp(RATE))] += chirp(RATE) // 4
    heard = analyse(recorded, RATE, played_at=RATE)
    assert heard.echo_ms == pytest.approx(100, abs=1)
    assert "after 100 ms" in judge(heard)[-1].what
    assert analyse(noise(3, 2000), RATE, played_at=RATE).echo_ms is None


@pytest.mark.parametrize(
    ("ear", "microphone", "same"),
    [
        ("alsa_output.usb-GN_Netcom-00.analog-stereo", "alsa_input.usb-GN_Netcom-00.mono-fallback", True),
        ("alsa_output.pci-0000_00_1b.analog-stereo", "alsa_input.usb-GN_Netcom-00.mono-fallback", False),
        ("vh_ear", "vh_mic", False),
    ],
)
def test_one_device_or_two(ear: str, microphone: str, same: bool) -> None:
    assert same_device(ear, microphone) is same


DEVICE = "usb-GN_Netcom_Jabra_EVOLVE_LINK_0A-00"
USB = (f"alsa_output.{DEVICE}.analog-stereo", f"alsa_input.{DEVICE}.mono-fallback")
BOARD = ("alsa_output.pci-0000_00_1b.0.analog-stereo", "alsa_input.pci-0000_00_1b.0.analog-stereo")
EVOLVE = DeviceIdentity(0x0B0E, 0x0307, name="Jabra EVOLVE LINK")


def test_an_agent_is_told_only_of_what_the_names_show() -> None:
    assert remark_on_ends(*USB) == ""
    assert "different devices" in remark_on_ends(USB[0], BOARD[1])
    assert remark_on_ends("vh_ear", "vh_mic") == ""


@pytest.mark.parametrize(
    ("ear", "microphone", "headsets", "wrong"),
    [
        (*USB, [EVOLVE], []),
        (*BOARD, [EVOLVE], ["the ear is", "the microphone is"]),
        (USB[0], BOARD[1], [EVOLVE], ["different devices", "the microphone is"]),
        (*BOARD, [], []),
        (*BOARD, [DeviceIdentity(1, 2)], []),
        (*BOARD, [DeviceIdentity(1, 2, name="USB HID"), EVOLVE], ["the ear is", "the microphone is"]),
    ],
)
def test_sound_that_goes_elsewhere(ear: str, microphone: str, headsets: list[DeviceIdentity], wrong: list[str]) -> None:
    findings = judge_devices(ear, microphone, headsets)
    assert len(findings) == len(wrong)
    assert all(says in finding.what and not finding.good for says, finding in zip(wrong, findings, strict=True))


def test_a_whole_measurement() -> None:
    async def main() -> Heard:
        card = SimulatedSoundCard(RATE)
        card.speak(noise(3, 2000).tobytes())
        return await measure(card, 0.5)

    heard = asyncio.run(main())
    assert heard.seconds >= 0.5
    assert heard.loudest_dbfs == pytest.approx(-24, abs=1)
