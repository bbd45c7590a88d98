"""A supervisor of a call at a foreign PBX: whom each ear at the station hears, and how she comes and goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardware.hid.intents import AnswerPressed, CallState, HangUpPressed, MuteToggled
from tests.station.fakes import incoming
from tests.station.test_station_lines import PBX, PLAIN, Agent
from voice.calls import Role
from voice.commands import Reply
from voice.hearing import CONVERSATION, Arrangement, Mode, Talk, hears
from voice.phone import LegConnected, LegDigit, LegDisconnected, LegProgressed, LegQuality, LegReferred
from voice.station_contacts import Kept, SuperviseOrder, VisitPhase
from voice.station_messages import (
    AnswerReferral,
    AwaitSupervisor,
    CallKept,
    DialLeg,
    HangUpLeg,
    HoldLeg,
    PhoneRefused,
    PlayTone,
    SupervisorRangOut,
)
from voice.station_state import Phase, StationPolicy

CAPTURING = replace(PBX, capture=True)
TONES = ((Mode.BARGE, (Role.AGENT, Role.CALLER)),)
ORDER = SuperviseOrder("sara", "c-1", "300", TONES)


class Supervised(Agent):
    """``her`` is the supervisor's leg."""

    her = "out-1"

    def __init__(self) -> None:
        super().__init__(CAPTURING)

    def called(self) -> Supervised:
        assert self.ask("supervise", str(ORDER)).ok
        self.her = self.core.state.supervision.leg_id if self.core.state.supervision is not None else ""
        return self

    def joined(self) -> Supervised:
        self.called()
        self.take(LegConnected(self.her, "PCMU"))
        return self

    def enters(self, mode: Mode) -> Reply:
        return self.ask("supervise_as", mode.value)

    @property
    def mode(self) -> Mode | None:
        assert self.core.state.supervision is not None
        return self.core.state.supervision.mode


def arranged(talk: Talk) -> Supervised:
    """The customer is leg a, the colleague out-1, the supervisor out-2 where there is a colleague."""
    agent = Supervised()
    agent.talking()
    match talk:
        case Talk.HELD:
            agent.ask("hold")
        case Talk.CONSULT | Talk.CONFERENCE:
            agent.ask("consult", "200")
            agent.take(LegConnected("out-1", "PCMU"))
            if talk is Talk.CONFERENCE:
                agent.ask("conference")
    return agent.joined()


@pytest.mark.parametrize("talk", list(Talk))
@pytest.mark.parametrize("mode", [Mode.LISTEN, Mode.WHISPER, Mode.BARGE])
def test_every_ear_hears_what_the_table_says(talk: Talk, mode: Mode) -> None:
    agent = arranged(talk)
    assert agent.enters(mode).ok
    legs = {Role.CALLER: "leg:a", Role.SUPERVISOR: f"leg:{agent.her}"}
    if Role.CONSULT in CONVERSATION[talk]:
        legs[Role.CONSULT] = "leg:out-1"
    speaks, listens = legs | {Role.AGENT: "mic"}, legs | {Role.AGENT: "ear"}
    table = hears(Arrangement(talk, mode))
    for role, ear in listens.items():
        wanted = {speaks[speaker] for speaker in table.get(role, {})}
        waits = role in (Role.CALLER,) and Role.CALLER not in CONVERSATION[talk]
        assert agent.hears(ear) - {"tone"} == (wanted | {"music"} if waits else wanted)
    barging = {f"leg:{agent.her}"} if Role.SUPERVISOR in table.get(Role.CALLER, {}) else set()
    in_it = Role.CALLER in CONVERSATION[talk]
    assert agent.hears("tap0:agent") == {"silence"} | ({"mic"} | barging if in_it else set()), "never a whisper"


def test_she_is_dialled_like_any_number_and_begins_by_listening() -> None:
    agent = Supervised()
    agent.talking()
    agent.called()
    headers = {"x-callfloor-supervise": "c-1", "Answer-Mode": "Auto"}
    assert agent.done(DialLeg, AwaitSupervisor) == [
        DialLeg(agent.her, "sip:300@pbx.test", headers),
        AwaitSupervisor(agent.her),
    ]
    assert agent.ask("supervise", str(ORDER)).ok, "again changes nothing"
    assert agent.ask("supervise", str(replace(ORDER, supervisor="tom"))) == Reply(False, "sara supervises this station")
    assert not agent.enters(Mode.WHISPER).ok, "not before she is there"
    agent.take(LegConnected(agent.her, "PCMU"))
    assert (agent.mode, agent.hears(f"leg:{agent.her}")) == (Mode.LISTEN, {"leg:a", "mic"})
    assert len(agent.core.state.lines) == 1, "she is none of the agent's calls"


def test_nobody_who_is_not_there_is_supervised_nor_behind_our_front() -> None:
    agent = Supervised()
    agent.talking()
    assert agent.ask("supervise", str(replace(ORDER, contact_id="c-9"))) == Reply(False, "that call is over")
    assert not agent.ask("supervise", "no order").ok
    assert not agent.ask("supervise_as", "loud").ok
    assert agent.ask("unsupervise") == Reply(False, "nobody supervises here")
    front = Agent(StationPolicy()).take(incoming(), AnswerPressed(), LegConnected("leg-1", "PCMU"))
    assert "worker" in front.ask("supervise", str(ORDER)).reason


def test_her_telephone_changes_the_mode_by_two_keys_and_the_tone_goes_to_whom_it_should() -> None:
    agent = arranged(Talk.DIRECT)
    agent.take(LegDigit(agent.her, "6"))
    assert agent.mode is Mode.LISTEN
    agent.take(LegDigit(agent.her, "#"), LegDigit(agent.her, "6"))
    assert (agent.mode, agent.done(PlayTone)) == (Mode.BARGE, [PlayTone()])
    assert agent.core.state.supervision is not None
    assert agent.core.state.supervision.by == "phone"
    assert "tone" in agent.hears("ear")
    assert "tone" in agent.hears("leg:a")
    agent.enters(Mode.WHISPER)
    assert agent.done(PlayTone) == []
    assert not any(path.source == "tone" for path in agent.paths)


def test_muted_is_muted_for_her_too() -> None:
    agent = arranged(Talk.DIRECT)
    agent.take(MuteToggled(True))
    assert agent.hears(f"leg:{agent.her}") == {"leg:a"}


def test_another_customer_of_the_agent_is_none_of_her_business() -> None:
    agent = arranged(Talk.DIRECT)
    assert agent.enters(Mode.BARGE).ok
    agent.take(incoming("b", PLAIN), AnswerPressed())
    agent.ask("answer", leg_id="b")
    agent.take(LegConnected("b", "PCMU"))
    assert agent.phases() == {"a": Phase.HELD, "b": Phase.IN_CALL}
    assert agent.hears(f"leg:{agent.her}") == set()
    assert agent.hears("ear") == {"leg:b"}
    assert agent.hears("leg:b") == {"mic"}


def test_a_takeover_leaves_the_customer_with_her_and_the_agent_free() -> None:
    agent = arranged(Talk.HELD)
    assert agent.enters(Mode.TAKEOVER).ok
    assert agent.done(HoldLeg) == [HoldLeg("a", False)]
    assert agent.hears("leg:a") == {f"leg:{agent.her}"}
    assert agent.hears(f"leg:{agent.her}") == {"leg:a"}
    assert agent.hears("ear") == set()
    assert agent.hears("tap0:agent") == {"silence", f"leg:{agent.her}"}
    assert agent.hears("tap0:caller") == {"silence", "leg:a"}
    assert agent.core.headset_state() == CallState()
    assert (agent.core.state.phase, agent.phases()) == (Phase.IDLE, {"a": Phase.TAKEN})
    assert agent.take(HangUpPressed()).done(HangUpLeg) == [], "her key ends nobody's call"
    assert not agent.ask("hold", leg_id="a").ok
    assert not agent.enters(Mode.LISTEN).ok, "there is no way back"
    agent.take(incoming("b", PLAIN), AnswerPressed(), LegConnected("b", "PCMU"))
    assert agent.hears("ear") == {"leg:b"}
    agent.take(LegDisconnected(agent.her, 200, "OK"))
    assert agent.done(HangUpLeg) == [HangUpLeg("a")]
    agent.take(LegDisconnected("a", 200, "OK"))
    assert agent.core.state.past[0].ended_by == "supervisor"


def test_nobody_takes_over_while_a_colleague_is_consulted() -> None:
    agent = arranged(Talk.CONSULT)
    assert agent.enters(Mode.TAKEOVER) == Reply(
        False, "somebody else is being consulted: take over when that has ended"
    )


def test_she_leaves_with_the_call_and_by_herself() -> None:
    agent = arranged(Talk.DIRECT)
    agent.take(LegDisconnected("a", 200, "OK"))
    assert agent.done(HangUpLeg) == [HangUpLeg(agent.her)]
    agent.take(LegDisconnected(agent.her, 200, "OK"))
    line = agent.core.state.supervision
    assert line is not None
    assert (line.phase, line.mode) == (VisitPhase.OVER, Mode.LISTEN)
    other = arranged(Talk.DIRECT)
    assert other.ask("unsupervise").ok
    assert other.done(HangUpLeg) == [HangUpLeg(other.her)]
    assert other.hears("ear") == {"leg:a"}, "the others never noticed"


def test_a_phone_that_does_not_answer_is_given_up() -> None:
    agent = Supervised()
    agent.talking()
    agent.called()
    agent.take(LegProgressed(agent.her, 180), SupervisorRangOut(agent.her))
    assert agent.done(HangUpLeg) == [HangUpLeg(agent.her)]
    agent.take(LegDisconnected(agent.her, 487, "Request Terminated"))
    line = agent.core.state.supervision
    assert line is not None
    assert (line.phase, line.mode, line.code) == (VisitPhase.OVER, None, 487)
    agent.called()
    agent.take(SupervisorRangOut("out-1"), LegConnected(agent.her, "PCMU"), SupervisorRangOut(agent.her))
    assert agent.done(HangUpLeg) == []
    assert agent.take(LegReferred(agent.her, "sip:x@y")).effects == [AnswerReferral(agent.her, None)]
    agent.take(PhoneRefused(HangUpLeg(agent.her), "no such leg"))
    assert agent.core.state.supervision is not None
    assert agent.core.state.supervision.phase is VisitPhase.OVER


def test_a_supervisors_own_station_captures_nobody() -> None:
    agent = Agent(CAPTURING).take(incoming("s", {"x-callfloor-supervise": "c-1", "answer-mode": "Auto"}))
    agent.take(LegConnected("s", "PCMU"))
    assert agent.core.state.lines[0].slot == -1


def test_the_order_survives_the_way() -> None:
    assert SuperviseOrder.parse(str(ORDER)) == ORDER
    for bad in ("", "[]", '["sara", "c", 3, {}]', '["sara", "c", "3", {"loud": []}]', '["s", "c", "3", {"barge": 1}]'):
        with pytest.raises(ValueError, match=r".*"):
            SuperviseOrder.parse(bad)


def test_a_captured_call_tells_each_measurement_and_what_is_left_of_it() -> None:
    agent = Agent(CAPTURING).talking()
    sounds = LegQuality("a", 250, 0.01, 1.23, 20.0, 40.0, 3.456, 0.0, 4.1)
    agent.take(sounds)
    first = agent.core.state.lines[0].quality
    agent.take(sounds)
    second = agent.core.state.lines[0].quality
    assert first is not None
    assert second is not None
    assert (first.number, first.mos, first.far_mos, second.number) == (1, 3.46, 4.1, 2), "two alike are two"
    agent.take(HangUpPressed(), LegDisconnected("a", 200, "OK"))
    (past,) = agent.core.state.past
    assert (past.contact_id, past.ended_by, past.kept) == ("c-1", "agent", None)
    agent.take(CallKept("c-1", Kept("c-1.cfr", 9.0, 0.5)), CallKept("c-7", Kept()))
    assert agent.core.state.past == (replace(past, kept=Kept("c-1.cfr", 9.0, 0.5)),)
    plain = Agent().talking().take(sounds, LegDisconnected("a", 200, "OK"))
    assert plain.core.state.past == ()
