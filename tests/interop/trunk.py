"""A trunk: sipp plays the far end's scenarios, and its sound is a tone and an ear of ours (``Rtp``)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from tests.fakes.pbx import Rtp
from tests.fakes.sip_peer import SipPeer
from tests.sip.ends import AUDIBLE, DEADLINE_S, TONES

SCENARIOS = Path(__file__).with_name("sipp")
SIPP = shutil.which("sipp")


class Place(Protocol):
    """Whose trunk it is: the address and port that take its calls, and the trunk's own address."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def trunk(self) -> str: ...


class Voice(Rtp):
    """Speaks to whoever speaks to it, as a carrier's media does."""

    def __init__(self, hz: int) -> None:
        super().__init__(hz)
        self._speaking: asyncio.Task[None] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, host: str, hz: int) -> AsyncIterator[Voice]:
        loop = asyncio.get_running_loop()
        _, voice = await loop.create_datagram_endpoint(lambda: cls(hz), local_addr=(host, 0))
        try:
            yield voice
        finally:
            await voice.stop()
            voice.close()
            await asyncio.sleep(0)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        super().datagram_received(data, addr)
        if self._speaking is None:
            self._speaking = asyncio.get_running_loop().create_task(self.speak(addr))

    async def stop(self) -> None:
        """Speak no more, until somebody else speaks to it."""
        if self._speaking is not None:
            self._speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._speaking
            self._speaking = None

    async def until_hears(self, *tones: int) -> None:
        """Until these of TONES and no other are in the last half second. Raises AssertionError."""
        levels: list[float] = []
        heard: set[int] | None = None
        self.heard.clear()
        try:
            async with asyncio.timeout(DEADLINE_S):
                while heard != set(tones):
                    for _ in range(10):
                        await self.more()
                    levels = self.levels()
                    heard = {hz for hz, level in zip(TONES, levels, strict=True) if level > AUDIBLE}
        except TimeoutError:
            raise AssertionError(f"should hear {tones}; levels of {TONES}: {levels}") from None


class Sipp:
    """A scenario under way. It waits for its cues, which come as INFO with its Call-ID."""

    def __init__(self, process: asyncio.subprocess.Process, call_id: str, at: tuple[str, int], log: Path) -> None:
        """``log``: a line for each cue it has come to wait for."""
        self._process = process
        self._call_id = call_id
        self._at = at
        self._log = log
        self._cues = 0

    async def cue(self) -> None:
        """Go on, once it waits for that: a cue in the middle of something else would end it."""
        self._cues += 1
        async with asyncio.timeout(DEADLINE_S):
            while self._waits() < self._cues:  # noqa: ASYNC110 - a file that grows raises no event
                await asyncio.sleep(0.02)
        async with SipPeer.open(self._at[0]) as prompter:
            prompter.send(prompter.request("INFO", "sip:sipp", self._call_id), self._at)

    def _waits(self) -> int:
        return self._log.read_bytes().count(b"\n") if self._log.exists() else 0

    async def over(self) -> None:
        """The scenario went as written. Raises AssertionError with what sipp says."""
        output, _ = await self._process.communicate()
        assert self._process.returncode == 0, output.decode(errors="replace")[-4000:]


@contextlib.asynccontextmanager
async def sipp(
    place: Place, scenario: str, voice: Voice, port: int = 5060, called: str = "anna", **keys: str
) -> AsyncIterator[Sipp]:
    """A scenario at the trunk's address, there to its end: who calls calls at once, who is called waits."""
    assert SIPP is not None
    call_id = f"{scenario}-{os.getpid()}-{voice.port}"
    given = [word for name, value in keys.items() for word in ("-key", name, value)]
    with tempfile.TemporaryDirectory(prefix="sipp-") as directory:
        process = await asyncio.create_subprocess_exec(
            *(
                SIPP,
                f"{place.host}:{place.port}",
                "-s",
                called,
                "-sf",
                str(SCENARIOS / f"{scenario}.xml"),
                "-m",
                "1",
                "-nostdin",
                "-aa",  # a far end that is silent is asked by OPTIONS whether it is there
            ),
            *("-i", place.trunk, "-p", str(port), "-cid_str", call_id, "-key", "rtp_port", str(voice.port)),
            *("-timeout", "80", "-timeout_error", "-trace_err", "-error_file", "errors", *given),
            *("-trace_logs", "-log_file", "log"),
            cwd=directory,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        playing = Sipp(process, call_id, (place.trunk, port), Path(directory) / "log")
        try:
            yield playing
            await playing.over()
        except BaseException:
            with contextlib.suppress(OSError):
                print((Path(directory) / "errors").read_text()[-4000:])
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await voice.stop()
