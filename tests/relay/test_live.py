"""A whole station behind its relay, against a PBX of this test on TLS: registration, calls, mischief, a restart."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes.certificate import server_tls, write_certificate
from tests.fakes.pbx import Pbx, Rtp
from tests.sip.ends import AUDIBLE, TONES
from tests.station.agent import SPEAKS
from tests.station.process import StationProcess, hears, phase
from voice.front.message import Response
from voice.front.sockets import bind_inner, bind_outer, bind_tls

pytestmark = pytest.mark.live

PBX, AGENT = "127.0.0.6", "127.0.0.4"
CALLER_TONE = TONES[0]
CROWD = 1000


def registered(message: dict[str, Any]) -> bool:
    return bool(message.get("state", {}).get("registered"))


@contextlib.asynccontextmanager
async def station_at_pbx(directory: Path, **environment: str) -> AsyncIterator[tuple[Pbx, StationProcess]]:
    certificate, key = write_certificate(directory, PBX)
    async with Pbx.open(PBX, server_tls(certificate, key)) as pbx:
        station = await StationProcess.open(AGENT, f"tls://{PBX}:{pbx.port}", str(certificate), environment=environment)
        try:
            await pbx.next_request("REGISTER")
            await station.until(registered)
            yield pbx, station
        finally:
            status = await station.shut()
    assert status == 0


@contextlib.asynccontextmanager
async def tone_of_the_caller() -> AsyncIterator[Rtp]:
    loop = asyncio.get_running_loop()
    _, rtp = await loop.create_datagram_endpoint(lambda: Rtp(CALLER_TONE), local_addr=(PBX, 0))
    try:
        yield rtp
    finally:
        rtp.close()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def call(pbx: Pbx, station: StationProcess) -> AsyncIterator[tuple[Rtp, Response]]:
    """Rung, answered by the hook key, the caller's tone in the ear."""
    async with tone_of_the_caller() as rtp:
        pbx.connection.send(pbx.invite("the-call", rtp.port))
        ringing = await station.until(phase("ringing", ["ring", "ringer"]))
        assert ringing["state"]["contact_id"] == "c-42"
        station.press("hook")
        answer = await pbx.final("the-call")
        assert answer.status == 200
        assert answer.contact is not None
        assert f"{pbx.connection.peer[0]}:{pbx.connection.peer[1]}" in answer.contact.uri
        assert "127.0.0.1" not in answer.to_bytes().decode()
        pbx.connection.send(pbx.within(answer, "ACK", 1))
        media = re.search(r"m=audio (\d+) ", answer.body.decode())
        assert media is not None
        speaking = asyncio.create_task(rtp.speak((AGENT, int(media[1]))))
        try:
            await station.until(hears(CALLER_TONE))
            yield rtp, answer
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)


async def until_heard(rtp: Rtp, station: StationProcess) -> None:
    """The agent speaks, and the caller hears it."""
    station.press("speak")
    async with asyncio.timeout(10):
        while rtp.levels()[TONES.index(SPEAKS)] < AUDIBLE:
            await rtp.more()


def flood_udp(pbx: Pbx, port: tuple[str, int]) -> None:
    """As fast as the kernel takes them, then at the pace that ends an unguarded pjsua2 process."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.bind(("127.0.0.1" if port[0] == "127.0.0.1" else "127.0.0.9", 0))
        for number in range(CROWD):
            data = pbx.invite(f"flood-{port[1]}-{number}", 4000).to_bytes().replace(b"SIP/2.0/TLS", b"SIP/2.0/UDP")
            with contextlib.suppress(BlockingIOError):
                attacker.sendto(data, port)
            if number > CROWD - 100:
                time.sleep(0.005)


def test_a_thousand_invites_at_every_port_leave_a_call_undisturbed(tmp_path: Path) -> None:
    async def main() -> None:
        async with station_at_pbx(tmp_path) as (pbx, station), call(pbx, station) as (rtp, answer):
            assert pbx.connection.tls_version == "TLSv1.3"
            sockets = psutil.Process(station.pid).net_connections("inet")
            assert not [found for found in sockets if found.status == psutil.CONN_LISTEN]
            ports = [(found.laddr.ip, found.laddr.port) for found in sockets if found.type == socket.SOCK_DGRAM]
            sip = [port for port in ports if port[0] == "127.0.0.1"]
            assert len(sip) == 2, f"the relay's and pjsua2's: {ports}"
            assert {port[0] for port in ports} == {"127.0.0.1", AGENT}
            await until_heard(rtp, station)
            rtp.forget()
            station.press("speak")
            for port in ports:
                await asyncio.to_thread(flood_udp, pbx, port)
            for number in range(CROWD):
                pbx.connection.send(pbx.invite(f"flood-tls-{number}", 4000))
            refused = await pbx.finals(CROWD)
            assert set(refused.values()) <= {486, 503}
            assert sum(status == 486 for status in refused.values()) <= 60, "the phone saw more than the pace"
            assert rtp.longest_gap < 0.5, "the caller heard the agent fall silent"
            await until_heard(rtp, station)
            await station.until(hears(CALLER_TONE))
            station.press("hook")
            assert (await pbx.next_request("BYE")).call_id == answer.call_id
            await station.until(phase("idle", []))

    asyncio.run(main())


async def until_level(rtp: Rtp, tone: int) -> None:
    async with asyncio.timeout(10):
        while rtp.levels()[TONES.index(tone)] < AUDIBLE:
            await rtp.more()


def test_hold_and_blind_transfer_pass_the_relay(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            station_at_pbx(tmp_path, CALLFLOOR_TEST_PBX="1") as (pbx, station),
            call(pbx, station) as (rtp, answer),
        ):
            station.press("ask hold")
            held = await pbx.next_request("INVITE")
            assert b"a=sendonly" in held.body
            assert held.call_id == answer.call_id
            assert held.contact is not None
            assert "127.0.0.1" not in held.contact.uri
            await until_level(rtp, TONES[3])  # music
            station.press("ask resume")
            assert b"a=sendrecv" in (await pbx.next_request("INVITE")).body
            await until_heard(rtp, station)
            station.press("ask transfer sip:300@callfloor")
            refer = await pbx.next_request("REFER")
            assert (refer.headers.get("Refer-To") or "").strip("<>") == "sip:300@callfloor"
            notify = pbx.within(answer, "NOTIFY", 2)
            headers = notify.headers.put("Event", "refer").put("Subscription-State", "terminated;reason=noresource")
            headers = headers.put("Content-Type", "message/sipfrag;version=2.0")
            pbx.connection.send(replace(notify, headers=headers, body=b"SIP/2.0 200 OK\r\n"))
            assert (await pbx.next_request("BYE")).call_id == answer.call_id
            await station.until(phase("idle", []))

    asyncio.run(main())


def test_after_a_restart_of_the_server_the_station_is_back_within_five_seconds_and_the_call_goes_on(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with station_at_pbx(tmp_path) as (pbx, station), call(pbx, station) as (rtp, answer):
            pbx.down()
            lost = await station.until(lambda message: not message.get("state", {}).get("registered", True))
            assert "not registered: 503" in lost["state"]["trouble"]
            await asyncio.sleep(1.0)  # longer than the first retries
            await pbx.up()
            back = time.monotonic()
            await pbx.next_request("REGISTER", 5.0)
            assert time.monotonic() - back < 5.0
            await station.until(registered)
            await until_heard(rtp, station)
            station.press("hook")
            bye = await pbx.next_request("BYE")
            assert bye.call_id == answer.call_id
            await station.until(phase("idle", []))

    asyncio.run(main())


def test_when_its_address_changes_the_station_registers_from_there_and_its_call_follows(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            station_at_pbx(tmp_path, CALLFLOOR_TEST_PBX="1") as (pbx, station),
            call(pbx, station) as (rtp, answer),
        ):
            await until_heard(rtp, station)
            await moved(pbx, station, rtp, "127.0.0.7", answer, "sendrecv")
            await station.until(hears(CALLER_TONE))
            await until_heard(rtp, station)
            station.press("ask hold")
            assert b"a=sendonly" in (await pbx.next_request("INVITE")).body
            await moved(pbx, station, rtp, "127.0.0.8", answer, "sendonly")
            await until_level(rtp, TONES[3])  # music
            station.press("ask resume")
            assert b"a=sendrecv" in (await pbx.next_request("INVITE")).body
            await until_heard(rtp, station)
            await station.until(hears(CALLER_TONE))
            station.press("hook")
            assert (await pbx.next_request("BYE")).call_id == answer.call_id

    asyncio.run(main())


async def moved(pbx: Pbx, station: StationProcess, rtp: Rtp, host: str, answer: Response, direction: str) -> None:
    """The station's address changes to ``host``; everything comes from there, and the caller's sound goes there."""
    station.press(f"move {host}")
    register = await pbx.next_request("REGISTER")
    assert pbx.connection.peer[0] == host
    assert register.contact is not None
    assert host in register.contact.uri
    invite = await pbx.next_request("INVITE")
    assert invite.call_id == answer.call_id
    assert invite.contact is not None
    assert host in invite.contact.uri
    body = invite.body.decode()
    assert f"c=IN IP4 {host}" in body
    assert f"a={direction}" in body
    media = re.search(r"m=audio (\d+) ", body)
    assert media is not None
    rtp.turn_to((host, int(media[1])))


def test_a_server_whose_certificate_nobody_vouches_for_is_not_used(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "other").mkdir()
        certificate, key = write_certificate(tmp_path, PBX)
        other, _ = write_certificate(tmp_path / "other", PBX)
        async with Pbx.open(PBX, server_tls(certificate, key)) as pbx:
            station = await StationProcess.open(AGENT, f"tls://{PBX}:{pbx.port}", str(other))
            why = "certificate verify failed"
            await station.until(lambda message: why in message.get("state", {}).get("trouble", ""))
            assert await station.shut() == 0
            assert pbx.requests.empty()

    asyncio.run(main())


class Front:
    """``voice.front`` on sockets of this test, as ``serve`` keeps them: they outlive its restart."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        certificate, key = write_certificate(directory, PBX)
        self.certificate = certificate
        self._settings = directory / "settings.toml"
        self._settings.write_text(
            f'[run]\nstate_dir = "{directory}/state"\n[front]\nhost = "{PBX}"\ntls_port = 0\n'
            f'tls_certificate = "{certificate}"\ntls_key = "{key}"\n'
            '[[agent]]\nuser = "anna"\nname = "Anna"\nsecret = "open sesame"\n'
        )
        udp, tcp = bind_outer(PBX, 0)
        self.sockets = {"udp": udp, "tcp": tcp, "inner": bind_inner(), "tls": bind_tls(PBX, 0)}
        self.sockets["tcp"].listen(8)
        self.sockets["tls"].listen(8)
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        fds = [argument for name, bound in self.sockets.items() for argument in (f"--{name}-fd", str(bound.fileno()))]
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voice.front", "--settings", str(self._settings)),
            *("--zygote", str(self.directory / "nobody.sock"), *fds),
            stdout=asyncio.subprocess.PIPE,
            pass_fds=[bound.fileno() for bound in self.sockets.values()],
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(15):
            line = await self.process.stdout.readline()
        assert f"tls {PBX}:{self.tls_port}" in line.decode()

    @property
    def tls_port(self) -> int:
        port: int = self.sockets["tls"].getsockname()[1]
        return port

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def close(self) -> None:
        await self.kill()
        for bound in self.sockets.values():
            bound.close()


def test_the_front_serves_tls_and_after_its_death_the_station_is_registered_again_within_five_seconds(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        front = Front(tmp_path)
        await front.start()
        station = await StationProcess.open(AGENT, f"tls://{PBX}:{front.tls_port}", str(front.certificate))
        try:
            await station.until(registered)
            await front.kill()
            await station.until(lambda message: not message.get("state", {}).get("registered", True))
            await front.start()
            ready = time.monotonic()
            await station.until(registered)
            assert time.monotonic() - ready < 5.0
        finally:
            status = await station.shut()
            await front.close()
        assert status == 0

    asyncio.run(main())
