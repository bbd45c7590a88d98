from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.busylight import Work
from hardware.hid.intents import (
    AnswerPressed,
    CallPhase,
    CallPressed,
    CallState,
    HangUpPressed,
    HoldPressed,
    KeyPressed,
    MuteToggled,
    RejectPressed,
)
from tests.station.fakes import incoming
from voice.commands import Reply
from voice.phone import AudioPath, LegConnected, LegDisconnected, RegistrationChanged
from voice.station_core import StationCore
from voice.station_messages import (
    AnswerLeg,
    FloorCommand,
    HangUpLeg,
    HeadsetChanged,
    PhoneRefused,
    ReplyToFloor,
    ReportState,
    SetPaths,
    ShowOnHeadset,
    ShowWork,
    SoundLost,
    SoundReturned,
    StationEffect,
    StationInput,
)
from voice.station_state import Phase, StationState

MIC = AudioPath("mic", "leg:leg-1")
EAR = AudioPath("leg:leg-1", "ear")
RINGING = CallState(CallPhase.RINGING)
TALKING = CallState(CallPhase.IN_CALL)
CONNECTED = LegConnected("leg-1", "PCMU")
ENDED = LegDisconnected("leg-1", 200, "OK")


def station(*events: StationInput) -> StationCore:
    core = StationCore()
    for event in events:
        core.handle(event)
    return core


def talking() -> StationCore:
    return station(incoming(), AnswerPressed(), CONNECTED)


def calls(effects: list[StationEffect]) -> list[StationEffect]:
    return [effect for effect in effects if isinstance(effect, AnswerLeg | HangUpLeg)]


def reported(effects: list[StationEffect]) -> list[StationState]:
    return [effect.state for effect in effects if isinstance(effect, ReportState)]


def test_an_invite_rings_on_phone_headset_and_floor() -> None:
    core = StationCore()
    show, answer, report = core.handle(incoming())
    assert show == ShowOnHeadset(RINGING)
    assert answer == AnswerLeg("leg-1", 180)
    assert isinstance(report, ReportState)
    assert (report.state.phase, report.state.contact_id, report.state.caller) == (Phase.RINGING, "c-1", "Mrs Bell")


@pytest.mark.parametrize("event", [AnswerPressed(), FloorCommand("1", "answer", "leg-1"), FloorCommand("1", "answer")])
def test_button_and_page_answer_alike(event: StationInput) -> None:
    core = station(incoming())
    effects = core.handle(event)
    assert ShowOnHeadset(TALKING) in effects
    assert calls(effects) == [AnswerLeg("leg-1", 200)]
    assert reported(effects) == []
    effects = core.handle(CONNECTED)
    assert SetPaths(frozenset({MIC, EAR})) in effects
    assert [state.phase for state in reported(effects)] == [Phase.IN_CALL]


def test_a_second_answer_changes_nothing_but_is_granted() -> None:
    core = station(incoming(), AnswerPressed())
    assert core.handle(FloorCommand("7", "answer", "leg-1")) == [ReplyToFloor("7", Reply(True))]


def test_a_second_call_is_busy() -> None:
    core = talking()
    assert core.handle(incoming("leg-2")) == [HangUpLeg("leg-2", 486)]
    assert core.handle(LegDisconnected("leg-2", 486, "Busy Here")) == []
    assert core.state.leg_id == "leg-1"


@pytest.mark.parametrize("event", [RejectPressed(), FloorCommand("1", "decline"), FloorCommand("1", "hang_up")])
def test_a_ringing_call_is_declined(event: StationInput) -> None:
    core = station(incoming())
    effects = core.handle(event)
    assert calls(effects) == [HangUpLeg("leg-1", 603)]
    assert ShowOnHeadset(CallState()) in effects
    core.handle(LegDisconnected("leg-1", 603, "Decline"))
    assert core.state.phase is Phase.IDLE


@pytest.mark.parametrize("event", [HangUpPressed(), FloorCommand("1", "hang_up", "leg-1")])
def test_a_call_is_ended_once(event: StationInput) -> None:
    core = talking()
    effects = core.handle(event)
    assert calls(effects) == [HangUpLeg("leg-1", 0)]
    assert SetPaths(frozenset()) in effects
    assert calls(core.handle(HangUpPressed())) == []
    assert core.handle(ENDED)[-1] == ReportState(core.state)
    assert core.state.phase is Phase.IDLE


def test_hanging_up_while_the_answer_is_on_its_way_ends_the_call() -> None:
    core = station(incoming(), AnswerPressed())
    assert calls(core.handle(HangUpPressed())) == [HangUpLeg("leg-1", 603)]
    assert SetPaths(frozenset({MIC, EAR})) not in core.handle(CONNECTED)
    core.handle(ENDED)
    assert core.state.phase is Phase.IDLE


def test_the_caller_gives_up() -> None:
    core = station(incoming())
    effects = core.handle(LegDisconnected("leg-1", 487, "Request Terminated"))
    assert effects[0] == ShowOnHeadset(CallState())
    assert core.state.contact_id == ""


def test_mute_takes_the_microphone_path_away_and_shows_the_light() -> None:
    core = talking()
    show, paths, report = core.handle(MuteToggled(True))
    assert show == ShowOnHeadset(CallState(CallPhase.IN_CALL, muted=True))
    assert paths == SetPaths(frozenset({EAR}))
    assert isinstance(report, ReportState)
    assert report.state.muted
    assert SetPaths(frozenset({MIC, EAR})) in core.handle(FloorCommand("1", "unmute"))
    assert not core.state.muted


def test_the_boom_arm_is_named_until_it_lets_go() -> None:
    core = talking()
    core.handle(MuteToggled(True, locked=True))
    assert core.state.mute_lock == "boom arm"
    core.handle(MuteToggled(False))
    assert (core.state.muted, core.state.mute_lock) == (False, "")


def test_a_new_call_starts_unmuted() -> None:
    core = talking()
    core.handle(MuteToggled(True))
    core.handle(ENDED)
    core.handle(incoming("leg-2"))
    assert not core.state.muted


def test_hold_takes_both_paths_and_flash_brings_them_back() -> None:
    core = talking()
    assert SetPaths(frozenset()) in core.handle(HoldPressed())
    assert core.state.phase is Phase.HELD
    assert core.headset_state() == CallState(CallPhase.IN_CALL, held=True)
    assert SetPaths(frozenset({MIC, EAR})) in core.handle(HoldPressed())


@pytest.mark.parametrize("intent", [CallPressed(), KeyPressed("redial"), HoldPressed(), MuteToggled(True)])
def test_a_button_without_a_call_is_answered_by_the_state_that_holds(intent: StationInput) -> None:
    assert StationCore().handle(intent) == [ShowOnHeadset(CallState())]


def test_whether_the_agent_takes_calls_goes_to_the_busy_light_and_changes_nothing_else() -> None:
    core = talking()
    before = core.state
    assert core.handle(FloorCommand("1", "work", argument="wrap_up")) == [
        ShowWork(Work.WRAP_UP),
        ReplyToFloor("1", Reply(True)),
    ]
    assert core.state == before


@pytest.mark.parametrize(
    ("events", "command", "reason"),
    [
        ([], FloorCommand("1", "answer"), "there is no call"),
        ([incoming()], FloorCommand("1", "mute"), "the call is not answered yet"),
        ([incoming()], FloorCommand("1", "answer", "leg-9"), "that call is over"),
        ([incoming(), AnswerPressed(), CONNECTED], FloorCommand("1", "decline"), "the call is answered already"),
        ([incoming(), HangUpPressed(), RejectPressed()], FloorCommand("1", "mute"), "the call is ending"),
        ([incoming()], FloorCommand("1", "sing"), "unknown command 'sing'"),
        ([], FloorCommand("1", "work", argument="asleep"), "no such work: 'asleep'"),
    ],
)
def test_refusals_give_the_reason(events: list[StationInput], command: FloorCommand, reason: str) -> None:
    assert station(*events).handle(command) == [ReplyToFloor("1", Reply(False, reason))]


def test_a_repeated_command_gets_the_same_reply_and_is_not_done_again() -> None:
    core = talking()
    command = FloorCommand("1", "mute")
    core.handle(command)
    core.handle(FloorCommand("2", "unmute"))
    assert core.handle(command) == [ReplyToFloor("1", Reply(True))]
    assert not core.state.muted


def test_a_refused_answer_ends_the_leg_and_says_so() -> None:
    core = station(incoming(), AnswerPressed())
    effects = core.handle(PhoneRefused(AnswerLeg("leg-1", 200), "stack says no"))
    assert calls(effects) == [HangUpLeg("leg-1", 480)]
    assert core.headset_state() == CallState()
    core.handle(PhoneRefused(HangUpLeg("leg-1", 480), "no such leg"))
    assert core.state.phase is Phase.IDLE
    assert "no such leg" in core.state.trouble


def test_a_refusal_for_a_call_that_is_over_is_no_trouble() -> None:
    core = station(incoming(), AnswerPressed(), ENDED)
    assert core.handle(PhoneRefused(AnswerLeg("leg-1", 200), "no such leg")) == []


def test_registration_and_headset_are_part_of_the_state() -> None:
    core = station(RegistrationChanged(False, 401, "Unauthorized"))
    assert core.state.trouble == "not registered: 401 Unauthorized"
    core.handle(RegistrationChanged(True, 200, "OK"))
    assert (core.state.registered, core.state.trouble) == (True, "")
    core.handle(HeadsetChanged("", "the device is gone"))
    assert (core.state.headset, core.state.trouble) == ("", "the device is gone")
    core.handle(HeadsetChanged("EVOLVE LINK"))
    assert (core.state.headset, core.state.trouble) == ("EVOLVE LINK", "")


EVENTS = st.sampled_from(
    [
        incoming(),
        incoming("leg-2"),
        CONNECTED,
        ENDED,
        LegDisconnected("leg-2", 200, "OK"),
        AnswerPressed(),
        RejectPressed(),
        HangUpPressed(),
        CallPressed(),
        MuteToggled(True),
        MuteToggled(False),
        MuteToggled(True, locked=True),
        HoldPressed(),
        SoundLost("gone"),
        SoundReturned(),
        PhoneRefused(AnswerLeg("leg-1", 200), "no"),
        PhoneRefused(HangUpLeg("leg-1"), "no"),
        *(FloorCommand(verb, verb) for verb in ("answer", "decline", "hang_up", "mute", "unmute", "hold", "resume")),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_page_headset_and_paths_never_disagree(events: list[StationInput]) -> None:
    core = StationCore()
    shown, told, paths, sound = CallState(), core.state, frozenset[AudioPath](), True
    for number, event in enumerate(events):
        event = replace(event, id=str(number)) if isinstance(event, FloorCommand) else event
        sound = isinstance(event, SoundReturned) or (sound and not isinstance(event, SoundLost))
        for effect in core.handle(event):
            match effect:
                case ShowOnHeadset(state=shown):
                    pass
                case ReportState(state=told):
                    pass
                case SetPaths(paths=paths):
                    pass
        assert shown == core.headset_state()
        assert told == core.state
        assert sound or not paths
        mic_open = any(path.source == "mic" for path in paths)
        assert mic_open == (shown == TALKING and core.state.phase is Phase.IN_CALL)
        assert (core.state.phase is Phase.IDLE) == (core.state.leg_id == "")
        if core.state.phase is Phase.IDLE:
            assert shown == CallState()
            assert not paths


# ── sound that is lost ──

LOST = SoundLost("its ear was taken away")


def test_lost_sound_closes_the_paths_first_and_is_told() -> None:
    core = talking()
    effects = core.handle(LOST)
    assert effects[0] == ShowOnHeadset(CallState(CallPhase.IN_CALL, held=True))
    assert SetPaths(frozenset()) in effects
    assert reported(effects)[-1].trouble == "no sound: its ear was taken away"
    assert SetPaths(frozenset({MIC, EAR})) in core.handle(SoundReturned())
    assert (core.state.phase, core.state.trouble) == (Phase.IN_CALL, "")


def test_a_call_the_agent_held_stays_held_when_the_sound_is_back() -> None:
    core = talking()
    core.handle(HoldPressed())
    core.handle(LOST)
    core.handle(SoundReturned())
    assert core.state.phase is Phase.HELD


def test_without_sound_nobody_resumes() -> None:
    core = talking()
    core.handle(LOST)
    effects = core.handle(FloorCommand("1", "resume"))
    assert ReplyToFloor("1", Reply(False, "the headset has no sound")) in effects
    core.handle(HoldPressed())
    assert core.state.phase is Phase.HELD


def test_a_call_answered_without_sound_waits_for_it() -> None:
    core = station(LOST, incoming(), AnswerPressed(), CONNECTED)
    assert core.state.phase is Phase.HELD
    assert SetPaths(frozenset({MIC, EAR})) in core.handle(SoundReturned())


def test_the_next_call_is_not_resumed_for_the_last_one() -> None:
    core = talking()
    for event in (LOST, ENDED, SoundReturned(), incoming("leg-2"), AnswerPressed(), LegConnected("leg-2", "PCMU")):
        core.handle(event)
    assert core.state.phase is Phase.IN_CALL
