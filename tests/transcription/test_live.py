"""The real server process with the demo model; audio paced as on a call."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.transcription.speech import RATE, golden, quiet
from tests.transcription.test_client import Heard
from transcription.evaluate import word_errors
from transcription.utterances import UtterancePartial
from voice.audio import AudioFrame, AudioSink

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
TOKEN = "t0ken"


class Process:
    """``python -m transcription`` on a listening socket that outlives it."""

    def __init__(self, directory: Path) -> None:
        self._token = directory / "token"
        self._token.write_text(TOKEN + "\n")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    async def start(self, *options: str, model: str = "demo-en-8k") -> None:
        fd = self.listener.fileno()
        arguments = [sys.executable, "-m", "transcription", "--fd", str(fd), "--token-file", str(self._token), *options]
        ready = json.loads(await asyncio.to_thread(self._spawn, arguments, fd))
        assert (ready["ready"], ready["port"], ready["model"]) == (True, self.port, model)

    def _spawn(self, arguments: list[str], fd: int) -> str:
        """Start the process; the line in which it says it is ready."""
        self._process = subprocess.Popen(
            arguments, cwd=ROOT, pass_fds=(fd,), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self, number: int) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(number)
        status = self._process.wait(timeout=15)
        self._process.stdout.close()
        self._process = None
        return status

    def close(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)
        self.listener.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.close()


async def say(sink: AudioSink, pcm: bytes, offset: int = 0, *, speed: float = 4.0) -> int:
    """Write 100 ms at a time, ``speed`` times as fast as speech; the offset after it."""
    for start in range(0, len(pcm), 1600):
        sink.write(AudioFrame(pcm[start : start + 1600], offset + start // 2, RATE, 0.0))
        await asyncio.sleep(0.1 / speed)
    return offset + len(pcm) // 2


@contextlib.asynccontextmanager
async def calling(server: Process, heard: Heard) -> AsyncIterator[AudioSink]:
    """A connected client with one channel; on leaving it finishes."""
    client = heard.client(server.port, TOKEN)
    sink = client.open_channel(0, "caller", RATE)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(client.run())
        yield sink
        assert await client.finish(20)


def said(heard: Heard) -> str:
    return " ".join(final.text for final in heard.finals if final.text)


def test_the_words_said_are_heard_and_digits_are_withheld(server: Process) -> None:
    heard = Heard()

    async def main() -> None:
        await server.start()
        async with calling(server, heard) as sink:
            offset = 0
            for name in ("refund", "supervisor", "card"):
                offset = await say(sink, quiet(0.8) + golden(name)[0] + quiet(0.8), offset)

    asyncio.run(main())
    reference = "i want a refund please i want to speak to your supervisor my card number is [card]"
    assert word_errors([reference], [said(heard)]).rate == 0
    shown = " ".join(event.text for event in heard.events if isinstance(event, UtterancePartial))
    assert "refund" in shown
    assert "four" not in shown.split()
    (redaction,) = heard.finals[-1].redactions
    assert redaction.kind == "card"
    assert server.end(signal.SIGTERM) == 0


def test_pocketsphinx_listens_instead_with_a_process_for_each_leg(server: Process, tmp_path: Path) -> None:
    heard = Heard()
    domain = tmp_path / "domain.txt"
    domain.write_text("i want a refund please\ni want to speak to your supervisor\n")

    async def main() -> None:
        await server.start("--engine", "pocketsphinx", "--domain", str(domain), model="pocketsphinx-en-us")
        async with calling(server, heard) as sink:
            await say(sink, quiet(0.5) + golden("refund")[0] + quiet(1), speed=2.0)

    asyncio.run(main())
    assert "refund" in said(heard)
    assert {final.engine.split()[0] for final in heard.finals} == {"pocketsphinx"}
    assert server.end(signal.SIGTERM) == 0


def test_killed_in_mid_utterance_nothing_said_is_lost(server: Process) -> None:
    heard = Heard()

    async def main() -> None:
        await server.start()
        async with calling(server, heard) as sink:
            refund, supervisor = golden("refund")[0], golden("supervisor")[0]
            offset = await say(sink, quiet(0.5) + refund[:20000])
            await heard.one(UtterancePartial)
            server.end(signal.SIGKILL)
            offset = await say(sink, refund[20000:] + quiet(1) + supervisor + quiet(1), offset)
            await server.start()

    asyncio.run(main())
    assert said(heard) == "i want a refund please i want to speak to your supervisor"
    assert [(gap.open, gap.recovered) for gap in heard.gaps] == [(True, False), (False, True)]
    assert heard.gaps[1].end_s > heard.gaps[1].start_s
    first = next(event for event in heard.events if isinstance(event, UtterancePartial))
    assert heard.finals[0].utterance_id == first.utterance_id


def test_two_contacts_do_not_disturb_each_other(server: Process) -> None:
    one, two = Heard(), Heard()

    async def main() -> None:
        await server.start()
        async with calling(server, one) as first, calling(server, two) as second:
            await asyncio.gather(
                say(first, quiet(0.5) + golden("refund")[0] + quiet(1)),
                say(second, quiet(0.5) + golden("supervisor")[0] + quiet(1)),
            )

    asyncio.run(main())
    assert said(one) == "i want a refund please"
    assert said(two) == "i want to speak to your supervisor"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "nothing"], "no such model"),
        (["--host", "0.0.0.0"], "give a token file"),
        (["--token-file", os.devnull], "the token file is empty"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_2(arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "transcription", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
