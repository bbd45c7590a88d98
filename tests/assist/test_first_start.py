"""``callfloor serve`` for the first time, as a new house has it: no agent, no account, nothing kept."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.live

START_S, STOP_S = 120.0, 60.0
SETTINGS = """
[front]
host = "127.0.0.3"
port = 0
[rtp]
host = "127.0.0.3"
[transcription]
port = 0
[web]
port = 0
"""
_PAGE = re.compile(r"http://[0-9.]+:\d+")
_PASSWORD = re.compile(r"administrator: (\S+), password, told once: (\S+)")


def test_the_first_start_prints_a_password_that_lets_the_administrator_choose_her_own(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "callfloor.toml").write_text(f'[run]\nstate_dir = "{tmp_path / "state"}"\n{SETTINGS}')
        command = (sys.executable, "-m", "assist.cli", "serve", "--settings", str(tmp_path / "callfloor.toml"))
        house = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            said = await _until_told(house)
            page, told = _PAGE.search(said), _PASSWORD.search(said)
            assert page is not None, said
            assert told is not None, said
            async with httpx.AsyncClient(base_url=page[0]) as http:
                login = await http.post("/api/login", json={"user": told[1], "secret": told[2]})
                assert login.json()["must_change"] is True
                once = {"Authorization": f"Bearer {login.json()['token']}"}
                assert (await http.get("/api/audit", headers=once)).status_code == httpx.codes.FORBIDDEN
        finally:
            house.terminate()
            async with asyncio.timeout(STOP_S):
                assert await house.wait() == 0

    asyncio.run(main())


async def _until_told(house: asyncio.subprocess.Process) -> str:
    """What it prints, as far as the password."""
    assert house.stdout is not None
    said = ""
    async with asyncio.timeout(START_S):
        while "First start" not in said:
            line = (await house.stdout.readline()).decode()
            assert line, f"it ended after {said!r}"
            said += line
    return said
