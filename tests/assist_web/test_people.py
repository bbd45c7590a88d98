"""The administrator's accounts over HTTP, one-time passwords, and what other sites' pages may not do."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assist.api.guard import MAX_BODY, RateLimit
from assist.api.server import WebSettings
from tests.assist_web.kept_house import PASSWORD, KeptHouse, in_kept_house
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
        assert [(one["user"], one["role"]) for one in listed][:2] == [("ada", "admin"), ("carl", "auditor")]
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
