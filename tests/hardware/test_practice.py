from __future__ import annotations

import pytest

from hardware.hid.descriptor import parse
from hardware.hid.intents import (
    IDLE,
    AnswerPressed,
    CallPressed,
    CallState,
    HangUpPressed,
    HoldPressed,
    Intent,
    KeyPressed,
    MuteToggled,
    RejectPressed,
)
from hardware.hid.telephony import telephony_layout
from hardware.practice import IN_CALL, MUTED, RINGING, ButtonTest, Moved, ReportLog, describe, obey, steps_for
from hardware.simulator import EVOLVE_LINK
from tests.hardware.descriptors import PLAIN

EVOLVE = telephony_layout(parse(EVOLVE_LINK))
HELD = CallState(IN_CALL.phase, held=True)
ALL = [
    AnswerPressed(),
    MuteToggled(True),
    MuteToggled(False),
    HoldPressed(),
    HangUpPressed(),
    RejectPressed(),
    KeyPressed("redial"),
]


@pytest.mark.parametrize(
    ("state", "intent", "then"),
    [
        (RINGING, AnswerPressed(), IN_CALL),
        (RINGING, RejectPressed(), IDLE),
        (IDLE, CallPressed(), IN_CALL),
        (IN_CALL, MuteToggled(True), MUTED),
        (MUTED, MuteToggled(False), IN_CALL),
        (IN_CALL, HoldPressed(), HELD),
        (HELD, HoldPressed(), IN_CALL),
        (HELD, HangUpPressed(), IDLE),
        (RINGING, MuteToggled(True), RINGING),
        (IDLE, KeyPressed("redial"), IDLE),
    ],
)
def test_the_practice_call_does_what_the_user_wants(state: CallState, intent: Intent, then: CallState) -> None:
    assert obey(state, intent) == then


def test_only_what_changed_is_told() -> None:
    told: list[Moved] = []
    log = ReportLog(told.append)
    log.heard(b"\x02\x01\x00")
    log.wrote(b"\x02\x01\x00")
    assert told == [], "not a device yet"
    log.opened(EVOLVE)
    for report in ("020000", "020100", "020100", "020500", "020100", "0102"):
        log.heard(bytes.fromhex(report))
    assert told == [Moved("hook", True, False), Moved("mute", True, False), Moved("mute", False, False)]
    told.clear()
    for report in ("022400", "020100", "020100"):
        log.wrote(bytes.fromhex(report))
    assert told == [
        Moved("ring", True, True),
        Moved("ringer", True, True),
        Moved("off_hook", True, True),
        Moved("ring", False, True),
        Moved("ringer", False, True),
    ]


def test_a_headset_whose_every_key_works_is_fit() -> None:
    test = ButtonTest(EVOLVE)
    for intent in ALL:
        assert not test.fit
        assert test.pressed(intent)
    assert test.step is None
    assert test.fit
    assert len(test.findings) == len(ALL)
    assert not test.pressed(HangUpPressed())
    test.gave_up()
    assert len(test.findings) == len(ALL)


def test_keys_a_model_may_lack_are_forgiven_and_the_others_not() -> None:
    test = ButtonTest(EVOLVE)
    while test.step is not None:
        if test.step.required:
            test.pressed(test.step.expected)
        else:
            test.gave_up()
    assert test.fit
    deaf = ButtonTest(EVOLVE)
    while deaf.step is not None:
        deaf.gave_up()
    assert [finding.good for finding in deaf.findings] == [False, False, False, True, False, True, True]
    assert "nothing came" in deaf.findings[0].what


def test_a_key_that_means_something_else_is_named() -> None:
    test = ButtonTest(EVOLVE)
    assert not test.pressed(RejectPressed())
    test.gave_up()
    assert test.findings[0].what.endswith("the headset said reject instead")
    test.pressed(MuteToggled(True, locked=True))
    test.gave_up()
    assert "mute (the boom arm is up)" in test.findings[1].what


def test_only_what_the_layout_has_is_asked() -> None:
    assert [step.expected for step in steps_for(EVOLVE)] == ALL
    plain = steps_for(telephony_layout(parse(PLAIN)))
    assert [step.expected for step in plain] == [
        AnswerPressed(),
        MuteToggled(True),
        MuteToggled(False),
        HangUpPressed(),
    ]
    none = ButtonTest(telephony_layout(parse(b"")))
    assert none.step is None
    assert not none.fit


def test_intents_in_plain_words() -> None:
    assert [describe(intent) for intent in (HoldPressed(), CallPressed(), KeyPressed("speed_dial"))] == [
        "hold",
        "call",
        "speed dial",
    ]
