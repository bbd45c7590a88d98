"""The administrator's accounts over HTTP, one-time passwords, and what other sites' pages may not do."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import ipaddress
import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.protocol import State

from assist.api.guard import MAX_BODY
from assist.api.server import WebSettings
from assist.limits import RateLimit
from assist.store.errors import StoreError, StoreFailure
from assist.store.users import Audit, AuditEntry
from tests.assist_web.kept_house import PASSWORD, KeptHouse, in_kept_house
from tests.fakes import contact_script as script
from tests.fakes.clock import VirtualClock
from voice.errors import DocumentError


async def post(house: KeptHouse, user: str, path: str, body: object = None) -> httpx.Response:
    return await house.http.post(path, json=body, headers=await house.bearer(user))


def test_an_administrator_adds_somebody_who_then_chooses_her_password() -> None:
    async def test(house: KeptHouse) -> None:
        added = await post(house, "ada", "/api/users", {"user": "nora", "name": "Nora", "role": "auditor"})
        once = added.json()["password"]
        login = (await house.http.post("/api/login", json={"user": "nora", "secret": once})).json()
        assert login["must_change"]
        bearer = {"Authorization": f"Bearer {login['token']}"}
        assert (await house.http.get("/api/contacts", headers=bearer)).status_code == 403
        change = {"old": once, "new": "her own choice"}
        wrong = await house.http.post("/api/password", json={**change, "old": "not it at all"}, headers=bearer)
        assert wrong.status_code == 403
        chosen = await house.http.post("/api/password", json=change, headers=bearer)
        assert not chosen.json()["must_change"]
        assert (await house.http.get("/api/me", headers=bearer)).status_code == 401  # the old token is worthless
        bearer = {"Authorization": f"Bearer {chosen.json()['token']}"}
        assert (await house.http.get("/api/contacts", headers=bearer)).status_code == 200
        assert ("ada", "user_added", "nora") in await house.audited()

    in_kept_house(test)


def test_accounts_are_the_administrators_affair() -> None:
    async def test(house: KeptHouse) -> None:
        for user in ("anna", "sara", "carl"):
            assert (await house.get(user, "/api/users")).status_code == 403
        listed = (await house.get("ada", "/api/users")).json()
        roles = {one["user"]: (one["role"], one["settings"]) for one in listed}
        assert (roles["ada"], roles["carl"], roles["anna"]) == (("admin", False), ("auditor", False), ("agent", True))
        taken = {"user": "carl", "name": "Carl", "role": "admin"}
        assert (await post(house, "ada", "/api/users", taken)).status_code == 409
        assert (await post(house, "ada", "/api/users", {**taken, "user": "anna"})).status_code == 409
        assert (await post(house, "ada", "/api/users", {**taken, "role": "king"})).status_code == 422
        carls, ada = await house.bearer("carl"), await house.bearer("ada")
        assert (await post(house, "ada", "/api/users/carl/password")).json()["user"] == "carl"
        assert (await house.http.get("/api/me", headers=carls)).status_code == 401
        assert (await house.http.delete("/api/users/carl", headers=ada)).status_code == 200
        assert (await house.http.delete("/api/users/carl", headers=ada)).status_code == 404
        assert (await house.http.delete("/api/users/ada", headers=ada)).status_code == 409

    in_kept_house(test)


def test_accounts_have_no_desk() -> None:
    async def test(house: KeptHouse) -> None:
        assert (await post(house, "olga", "/api/commands/hold", {"on": True})).status_code == 403
        assert (await post(house, "anna", "/api/password", {"old": "x", "new": "long enough"})).status_code == 409

    in_kept_house(test)


def test_another_sites_page_may_not_ask_unless_the_settings_say_so() -> None:
    login = {"user": "carl", "secret": PASSWORD}

    async def closed(house: KeptHouse) -> None:
        answer = await house.http.post("/api/login", json=login, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert (await house.http.post("/api/login", json=login, headers={"Origin": house.url})).status_code == 200
        assert "access-control-allow-origin" not in answer.headers

    async def opened(house: KeptHouse) -> None:
        friend = {"Origin": "https://intranet.example"}
        answer = await house.http.post("/api/login", json=login, headers=friend)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, friend["Origin"])
        asked = {**friend, "Access-Control-Request-Method": "POST"}
        assert (await house.http.options("/api/login", headers=asked)).status_code == 200

    in_kept_house(closed)
    in_kept_house(opened, WebSettings(port=0, origins=("https://intranet.example",)))


def test_a_flood_is_slowed_and_large_bodies_are_refused() -> None:
    async def test(house: KeptHouse) -> None:
        answers = [(await house.http.get("/api/me")).status_code for _ in range(4)]
        assert answers == [401, 401, 401, 429]
        assert (await house.http.get("/healthz")).status_code == 200
        large = await house.http.post("/api/login", content=b" " * (MAX_BODY + 1))
        assert large.status_code == 413

    in_kept_house(test, WebSettings(port=0, requests_per_s=0.001, burst=3))


def test_the_limit_refills_and_counts_each_source_alone() -> None:
    limit = RateLimit(clock := VirtualClock(), per_s=2.0, burst=2.0)
    assert [limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("b")] == [0.0, 0.0, 0.0]
    assert limit.wait_s("a") == pytest.approx(0.5)
    asyncio.run(clock.advance(0.5))
    assert limit.wait_s("a") == 0.0


def certificate(directory: Path, name: str = "tls") -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            named, named, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
        )
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = directory / f"{name}.pem", directory / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return files


def test_it_speaks_tls_where_the_settings_name_a_certificate(tmp_path: Path) -> None:
    public, private = certificate(tmp_path)

    async def test(house: KeptHouse) -> None:
        assert house.url.startswith("https://")
        answer = await house.http.get("/healthz")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"

    trusted = ssl.create_default_context(cafile=public)
    in_kept_house(test, WebSettings(port=0, tls_certificate=public, tls_key=private), verify=trusted)


def test_tls_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    public, _ = certificate(tmp_path)
    _, another = certificate(tmp_path, "another")
    for key in (another, tmp_path / "nowhere"):
        with pytest.raises(DocumentError, match="cannot be used"):
            WebSettings(tls_certificate=public, tls_key=key).check_tls()
    with pytest.raises(ValueError, match="go together"):
        WebSettings(tls_certificate=public)


async def feed(house: KeptHouse, user: str) -> websockets.ClientConnection:
    """A page of ``user``'s, welcomed."""
    bearer = (await house.bearer(user))["Authorization"].removeprefix("Bearer ")
    socket = await websockets.connect(house.url.replace("http", "ws", 1) + "/api/feed", compression=None)
    await socket.send(json.dumps({"type": "hello", "token": bearer, "schema": 1}))
    assert json.loads(await socket.recv())["type"] == "welcome"
    return socket


async def closed(socket: websockets.ClientConnection) -> tuple[int | None, str | None]:
    """Code and reason, once the other side has closed it."""
    with contextlib.suppress(websockets.ConnectionClosedError):
        async for _ in socket:
            pass
    return socket.close_code, socket.close_reason


def test_who_is_shut_out_loses_her_connections_at_once_and_comes_back_when_let_in() -> None:
    async def test(house: KeptHouse) -> None:
        annas, bens = await feed(house, "anna"), await feed(house, "ben")
        shut = await post(house, "ada", "/api/users/anna/disabled", {"disabled": True})
        assert shut.status_code == 200
        assert await closed(annas) == (4401, "anna is shut out")
        login = await house.http.post("/api/login", json={"user": "anna", "secret": script.SECRET})
        assert login.status_code == 401
        listed = {one["user"]: one for one in (await house.get("ada", "/api/users")).json()}
        assert (listed["anna"]["disabled"], listed["anna"]["role"]) == (True, "agent")
        assert bens.state is State.OPEN
        assert (await post(house, "ada", "/api/users/anna/disabled", {"disabled": False})).status_code == 200
        again = await feed(house, "anna")
        for socket in (again, bens):
            await socket.close()
        audited = await house.audited()
        assert ("ada", "user_disabled", "anna") in audited
        assert ("ada", "user_enabled", "anna") in audited

    in_kept_house(test)


def test_roles_change_and_nobody_locks_herself_out() -> None:
    async def test(house: KeptHouse) -> None:
        carls = await house.bearer("carl")
        assert (await house.http.get("/api/users", headers=carls)).status_code == 403
        assert (await post(house, "ada", "/api/users/carl/role", {"role": "admin"})).status_code == 200
        assert (await house.http.get("/api/users", headers=carls)).status_code == 200
        for path, body in (("role", {"role": "agent"}), ("disabled", {"disabled": True})):
            assert (await post(house, "ada", f"/api/users/ada/{path}", body)).status_code == 409
        assert (await post(house, "ada", "/api/users/anna/role", {"role": "admin"})).status_code == 409
        assert (await post(house, "ada", "/api/users/nobody/role", {"role": "admin"})).status_code == 404
        assert (await post(house, "ada", "/api/users/nobody/disabled", {"disabled": True})).status_code == 404

    in_kept_house(test)


def test_what_cannot_be_put_down_is_not_done_and_what_cannot_be_done_is_not_put_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(self: Audit, *entries: AuditEntry) -> None:
        raise StoreError(StoreFailure.FULL)

    async def test(house: KeptHouse) -> None:
        before, put_down = (await house.get("ada", "/api/users")).json(), await house.audited()
        assert (await post(house, "ada", "/api/users/nobody/disabled", {"disabled": True})).status_code == 404
        assert (await post(house, "ada", "/api/users/anna/disabled", {"disabled": False})).status_code == 404
        assert await house.audited() == put_down
        monkeypatch.setattr(Audit, "record", refuse)
        nora = {"user": "nora", "name": "Nora", "role": "auditor"}
        choice = {"old": PASSWORD, "new": "her own choice"}
        for path, body in (
            ("users", nora), ("users/carl/password", None), ("users/carl/role", {"role": "admin"}),
            ("users/carl/disabled", {"disabled": True}), ("users/anna/disabled", {"disabled": True}),
            ("password", choice),
        ):  # fmt: skip
            assert (await post(house, "ada", f"/api/{path}", body)).status_code == 503, path
        ada = await house.bearer("ada")
        assert (await house.http.delete("/api/users/carl", headers=ada)).status_code == 503
        assert (await house.get("ada", "/api/users")).json() == before

    in_kept_house(test)


def test_the_audit_is_searched_and_exported() -> None:
    async def test(house: KeptHouse) -> None:
        await house.archives.audit.record(
            AuditEntry(100.0, "sara", "supervisor", "read", "c1", "=1+1", "10.0.0.1"),
            AuditEntry(200.0, "sara", "supervisor", "listen", "c1"),
        )
        found = (await house.get("carl", "/api/audit?action=read&until=150")).json()
        assert [line["entry"]["detail"] for line in found] == ["=1+1"]
        exported = await house.get("carl", "/api/audit/export?user=sara")
        assert exported.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(exported.text)))
        assert [(row["action"], row["detail"]) for row in rows] == [("listen", ""), ("read", "'=1+1")]
        assert rows[1]["at"] == "1970-01-01T00:01:40+00:00"
        assert ("carl", "export_audit", "") in await house.audited()
        assert (await house.get("anna", "/api/audit/export")).status_code == 403

    in_kept_house(test)
