"""Login by an identity provider: the whole way over real HTTP, and what must not be believed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import ValidationError

from assist.api.app import create_app
from assist.api.server import WebSettings, serving
from assist.feed import Feed
from assist.oidc import TICKET_S, OidcError, OidcSettings, Provider, Tickets
from assist.security import Security
from tests.fakes.clock import VirtualClock
from tests.fakes.floor import STAFF, FakeFloor
from tests.fakes.identity_provider import CLIENT, SECRET, FakeProvider, new_key, providing
from voice.clock import SystemClock

KEY = b"k" * 32


class Visitor:
    """A browser at our floor, with its cookies."""

    def __init__(self, http: httpx.AsyncClient, provider: FakeProvider) -> None:
        self.http, self.provider = http, provider

    async def ticket(self) -> str:
        """To the provider and back: what the address says then."""
        answer = await self.http.get("/api/oidc/login")
        while "#" not in answer.headers["location"]:
            answer = await self.http.get(answer.headers["location"])
        return str(answer.headers["location"]).partition("#oidc=")[2]

    async def token(self, ticket: str) -> httpx.Response:
        return await self.http.post("/api/oidc/token", json={"ticket": ticket})


def at_floor(test: Callable[[Visitor], Awaitable[None]], claim: str = "preferred_username") -> None:
    async def main() -> None:
        clock = SystemClock()
        feed = Feed(clock)
        async with asyncio.timeout(20), providing() as fake, httpx.AsyncClient() as client:
            settings = OidcSettings(
                issuer=fake.issuer,
                client_id=CLIENT,
                client_secret=SECRET,
                address="http://floor",
                name="House",
                claim=claim,
            )
            app = create_app(
                FakeFloor(feed, clock), feed, Security(STAFF, KEY, clock), clock,
                provider=Provider(settings, client, clock, KEY),
            )  # fmt: skip
            async with serving(app, WebSettings(port=0)) as url:
                object.__setattr__(settings, "address", url)  # the kernel has chosen the port only now
                async with httpx.AsyncClient(base_url=url) as http:
                    await test(Visitor(http, fake))

    asyncio.run(main())


def test_an_agent_logs_in_by_the_provider_once() -> None:
    async def test(visitor: Visitor) -> None:
        assert (await visitor.http.get("/api/oidc")).json() == {"name": "House"}
        ticket = await visitor.ticket()
        token = (await visitor.token(ticket)).json()
        assert (token["user"], token["role"], token["must_change"]) == ("anna", "agent", False)
        bearer = {"Authorization": f"Bearer {token['token']}"}
        assert (await visitor.http.get("/api/me", headers=bearer)).json()["user"] == "anna"
        assert (await visitor.token(ticket)).status_code == 401

    at_floor(test)


def test_whom_nobody_knows_here_is_not_let_in() -> None:
    async def test(visitor: Visitor) -> None:
        visitor.provider.user = "mallory"
        refused = await visitor.token(await visitor.ticket())
        assert (refused.status_code, refused.json()["detail"]) == (401, "mallory is not let in here")

    at_floor(test)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another login"},
        {"aud": "another client"},
        {"iss": "http://elsewhere"},
        {"exp": 1},
        {"azp": "another client"},
        {"preferred_username": None},
    ],
)
def test_a_token_that_is_not_for_this_login_is_not_believed(lie: dict[str, Any]) -> None:
    async def test(visitor: Visitor) -> None:
        visitor.provider.spoil = lambda claims: claims | lie
        assert await visitor.ticket() == ""

    at_floor(test)


@pytest.mark.parametrize(
    ("claims", "let_in"), [({}, False), ({"email_verified": False}, False), ({"email_verified": True}, True)]
)
def test_an_address_the_provider_has_not_verified_is_nobodys(claims: dict[str, Any], let_in: bool) -> None:
    async def test(visitor: Visitor) -> None:
        visitor.provider.spoil = lambda told: told | {"email": "anna"} | claims
        assert bool(await visitor.ticket()) is let_in

    at_floor(test, claim="email")


def test_a_token_of_another_key_is_not_believed() -> None:
    async def test(visitor: Visitor) -> None:
        visitor.provider.signs_with = new_key()
        assert await visitor.ticket() == ""

    at_floor(test)


def test_an_answer_to_another_browsers_question_is_refused() -> None:
    async def test(visitor: Visitor) -> None:
        began = await visitor.http.get("/api/oidc/login")
        back = (await visitor.http.get(began.headers["location"])).headers["location"]
        visitor.http.cookies.clear()
        assert (await visitor.http.get(back)).headers["location"] == "/#oidc="
        await visitor.http.get("/api/oidc/login")  # a cookie of ours, of another login
        assert (await visitor.http.get(back)).headers["location"] == "/#oidc="
        cookie = began.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie

    at_floor(test)


def test_without_a_provider_there_is_none() -> None:
    async def main() -> None:
        clock = SystemClock()
        feed = Feed(clock)
        app = create_app(FakeFloor(feed, clock), feed, Security(STAFF, KEY, clock), clock)
        async with serving(app, WebSettings(port=0)) as url, httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/api/oidc")).json() == {"name": ""}
            assert (await http.get("/api/oidc/login")).status_code == 404
            assert (await http.get("/api/oidc/callback")).status_code == 404

    asyncio.run(main())


def test_a_provider_that_is_away_or_lies_about_itself_is_said() -> None:
    async def main() -> None:
        settings = OidcSettings(issuer="https://id.example", client_id="c", address="https://floor.example")
        for answer in (httpx.Response(503), httpx.Response(200, text="hm"), httpx.Response(200, json={"issuer": "x"})):
            transport = httpx.MockTransport(lambda request, answer=answer: answer)
            async with httpx.AsyncClient(transport=transport) as client:
                with pytest.raises(OidcError):
                    await Provider(settings, client, VirtualClock(), KEY).begin()

    asyncio.run(main())


def test_the_way_names_what_the_provider_must_know_and_ends_after_ten_minutes() -> None:
    async def main() -> None:
        issuer = "https://id.example"
        ends = {"authorization_endpoint": f"{issuer}/a", "token_endpoint": f"{issuer}/t", "jwks_uri": f"{issuer}/k"}
        transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"issuer": issuer, **ends}))
        settings = OidcSettings(issuer=issuer, client_id="c", address="https://floor.example/")
        clock = VirtualClock()
        async with httpx.AsyncClient(transport=transport) as client:
            provider = Provider(settings, client, clock, KEY)
            way = await provider.begin()
            query = parse_qs(urlsplit(way.url).query)
            assert query["redirect_uri"] == ["https://floor.example/api/oidc/callback"]
            await clock.advance(601.0)
            with pytest.raises(OidcError, match="took too long"):
                await provider.finish("code", query["state"][0], way.cookie)

    asyncio.run(main())


def test_a_ticket_ends_after_a_minute() -> None:
    clock = VirtualClock()
    tickets = Tickets(clock)
    made = tickets.made("anna")
    asyncio.run(clock.advance(TICKET_S - 1))
    assert tickets.taken(made.ticket, made.stub) == "anna"
    made = tickets.made("anna")
    asyncio.run(clock.advance(TICKET_S))
    assert tickets.taken(made.ticket, made.stub) is None


def test_somebody_elses_ticket_logs_nobody_in_as_her() -> None:
    """A link with the attacker's own ticket: whoever follows it would work, and be listened to, under her name."""

    async def test(visitor: Visitor) -> None:
        ticket = await visitor.ticket()
        visitor.http.cookies.clear()
        assert (await visitor.token(ticket)).status_code == 401
        victims = await visitor.ticket()
        assert (await visitor.token(ticket)).status_code == 401
        assert (await visitor.token(victims)).status_code == 200

    at_floor(test)


def test_settings_are_whole() -> None:
    with pytest.raises(ValidationError, match="go together"):
        OidcSettings(issuer="https://id.example")
