from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import assist.headsets
from assist.cli import app, main
from assist.headsets import check_headset
from hardware.audio.engine import SimulatedSoundCard
from hardware.audio.pulse_connection import PulseEnd
from hardware.discovery import FoundHeadset, find_headsets, udev_rules
from hardware.errors import HidError, HidFailure
from hardware.hid.transport import DeviceIdentity
from hardware.simulator import EVOLVE_LINK
from tests.hardware.descriptors import PUBLISHED, published_files

JABRA = DeviceIdentity(0x0B0E, 0x0307, "A1", 3, "Jabra EVOLVE LINK")


def described(file: Path) -> object:
    done = CliRunner().invoke(app, ["headset", "describe", "--descriptor", str(file), "--json"])
    assert done.exit_code == 0, done.output
    (line,) = done.output.splitlines()
    return json.loads(line)


@pytest.mark.parametrize("file", published_files(), ids=lambda file: file.stem)
def test_every_published_layout(file: Path) -> None:
    assert described(file) == PUBLISHED[file.stem]


def test_our_own_descriptor_has_the_jabras_layout(tmp_path: Path) -> None:
    file = tmp_path / "evolve.bin"
    file.write_bytes(EVOLVE_LINK)
    assert described(file) == PUBLISHED["0b0e-0307"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_described(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "any.bin"
    file.write_bytes(data)
    table = described(file)
    assert isinstance(table, dict)
    assert table.keys() == {"input", "output"}


@pytest.mark.parametrize(("size", "says"), [(None, "cannot be read"), (5000, "5000 bytes")])
def test_what_is_no_descriptor_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], size: int | None, says: str
) -> None:
    file = tmp_path / "wrong.bin"
    if size is not None:
        file.write_bytes(bytes(size))
    monkeypatch.setattr("sys.argv", ["callfloor", "headset", "describe", "--descriptor", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert "Fix: " in line


def test_a_device_without_telephony_says_so(tmp_path: Path) -> None:
    file = tmp_path / "mouse.bin"
    file.write_bytes(bytes.fromhex("0501 0902 A101 C0"))
    done = CliRunner().invoke(app, ["headset", "describe", "--descriptor", str(file)])
    assert "sound only" in done.output


class Device:
    closed = False

    def get_report_descriptor(self) -> list[int]:
        return list(EVOLVE_LINK)

    def close(self) -> None:
        self.closed = True


def test_a_headset_is_opened_for_a_moment_only() -> None:
    device = Device()
    (found,) = find_headsets(lambda: [(b"/dev/hidraw3", JABRA)], lambda path: device)
    assert found.table == PUBLISHED["0b0e-0307"]
    assert device.closed


def test_without_permission_the_rule_to_install_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: bytes) -> object:
        raise HidError(HidFailure.NO_PERMISSION, path.decode())

    found = find_headsets(lambda: [(b"/dev/hidraw3", JABRA)], refused)
    monkeypatch.setattr(assist.headsets, "find_headsets", lambda: found)
    monkeypatch.setattr(assist.headsets, "pulse_is_here", lambda: False)
    monkeypatch.setattr(assist.headsets, "find_sound", list)
    done = CliRunner().invoke(app, ["headset", "list"])
    assert "Jabra EVOLVE LINK (0b0e:0307)  /dev/hidraw3  (choose it as 0b0e:0307:A1)" in done.output
    assert "/etc/udev/rules.d/70-callfloor-headset.rules" in done.output
    assert 'KERNEL=="hidraw*", ATTRS{idVendor}=="0b0e", TAG+="uaccess"' in done.output
    (plain,) = json.loads(CliRunner().invoke(app, ["headset", "list", "--json"]).output)
    assert (plain["vendor"], plain["layout"]) == ("0b0e", None)
    assert "no permission" in plain["trouble"]


def test_sound_is_listed_by_the_names_that_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [PulseEnd("alsa_input.usb-GN-00.mono", "EVOLVE", True, True), PulseEnd("alsa_output.pci", "", False, False)]
    monkeypatch.setattr(assist.headsets, "find_headsets", list[FoundHeadset])
    monkeypatch.setattr(assist.headsets, "pulse_is_here", lambda: True)
    monkeypatch.setattr(assist.headsets, "pulse_ends", lambda: ends)
    lines = CliRunner().invoke(app, ["headset", "list"]).output.splitlines()
    assert [line.split() for line in lines[-2:]] == [
        ["alsa_input.usb-GN-00.mono", "yes", "yes"],
        ["alsa_output.pci", "yes"],
    ]


def test_no_headset_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.headsets, "find_headsets", list[FoundHeadset])
    monkeypatch.setattr(assist.headsets, "pulse_is_here", lambda: False)
    monkeypatch.setattr(assist.headsets, "find_sound", list)
    output = CliRunner().invoke(app, ["headset", "list"]).output
    assert "No headset" in output
    assert "No sound device" in output


@pytest.mark.parametrize(("loudness", "fit"), [(b"\x00\x10\x00\xf0", True), (b"\0\0\0\0", False)])
def test_the_check_says_whether_the_headset_is_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], loudness: bytes, fit: bool
) -> None:
    monkeypatch.setattr(assist.headsets, "find_headsets", list[FoundHeadset])

    async def main() -> bool:
        card = SimulatedSoundCard(8000)
        card.speak(loudness * 8000)
        return await check_headset(1.5, card)

    assert asyncio.run(main()) == fit
    assert ("is ready" if fit else "NOT ready") in capsys.readouterr().out


def test_the_check_prints_the_rule_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = FoundHeadset(JABRA, "/dev/hidraw3", None, HidError(HidFailure.NO_PERMISSION, "/dev/hidraw3"))
    monkeypatch.setattr(assist.headsets, "find_headsets", lambda: [refused])

    async def main() -> bool:
        card = SimulatedSoundCard(8000)
        card.speak(b"\x00\x10\x00\xf0" * 8000)
        return await check_headset(0.5, card)

    assert not asyncio.run(main())
    said = capsys.readouterr().out
    assert "BAD   no permission to open the device: /dev/hidraw3" in said
    assert 'KERNEL=="hidraw*", ATTRS{idVendor}=="0b0e", TAG+="uaccess"' in said


def test_one_rule_for_each_vendor() -> None:
    assert udev_rules([0x047F, 0x0B0E, 0x047F]).splitlines() == [
        'KERNEL=="hidraw*", ATTRS{idVendor}=="047f", TAG+="uaccess"',
        'KERNEL=="hidraw*", ATTRS{idVendor}=="0b0e", TAG+="uaccess"',
    ]
