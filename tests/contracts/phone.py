"""What every Phone does. ``Floor`` makes parties; the same tests run on FakePhone and on SipPhone over real RTP."""

from __future__ import annotations

import itertools
import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import pytest

from tests.sip.ends import LOUDNESS, TONES, Party
from voice.phone import IncomingLeg, LegConnected, LegDigit, LegDisconnected, LegProgressed, PhoneError, PhoneFailure


class Floor(Protocol):
    """Makes started parties; closed together at the end. ``party()`` returns it and the URI that reaches it.

    Its phones are replaceable and report quality every second.
    """

    async def party(self) -> tuple[Party, str]:
        """One more."""


OpenFloor = Callable[[], AbstractAsyncContextManager[Floor]]


async def connect(caller: Party, callee: Party, uri: str, leg_id: str = "call") -> str:
    """A connected call; returns the callee's leg id. The callee hears ``leg_id``-named headers of nobody."""
    await caller.do("dial", leg_id, uri)
    incoming = await callee.expect(IncomingLeg)
    await callee.do("answer", incoming.leg_id)
    assert (await caller.expect(LegConnected)).leg_id == leg_id
    assert (await callee.expect(LegConnected)).leg_id == incoming.leg_id
    return str(incoming.leg_id)


async def refusal(work: Awaitable[object]) -> PhoneFailure:
    """The failure ``work`` is refused with."""
    with pytest.raises(PhoneError) as caught:
        await work
    return caught.value.failure


async def rings_answers_and_ends(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("dial", "call", uri, {"X-Callfloor-Contact": "c-17"})
    incoming = await callee.expect(IncomingLeg)
    assert incoming.headers["x-callfloor-contact"] == "c-17"
    assert incoming.call_id == incoming.headers["call-id"]
    assert incoming.from_uri.startswith("sip:")
    await callee.do("answer", incoming.leg_id, 180)
    assert (await caller.expect(LegProgressed)).code == 180
    await callee.do("answer", incoming.leg_id)
    connected = await caller.expect(LegConnected)
    assert (connected.leg_id, connected.codec) == ("call", "PCMU/8000")
    await callee.expect(LegConnected)
    await caller.do("hang_up", "call")
    assert (await callee.expect(LegDisconnected)).leg_id == incoming.leg_id
    assert (await caller.expect(LegDisconnected)).leg_id == "call"


async def the_called_side_hangs_up(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    leg_id = await connect(caller, callee, uri)
    await callee.do("hang_up", leg_id)
    assert (await caller.expect(LegDisconnected)).leg_id == "call"
    assert (await callee.expect(LegDisconnected)).leg_id == leg_id


async def a_decline_carries_its_code(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    for code, seen in ((486, 486), (480, 480), (0, 603)):
        await caller.do("dial", f"call-{code}", uri)
        incoming = await callee.expect(IncomingLeg)
        await callee.do("hang_up", incoming.leg_id, code)
        ended = await caller.expect(LegDisconnected)
        assert (ended.leg_id, ended.code) == (f"call-{code}", seen)
        assert (await callee.expect(LegDisconnected)).code == seen


async def a_cancel_ends_both(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("dial", "call", uri)
    incoming = await callee.expect(IncomingLeg)
    await callee.do("answer", incoming.leg_id, 180)
    await caller.expect(LegProgressed)
    await caller.do("hang_up", "call")
    assert (await callee.expect(LegDisconnected)).code == 487
    assert (await caller.expect(LegDisconnected)).code == 487
    assert await refusal(callee.do("answer", incoming.leg_id)) is PhoneFailure.NO_SUCH_LEG


async def hanging_up_twice_is_once(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    leg_id = await connect(caller, callee, uri)
    await caller.do("hang_up", "call")
    await caller.do("hang_up", "call")
    await caller.expect(LegDisconnected)
    await callee.expect(LegDisconnected)
    await caller.do("hang_up", "call")
    await callee.do("hang_up", leg_id)
    await connect(caller, callee, uri)  # the id is free again, and no second end was reported
    assert sum(isinstance(event, LegDisconnected) for event in seen(caller)) == 1


async def digits_arrive_once_and_in_order(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    leg_id = await connect(caller, callee, uri)
    await caller.do("send_digits", "call", "1120#")
    assert [(await callee.expect(LegDigit)).digit for _ in range(5)] == list("1120#")
    await callee.do("send_digits", leg_id, "9*")
    assert [(await caller.expect(LegDigit)).digit for _ in range(2)] == ["9", "*"]


async def misuse_is_refused(floor: Floor) -> None:
    caller, uri = await floor.party()
    for address in ("", "tel:100", "sip:", "sip:a b@host", f"{uri}\r\nX: y", "<sip:a@127.0.0.1>", "sip:a@h?X=y"):
        assert await refusal(caller.do("dial", "call", address)) is PhoneFailure.BAD_ADDRESS
    for headers in ({"X Y": "1"}, {"X": "a\r\nVia: b"}, {"X": "é"}, {"": "x"}, {f"X-{n}": "v" * 500 for n in range(5)}):
        assert await refusal(caller.do("dial", "call", uri, headers)) is PhoneFailure.BAD_ARGUMENT
    for method, args in (("answer", ["no"]), ("hang_up", ["no"]), ("send_digits", ["no", "1"])):
        assert await refusal(caller.do(method, *args)) is PhoneFailure.NO_SUCH_LEG
    await caller.do("add_ear", "ear")
    await caller.do("add_tone", "tone", TONES[0])
    for path in (("tone", "leg:no", 1.0), ("leg:no", "ear", 1.0), ("ear", "ear", 1.0), ("tone", "tone", 1.0)):
        assert await refusal(caller.do("set_paths", [path])) is PhoneFailure.NO_SUCH_PORT
    for gain in (-0.1, 2.1, math.nan):
        assert await refusal(caller.do("set_paths", [("tone", "ear", gain)])) is PhoneFailure.BAD_ARGUMENT
    for name, batch_ms in (("other", 30), ("other", 0), ("tone", 20), ("leg:x", 20), ("", 20)):
        assert await refusal(caller.do("add_ear", name, batch_ms)) is PhoneFailure.BAD_ARGUMENT


async def misuse_of_a_leg_is_refused(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("dial", "call", uri)
    incoming = await callee.expect(IncomingLeg)
    assert await refusal(caller.do("answer", "call")) is PhoneFailure.BAD_ARGUMENT
    assert await refusal(caller.do("dial", "call", uri)) is PhoneFailure.BAD_ARGUMENT
    assert await refusal(callee.do("answer", incoming.leg_id, 302)) is PhoneFailure.BAD_ARGUMENT
    assert await refusal(callee.do("hang_up", incoming.leg_id, 200)) is PhoneFailure.BAD_ARGUMENT
    assert await refusal(callee.do("send_digits", incoming.leg_id, "1")) is PhoneFailure.BAD_ARGUMENT
    await callee.do("answer", incoming.leg_id)
    await caller.expect(LegConnected)
    await callee.expect(LegConnected)
    assert await refusal(callee.do("answer", incoming.leg_id)) is PhoneFailure.BAD_ARGUMENT
    for digits in ("", "1x", "1 2", "1" * 33):
        assert await refusal(caller.do("send_digits", "call", digits)) is PhoneFailure.BAD_ARGUMENT


async def a_fifth_leg_is_refused(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    for number in range(4):
        await connect(caller, callee, uri, f"call-{number}")
    assert await refusal(caller.do("dial", "call-4", uri)) is PhoneFailure.NO_SLOT
    third, _ = await floor.party()
    await third.do("dial", "call", uri)
    assert (await third.expect(LegDisconnected)).code == 486
    await caller.do("hang_up", "call-0")
    await caller.expect(LegDisconnected)
    await callee.expect(LegDisconnected)
    await connect(caller, callee, uri, "call-4")


async def sound_goes_both_ways(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    for party, hz in ((caller, TONES[0]), (callee, TONES[2])):
        await party.do("add_tone", "tone", hz)
        await party.do("add_ear", "ear", 100)
    await caller.do("dial", "call", uri)
    await caller.do("set_paths", [("tone", "leg:call", 1.0), ("leg:call", "ear", 1.0)])  # before there is sound
    incoming = await callee.expect(IncomingLeg)
    await callee.do("answer", incoming.leg_id)
    await callee.expect(LegConnected)
    leg = f"leg:{incoming.leg_id}"
    await callee.do("set_paths", [("tone", leg, 1.0), (leg, "ear", 1.0)])
    heard = await callee.do("until_hears", "ear", [TONES[0]])
    assert heard[0] == pytest.approx(LOUDNESS, rel=0.05)
    heard = await caller.do("until_hears", "ear", [TONES[2]])
    assert heard[2] == pytest.approx(LOUDNESS, rel=0.05)
    frames = await caller.do("frames", "ear")
    assert all(before[0] + before[1] == after[0] for before, after in itertools.pairwise(frames))
    assert {samples for _, samples in frames} == {800}


async def gains_and_mute_follow_the_paths(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("add_tone", "tone", TONES[1])
    await caller.do("add_tone", "mute", 0)
    await callee.do("add_ear", "ear")
    leg_id = await connect(caller, callee, uri)
    await callee.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
    await caller.do("set_paths", [("tone", "leg:call", 0.25)])
    heard = await callee.do("until_hears", "ear", [TONES[1]])
    assert heard[1] == pytest.approx(LOUDNESS / 4, rel=0.1)
    await caller.do("set_paths", [("mute", "leg:call", 1.0)])
    await callee.do("until_hears", "ear", [])
    await caller.do("set_paths", [("tone", "leg:call", 2.0)])
    heard = await callee.do("until_hears", "ear", [TONES[1]])
    assert heard[1] == pytest.approx(LOUDNESS * 2, rel=0.1)


async def who_hears_whom(floor: Floor) -> None:
    """Listen, then whisper, then barge, over one bridging phone with three legs."""
    bridge, uri = await floor.party()
    parties = {}
    legs = {}
    for name, hz in zip(("customer", "agent", "supervisor"), TONES, strict=False):
        party, _ = await floor.party()
        await party.do("add_tone", "tone", hz)
        await party.do("add_ear", "ear")
        legs[name] = "leg:" + await connect(party, bridge, uri)
        await party.do("set_paths", [("tone", "leg:call", 1.0), ("leg:call", "ear", 1.0)])
        parties[name] = party
    customer, agent, supervisor = legs["customer"], legs["agent"], legs["supervisor"]
    c, a, s = TONES[:3]
    talk = [(customer, agent, 1.0), (agent, customer, 1.0)]
    listen = [*talk, (customer, supervisor, 1.0), (agent, supervisor, 1.0)]
    whisper = [*listen, (supervisor, agent, 1.0)]
    barge = [*whisper, (supervisor, customer, 1.0)]
    for paths, by_customer, by_agent in ((listen, [a], [c]), (whisper, [a], [c, s]), (barge, [a, s], [c, s])):
        await bridge.do("set_paths", paths)
        await parties["agent"].do("until_hears", "ear", by_agent)
        await parties["customer"].do("until_hears", "ear", by_customer)
        await parties["supervisor"].do("until_hears", "ear", [c, a])
    await parties["supervisor"].do("hang_up", "call")
    await bridge.expect(LegDisconnected)
    await bridge.do("set_paths", barge)  # a moment late: the leg that ended has no effect, the others go on
    await parties["customer"].do("until_hears", "ear", [a])


async def a_broken_handler_is_not_heard_elsewhere(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("add_tone", "tone", TONES[3])
    await caller.do("add_broken", "bad source", "bad sink")
    await callee.do("add_ear", "ear")
    leg_id = await connect(caller, callee, uri)
    await caller.do(
        "set_paths", [("tone", "leg:call", 1.0), ("bad source", "leg:call", 1.0), ("leg:call", "bad sink", 1.0)]
    )
    await callee.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
    await callee.do("until_hears", "ear", [TONES[3]])


async def paths_may_change_without_end(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("add_tone", "tone", TONES[0])
    await caller.do("add_ear", "tap", 100)
    await callee.do("add_ear", "ear")
    leg_id = await connect(caller, callee, uri)
    await callee.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
    on = [("tone", "leg:call", 1.0), ("leg:call", "tap", 1.0), ("tone", "tap", 0.5), ("leg:call", "leg:call", 0.1)]
    sets = [on, [], on[:2], [("tone", "leg:call", 0.5)], on[2:]]
    await caller.do("shuffle_paths", sets, 500)
    await caller.do("set_paths", [("tone", "leg:call", 1.0)])
    await callee.do("until_hears", "ear", [TONES[0]])


async def a_port_takes_a_new_object_in_place(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await caller.do("add_tone", "tone", TONES[0])
    await callee.do("add_ear", "ear")
    leg_id = await connect(caller, callee, uri)
    await caller.do("set_paths", [("tone", "leg:call", 1.0)])
    await callee.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
    await callee.do("until_hears", "ear", [TONES[0]])
    await caller.do("add_tone", "tone", TONES[2])
    await callee.do("add_ear", "ear")
    await callee.do("until_hears", "ear", [TONES[2]])


def seen(party: Party) -> list[object]:
    """Every event so far."""
    return list(party.inbox.seen)  # type: ignore[attr-defined]


CONTRACT = (
    rings_answers_and_ends, the_called_side_hangs_up, a_decline_carries_its_code, a_cancel_ends_both,
    hanging_up_twice_is_once, digits_arrive_once_and_in_order, misuse_is_refused, misuse_of_a_leg_is_refused,
    a_fifth_leg_is_refused, sound_goes_both_ways, gains_and_mute_follow_the_paths, who_hears_whom,
    a_broken_handler_is_not_heard_elsewhere, paths_may_change_without_end, a_port_takes_a_new_object_in_place,
)  # fmt: skip
