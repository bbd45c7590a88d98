"""SipPhone beyond the contract: registration, unfriendly far ends, exact sound, many calls, every way to end."""

from __future__ import annotations

import array
import asyncio
import base64
import random
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.contracts.phone import connect, refusal
from tests.sip.ends import LOUDNESS, TONES, RemoteEnd
from tests.sip.rawua import RawUa
from tests.sip.test_phone_contract import SipFloor, sip_floor
from voice.phone import (
    IncomingLeg,
    LegConnected,
    LegDigit,
    LegDisconnected,
    PhoneConfig,
    PhoneFailure,
    RegistrationChanged,
)

pytestmark = pytest.mark.live


def live(test: Callable[[SipFloor], Awaitable[None]]) -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            await test(floor)

    asyncio.run(main())


async def raw(floor: SipFloor, passwords: dict[str, str] | None = None) -> tuple[RawUa, str]:
    ua = RawUa("127.0.0.40", passwords)
    floor.closers.append(ua.close)
    return ua, await ua.open()


def test_it_registers_by_digest_and_dials_through_its_proxy() -> None:
    async def run(floor: SipFloor) -> None:
        phone, _ = await floor.party()
        server, address = await raw(floor, {"ann": "sesame"})
        proxy = address.replace("raw@", "")
        await phone.do("register", "sip:ann@floor.test", proxy, "ann", "sesame")
        answer = await phone.expect(RegistrationChanged)
        assert (answer.active, answer.code) == (True, 200)
        assert "sesame" not in "".join(server.requests)
        await phone.do("dial", "call", "sip:100@floor.test")
        invite = await server.expect("INVITE")
        assert invite.startswith("INVITE sip:100@floor.test SIP/2.0\r\n")
        assert "From: sip:ann@floor.test;tag=" in invite.replace("<", "").replace(">", "")
        assert "\r\nRoute: <sip:127.0.0.40:" in invite
        offered = next(line for line in invite.splitlines() if line.startswith("m="))
        assert offered.split()[3:] == ["0", "8", "9", "101"] or offered.split()[3:7] == ["0", "8", "9", "120"], offered
        await phone.expect(LegConnected)

    live(run)


def test_a_wrong_password_is_reported_and_can_be_put_right() -> None:
    async def run(floor: SipFloor) -> None:
        phone, _ = await floor.party()
        _, address = await raw(floor, {"ann": "sesame"})
        proxy = address.replace("raw@", "")
        await phone.do("register", "sip:ann@floor.test", proxy, "ann", "wrong")
        answer = await phone.expect(RegistrationChanged)
        assert (answer.active, answer.code) == (False, 403)
        await phone.do("register", "sip:ann@floor.test", proxy, "ann", "sesame")
        assert (await phone.expect(RegistrationChanged)).active

    live(run)


def test_an_unfriendly_far_end_is_refused_politely() -> None:
    async def run(floor: SipFloor) -> None:
        phone, _ = await floor.party()
        far, address = await raw(floor)
        await phone.do("dial", "call", address)
        await phone.expect(LegConnected)
        await far.expect("ACK")
        victim, _ = await raw(floor)
        assert await far.request("REFER", f"Refer-To: <sip:x@{victim.host}:{victim.port}>\r\n") == 603
        assert await far.request("SUBSCRIBE", "Event: presence\r\nExpires: 60\r\n") >= 400
        await phone.do("hang_up", "call")
        await far.expect("BYE")
        assert victim.requests == []

    live(run)


def test_a_press_sent_by_info_counts_too() -> None:
    async def run(floor: SipFloor) -> None:
        phone, _ = await floor.party()
        far, address = await raw(floor)
        await phone.do("dial", "call", address)
        await phone.expect(LegConnected)
        await far.expect("ACK")
        relay = "Content-Type: application/dtmf-relay\r\n"
        for digit in "5#":
            assert await far.request("INFO", relay, f"Signal={digit}\r\nDuration=160\r\n") == 200
            assert (await phone.expect(LegDigit)).digit == digit

    live(run)


def test_hold_and_resume_keep_the_paths() -> None:
    async def run(floor: SipFloor) -> None:
        phone, _ = await floor.party()
        far, address = await raw(floor)
        await phone.do("add_ear", "ear")
        await phone.do("dial", "call", address)
        await phone.do("set_paths", [("leg:call", "ear", 1.0)])
        await phone.expect(LegConnected)
        await far.expect("ACK")
        await phone.do("until_hears", "ear", [])
        sdp = "Content-Type: application/sdp\r\n"
        for direction in ("sendonly", "inactive", "sendrecv"):
            assert await far.request("INVITE", sdp, far.sdp(direction)) == 200
        await phone.do("until_hears", "ear", [])
        assert sum(isinstance(event, LegConnected) for event in phone.inbox.seen) == 1  # type: ignore[attr-defined]
        assert await far.request("BYE") == 200
        await phone.expect(LegDisconnected)

    live(run)


def test_wideband_sound_at_16_khz() -> None:
    async def run(floor: SipFloor) -> None:
        ends: list[RemoteEnd] = []
        for host in ("127.0.0.46", "127.0.0.48"):
            end = RemoteEnd(PhoneConfig(host=host, rtp_host=host, clock_rate=16000, codecs=("G722/16000",)))
            await end.open()
            floor.ends.append(end)
            ends.append(end)
        caller, callee = ends
        await caller.do("start")
        leg_id = await connect(caller, callee, await callee.do("start"))
        connected = [event for event in caller.inbox.seen if isinstance(event, LegConnected)]
        assert [event.codec for event in connected] == ["G722/16000"]
        await caller.do("add_tone", "tone", TONES[2])
        await callee.do("add_ear", "ear", 100)
        await caller.do("set_paths", [("tone", "leg:call", 1.0)])
        await callee.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
        heard = await callee.do("until_hears", "ear", [TONES[2]])
        assert heard[2] == pytest.approx(LOUDNESS, rel=0.1)
        assert {samples for _, samples in await callee.do("frames", "ear")} == {1600}

    live(run)


BLOCK = 160  # 20 ms


def same_block(sent: array.array[int], at: int, heard: array.array[int]) -> bool:
    """Within G.711's error: half a step, at most 1/32 of the amplitude, 10 near zero."""
    pairs = zip(sent[at : at + len(heard)], heard, strict=False)
    inside = 0 <= at <= len(sent) - len(heard)
    return inside and all(abs(before - after) <= 10 + abs(before) / 32 for before, after in pairs)


def matching_blocks(sent: array.array[int], heard: array.array[int]) -> int:
    """Blocks heard as sent, in order; a jitter buffer that drops or repeats one shifts what follows by a block."""
    at = next((at for at in range(len(sent)) if same_block(sent, at, heard[:BLOCK])), len(sent))
    count = 0
    for begin in range(0, len(heard), BLOCK):
        block = heard[begin : begin + BLOCK]
        found = next((at + shift for shift in (0, BLOCK, -BLOCK) if same_block(sent, at + shift, block)), None)
        count += found is not None
        at = (at if found is None else found) + BLOCK
    return count


def test_what_is_sent_is_what_is_heard() -> None:
    async def run(floor: SipFloor) -> None:
        (caller, _), (callee, uri) = await floor.party(), await floor.party()
        chance = random.Random(1)
        sent = array.array("h", (chance.randrange(-20000, 20000) for _ in range(15 * 8000)))
        await callee.do("add_ear", "ear", 20)
        leg_id = await connect(caller, callee, uri)
        await callee.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
        await caller.do("add_recording", "voice", base64.b64encode(sent.tobytes()).decode())
        await caller.do("set_paths", [("voice", "leg:call", 1.0)])
        async with asyncio.timeout(10):  # the half second in which a busy machine loses next to nothing
            heard = array.array("h")
            while matching_blocks(sent, heard) < 22:
                heard = array.array("h", base64.b64decode(await callee.do("hear", "ear", 25 * BLOCK)))

    live(run)


def test_many_calls_one_after_another_reuse_the_slots() -> None:
    """A native call collected late hangs up the next one in its slot; here each slot serves five."""

    async def run(floor: SipFloor) -> None:
        (caller, _), (callee, uri) = await floor.party(), await floor.party()
        for number in range(20):
            leg_id = await connect(caller, callee, uri, f"call-{number}")
            by_caller = number % 2
            await (caller.do("hang_up", f"call-{number}") if by_caller else callee.do("hang_up", leg_id))
            assert (await caller.expect(LegDisconnected)).leg_id == f"call-{number}"
            assert (await callee.expect(LegDisconnected)).leg_id == leg_id

    live(run)


def test_more_calls_a_second_than_pjsip_survives_are_refused() -> None:
    async def run(floor: SipFloor) -> None:
        phone, _ = await floor.party()
        _, address = await raw(floor)

        async def storm() -> None:
            for number in range(60):
                await phone.do("dial", f"call-{number}", address)
                await phone.expect(LegConnected)
                await phone.do("hang_up", f"call-{number}")
                await phone.expect(LegDisconnected)

        assert await refusal(storm()) is PhoneFailure.NO_SLOT

    live(run)


def test_a_far_end_that_died_does_not_hold_the_leg() -> None:
    async def run(floor: SipFloor) -> None:
        caller, _ = await floor.party()
        callee, uri = await floor.party()
        await connect(caller, callee, uri)
        await floor.ends.pop().kill()
        await caller.do("hang_up", "call")
        assert (await caller.expect(LegDisconnected)).leg_id == "call"

    live(run)


def test_a_far_end_that_died_or_forgot_the_call_is_found_out() -> None:
    async def run(floor: SipFloor) -> None:
        caller, _ = await floor.party()
        far, address = await raw(floor)
        await caller.do("dial", "plain", address)
        await caller.expect(LegConnected)
        assert await caller.do("probe", "plain") is True, "it takes no OPTIONS, and says so"
        far.options = "481 Call/Transaction Does Not Exist"
        await caller.do("dial", "forgotten", address)
        await caller.expect(LegConnected)
        assert await caller.do("probe", "forgotten") is False
        ended = await caller.expect(LegDisconnected)
        assert (ended.leg_id, ended.code) == ("forgotten", 481)
        callee, uri = await floor.party()
        await connect(caller, callee, uri)
        await floor.ends.pop().kill()
        assert await caller.do("probe", "call") is False

    live(run)


def test_audio_stays_in_the_range_of_ports_it_was_given() -> None:
    async def run(floor: SipFloor) -> None:
        far, address = await raw(floor)
        end = RemoteEnd(PhoneConfig(host="127.0.0.42", rtp_host="127.0.0.42", rtp_first_port=23000, rtp_ports=32))
        await end.open()
        floor.ends.append(end)
        await end.do("start")
        for number in range(4):
            await end.do("dial", f"call-{number}", address)
            invite = await far.expect("INVITE")
            assert "c=IN IP4 127.0.0.42\r\n" in invite
            port = int(invite.partition("m=audio ")[2].split()[0])
            assert 23000 <= port <= 23030
            await end.expect(LegConnected)

    live(run)


def test_ports_of_another_rate_than_the_bridges() -> None:
    async def run(floor: SipFloor) -> None:
        end = RemoteEnd(PhoneConfig(host="127.0.0.42", rtp_host="127.0.0.42", clock_rate=16000))
        await end.open()
        floor.ends.append(end)
        uri = await end.do("start")
        caller, _ = await floor.party()
        await caller.do("add_tone", "tone", TONES[0])
        await caller.do("add_ear", "ear")
        leg_id = await connect(caller, end, uri)
        await caller.do("set_paths", [("tone", "leg:call", 1.0), ("leg:call", "ear", 1.0)])
        await end.do("add_tone", "narrow", TONES[1], 8000)
        await end.do("add_tone", "wide", TONES[2])
        await end.do("add_ear", "ear", 60, 8000)
        leg = f"leg:{leg_id}"
        await end.do("set_paths", [(leg, "ear", 1.0), ("narrow", leg, 1.0), ("wide", leg, 1.0)])
        await caller.do("until_hears", "ear", [TONES[1], TONES[2]])
        await end.do("until_hears", "ear", [TONES[0]])
        assert (await end.do("frames", "ear"))[-1][1] == 480, "60 ms at 8 kHz"
        assert await refusal(end.do("add_tone", "odd", TONES[0], 11025)) is PhoneFailure.BAD_ARGUMENT

    live(run)


def test_an_incoming_call_for_whom_nobody_answers_is_hung_up_by_close() -> None:
    async def run(floor: SipFloor) -> None:
        (caller, _), (callee, uri) = await floor.party(), await floor.party()
        await caller.do("dial", "call", uri)
        await callee.expect(IncomingLeg)
        assert await floor.ends.pop().shut() == 0
        assert (await caller.expect(LegDisconnected)).code >= 400

    live(run)


def test_a_port_in_use_is_refused_and_the_process_can_try_again() -> None:
    async def run(floor: SipFloor) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.44", 0))
            end = RemoteEnd(PhoneConfig(host="127.0.0.44", port=taken.getsockname()[1]))
            await end.open()
            floor.ends.append(end)
            assert await refusal(end.do("start")) is PhoneFailure.STACK
            assert await refusal(end.do("dial", "call", "sip:a@127.0.0.1")) is PhoneFailure.NOT_STARTED

    live(run)


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    preamble = """
import asyncio
from voice.clock import SystemClock
from voice.phone import *
from voice.sip import SipPhone
def phone(**settings):
    return SipPhone(PhoneConfig(**settings), lambda event: None, SystemClock())
"""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", preamble + script], cwd=Path(__file__).parents[2], capture_output=True,
        text=True, timeout=30, check=False,
    )  # fmt: skip


ONE_AT_A_TIME = """
async def main():
    first, second = phone(), phone()
    await first.start()
    try:
        await second.start()
    except PhoneError as error:
        print(error.failure.name)
    await first.close()
    await first.close()
    third = phone(codecs=("opus/48000",))
    try:
        await third.start()
    except PhoneError as error:
        print(error.failure.name)
    fourth = phone()
    await fourth.start()
    await fourth.close()
    print("closed")
asyncio.run(main())
"""

FORGOTTEN = """
class Sink:
    def write(self, frame): pass
async def main():
    global it
    it = phone()
    host, port = await it.start()
    await it.add_sink("ear", Sink())
    await it.dial("call", f"sip:a@{host}:{port}")
    print("forgotten")
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("script", "output"), [(ONE_AT_A_TIME, "STACK\nBAD_ARGUMENT\nclosed\n"), (FORGOTTEN, "forgotten\n")]
)
def test_processes_end_cleanly_and_print_nothing_of_pjsips(script: str, output: str) -> None:
    done = run_script(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")
