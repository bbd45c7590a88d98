from __future__ import annotations

from voice.calls import Call, LegJoined, LegLeft, LegRang, LegState, Role
from voice.phone import IncomingLeg, LegConnected, LegDisconnected, LegProgressed

INVITE = IncomingLeg("a", "call-id", "sip:2025550142@127.0.0.2", "", "sip:100@callfloor", {})


def talking() -> Call:
    call = Call().offered(INVITE, Role.CALLER).dialled("b", Role.AGENT, "sip:anna@callfloor")
    call, _ = call.apply(LegConnected("a", "PCMU"))
    call, _ = call.apply(LegConnected("b", "PCMU"))
    return call


def test_an_outgoing_leg_dials_rings_connects_and_ends() -> None:
    call = Call().dialled("b", Role.AGENT, "sip:anna@callfloor")
    call, change = call.apply(LegProgressed("b", 180))
    assert isinstance(change, LegRang)
    call, change = call.apply(LegConnected("b", "PCMU"))
    assert isinstance(change, LegJoined)
    assert change.leg.codec == "PCMU"
    call, change = call.apply(LegDisconnected("b", 200, "OK"))
    assert isinstance(change, LegLeft)
    assert (change.was, call.over) == (LegState.CONNECTED, True)


def test_late_repeated_and_unknown_reports_change_nothing() -> None:
    ended, _ = talking().apply(LegDisconnected("b", 200, "OK"))
    for event in (
        LegProgressed("b", 180),
        LegConnected("b", "PCMU"),
        LegDisconnected("b", 200, "OK"),
        LegConnected("x", ""),
    ):
        assert ended.apply(event) == (ended, None)
    assert talking().apply(LegProgressed("a", 180))[1] is None
    assert talking().apply(LegProgressed("b", 100))[1] is None


def test_a_call_without_legs_is_not_over() -> None:
    assert not Call().over
    assert not talking().over
