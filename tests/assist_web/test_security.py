from __future__ import annotations

import asyncio
import base64
import json
import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from assist import passwords
from assist.limits import FAILURE_WINDOW_S, source
from assist.security import (
    MAX_FAILURES,
    MAX_FAILURES_FROM,
    TOKEN_S,
    Identity,
    LoginRefusedError,
    Security,
    TokenError,
    TooManyLoginsError,
    signing_key,
)
from assist.store.errors import StoreError, StoreFailure
from assist.store.users import Account
from tests.fakes.clock import VirtualClock
from voice.errors import DocumentError
from voice.settings import AgentSettings

AGENTS = (AgentSettings(user="anna", name="Anna", secret="right secret"),)
KEY = b"k" * 32


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an unknown user's password is compared with costs 64 MiB and 50 ms otherwise."""
    monkeypatch.setattr(passwords, "_NOBODY", PasswordHasher(1, 8, 1).hash("nobody's"))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def security(clock: VirtualClock) -> Security:
    return Security(AGENTS, KEY, clock)


def login(security: Security, user: str, secret: str, address: str) -> tuple[str, Identity]:
    return asyncio.run(security.login(user, secret, address))


def identify(security: Security, token: str) -> Identity:
    return asyncio.run(security.identify(token))


def test_a_login_gives_a_token_that_identifies(security: Security, clock: VirtualClock) -> None:
    token, identity = login(security, "anna", "right secret", "127.0.0.1")
    assert identify(security, token) == identity
    assert (identity.user, identity.role, identity.expires) == ("anna", "agent", clock.wall() + TOKEN_S)


@pytest.mark.parametrize(("user", "secret"), [("anna", "wrong"), ("carl", "right secret"), ("anna", "ríght"), ("", "")])
def test_wrong_logins_are_refused_alike(security: Security, user: str, secret: str) -> None:
    with pytest.raises(LoginRefusedError, match="user or secret is wrong"):
        login(security, user, secret, "127.0.0.1")


def test_too_many_failures_wait_even_with_the_right_secret(security: Security, clock: VirtualClock) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(LoginRefusedError):
            login(security, "anna", "wrong", "10.0.0.1")
    with pytest.raises(TooManyLoginsError) as refused:
        login(security, "anna", "right secret", "10.0.0.2")
    assert refused.value.retry_after_s == FAILURE_WINDOW_S
    asyncio.run(clock.advance(FAILURE_WINDOW_S))
    login(security, "anna", "right secret", "10.0.0.2")


def test_one_address_cannot_try_everybody(security: Security) -> None:
    for index in range(MAX_FAILURES_FROM):
        with pytest.raises(LoginRefusedError):
            login(security, f"user{index}", "wrong", "10.0.0.1")
    with pytest.raises(TooManyLoginsError):
        login(security, "anna", "right secret", "10.0.0.1")
    login(security, "anna", "right secret", "10.0.0.2")


def test_whoever_has_a_network_of_addresses_has_no_more_tries(security: Security) -> None:
    for index in range(MAX_FAILURES_FROM):
        with pytest.raises(LoginRefusedError):
            login(security, f"user{index}", "wrong", f"2001:db8:0:1::{index}")
    with pytest.raises(TooManyLoginsError):
        login(security, "anna", "right secret", "2001:db8:0:1:ffff::1")
    login(security, "anna", "right secret", "2001:db8:0:2::1")


@pytest.mark.parametrize(
    ("address", "counted"),
    [("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("::1", "::/64"), ("fe80::1%eth0", "fe80::/64"),
     ("2001:db8::5", "2001:db8::/64"), ("", ""), ("testclient", "testclient")],
)  # fmt: skip
def test_whom_an_address_is_counted_as(address: str, counted: str) -> None:
    assert source(address) == counted


def test_a_shift_that_begins_at_one_address_is_let_in_at_once(clock: VirtualClock) -> None:
    shift = [AgentSettings(user=f"agent{n}", name=f"Agent {n}", secret=f"secret {n}") for n in range(40)]
    security = Security(shift, b"k" * 32, clock)

    async def main() -> list[tuple[str, Identity]]:
        return await asyncio.gather(*(security.login(agent.user, agent.secret, "10.0.0.1") for agent in shift))

    assert [identity.user for _, identity in asyncio.run(main())] == [agent.user for agent in shift]


def test_one_address_that_tries_everybody_at_once_gets_no_further(security: Security) -> None:
    async def main() -> list[BaseException | object]:
        tries = [security.login(f"user{n}", "wrong", "10.0.0.1") for n in range(2 * MAX_FAILURES_FROM)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    outcomes = asyncio.run(main())
    assert sum(isinstance(one, LoginRefusedError) for one in outcomes) == MAX_FAILURES_FROM
    assert sum(isinstance(one, TooManyLoginsError) for one in outcomes) == MAX_FAILURES_FROM


def test_tokens_expire(security: Security, clock: VirtualClock) -> None:
    token, _ = security.issue("anna")
    asyncio.run(clock.advance(TOKEN_S))
    with pytest.raises(TokenError, match="expired"):
        identify(security, token)


def test_forged_tokens_are_refused(security: Security, clock: VirtualClock) -> None:
    token, _ = security.issue("anna")
    payload, _, signature = token.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "ben"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    other = Security(AGENTS, b"x" * 32, clock).issue("anna")[0]
    for bad in (f"{forged}.{signature}", payload, f"{payload}.", f".{signature}", "", "é.é", other):
        with pytest.raises(TokenError):
            identify(security, bad)


def test_a_token_of_somebody_who_left_is_refused(security: Security, clock: VirtualClock) -> None:
    token, _ = security.issue("anna")
    with pytest.raises(TokenError, match="no longer"):
        identify(Security((), KEY, clock), token)


class Shelf:
    """Anna's own password, until it is taken away; ``away``: the store does not answer."""

    def __init__(self) -> None:
        self.kept: Account | None = Account("anna", "Anna", "agent", PasswordHasher(1, 8, 1).hash("her own"), False)
        self.away = False

    async def account(self, user: str) -> Account | None:
        if self.away:
            raise StoreError(StoreFailure.LOCKED)
        return self.kept


def test_whose_own_password_is_taken_away_is_out_though_the_settings_name_her(clock: VirtualClock) -> None:
    shelf = Shelf()
    security = Security(AGENTS, KEY, clock, shelf)
    token, identity = login(security, "anna", "her own", "10.0.0.1")
    shelf.away = True
    assert identify(security, token) == identity, "she works on while the store is away"
    shelf.away, shelf.kept = False, None
    for asked in (security.identify(token), security.still_here(identity)):
        with pytest.raises(TokenError, match="taken away"):
            asyncio.run(asked)
    token, _ = login(security, "anna", "right secret", "10.0.0.1")
    assert identify(security, token).epoch == 0


def test_a_short_key_is_refused(clock: VirtualClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Security(AGENTS, b"short", clock)


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "run" / "token.key"
    key = signing_key(file)
    assert (len(key), signing_key(file)) == (32, key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["token.key"]
    file.chmod(0o640)
    with pytest.raises(DocumentError, match="chmod 600"):
        signing_key(file)
    file.chmod(0o600)
    file.write_bytes(key[:-1])
    with pytest.raises(DocumentError, match="has 32 bytes, this file 31"):
        signing_key(file)
    with pytest.raises(DocumentError, match="Not a directory"):
        signing_key(file / "beneath" / "token.key")
