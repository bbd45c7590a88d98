"""Accounts of the store at login, and what becomes of tokens when one changes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from assist.passwords import PasswordCheck, WeakPasswordError, hashed
from assist.security import (
    LOGIN_S,
    MAX_FAILURES,
    AccountsUnavailableError,
    Identity,
    LoginRefusedError,
    Security,
    TokenError,
    TooManyLoginsError,
)
from assist.store.errors import StoreError, StoreFailure
from assist.store.users import Account
from tests.fakes.clock import VirtualClock
from voice.settings import AgentSettings

ANNA = AgentSettings(user="anna", name="Anna", secret="right secret")
PASSWORD = "correct horse battery"
HASH = hashed(PASSWORD)
CARL = Account("carl", "Carl Ito", "auditor", HASH)


class FakeAccounts:
    def __init__(self, *accounts: Account) -> None:
        self.known = {account.user: account for account in accounts}
        self.away = False

    async def account(self, user: str) -> Account | None:
        if self.away:
            raise StoreError(StoreFailure.LOCKED)
        return self.known.get(user)


class Door:
    """Security over fake accounts, from a test without a loop."""

    def __init__(self, *accounts: Account) -> None:
        self.clock = VirtualClock()
        self.accounts = FakeAccounts(*accounts)
        self.security = Security((ANNA,), b"k" * 32, self.clock, self.accounts)

    def login(self, user: str, secret: str, address: str = "10.0.0.1") -> tuple[str, Identity]:
        return asyncio.run(self.security.login(user, secret, address))

    def identify(self, token: str) -> Identity:
        return asyncio.run(self.security.identify(token))


def test_an_account_logs_in_with_its_password_and_role() -> None:
    door = Door(CARL)
    token, identity = door.login("carl", PASSWORD)
    assert (identity.name, identity.role, identity.must_change) == ("Carl Ito", "auditor", False)
    assert door.identify(token) == identity
    with pytest.raises(LoginRefusedError):
        door.login("carl", "another password")


def test_an_agent_of_the_settings_may_have_a_password_besides_her_secret() -> None:
    door = Door(Account("anna", "Somebody", "admin", HASH))
    for secret in (ANNA.secret, PASSWORD):
        assert door.login("anna", secret)[1].role == "agent"  # what she is, the settings say


def test_a_new_password_ends_the_tokens_of_the_old_one() -> None:
    door = Door(CARL)
    token, _ = door.login("carl", PASSWORD)
    door.accounts.known["carl"] = replace(CARL, epoch=2)
    with pytest.raises(TokenError, match="changed"):
        door.identify(token)


def test_who_is_removed_is_out() -> None:
    door = Door(CARL)
    token, _ = door.login("carl", PASSWORD)
    del door.accounts.known["carl"]
    with pytest.raises(TokenError, match="no longer here"):
        door.identify(token)


def test_a_one_time_password_is_good_for_choosing_another_only() -> None:
    door = Door(replace(CARL, one_time=True), Account("anna", "", "", HASH, one_time=True))
    assert door.login("carl", PASSWORD)[1].must_change
    token, identity = door.login("anna", PASSWORD)
    assert identity.must_change
    with pytest.raises(TokenError, match="no desk"):
        asyncio.run(door.security.at_work(token))
    assert not door.login("anna", ANNA.secret)[1].must_change


def test_only_agents_and_supervisors_of_the_settings_have_a_desk() -> None:
    door = Door(CARL)
    with pytest.raises(TokenError, match="no desk"):
        asyncio.run(door.security.at_work(door.login("carl", PASSWORD)[0]))
    assert asyncio.run(door.security.at_work(door.login("anna", ANNA.secret)[0])).user == "anna"


def test_a_token_is_renewed_until_the_shift_is_over() -> None:
    door = Door(CARL)
    _, identity = door.login("carl", PASSWORD)
    asyncio.run(door.clock.advance(LOGIN_S - 1))
    assert door.identify(door.security.renewed(identity)[0]).since == identity.since
    asyncio.run(door.clock.advance(1))
    with pytest.raises(TokenError, match="too long ago"):
        door.security.renewed(identity)


def test_those_who_try_all_at_once_are_counted() -> None:
    door = Door(CARL)

    async def main() -> list[BaseException | object]:
        tries = [door.security.login("carl", f"wrong {n}", f"10.0.0.{n}") for n in range(MAX_FAILURES + 3)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    outcomes = asyncio.run(main())
    assert sum(isinstance(one, LoginRefusedError) for one in outcomes) == MAX_FAILURES
    assert sum(isinstance(one, TooManyLoginsError) for one in outcomes) == 3


def test_without_the_store_agents_work_and_accounts_wait() -> None:
    door = Door(CARL)
    carls, _ = door.login("carl", PASSWORD)
    door.accounts.away = True
    token, _ = door.login("anna", ANNA.secret)
    assert door.identify(token).user == "anna"
    with pytest.raises(AccountsUnavailableError):
        door.identify(carls)


@pytest.mark.parametrize("password", ["too short", "x" * 129])
def test_a_password_is_long_but_not_endless(password: str) -> None:
    with pytest.raises(WeakPasswordError, match="10 to 128"):
        hashed(password)


def test_passwords_are_verified() -> None:
    async def main() -> list[bool]:
        check = PasswordCheck()
        return [await check.right(h, PASSWORD) for h in (HASH, hashed("another one of mine"), "not a hash", None)]

    assert asyncio.run(main()) == [True, False, False, False]
