"""The terminal station: keys, and the screen as a snapshot."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from assist.station_keys import BACKSPACE, ESCAPE, Keyboard, Order, Press
from assist.station_screen import screen
from assist.station_terminal import StationTerminal
from hardware.audio.engine import SimulatedSoundCard
from hardware.headset import Headset
from tests.fakes.clock import VirtualClock
from tests.station.fakes import RecordingPhone, incoming
from voice.phone import PhoneListener, SipAccount
from voice.station import Station
from voice.station_link import NoFloor
from voice.station_state import CallLine, Phase, StationState

SNAPSHOT = Path(__file__).parent / "station_screen.txt"
BUSY = StationState(
    phase=Phase.IN_CALL,
    registered=True,
    leg_id="out-1",
    muted=True,
    mute_lock="boom arm",
    headset="EVOLVE LINK",
    trouble="the transfer failed: 486 Busy Here",
    lines=(
        CallLine("in-1", Phase.HELD, "Mrs Bell", contact_id="c-1", mos=4.3, slot=0),
        CallLine("out-1", Phase.IN_CALL, "200", incoming=False, consult=True, encrypted=True, mos=3.2),
        CallLine("in-2", Phase.RINGING, "+44 1632 960011", held_by_peer=True),
    ),
)


def drawn(state: StationState, keyboard: Keyboard, answer: str = "") -> str:
    console = Console(width=112, file=io.StringIO(), record=True, color_system=None)
    console.print(screen("anna", state, keyboard, answer))
    return console.export_text()


def test_the_screen_is_as_it_was() -> None:
    """Set CALLFLOOR_SNAPSHOT to write it anew."""
    found = "".join(
        (
            drawn(StationState(), Keyboard()),
            drawn(BUSY, Keyboard(), "the call is not answered yet"),
            drawn(StationState(registered=True, do_not_disturb=True), Keyboard("transfer", "Transfer to", "30")),
        )
    )
    if "CALLFLOOR_SNAPSHOT" in os.environ:
        SNAPSHOT.write_text(found)
    assert found == SNAPSHOT.read_text()


def meant(keys: str, state: StationState) -> list[Order | Press]:
    keyboard, found = Keyboard(), list[Order | Press]()
    for key in keys:
        keyboard, order = keyboard.press(key, state)
        found.append(order)
    return found


@pytest.mark.parametrize(
    ("key", "state", "order"),
    [
        ("a", BUSY, Order("answer")),
        ("h", BUSY, Order("hang_up")),
        ("m", BUSY, Order("unmute")),
        ("m", StationState(), Order("mute")),
        ("o", BUSY, Order("hold")),
        ("o", StationState(phase=Phase.HELD), Order("resume")),
        ("5", BUSY, Order("digits", "5")),
        ("#", BUSY, Order("digits", "#")),
        ("D", StationState(do_not_disturb=True), Order("dnd_off")),
        ("p", BUSY, Order("record_pause")),
        ("q", BUSY, Press.QUIT),
        ("Z", BUSY, Press.NOTHING),
        ("\x00", BUSY, Press.NOTHING),
    ],
)
def test_a_key_is_a_command(key: str, state: StationState, order: Order | Press) -> None:
    assert meant(key, state) == [order]


def test_a_number_is_typed_corrected_and_sent() -> None:
    assert meant(f"t31{BACKSPACE[0]}0\r", BUSY)[-1] == Order("transfer", "30")
    assert meant(f"c3{ESCAPE}", BUSY)[-1] is Press.NOTHING
    assert meant("n\r", BUSY)[-1] is Press.NOTHING
    assert meant("42\n", StationState())[-1] == Order("dial", "42")  # without a call digits begin a number


class RegisteredPhone(RecordingPhone):
    """Says when the station is up."""

    def __init__(self, listener: PhoneListener) -> None:
        super().__init__(listener)
        self.registered = asyncio.Event()

    async def add_account(self, account: SipAccount) -> None:
        self.registered.set()


def test_keys_move_a_real_station() -> None:
    async def main() -> None:
        phones: list[RegisteredPhone] = []

        def phone(listener: PhoneListener) -> RegisteredPhone:
            phones.append(RegisteredPhone(listener))
            return phones[-1]

        card = SimulatedSoundCard()
        station = Station(
            phone, lambda intent, trouble: Headset(card, None, VirtualClock(), intent, trouble), NoFloor()
        )
        console = Console(file=io.StringIO(), width=112, force_terminal=False)
        terminal = StationTerminal("anna", station, console)
        keys, typing = os.pipe()
        running = asyncio.create_task(terminal.run(SipAccount("sip:anna@callfloor"), keys))
        try:
            async with asyncio.timeout(10):
                await phones[0].registered.wait()
                phones[0].listener(incoming())
                os.write(typing, b"a")
                await station.until(lambda state: state.phase is Phase.IN_CALL)
                os.write(typing, b"\x1b[A")  # cursor up: not Escape and A
                os.write(typing, b"m")
                await station.until(lambda state: state.muted)
                os.write(typing, b"h")
                await station.until(lambda state: state.phase is Phase.IDLE)
                os.write(typing, b"q")
                await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            os.close(keys)
            os.close(typing)

    asyncio.run(main())
