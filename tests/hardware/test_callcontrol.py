from __future__ import annotations

from pathlib import Path

import pytest

from hardware.hid.callcontrol import CallControl
from hardware.hid.descriptor import parse
from hardware.hid.intents import (
    IDLE,
    AnswerPressed,
    CallPhase,
    CallPressed,
    CallState,
    Effect,
    HangUpPressed,
    HoldPressed,
    Intent,
    KeyPressed,
    MuteToggled,
    RejectPressed,
    WriteReport,
)
from hardware.hid.quirks import DEFAULT, QuirkEntry, Quirks, quirks_of
from hardware.hid.telephony import TelephonyLayout, telephony_layout
from hardware.simulator import EVOLVE_LINK
from tests.hardware.descriptors import PLAIN, SHARED, assemble

RINGING = CallState(CallPhase.RINGING)
IN_CALL = CallState(CallPhase.IN_CALL)
MUTED = CallState(CallPhase.IN_CALL, muted=True)
HELD = CallState(CallPhase.IN_CALL, held=True)

ON_HOOK, OFF_HOOK = "020000", "020100"
EVOLVE = telephony_layout(parse(EVOLVE_LINK))


def written(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.data.hex() for effect in effects if isinstance(effect, WriteReport)]


class Headset:
    """A CallControl with a settable time; ``intents`` and ``writes`` are since the last look."""

    def __init__(self, layout: TelephonyLayout = EVOLVE, quirks: Quirks = DEFAULT) -> None:
        self.now = 100.0
        self.control = CallControl(layout, quirks)
        self.control.opened(self.now)
        self.now += 1.0

    def show(self, state: CallState) -> list[str]:
        return written(self.control.set_state(state, self.now))

    def says(self, *reports: str) -> list[Intent]:
        intents: list[Intent] = []
        for report in reports:
            effects = self.control.report(bytes.fromhex(report), self.now)
            intents += [effect for effect in effects if isinstance(effect, Intent)]
        return intents

    def in_call(self, muted: bool = False) -> Headset:
        self.show(IN_CALL)
        assert self.says(OFF_HOOK) == []
        self.now += 5.0
        if muted:
            assert self.says("020500", OFF_HOOK) == [MuteToggled(True)]
            self.show(MUTED)
            self.now += 5.0
        return self


OUTPUTS = {  # device: idle, ringing, in call, in call and muted, held
    "0b0e-0307": ("020000", "022400", "020100", "020300", "020900"),
    "1395-009c": ("0300", "0304", "0301", "0309", "0321"),
    "1395-0082": ("0900", "0904", "0902", "0903", "0922"),
    "047f-c053": (
        "0900 1700 1800 2000",
        "0900 1700 1801 2000",
        "0900 1701 1800 2000",
        "0901 1701 1800 2000",
        "0900 1701 1800 2001",
    ),
}


@pytest.mark.parametrize("file", sorted(file for file in SHARED.glob("*.bin") if file.stem in OUTPUTS), ids=str)
def test_published_output_vectors(file: Path) -> None:
    layout = telephony_layout(parse(file.read_bytes()))
    for state, expected in zip((IDLE, RINGING, IN_CALL, MUTED, HELD), OUTPUTS[file.stem], strict=True):
        control = CallControl(layout)
        control.set_state(state, 0.0)
        assert " ".join(sorted(written(control.opened(0.0)))) == expected


INPUTS = {  # device: off-hook, mute pulse and its end, on-hook
    "0b0e-0307": ("020100", "020500", "020100", "020000"),
    "1395-009c": ("0201", "0209", "0201", "0200"),
    "1395-0082": ("0802", "0803", "0802", "0800"),
    "047f-c053": ("0802", "0803", "0802", "0800"),
}


@pytest.mark.parametrize("file", sorted(file for file in SHARED.glob("*.bin") if file.stem in INPUTS), ids=str)
def test_published_input_vectors(file: Path) -> None:
    off_hook, mute, unmute, on_hook = INPUTS[file.stem]
    headset = Headset(telephony_layout(parse(file.read_bytes())))
    headset.show(RINGING)
    assert headset.says(off_hook) == [AnswerPressed()]
    headset.show(IN_CALL)
    headset.now += 1
    assert headset.says(mute, unmute) == [MuteToggled(True)]
    headset.show(MUTED)
    assert headset.says(on_hook) == [HangUpPressed()]


def test_the_evolve_link_of_our_own() -> None:
    headset = Headset()
    assert headset.show(RINGING) == ["022400"]
    assert headset.says(OFF_HOOK) == [AnswerPressed()]
    assert headset.show(IN_CALL) == [OFF_HOOK]
    assert headset.show(MUTED) == ["020300"]
    assert headset.show(HELD) == ["020900"]
    assert headset.show(IDLE) == [ON_HOOK]


def test_an_unchanged_state_is_written_only_to_answer_the_user() -> None:
    headset = Headset()
    assert headset.show(IDLE) == []
    assert headset.says(OFF_HOOK) == [CallPressed()]
    assert headset.show(IDLE) == [ON_HOOK]
    assert headset.says(ON_HOOK) == []
    assert headset.show(IDLE) == []


def test_the_first_report_after_opening_is_how_the_device_stands() -> None:
    control = CallControl(EVOLVE)
    assert written(control.opened(0.0)) == [ON_HOOK]
    assert control.report(bytes.fromhex(OFF_HOOK), 0.1) == ()
    assert control.report(bytes.fromhex(ON_HOOK), 0.2) == ()


def test_a_press_long_after_opening_is_no_baseline() -> None:
    headset = Headset()
    headset.now += 60
    headset.show(RINGING)
    assert headset.says(OFF_HOOK) == [AnswerPressed()]


def test_a_device_that_comes_back_is_told_the_call() -> None:
    headset = Headset().in_call()
    assert written(headset.control.opened(headset.now)) == [OFF_HOOK]
    assert headset.says(OFF_HOOK) == []
    assert headset.says(ON_HOOK) == [HangUpPressed()]


def test_on_exit_the_device_is_left_idle() -> None:
    assert written(Headset().in_call().control.closing()) == [ON_HOOK]


def test_acknowledgements_are_swallowed() -> None:
    headset = Headset()
    headset.show(IN_CALL)
    assert headset.says(OFF_HOOK, OFF_HOOK) == []
    headset.show(IDLE)
    assert headset.says(ON_HOOK) == []


def test_an_acknowledgement_overtaken_by_a_newer_state_is_not_the_user() -> None:
    headset = Headset()
    headset.show(IN_CALL)
    headset.now += 0.1
    headset.show(IDLE)
    headset.now += 0.1
    assert headset.says(OFF_HOOK, ON_HOOK) == []


def test_acknowledgements_of_a_flurry_of_states_are_not_the_user() -> None:
    headset = Headset()
    for state in (IN_CALL, IDLE, IN_CALL, IDLE):
        headset.show(state)
        headset.now += 0.05
    assert headset.says(OFF_HOOK, ON_HOOK, OFF_HOOK, ON_HOOK) == []
    headset.show(IN_CALL)
    headset.show(IDLE)
    headset.show(IN_CALL)
    assert headset.says(OFF_HOOK) == []


def test_after_the_window_it_is_the_user() -> None:
    headset = Headset()
    headset.show(IN_CALL)
    headset.now += 0.1
    headset.show(IDLE)
    headset.now += 0.6
    assert headset.says(OFF_HOOK) == [CallPressed()]


def test_a_quick_second_press_counts_although_the_first_was_just_answered() -> None:
    headset = Headset()
    headset.show(RINGING)
    assert headset.says(OFF_HOOK) == [AnswerPressed()]
    headset.show(IN_CALL)
    assert headset.says(ON_HOOK) == [HangUpPressed()]


def test_a_quirk_can_ignore_any_hook_after_a_write() -> None:
    headset = Headset(quirks=Quirks(ignore_hook_s=0.5))
    headset.show(IN_CALL)
    assert headset.says(OFF_HOOK) == []
    headset.now += 0.2
    effects = headset.control.report(bytes.fromhex(ON_HOOK), headset.now)
    assert effects == (WriteReport(bytes.fromhex(OFF_HOOK)),)
    headset.says(OFF_HOOK)
    headset.now += 1
    assert headset.says(ON_HOOK) == [HangUpPressed()]


def test_the_reject_key() -> None:
    headset = Headset()
    assert headset.says("024000", ON_HOOK) == []
    headset.show(RINGING)
    assert headset.says("024000", "024000", ON_HOOK) == [RejectPressed()]


def test_a_hook_put_down_while_ringing_rejects() -> None:
    headset = Headset()
    assert headset.says(OFF_HOOK) == [CallPressed()]  # lifted; a device that takes no notice of our answer
    headset.show(IDLE)
    headset.now += 5
    headset.show(RINGING)
    assert headset.says(ON_HOOK) == [RejectPressed()]


def test_a_late_acknowledgement_of_the_last_call_rejects_nobody() -> None:
    headset = Headset().in_call()
    headset.show(IDLE)
    headset.now += 1.0
    headset.show(RINGING)
    assert headset.says(ON_HOOK) == []


def test_mute_is_heard_in_a_call_only() -> None:
    headset = Headset()
    assert headset.says("020400", ON_HOOK) == []
    headset.show(RINGING)
    assert headset.says("020400", ON_HOOK) == []
    headset.in_call()
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(True)]
    assert headset.show(MUTED) == ["020300"]
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(False)]
    assert headset.show(IN_CALL) == [OFF_HOOK]


def test_a_mute_that_is_not_granted_is_answered_all_the_same() -> None:
    headset = Headset().in_call()
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(True)]
    assert headset.show(IN_CALL) == [OFF_HOOK]


def test_the_echo_of_our_own_mute_is_not_the_user() -> None:
    headset = Headset().in_call()
    headset.show(MUTED)
    headset.now += 0.3
    assert headset.says("020500", OFF_HOOK) == []
    headset.now += 0.5
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(False)]


def test_a_refused_unmute_is_the_boom_arm() -> None:
    headset = Headset().in_call(muted=True)
    headset.show(IN_CALL)
    headset.now += 0.3
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(True, locked=True)]
    headset.show(MUTED)
    assert headset.control.mute_locked
    headset.now += 3
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(False)]
    headset.show(IN_CALL)
    headset.now += 0.4
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(True, locked=True)]
    headset.show(MUTED)
    headset.now += 3
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(False)]
    headset.show(IN_CALL)
    headset.now += 3
    assert headset.says("020500", OFF_HOOK) == [MuteToggled(True)]


def test_the_boom_arm_is_forgotten_with_the_call() -> None:
    headset = Headset().in_call(muted=True)
    headset.show(IN_CALL)
    headset.says("020500", OFF_HOOK)
    headset.show(MUTED)
    headset.show(IDLE)
    assert not headset.control.mute_locked


def test_flash_holds_in_a_call_only() -> None:
    headset = Headset()
    assert headset.says("020800", ON_HOOK) == []
    headset.in_call()
    assert headset.says("020900", OFF_HOOK) == [HoldPressed()]
    assert headset.show(HELD) == ["020900"]


def test_dial_keys_without_a_call_only() -> None:
    headset = Headset()
    assert headset.says("021000", ON_HOOK, "022000", ON_HOOK) == [KeyPressed("redial"), KeyPressed("speed_dial")]
    headset.in_call()
    assert headset.says("021100", OFF_HOOK) == []


def test_other_reports_and_torn_ones_mean_nothing() -> None:
    headset = Headset().in_call()
    assert headset.says("01ffff", "", "02") == []


def test_levels_and_momentary_keys() -> None:
    # hook momentary (81 02) as EPOS has it, drop momentary, mute a level
    layout = telephony_layout(
        parse(
            assemble(
                "05 0B 09 05 A1 01 15 00 25 01 75 01 95 02 09 20 09 26 81 02 95 01 09 2F 81 22 95 05 81 01"
                " 05 08 95 02 09 17 09 21 91 22 95 06 91 01 C0"
            )
        )
    )
    headset = Headset(layout)
    headset.show(RINGING)
    assert headset.says("02") == [RejectPressed()]
    headset.show(IDLE)
    headset.says("00")
    headset.show(IN_CALL)
    assert headset.says("01") == []
    assert headset.says("05", "05") == [MuteToggled(True)]
    assert headset.show(MUTED) == ["0003"], "without a mute light the microphone light shows it"
    assert headset.says("01") == [MuteToggled(False)]
    headset.show(IN_CALL)
    assert headset.says("03", "03") == [HangUpPressed()]


def test_a_device_without_telephony_is_left_alone() -> None:
    control = CallControl(telephony_layout(parse(b"")))
    assert control.opened(0.0) == ()
    assert control.set_state(RINGING, 0.0) == ()
    assert control.report(b"\x02\x01\x00", 1.0) == ()
    assert control.closing() == ()


def test_an_unnumbered_device_gets_id_zero() -> None:
    control = CallControl(telephony_layout(parse(PLAIN)))
    control.set_state(RINGING, 0.0)
    assert written(control.opened(0.0)) == ["0001"]


def test_quirks_the_most_exact_entry_wins() -> None:
    vendor, exact = Quirks(ack_window_s=1.0), Quirks(ack_window_s=2.0)
    table = (QuirkEntry(1, None, vendor, "test"), QuirkEntry(1, 2, exact, "test"))
    assert [quirks_of(*who, table) for who in ((1, 2), (1, 3), (9, 2))] == [exact, vendor, DEFAULT]
