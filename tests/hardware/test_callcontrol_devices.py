"""Call control against simulated devices, good and bad, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.hid.callcontrol import CallControl
from hardware.hid.descriptor import parse
from hardware.hid.intents import (
    AnswerPressed,
    CallPhase,
    CallPressed,
    CallState,
    Effect,
    HangUpPressed,
    HoldPressed,
    Intent,
    MuteToggled,
    RejectPressed,
    WriteReport,
)
from hardware.hid.telephony import telephony_layout
from hardware.simulator import EVOLVE_LINK, GOOD, Behaviour, SimulatedButtons

LAYOUT = telephony_layout(parse(EVOLVE_LINK))
IDLE, RINGING, IN_CALL = CallState(), CallState(CallPhase.RINGING), CallState(CallPhase.IN_CALL)


Script = list[tuple[CallState, float]]


class Desk:
    """A device, its call control, and a softphone that does at once what the user wants."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.now = 50.0
        self.device = SimulatedButtons(behaviour)
        self.control = CallControl(LAYOUT)
        self.state = IDLE
        self.intents: list[Intent] = []
        self._host(lambda: self.control.opened(self.now))
        self.wait(3.0)

    def wait(self, seconds: float) -> None:
        """Let time pass, the device speaking whenever it has something to say."""
        end = self.now + seconds
        while (at := self.device.next_at) is not None and at <= end:
            self.now = max(self.now, at)
            self.hear(self.device.due(self.now))
        self.now = end

    def hear(self, reports: list[bytes]) -> None:
        for report in reports:
            self._host(lambda report=report: self.control.report(report, self.now))  # type: ignore[misc]

    def show(self, state: CallState) -> None:
        self.state = state
        self._host(lambda: self.control.set_state(state, self.now))

    def _host(self, act: Callable[[], tuple[Effect, ...]]) -> None:
        for effect in act():
            if isinstance(effect, WriteReport):
                self.device.take(effect.data, self.now)
            else:
                self.intents.append(effect)
                self.show(self._after(effect))

    def _after(self, intent: Intent) -> CallState:
        match intent:
            case AnswerPressed() if self.state.phase is CallPhase.RINGING:
                return IN_CALL
            case RejectPressed() | HangUpPressed():
                return IDLE
            case MuteToggled(muted=muted) if self.state.phase is CallPhase.IN_CALL:
                return replace(self.state, muted=muted)
            case HoldPressed() if self.state.phase is CallPhase.IN_CALL:
                return replace(self.state, held=not self.state.held)
        return self.state

    def agrees(self) -> bool:
        """Whether the lights show the state and, of a device that follows, the hook stands as it should."""
        off_hook = self.state.phase is CallPhase.IN_CALL
        lights = {"off_hook"} if off_hook else {"ring", "ringer"} if self.state == RINGING else set()
        lights |= {"mute"} if self.state.muted else set()
        lights |= {"hold"} if self.state.held else set()
        follows = self.device.behaviour.ack_s is not None
        return self.device.lights == lights and (not follows or self.device.hook == off_hook)


prompt = st.builds(
    Behaviour,
    ack_s=st.sampled_from([0.0, 0.01, 0.2, 0.45]),
    revert_s=st.sampled_from([None, 0.3, 1.5]),
    boom_up=st.booleans(),
)
late = st.builds(Behaviour, ack_s=st.sampled_from([0.6, 1.2, 1.9]), revert_s=st.sampled_from([None, 2.0]))
deaf = st.just(Behaviour(ack_s=None))
STATES = st.sampled_from([IDLE, RINGING, IN_CALL, replace(IN_CALL, held=True)])
ACTIONS = st.sampled_from(["ring", "hook", "mute", "flash", "reject", "replug"])
HOST = st.lists(st.tuples(STATES, st.sampled_from([0.0, 0.05, 0.2, 0.7, 3.0])), max_size=12)


@settings(max_examples=300, deadline=None)
@given(prompt, HOST)
def test_what_the_host_does_is_never_taken_for_the_user(
    behaviour: Behaviour, script: list[tuple[CallState, float]]
) -> None:
    desk = Desk(behaviour)
    for state, pause in script:
        desk.show(state)
        desk.wait(pause)
    desk.wait(5.0)
    assert desk.intents == []
    assert desk.agrees()


@settings(max_examples=200, deadline=None)
@given(st.one_of(late, deaf), st.lists(STATES, max_size=12))
def test_late_and_deaf_devices_want_nothing_by_themselves(behaviour: Behaviour, script: list[CallState]) -> None:
    desk = Desk(behaviour)
    for state in script:
        desk.show(state)
        desk.wait(3.0)
    assert desk.intents == []
    assert desk.agrees()


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(prompt, late),
    st.lists(st.sampled_from(["ring", "hook", "mute", "flash", "reject", "replug"]), max_size=15),
)
def test_every_press_is_what_it_means_and_nothing_else(behaviour: Behaviour, script: list[str]) -> None:
    desk = Desk(replace(behaviour, boom_up=False))
    for action in script:
        before, desk.intents = desk.state, []
        if action == "ring":
            if before == IDLE:
                desk.show(RINGING)
        elif action == "replug":
            desk.device = SimulatedButtons(desk.device.behaviour)
            desk._host(lambda: desk.control.opened(desk.now))
        else:
            desk.hear(desk.device.press_hook(desk.now) if action == "hook" else desk.device.pulse(action))
        desk.wait(3.0)
        assert desk.intents == meaning(action, before)
        assert desk.agrees()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["ring", "host answers", "host ends", "hook"]), max_size=15))
def test_on_a_device_that_never_follows_the_lights_a_second_press_does_it(script: list[str]) -> None:
    """Its switch is where its user left it: a press that brings it to where it should be says nothing."""
    desk = Desk(Behaviour(ack_s=None))
    for action in script:
        before, desk.intents = desk.state, []
        if action == "hook":
            for _ in range(2):
                if not desk.intents:
                    desk.hear(desk.device.press_hook(desk.now))
                    desk.wait(3.0)
            assert len(desk.intents) == 1
            assert desk.intents[0] in (*meaning("hook", before), *([RejectPressed()] if before == RINGING else []))
        else:
            desk.show({"ring": RINGING, "host answers": IN_CALL, "host ends": IDLE}[action])
            desk.wait(3.0)
            assert desk.intents == []
        assert desk.agrees()


@settings(max_examples=200, deadline=None)
@given(st.one_of(prompt, late, deaf), STATES, st.lists(STATES, max_size=4), STATES)
def test_a_device_that_is_pulled_and_comes_back_shows_the_state_and_means_nothing(
    behaviour: Behaviour, before: CallState, away: list[CallState], after: CallState
) -> None:
    desk = Desk(behaviour)
    desk.show(before)
    desk.wait(3.0)
    for state in away:  # nobody to tell
        desk.state = state
        desk.control.set_state(state, desk.now)
        desk.now += 1.0
    desk.device = SimulatedButtons(behaviour)
    desk._host(lambda: desk.control.opened(desk.now))
    desk.wait(3.0)
    assert desk.agrees()
    desk.show(after)
    desk.wait(3.0)
    assert desk.agrees()
    assert desk.intents == []


def meaning(action: str, state: CallState) -> list[Intent]:
    match action, state.phase:
        case "hook", CallPhase.IDLE:
            return [CallPressed()]
        case "hook", CallPhase.RINGING:
            return [AnswerPressed()]
        case "hook", CallPhase.IN_CALL:
            return [HangUpPressed()]
        case "mute", CallPhase.IN_CALL:
            return [MuteToggled(not state.muted)]
        case "flash", CallPhase.IN_CALL:
            return [HoldPressed()]
        case "reject", CallPhase.RINGING:
            return [RejectPressed()]
    return []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=10))
def test_with_the_boom_arm_up_the_page_never_opens_the_microphone_for_long(mutes: list[bool]) -> None:
    desk = Desk(replace(GOOD, boom_up=True))
    desk.show(replace(IN_CALL, muted=True))
    desk.wait(3.0)
    for muted in mutes:
        desk.show(replace(IN_CALL, muted=muted))
        desk.wait(3.0)
        assert desk.state.muted
        assert desk.agrees()


def test_an_unanswered_press_is_taken_back_by_the_device_and_ends_nothing() -> None:
    desk = Desk(replace(GOOD, revert_s=1.0))
    desk.show(RINGING)
    desk.wait(3.0)
    effects = [
        effect for report in desk.device.press_hook(desk.now) for effect in desk.control.report(report, desk.now)
    ]
    assert effects == [AnswerPressed()]  # and the softphone says nothing
    desk.wait(1.5)
    assert desk.intents == []
    assert desk.device.hook is False
