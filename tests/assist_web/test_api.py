"""The web side over real sockets on loopback: real uvicorn, real websockets, a fake floor."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from assist.api import commands, ports
from assist.api.app import MAX_BODY, create_app
from assist.api.server import WebSettings, serving
from assist.desk_events import NoteSaved
from assist.feed import Feed
from assist.security import MAX_FAILURES, Security
from tests.fakes import contact_script as script
from tests.fakes.floor import FakeFloor, Performance
from tests.fakes.floor_server import AGENTS, KEY
from voice.clock import Clock, SystemClock
from voice.errors import BusError
from voice.hearing import Mode

DEADLINE_S = 10.0


@dataclass
class House:
    """A running web side."""

    url: str
    floor: FakeFloor
    feed: Feed
    security: Security
    http: httpx.AsyncClient

    @contextlib.asynccontextmanager
    async def socket(self, path: str, hello: object, **options: Any) -> AsyncIterator[ClientConnection]:
        async with websockets.connect(self.url.replace("http", "ws") + path, **options) as socket:
            await socket.send(hello if isinstance(hello, str | bytes) else json.dumps(hello))
            yield socket

    def hello(self, agent: str = script.AGENT, resume_from: int | None = None) -> dict[str, Any]:
        return {"type": "hello", "token": self.security.issue(agent)[0], "schema": 1, "resume_from": resume_from}

    def station_hello(self, agent: str = script.AGENT) -> dict[str, Any]:
        state = {"phase": "idle", "registered": True, "headset": "Simulated", "newer_field": 1}
        return {"type": "hello", "agent": agent, "token": self.security.issue(script.AGENT)[0], "state": state}


def in_house(
    test: Callable[[House], Awaitable[None]], web: WebSettings | None = None, clock: Clock | None = None
) -> None:
    async def main(clock: Clock, web: WebSettings) -> None:
        feed = Feed(clock)
        floor, security = FakeFloor(feed, clock), Security(AGENTS, KEY, clock)
        app = create_app(floor, feed, security, clock, web=web)
        async with (
            asyncio.timeout(DEADLINE_S),
            serving(app, web) as url,
            httpx.AsyncClient(base_url=url) as http,
        ):
            await test(House(url, floor, feed, security, http))

    asyncio.run(main(clock or SystemClock(), web or WebSettings(port=0)))


async def received(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def closed_with(socket: ClientConnection) -> tuple[int | None, str]:
    await socket.wait_closed()
    return socket.close_code, socket.close_reason or ""


def test_login_renew_and_me() -> None:
    async def test(house: House) -> None:
        answer = await house.http.post("/api/login", json={"user": script.AGENT, "secret": script.SECRET})
        token = answer.json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await house.http.get("/api/me", headers=bearer)).json()["name"] == "Anna Kovacs"
        renewed = await house.http.post("/api/renew", headers=bearer)
        assert (await house.security.identify(renewed.json()["token"])).user == script.AGENT
        refused = await house.http.get("/api/me", headers={"Authorization": "Bearer nonsense"})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")

    in_house(test)


def test_wrong_logins_are_refused_and_then_slowed() -> None:
    async def test(house: House) -> None:
        body = {"user": script.AGENT, "secret": "wrong"}
        answers = [await house.http.post("/api/login", json=body) for _ in range(MAX_FAILURES + 1)]
        assert [answer.status_code for answer in answers] == [401] * MAX_FAILURES + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert (await house.http.post("/api/login", json={"user": "anna"})).status_code == 422

    in_house(test)


@pytest.mark.parametrize(
    "body",
    [
        r'{"user": "anna", "secret": "\ud800 is half a character"}',
        "NaN",
        '{"user": "anna", "secret": 1234567890}',
        "[]",
    ],
)
def test_a_malformed_login_is_refused_without_repeating_it(body: str) -> None:
    async def test(house: House) -> None:
        answer = await house.http.post("/api/login", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("body")
        assert "half a character" not in answer.text
        assert "1234567890" not in answer.text

    in_house(test)


def test_every_answer_carries_the_security_headers() -> None:
    async def test(house: House) -> None:
        for path in ("/", "/app.js", "/style.css", "/healthz", "/api/me", "/nowhere"):
            answer = await house.http.get(path)
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await house.http.get("/healthz")).json() == {"status": "ok"}
        assert (await house.http.post("/api/login", content=b" " * (MAX_BODY + 1))).status_code == 413

    in_house(test)


def test_a_page_is_welcomed_gets_its_desk_and_resumes_without_loss_or_repeat() -> None:
    async def test(house: House) -> None:
        show = Performance(house.floor, 0.0)
        show.prepare()
        async with house.socket("/api/feed", house.hello()) as socket:
            assert (await received(socket))["data"]["resumed"] is False
            snapshot = await received(socket)
            show.until("ringing")
            first = [await received(socket) for _ in range(4)]
        show.until("answered")
        async with house.socket("/api/feed", house.hello(resume_from=first[-1]["seq"])) as socket:
            assert (await received(socket))["data"]["resumed"] is True
            rest = [await received(socket) for _ in range(2)]
        sequence = [message["seq"] for message in [snapshot, *first, *rest]]
        assert sequence == list(range(snapshot["seq"], snapshot["seq"] + 7))
        assert [message["type"] for message in rest] == ["agent.state", "contact.answered"]

    in_house(test)


@pytest.mark.parametrize(
    ("name", "data", "command"),
    [
        ("answer", {}, commands.Answer()),
        ("hang_up", {}, commands.HangUp()),
        ("mute", {"muted": True}, commands.Mute(True)),
        ("set_state", {"state": "not_ready", "reason": "meal"}, commands.SetState("not_ready", "meal")),
        ("accept_card", {"card_id": "x"}, commands.AcceptCard("x")),
        ("dismiss_card", {"card_id": "x"}, commands.DismissCard("x")),
        ("note", {"contact_id": "c", "text": "said"}, commands.Note("c", "said")),
        ("raise_hand", {"contact_id": "c", "text": "help"}, commands.RaiseHand("c", "help")),
        ("lower_hand", {"contact_id": "c"}, commands.LowerHand("c")),
        ("supervise", {"contact_id": "c"}, commands.SuperviseContact("c")),
        ("force_state", {"agent": "ben", "state": "ready"}, commands.ForceState("ben", "ready")),
        ("give_contact", {"contact_id": "c", "agent": "ben"}, commands.GiveContact("c", "ben")),
        ("supervise_as", {"contact_id": "c", "mode": "whisper"}, commands.SuperviseAs("c", Mode.WHISPER)),
        ("leave", {"contact_id": "c"}, commands.LeaveContact("c")),
        ("coach", {"contact_id": "c", "tip": "slow"}, commands.Coach("c", tip="slow")),
        ("acknowledge_alert", {"alert_id": "c:1"}, commands.AcknowledgeAlert("c:1")),
    ],
)
def test_commands_reach_the_floor(name: str, data: dict[str, object], command: commands.AgentCommand) -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/feed", house.hello()) as socket:
            await socket.send(json.dumps({"type": "command", "id": "1", "command": name, "data": data}))
            while (reply := await received(socket))["type"] != "reply":
                pass
            assert reply == {"type": "reply", "id": "1", "ok": True, "reason": ""}
            assert house.floor.commands == [command]

    in_house(test)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("fly", {}, "unknown command 'fly'"),
        ("mute", {}, "mute: muted"),
        ("set_state", {"state": "asleep"}, "set_state: state"),
        ("tick_step", {"card_id": "x", "step_id": "y", "done": True}, "no such card"),
        ("set_state", {"state": "not_ready", "reason": "r" * 65}, "at most 64"),
        ("note", {"contact_id": "c", "text": "n" * 4001}, "at most 4000"),
        ("coach", {"contact_id": "c", "text": "n" * 501}, "at most 500"),
        ("press_keys", {"digits": "1" * 4001}, "at most 4000"),
        ("note", {"contact_id": "c", "text": "a\x00b"}, "note: NUL"),
        ("wrap_up", {"contact_id": "c", "text": "", "tasks": [{"text": "a\x00b"}]}, "wrap_up: NUL"),
        ("supervise_as", {"contact_id": "c", "mode": "shout"}, "supervise_as: mode"),
    ],
)
def test_refused_commands_are_answered_and_the_socket_stays(name: str, data: dict[str, object], reason: str) -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/feed", house.hello()) as socket:
            for attempt in ("1", "2"):
                await socket.send(json.dumps({"type": "command", "id": attempt, "command": name, "data": data}))
                while (reply := await received(socket))["type"] != "reply":
                    pass
                assert (reply["id"], reply["ok"]) == (attempt, False)
                assert reason in reply["reason"]

    in_house(test)


def test_a_floor_in_trouble_is_a_refusal_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(house: House) -> None:
        async def fail(agent: str, command: commands.AgentCommand) -> None:
            raise BusError("the worker did not answer")

        monkeypatch.setattr(house.floor, "command", fail)
        async with house.socket("/api/feed", house.hello(resume_from=None)) as socket:
            await socket.send(json.dumps({"type": "command", "id": "1", "command": "answer"}))
            while (reply := await received(socket))["type"] != "reply":
                pass
            assert (reply["ok"], reply["reason"]) == (False, "the worker did not answer")

    in_house(test)


BAD_FIRST = [
    ("not JSON", "{", 4400, "not JSON"),
    ("a list", "[]", 4400, "valid dictionary"),
    ("deep", "[" * 5000, 4400, "recursion"),
    ("half a character", r'{"type": "hello", "token": "\ud800", "schema": 1}', 4400, "not JSON"),
    ("no number", '{"type": "hello", "token": "t", "schema": NaN}', 4400, "not JSON"),
    ("binary", b"\x00", 4400, "binary"),
    ("another schema", {"type": "hello", "token": "t", "schema": 2}, 4400, "schema"),
    ("an unknown key", {"type": "hello", "token": "t", "schema": 1, "x": 1}, 4400, "x: Extra"),
    ("a wrong token", {"type": "hello", "token": "t", "schema": 1}, 4401, "not one of ours"),
]


@pytest.mark.parametrize(("hello", "code", "reason"), [c[1:] for c in BAD_FIRST], ids=[c[0] for c in BAD_FIRST])
def test_a_bad_hello_closes_the_feed_with_its_reason(hello: object, code: int, reason: str) -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/feed", hello) as socket:
            got, why = await closed_with(socket)
            assert got == code
            assert reason in why
        assert house.floor.seen == []

    in_house(test)


def test_a_bad_message_later_closes_the_feed_too() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/feed", house.hello()) as socket:
            await socket.send(json.dumps({"type": "command", "id": "", "command": "answer"}))
            assert (await closed_with(socket))[0] == 4400

    in_house(test)


@pytest.mark.parametrize("path", ["/api/feed", "/api/station"])
def test_pages_from_elsewhere_cannot_open_sockets(path: str) -> None:
    async def test(house: House) -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with house.socket(path, "{}", origin="http://evil.example"):
                pass
        assert refused.value.response.status_code == 403
        async with house.socket(path, "{}", origin=house.url) as socket:
            assert (await closed_with(socket))[0] == 4400

    in_house(test)


def test_a_hopeless_page_is_closed_with_1013() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/feed", house.hello(), max_queue=1) as socket:
            await received(socket)
            for _ in range(600):  # in one go: the loop cannot send in between
                house.floor.tell(NoteSaved("n"), "c")
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await socket.recv()
            assert socket.close_code == 1013
        assert house.feed.hopeless == 1

    in_house(test)


def test_a_station_reports_and_obeys() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/station", house.station_hello()) as socket:
            await house.floor.until(lambda: house.floor.link is not None)
            link = house.floor.link
            assert link
            asking = asyncio.create_task(link.command("answer", "leg-1"))
            command = await received(socket)
            assert {**command, "id": ""} == {
                "type": "command",
                "id": "",
                "command": "answer",
                "leg_id": "leg-1",
                "argument": "",
            }
            await socket.send(json.dumps({"type": "reply", "id": "another", "ok": True}))
            await socket.send(json.dumps({"type": "reply", "id": command["id"], "ok": False, "reason": "no call"}))
            assert (await asking).reason == "no call"
            await socket.send(json.dumps({"type": "state", "state": {"muted": True, "mute_lock": "boom arm"}}))
            await house.floor.until(lambda: house.feed.desk(script.AGENT).station.muted)
            asking = asyncio.create_task(link.command("mute"))
            await received(socket)
        assert (await asking).reason == "the station is not connected"
        assert not (await link.command("mute")).ok
        assert house.floor.seen == ["station_connected anna", "station_disconnected anna"]
        assert not house.feed.desk(script.AGENT).station.connected

    in_house(test)


def test_the_newest_station_of_an_agent_counts() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/station", house.station_hello()) as older:
            await house.floor.until(lambda: house.floor.link is not None)
            async with house.socket("/api/station", house.station_hello()) as newer:
                assert (await closed_with(older))[0] == 4409
                await house.floor.until(lambda: house.floor.seen == ["station_connected anna"] * 2)
                link = house.floor.link
                assert link
                asking = asyncio.create_task(link.command("unmute"))
                command = await received(newer)
                await newer.send(json.dumps({"type": "reply", "id": command["id"], "ok": True}))
                assert (await asking).ok

    in_house(test)


def test_a_station_may_not_speak_for_another_agent() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/station", house.station_hello("ben")) as socket:
            assert await closed_with(socket) == (4401, "the token is not ben's")
        async with house.socket("/api/station", {**house.station_hello(), "state": {"muted": "perhaps"}}) as socket:
            assert (await closed_with(socket))[0] == 4400
        assert house.floor.link is None

    in_house(test)


def test_a_program_gives_commands_by_post() -> None:
    async def use(house: House) -> None:
        bearer = {"Authorization": f"Bearer {house.security.issue(script.AGENT)[0]}"}

        async def post(name: str, body: object, headers: dict[str, str] = bearer) -> tuple[int, object]:
            answer = await house.http.post(f"/api/commands/{name}", json=body, headers=headers)
            return answer.status_code, answer.json().get("detail")

        assert await post("hold", {"on": True}) == (200, None)
        assert house.floor.commands == [commands.Hold(True)]
        assert (await post("hold", {"on": True}, {}))[0] == 401
        assert await post("fly", {}) == (422, "unknown command 'fly'")
        status, detail = await post("consult", {"kind": "planet", "to": "mars"})
        assert status == 422
        assert "consult: kind" in str(detail)
        house.floor.refuse = "you have no contact"
        assert await post("swap", {}) == (409, "you have no contact")

    in_house(use)


def test_what_supervisors_begin_with_is_for_supervisors() -> None:
    async def test(house: House) -> None:
        async def view(user: str) -> httpx.Response:
            bearer = {"Authorization": f"Bearer {house.security.issue(user)[0]}"}
            return await house.http.get("/api/supervision", headers=bearer)

        house.floor.view = ports.SupervisorView(tips={"slow": "Speak slower"}, supervising="c1")
        answer = await view("sara")
        assert answer.json() == {
            "alerts": [], "hands": [], "tips": {"slow": "Speak slower"}, "supervising": "c1", "banners": [],
        }  # fmt: skip
        assert (await view("anna")).status_code == 403
        assert (await house.http.get("/api/supervision")).status_code == 401

    in_house(test)
