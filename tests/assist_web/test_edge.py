"""The web side's edge, as somebody finds it who means no good: forged addresses and origins, floods, old logins."""

from __future__ import annotations

import asyncio
import contextlib
import json

import httpx
import pytest
import websockets
from argon2 import PasswordHasher

from assist import passwords
from assist.api.feed_socket import COMMANDS_AT_ONCE, COMMANDS_PER_S
from assist.api.server import WebSettings
from assist.api.sockets import CHECK_S
from assist.security import LOGIN_S, MAX_FAILURES_FROM
from tests.assist_web.kept_house import KeptHouse, in_kept_house
from tests.assist_web.test_api import House, closed_with, in_house, received
from tests.fakes import contact_script as script
from tests.fakes.clock import VirtualClock

ELSEWHERE = ("http://evil.example", "http://[", "null", "", "//", "javascript:alert(1)")


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_an_origin_that_is_not_ours_or_none_at_all_is_refused(origin: str) -> None:
    async def test(house: House) -> None:
        answer = await house.http.post("/api/login", headers={"Origin": origin}, json={})
        assert answer.status_code == 403
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(
                house.url.replace("http", "ws") + "/api/feed", additional_headers={"Origin": origin}
            )
        assert refused.value.response.status_code == 403

    in_house(test)


@pytest.mark.parametrize(("proxies", "known"), [((), False), (("127.0.0.0/8",), True)])
def test_only_a_proxy_the_settings_name_says_where_somebody_comes_from(
    proxies: tuple[str, ...], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_NOBODY", PasswordHasher(1, 8, 1).hash("nobody's"))

    async def test(house: KeptHouse) -> None:
        bearer = await house.bearer("anna")
        await house.http.get("/api/contacts/c1", headers=bearer | {"X-Forwarded-For": "192.0.2.7"})
        ((_, entry),) = await house.archives.audit.entries(action="read")
        assert entry.address == ("192.0.2.7" if known else "127.0.0.1")
        wrong = {"secret": "no"}
        for number in range(MAX_FAILURES_FROM):
            forged = {"X-Forwarded-For": f"192.0.2.{number}"}
            answer = await house.http.post("/api/login", json=wrong | {"user": f"u{number}"}, headers=forged)
            assert answer.status_code == 401
        last = await house.http.post(
            "/api/login", json=wrong | {"user": "u"}, headers={"X-Forwarded-For": "192.0.2.99"}
        )
        assert last.status_code == (401 if known else 429)

    in_kept_house(test, WebSettings.model_validate({"port": 0, "proxies": proxies}))


def test_a_browser_keeps_nothing_of_what_the_api_says() -> None:
    async def test(house: KeptHouse) -> None:
        for path in ("/api/contacts/c1/recording", "/api/contacts/c1/transcript", "/api/me"):
            answer = await house.get("anna", path)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert (await house.http.get("/app.js")).headers["cache-control"] == "no-cache"

    in_kept_house(test)


def test_a_file_of_somebody_unknown_is_refused_before_it_is_read() -> None:
    async def test(house: KeptHouse) -> None:
        reader, writer = await asyncio.open_connection(*_host_and_port(house.url))
        writer.write(b"POST /api/customers/import HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\nname")
        assert b" 401 " in await reader.readline()
        writer.close()
        await writer.wait_closed()

    in_kept_house(test)


def test_half_a_character_is_refused_as_it_is_by_websocket() -> None:
    async def test(house: House) -> None:
        token, _ = house.security.issue(script.AGENT)
        for text in (r"\ud800", r"\u0000"):
            answer = await house.http.post(
                "/api/commands/note", content=f'{{"contact_id": "c", "text": "a{text}"}}',
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )  # fmt: skip
            assert answer.status_code == 422
        assert house.floor.commands == []

    in_house(test)


def test_one_address_opens_only_so_many_sockets() -> None:
    async def test(house: House) -> None:
        for path in ("/api/feed", "/api/station"):
            async with house.socket(path, "{}") as socket:
                assert (await closed_with(socket))[0] == 4400
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with house.socket("/api/board", "{}"):
                pass
        assert refused.value.response.status_code == 429
        assert int(refused.value.response.headers["Retry-After"]) > 0
        assert (await house.http.get("/api/me")).status_code == 401, "requests are counted by themselves"

    in_house(test, WebSettings(port=0, requests_per_s=0.001, burst=2))


def test_one_address_holds_only_so_many_connections_and_keeps_nobody_else_out() -> None:
    async def test(house: House) -> None:
        host, port = _host_and_port(house.url)
        held = [await asyncio.open_connection(host, port) for _ in range(2)]
        reader, writer = await asyncio.open_connection(host, port)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        other, others = await asyncio.open_connection(host, port, local_addr=("127.0.0.2", 0))
        others.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in await other.readline()
        for each in (held[0][1], writer, others):
            each.close()
            with contextlib.suppress(ConnectionResetError):
                await each.wait_closed()
        while (await house.http.get("/healthz", headers={"Connection": "close"})).status_code != 200:
            pass  # one is free again
        held[1][1].close()
        await held[1][1].wait_closed()

    in_house(test, WebSettings(port=0, connections=2))


def test_a_page_that_floods_the_floor_is_read_no_faster_than_hands_could_ask() -> None:
    clock, more = VirtualClock(), 3
    began = clock.monotonic()

    async def test(house: House) -> None:
        async with house.socket("/api/feed", house.hello()) as socket:
            for number in range(int(COMMANDS_AT_ONCE) + more):
                await socket.send(json.dumps({"type": "command", "id": f"{number}", "command": "more_time"}))
            while (await received(socket)).get("id") != f"{COMMANDS_AT_ONCE - 1:.0f}":
                pass
            await house.http.get("/healthz")
            assert len(house.floor.commands) == COMMANDS_AT_ONCE
            for number in range(1, more + 1):
                while len(house.floor.commands) < COMMANDS_AT_ONCE + number:
                    await clock.advance(1 / COMMANDS_PER_S)
                    await house.http.get("/healthz")
                assert clock.monotonic() >= began + number / COMMANDS_PER_S - 1e-6

    in_house(test, clock=clock)


def test_a_page_is_closed_when_its_login_is_too_long_ago_and_a_station_is_not() -> None:
    clock = VirtualClock()

    async def test(house: House) -> None:
        _, identity = house.security.issue(script.AGENT)
        await clock.advance(LOGIN_S - 2 * CHECK_S)
        token, _ = house.security.renewed(identity)
        async with (
            house.socket("/api/feed", house.hello() | {"token": token}) as page,
            house.socket("/api/station", house.station_hello() | {"token": token}) as station,
        ):
            await received(page)
            await house.floor.until(lambda: bool(house.floor.seen))
            await clock.advance(CHECK_S)
            assert await _alive(page)
            await clock.advance(CHECK_S)
            assert await closed_with(page) == (4401, "the login is too long ago")
            assert await _alive(station)

    in_house(test, clock=clock)


async def _alive(socket: websockets.ClientConnection) -> bool:
    try:
        await (await socket.ping())
    except websockets.ConnectionClosed:
        return False
    return True


def _host_and_port(url: str) -> tuple[str, int]:
    parts = httpx.URL(url)
    assert parts.port is not None
    return parts.host, parts.port
