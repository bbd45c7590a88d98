"""A trainee at ``callfloor practice``: her page (the feed's websocket, and its commands) and her own headset."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assist.demo.observed import until
from assist.demo.puppet import Puppet
from tests.fakes.virtual_headset import VirtualHeadset
from voice.audio import read_wav

RATE = 8000
START_S, DEADLINE_S = 150.0, 60.0
"""Synthesis of the customer's lines and the start of a house wait for whatever else the machine does."""
_PAGE = re.compile(r"agent's page: (\S+)  \(user (\S+), secret (\S+)\)")


class Trainee:
    """``told``: the messages of her page's feed."""

    def __init__(self, page: Puppet, headset: VirtualHeadset) -> None:
        self._page = page
        self._headset = headset
        self._changed = asyncio.Event()
        self.told: list[dict[str, Any]] = []

    def hear(self, report: dict[str, Any]) -> None:
        self.told.append(report["message"])
        self._changed.set()

    def of(self, kind: str, **data: object) -> list[dict[str, Any]]:
        """What messages of this type say, where they say ``data``."""
        found = [message["data"] for message in self.told if message["type"] == kind]
        return [each for each in found if all(each.get(key) == value for key, value in data.items())]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        def so_far() -> str:
            return f"understood: {[(each['party'], each['text']) for each in self.of('transcript.final')]}"

        await until(self._changed, condition, what, DEADLINE_S, so_far)

    async def take(self, lines: Sequence[str | float], sounds: Mapping[str, Path]) -> None:
        """Answer, say line after line (a number: nothing) as the customer has had hers, and hang up at last, or when
        she does.
        """
        await self.until(lambda: bool(self.of("desk.contact", phase="ringing")), "the customer's call")
        await self._answer()
        for line in lines:
            heard = self._customers()
            if isinstance(line, str):
                await self._headset.speak(read_wav(sounds[line], RATE) + bytes(RATE), RATE)
            await self.until(lambda: self._over() or self._customers() > heard, f"an answer to {line!r}")  # noqa: B023
            if self._over():
                return
        self._page.order("command", name="hang_up", data={})

    async def _answer(self) -> None:
        """Her page knows of the call before her telephone rings: she clicks again with all that is news."""
        while not self.of("contact.answered"):
            seen = len(self.told)
            self._page.order("command", name="answer", data={})
            await self.until(lambda: len(self.told) > seen, "the telephone to ring")  # noqa: B023 - awaited here

    def _customers(self) -> int:
        return len([each for each in self.of("transcript.final", party="caller") if each["text"]])

    def _over(self) -> bool:
        return bool(self.of("contact.ended"))


@contextlib.asynccontextmanager
async def at_practice(headset: VirtualHeadset, scenario: str, directory: Path) -> AsyncIterator[Trainee]:
    """``callfloor practice`` runs, and she is logged in; its end is awaited, and must be a good one. The debrief is
    ``directory / "debrief.json"``.
    """
    command = [sys.executable, "-m", "assist.cli", "practice", scenario]
    options = ["--json", str(directory / "debrief.json"), "--state-dir", str(directory / "house")]
    process = await asyncio.create_subprocess_exec(
        *command, *options, stdout=asyncio.subprocess.PIPE, env=os.environ | headset.environment | {"COLUMNS": "200"}
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            while (found := _PAGE.search((await process.stdout.readline()).decode())) is None:
                assert not process.stdout.at_eof(), "practice ended at once"
        url, user, secret = found.groups()
        page = await Puppet.start("assist.demo.watcher", "--url", url, "--agent", user, "--secret", secret)
        trainee = Trainee(page, headset)
        listening = asyncio.create_task(page.listen(trainee.hear))
        try:
            yield trainee
        finally:
            await page.stop()
            await listening
        async with asyncio.timeout(DEADLINE_S):
            await process.stdout.read()
            assert await process.wait() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
