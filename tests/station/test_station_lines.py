"""Two lines and a consultation at a foreign PBX: the pure core."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.hid.intents import (
    AnswerPressed,
    CallPhase,
    CallState,
    HangUpPressed,
    HoldPressed,
    KeyPressed,
    MuteToggled,
    RejectPressed,
)
from tests.station.fakes import incoming
from voice.commands import Reply
from voice.phone import (
    AudioPath,
    IncomingLeg,
    LegConnected,
    LegDisconnected,
    LegHoldChanged,
    LegHoldRefused,
    LegProgressed,
    LegQuality,
    LegReferred,
    LegReplaced,
    TransferProgressed,
)
from voice.station_core import StationCore
from voice.station_invite import asks_for_answer, user_of
from voice.station_messages import (
    AnswerLeg,
    AnswerReferral,
    DialLeg,
    FloorCommand,
    HangUpLeg,
    HoldLeg,
    NoticePlayed,
    PhoneRefused,
    PlayNotice,
    PlayZip,
    ReplyToFloor,
    SendDigits,
    SetPaths,
    SoundLost,
    SoundReturned,
    StationEffect,
    StationInput,
    TransferLeg,
    TransferToLeg,
)
from voice.station_state import Phase, StationPolicy

PBX = StationPolicy(lines=2, sip_calls=True, domain="pbx.test")
PLAIN: dict[str, str] = {}
TALKING = CallState(CallPhase.IN_CALL)


class Agent:
    """A core, its last effects, and the audio paths."""

    def __init__(self, policy: StationPolicy = PBX) -> None:
        self.core = StationCore(policy, new_id=map("c-{}".format, itertools.count(1)).__next__)
        self.effects: list[StationEffect] = []
        self.paths: frozenset[AudioPath] = frozenset()
        self._ids = itertools.count()

    def take(self, *events: StationInput) -> Agent:
        for event in events:
            self.effects = self.core.handle(event)
            for effect in self.effects:
                if isinstance(effect, SetPaths):
                    self.paths = effect.paths
        return self

    def ask(self, verb: str, argument: str = "", leg_id: str = "") -> Reply:
        self.take(FloorCommand(f"q{next(self._ids)}", verb, leg_id, argument))
        return next(effect.reply for effect in self.effects if isinstance(effect, ReplyToFloor))

    def done(self, *kinds: type) -> list[StationEffect]:
        return [effect for effect in self.effects if isinstance(effect, kinds)]

    def hears(self, sink: str) -> set[str]:
        return {path.source for path in self.paths if path.sink == sink}

    def phases(self) -> dict[str, Phase]:
        return {line.leg_id: line.phase for line in self.core.state.lines}

    def talking(self) -> Agent:
        return self.take(incoming("a", PLAIN), AnswerPressed(), LegConnected("a", "PCMU"))

    def consulting(self) -> Agent:
        """The customer (a) waits, the colleague (out-1) is talked to."""
        self.talking()
        assert self.ask("consult", "200").ok
        return self.take(LegConnected("out-1", "PCMU"))


def test_hold_is_sip_with_music_and_mute_of_nobody_else() -> None:
    agent = Agent().talking()
    assert agent.paths == {AudioPath("mic", "leg:a"), AudioPath("leg:a", "ear")}
    assert agent.ask("hold").ok
    assert agent.done(HoldLeg) == [HoldLeg("a", True)]
    assert agent.paths == {AudioPath("music", "leg:a")}
    assert agent.core.headset_state() == CallState(CallPhase.IN_CALL, held=True)
    assert agent.take(LegHoldChanged("a", True, False)).effects == []
    assert agent.ask("resume").ok
    assert agent.done(HoldLeg) == [HoldLeg("a", False)]
    assert agent.hears("ear") == {"leg:a"}


def test_behind_our_front_hold_is_not_sip() -> None:
    agent = Agent(StationPolicy()).take(incoming(), AnswerPressed(), LegConnected("leg-1", "PCMU"))
    assert agent.ask("hold").ok
    assert agent.done(HoldLeg) == []
    assert agent.paths == frozenset()
    assert agent.ask("transfer", "200") == Reply(False, "behind the front the contact's worker does this")
    assert agent.ask("digits", "1#").ok
    assert agent.done(SendDigits) == [SendDigits("leg-1", "1#")]


def test_a_second_call_waits_and_flash_takes_it_and_swaps() -> None:
    agent = Agent().talking().take(incoming("b", PLAIN))
    assert agent.done(AnswerLeg) == [AnswerLeg("b", 180)]
    assert agent.core.headset_state() == TALKING
    assert agent.core.state.leg_id == "a"
    agent.take(HoldPressed())
    assert agent.done(HoldLeg, AnswerLeg) == [HoldLeg("a", True), AnswerLeg("b", 200)]
    agent.take(LegConnected("b", "PCMU"))
    assert agent.phases() == {"a": Phase.HELD, "b": Phase.IN_CALL}
    agent.take(HoldPressed())
    assert agent.phases() == {"a": Phase.IN_CALL, "b": Phase.HELD}
    assert agent.paths == {AudioPath("mic", "leg:a"), AudioPath("leg:a", "ear"), AudioPath("music", "leg:b")}
    assert agent.take(incoming("c", PLAIN)).done(HangUpLeg) == [HangUpLeg("c", 486)]


@pytest.mark.parametrize(("verb", "code"), [("decline", 603), ("busy", 486)])
def test_a_waiting_call_is_declined_and_the_other_goes_on(verb: str, code: int) -> None:
    agent = Agent().talking().take(incoming("b", PLAIN))
    assert agent.ask(verb).ok
    assert agent.done(HangUpLeg) == [HangUpLeg("b", code)]
    assert agent.hears("ear") == {"leg:a"}


def test_dial_redial_and_early_media() -> None:
    agent = Agent()
    assert agent.ask("redial") == Reply(False, "nothing was dialled yet")
    assert agent.ask("dial", "+44 (20) 7946-0958").ok
    assert agent.done(DialLeg) == [DialLeg("out-1", "sip:+442079460958@pbx.test")]
    assert agent.phases() == {"out-1": Phase.DIALLING}
    assert agent.core.headset_state() == TALKING
    assert agent.paths == frozenset()
    agent.take(LegProgressed("out-1", 183))
    assert agent.paths == {AudioPath("leg:out-1", "ear")}  # what the far end plays before it answers
    agent.take(LegDisconnected("out-1", 486, "Busy Here"))
    assert agent.core.state.trouble == "+44 (20) 7946-0958: 486 Busy Here"
    agent.take(KeyPressed("redial"))
    assert agent.done(DialLeg) == [DialLeg("out-2", "sip:+442079460958@pbx.test")]
    agent.take(PhoneRefused(DialLeg("out-2", "x"), "all call slots are in use"))
    assert agent.core.state.phase is Phase.IDLE


@pytest.mark.parametrize("number", ["", "a b", "200;x=y", "1" * 70, "200\r\nVia: x", "sip:a b"])
def test_what_cannot_be_dialled_is_refused(number: str) -> None:
    agent = Agent()
    assert not agent.ask("dial", number).ok
    assert agent.core.state.lines == ()


def test_all_lines_in_use_leaves_one_for_a_consultation() -> None:
    agent = Agent().talking().take(incoming("b", PLAIN))
    assert agent.ask("dial", "300") == Reply(False, "all lines are in use")
    assert agent.ask("consult", "300").ok
    assert agent.ask("consult", "301") == Reply(False, "a consultation is under way")


def test_a_blind_transfer_ends_our_leg_when_it_succeeded() -> None:
    agent = Agent().talking()
    assert agent.ask("transfer", "300").ok
    assert agent.done(TransferLeg) == [TransferLeg("a", "sip:300@pbx.test")]
    assert agent.ask("transfer", "301") == Reply(False, "a transfer is under way")
    agent.take(TransferProgressed("a", 180, "Ringing", False))
    assert agent.done(HangUpLeg) == []
    agent.take(TransferProgressed("a", 200, "OK", True))
    assert agent.done(HangUpLeg) == [HangUpLeg("a")]
    agent.take(LegDisconnected("a", 200, "OK"))
    assert agent.core.state.phase is Phase.IDLE


def test_a_transfer_that_failed_leaves_the_call() -> None:
    agent = Agent().talking()
    agent.ask("transfer", "300")
    agent.take(TransferProgressed("a", 486, "Busy Here", True))
    assert agent.core.state.trouble == "the transfer failed: 486 Busy Here"
    assert agent.hears("ear") == {"leg:a"}
    assert agent.ask("transfer", "301").ok


def test_consult_swap_and_complete() -> None:
    agent = Agent().consulting()
    assert agent.phases() == {"a": Phase.HELD, "out-1": Phase.IN_CALL}
    assert agent.hears("leg:a") == {"music"}
    assert agent.ask("swap").ok
    assert agent.hears("ear") == {"leg:a"}
    agent.ask("swap")
    assert agent.ask("complete").ok
    assert agent.done(TransferToLeg) == [TransferToLeg("a", "out-1")]
    agent.take(TransferProgressed("a", 200, "OK", True))
    assert agent.done(HangUpLeg) == [HangUpLeg("a")]
    agent.take(LegDisconnected("out-1", 200, "replaced"), LegDisconnected("a", 200, "OK"))
    assert agent.core.state.lines == ()


def test_a_consultation_that_fails_leads_back_by_flash() -> None:
    agent = Agent().talking()
    agent.ask("consult", "200")
    agent.take(LegDisconnected("out-1", 480, "Temporarily Unavailable"))
    assert agent.core.state.phase is Phase.HELD
    agent.take(HoldPressed())
    assert agent.hears("ear") == {"leg:a"}


def test_a_conference_is_mixed_here_and_split_again() -> None:
    agent = Agent().consulting()
    assert agent.ask("conference").ok
    assert agent.done(HoldLeg) == [HoldLeg("a", False)]
    assert agent.hears("leg:a") == {"mic", "leg:out-1"}
    assert agent.hears("leg:out-1") == {"mic", "leg:a"}
    assert agent.hears("ear") == {"leg:a", "leg:out-1"}
    agent.take(MuteToggled(True))
    assert agent.hears("leg:a") == {"leg:out-1"}
    agent.take(MuteToggled(False))
    assert agent.ask("split").ok
    assert agent.phases() == {"a": Phase.HELD, "out-1": Phase.IN_CALL}
    assert agent.ask("split") == Reply(False, "there is no conference")
    agent.ask("conference")
    agent.take(LegDisconnected("out-1", 200, "OK"))
    assert agent.paths == {AudioPath("mic", "leg:a"), AudioPath("leg:a", "ear")}
    assert not agent.core.state.lines[0].joined


def test_do_not_disturb_and_busy() -> None:
    agent = Agent()
    assert agent.ask("dnd_on").ok
    assert agent.core.state.do_not_disturb
    assert agent.take(incoming("a", PLAIN)).done(HangUpLeg) == [HangUpLeg("a", 480)]
    agent.ask("dnd_off")
    assert agent.take(incoming("a", PLAIN)).done(AnswerLeg) == [AnswerLeg("a", 180)]


AUTO = {"answer-mode": "Auto"}


def test_a_call_that_asks_for_it_is_answered_with_a_zip_tone() -> None:
    agent = Agent().take(incoming("a", AUTO))
    assert agent.done(AnswerLeg) == [AnswerLeg("a", 200)]
    agent.take(LegConnected("a", "PCMU"))
    assert agent.done(PlayZip) == [PlayZip()]
    assert agent.hears("ear") == {"leg:a", "tones"}
    assert agent.take(incoming("b", AUTO)).done(AnswerLeg) == [AnswerLeg("b", 180)]  # never into a call


def test_nothing_is_answered_for_an_agent_without_sound_or_against_the_policy() -> None:
    assert Agent().take(SoundLost("gone"), incoming("a", AUTO)).done(AnswerLeg) == [AnswerLeg("a", 180)]
    never = Agent(replace(PBX, auto_answer=False))
    assert never.take(incoming("a", AUTO)).done(AnswerLeg) == [AnswerLeg("a", 180)]


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"answer-mode": "Auto"}, True),
        ({"answer-mode": "auto;require"}, True),
        ({"answer-mode": "Manual"}, False),
        ({"alert-info": "<http://x>;info=alert-autoanswer;delay=0"}, True),
        ({"call-info": "<sip:x>; answer-after=0"}, True),
        ({"call-info": "<sip:x>; answer-after=30"}, False),
        ({"alert-info": "<http://www.example.test/ring.wav>"}, False),
        ({}, False),
    ],
)
def test_how_a_server_asks(headers: dict[str, str], asked: bool) -> None:
    assert asks_for_answer(headers) is asked


@pytest.mark.parametrize(
    ("uri", "user"),
    [("sip:+442079460958@pbx.test;user=phone", "+442079460958"), ("sips:200;x=1@h", "200"), ("sip:pbx.test", "")],
)
def test_whose_number_it_is(uri: str, user: str) -> None:
    assert user_of(uri) == user


def test_the_far_end_hands_us_on() -> None:
    agent = Agent().talking().take(LegReferred("a", "sip:300@pbx.test"))
    assert agent.done(AnswerReferral) == [AnswerReferral("a", "out-1")]
    assert agent.done(HoldLeg) == []  # whoever hands us on is about to end the call
    assert agent.phases() == {"a": Phase.HELD, "out-1": Phase.DIALLING}
    agent.take(LegConnected("out-1", "PCMU"), LegDisconnected("a", 200, "OK"))
    assert agent.hears("ear") == {"leg:out-1"}


def test_who_handed_us_on_and_stays_is_a_call_like_any_other() -> None:
    agent = Agent().talking().take(LegReferred("a", "sip:300@pbx.test"), LegDisconnected("out-1", 486, "Busy Here"))
    assert agent.ask("resume").ok
    assert agent.done(HoldLeg) == []
    assert agent.ask("hold").ok
    assert agent.done(HoldLeg) == [HoldLeg("a", True)]


def test_a_call_whose_end_is_not_acknowledged_takes_no_line_and_leaves_no_mute() -> None:
    agent = Agent(StationPolicy()).take(incoming("a", PLAIN), AnswerPressed(), LegConnected("a", "PCMU"))
    assert agent.ask("mute").ok
    assert agent.take(HangUpPressed()).done(HangUpLeg) == [HangUpLeg("a", 0)]
    agent.take(incoming("b", PLAIN))
    assert agent.done(AnswerLeg) == [AnswerLeg("b", 180)]
    agent.take(AnswerPressed(), LegConnected("b", "PCMU"))
    assert agent.paths == {AudioPath("mic", "leg:b"), AudioPath("leg:b", "ear")}
    assert agent.take(LegDisconnected("a", 408, "Request Timeout")).phases() == {"b": Phase.IN_CALL}


def test_a_referral_nobody_may_follow_is_declined() -> None:
    front = Agent(StationPolicy()).take(incoming(), AnswerPressed(), LegConnected("leg-1", "PCMU"))
    assert front.take(LegReferred("leg-1", "sip:x@y")).effects == [AnswerReferral("leg-1", None)]
    assert Agent().take(LegReferred("gone", "sip:x@y")).effects == [AnswerReferral("gone", None)]


def test_another_caller_takes_the_place_of_a_leg() -> None:
    agent = Agent().talking().take(LegReplaced("a", "b"), LegConnected("b", "PCMU"))
    agent.take(LegDisconnected("a", 200, "OK"))
    assert agent.phases() == {"b": Phase.IN_CALL}
    assert agent.hears("ear") == {"leg:b"}


def test_hold_by_the_far_end_and_quality_are_shown() -> None:
    agent = Agent().talking()
    agent.take(LegHoldChanged("a", False, True), LegQuality("a", 250, 0.0, 1.0, 20.0, 40.0, 3.4499))
    line = agent.core.state.lines[0]
    assert (line.held_by_peer, line.mos) == (True, 3.4)
    agent.take(LegHoldRefused("a", 488, "Not Acceptable Here"))
    assert "488" in agent.core.state.trouble


def test_customers_calls_are_captured_once_and_consultations_are_not() -> None:
    capturing = replace(PBX, capture=True)
    agent = Agent(capturing).consulting()
    own, consulted = agent.core.state.lines
    assert (own.contact_id, own.slot) == ("c-1", 0)
    assert (consulted.contact_id, consulted.slot) == ("", -1)
    assert agent.hears("tap0:caller") == {"silence"}  # she waits; the tap's clock goes on
    agent.take(HangUpPressed(), LegDisconnected("out-1", 200, "OK"), HoldPressed())
    assert agent.hears("tap0:caller") == {"silence", "leg:a"}
    assert agent.hears("tap0:agent") == {"silence", "mic"}
    agent.take(incoming("b", PLAIN), HoldPressed(), LegConnected("b", "PCMU"))
    assert agent.core.state.lines[1].slot == 1
    workers = Agent(capturing).take(incoming(), AnswerPressed(), LegConnected("leg-1", "PCMU"))
    assert workers.core.state.lines[0].slot == -1
    assert workers.core.state.contact_id == "c-1"  # the worker's, from the INVITE
    assert not any(path.sink.startswith("tap") for path in workers.paths)


def test_nobody_is_recorded_before_the_notice_was_heard() -> None:
    agent = Agent(replace(PBX, capture=True, notice=True)).talking()
    assert agent.done(PlayNotice) == [PlayNotice()]
    assert agent.hears("leg:a") == {"mic", "notice"}
    assert agent.hears("tap0:caller") == {"silence"}
    agent.take(NoticePlayed())
    assert agent.hears("leg:a") == {"mic"}
    assert agent.hears("tap0:caller") == {"silence", "leg:a"}
    agent.ask("consult", "200")
    assert agent.take(LegConnected("out-1", "PCMU")).done(PlayNotice) == []


def test_a_recording_pauses_and_goes_on() -> None:
    agent = Agent(replace(PBX, capture=True)).talking()
    assert agent.ask("record_pause").ok
    assert agent.core.state.lines[0].paused
    assert agent.hears("tap0:caller") == {"silence"}
    assert agent.hears("tap0:agent") == {"silence"}
    assert agent.ask("record_resume").ok
    assert agent.hears("tap0:agent") == {"silence", "mic"}
    assert Agent().talking().ask("record_pause") == Reply(False, "this call is not recorded here")


VERBS = ["answer", "decline", "hang_up", "mute", "unmute", "hold", "resume", "swap", "complete", "conference", "split"]
LEGS = ["a", "b", "out-1", "out-2"]
EVENTS = st.one_of(
    st.sampled_from([incoming("a", PLAIN), incoming("b", AUTO), AnswerPressed(), RejectPressed(), HangUpPressed()]),
    st.sampled_from([HoldPressed(), MuteToggled(True), MuteToggled(False), SoundLost("gone"), SoundReturned()]),
    st.sampled_from(LEGS).map(lambda leg: LegConnected(leg, "PCMU")),
    st.sampled_from(LEGS).map(lambda leg: LegDisconnected(leg, 200, "OK")),
    st.sampled_from(LEGS).map(lambda leg: TransferProgressed(leg, 200, "OK", True)),
    st.sampled_from(LEGS).map(lambda leg: LegProgressed(leg, 183)),
    st.sampled_from(LEGS).map(lambda leg: LegReferred(leg, "sip:x@pbx.test")),
    st.sampled_from(VERBS).map(lambda verb: FloorCommand(verb, verb)),
    st.sampled_from(["dial", "consult", "transfer"]).map(lambda verb: FloorCommand(verb, verb, argument="300")),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_nobody_hears_two_calls_unless_they_are_joined(events: list[StationInput]) -> None:
    agent = Agent()
    sound = True
    holds: set[str] = set()
    for number, event in enumerate(events):
        event = replace(event, id=str(number)) if isinstance(event, FloorCommand) else event
        if isinstance(event, IncomingLeg) and event.leg_id in agent.phases():
            continue  # a phone's ids are unique
        sound = isinstance(event, SoundReturned) or (sound and not isinstance(event, SoundLost))
        agent.take(event)
        for effect in agent.done(HoldLeg):
            assert isinstance(effect, HoldLeg)
            assert (effect.leg_id in holds) != effect.held, "told once"
            holds ^= {effect.leg_id}
        lines = agent.core.state.lines
        holds &= {line.leg_id for line in lines}
        in_ear = [line for line in lines if f"leg:{line.leg_id}" in agent.hears("ear")]
        assert len(in_ear) <= 1 or all(line.joined for line in in_ear)
        assert sound or not any(path.source == "mic" for path in agent.paths)
        audible = {f"leg:{line.leg_id}" for line in lines if line.phase is not Phase.HELD}
        assert agent.hears("ear") <= {"tones", *audible}
        for line in lines:
            heard = agent.hears(f"leg:{line.leg_id}")
            assert line.phase is not Phase.HELD or heard <= {"music"}
            assert line.phase is not Phase.RINGING or not heard
        assert len(lines) <= 4
