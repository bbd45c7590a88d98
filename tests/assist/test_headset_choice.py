from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

import assist.headset_choice
from assist.headset_choice import (
    HeadsetChoice,
    choice_file,
    chosen_buttons,
    chosen_sound,
    read_choice,
    remember,
    write_choice,
)
from assist.headset_live import watch_headset
from hardware.hid.transport import DeviceIdentity
from hardware.simulator import SimulatedHeadset
from tests.fakes.virtual_headset import EAR, MICROPHONE, virtual_headset
from voice.errors import DocumentError
from voice.station_settings import StationSettings

JABRA = DeviceIdentity(0x0B0E, 0x0307, "A1", 3, "Jabra EVOLVE LINK")


@pytest.fixture
def no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.headset_choice, "pulse_is_here", lambda: False)
    monkeypatch.setattr(assist.headset_choice, "list_headsets", lambda: [(b"/dev/hidraw3", JABRA)])


def test_what_is_remembered_is_read_again(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert read_choice(home) == HeadsetChoice()
    choice = HeadsetChoice(headset="0b0e:0307:A1", microphone='alsa_input.usb-"odd"', ear=None)
    assert write_choice(home, choice) == tmp_path / ".config/callfloor/headset.toml"
    assert read_choice(home) == choice
    assert choice_file({"XDG_CONFIG_HOME": "/etc/x", "HOME": "/root"}) == Path("/etc/x/callfloor/headset.toml")


@pytest.mark.usefixtures("no_sound")
def test_without_a_name_it_is_the_headset_that_is_plugged_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = {"HOME": str(tmp_path)}
    asyncio.run(remember(home, None, None, "the ear", noise_suppression=True))
    assert read_choice(home) == HeadsetChoice(headset="0b0e:0307:A1", ear="the ear", noise_suppression=True)
    assert chosen_buttons(read_choice(home)).identity.matches(JABRA)
    assert "0b0e:0307:A1" in capsys.readouterr().out


@pytest.mark.usefixtures("no_sound")
def test_what_cannot_be_a_headset_is_not_remembered(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    with pytest.raises(DocumentError, match="VENDOR:PRODUCT"):
        asyncio.run(remember(home, "hidraw3", None, None))
    assert not choice_file(home).exists()


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    choice_file(home).parent.mkdir(parents=True)
    choice_file(home).write_text('ear = "x"\nheadset = "card 1"\n')
    with pytest.raises(DocumentError, match="2"):
        read_choice(home)


def test_every_choice_is_a_setting_of_the_station() -> None:
    fields = StationSettings.model_fields
    for name, field in HeadsetChoice.model_fields.items():
        assert fields[name].default == field.default


@pytest.mark.live
@pytest.mark.pulse
def test_the_present_sound_devices_are_remembered_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.headset_choice, "list_headsets", list[tuple[bytes, DeviceIdentity]])

    async def main() -> None:
        async with virtual_headset(tmp_path) as headset:
            for name, value in headset.environment.items():
                monkeypatch.setenv(name, value)
            await remember(headset.environment, None, None, None)
            assert read_choice(headset.environment) == HeadsetChoice(microphone=MICROPHONE, ear=EAR)
            said = io.StringIO()
            await watch_headset(SimulatedHeadset(), chosen_sound(read_choice(headset.environment)), 0.3, said)
            assert "trouble" not in said.getvalue()
            assert "loudest" in said.getvalue()

    asyncio.run(main())
