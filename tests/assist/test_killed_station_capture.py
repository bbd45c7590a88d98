"""A station killed while a card number is being said to it: its recording is whole, and the number is not in it."""

from __future__ import annotations

import array
import asyncio
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.assist.doomed_capture import AGENT, CALLER
from tests.transcription.speech import RATE, golden
from tests.transcription.test_server import Floor
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.recording import load_or_create_key, read_recording
from transcription.recording_format import Recording
from transcription.server import ServerConfig, TranscriptionServer
from voice.rundir import RunDirectory

pytestmark = pytest.mark.live

LOST_S = 0.3
BEFORE_CARD_S = len(golden("refund")[0]) / 2 / RATE + 1.2
CARD_S = len(golden("card")[0]) / 2 / RATE


async def killed_after(seconds: float, url: str, where: RunDirectory) -> float:
    """How many seconds of the call it had heard."""
    doomed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.assist.doomed_capture", url, str(where.state)), stdout=asyncio.subprocess.PIPE
    )
    assert doomed.stdout is not None
    heard = 0.0
    async for line in doomed.stdout:
        heard = int(line) / 10
        if heard >= seconds:
            break
    doomed.send_signal(signal.SIGKILL)
    while line := await doomed.stdout.readline():  # it may have gone on for a moment
        heard = int(line) / 10
    assert await doomed.wait() == -signal.SIGKILL
    return heard


async def finished(where: RunDirectory) -> Recording:
    while not (files := list(where.recordings.glob("*.cfrec"))):  # noqa: ASYNC110 - another's file: no event
        await asyncio.sleep(0.1)
    return read_recording(files[0], load_or_create_key(where.recording_key))


def test_nothing_that_was_heard_is_lost_but_the_card_number(tmp_path: Path) -> None:
    where, floor = RunDirectory(tmp_path), Floor()
    where.create()

    async def main() -> tuple[float, Recording]:
        config = ServerConfig(token=where.secret("transcription"))
        engine = VoskEngine(find_model("demo-en-8k"))
        async with asyncio.timeout(60), TranscriptionServer(engine, config, floor).running() as server:
            heard = await killed_after(BEFORE_CARD_S + CARD_S - 0.4, f"ws://127.0.0.1:{server.port}", where)
            return heard, await finished(where)

    heard, recording = asyncio.run(main())
    assert recording.complete
    assert recording.seconds >= heard - LOST_S
    sides = {
        "agent": (array.array("h", recording.pcm)[0::2], AGENT),
        "caller": (array.array("h", recording.pcm)[1::2], CALLER),
    }
    silenced: Counter[str] = Counter()
    for party, (kept, said) in sides.items():
        spoken = array.array("h", said[: 2 * len(kept)])
        for span in (span for span in recording.silenced if span.channel == party):
            assert span.reason != "undecided"
            first, last = round(span.start_s * RATE), round(span.end_s * RATE)
            spoken[first:last] = array.array("h", bytes(2 * (last - first)))[: len(spoken) - first]
            silenced[party] += last - first
        assert kept == spoken[: len(kept)], f"what {party} said, but for what is marked, is there to the last moment"
    number_s = BEFORE_CARD_S + CARD_S - 1.0  # digits are being said from before then to the end
    assert not any(sides["caller"][0][round(number_s * RATE) :]), "digits can be heard"
    assert silenced["caller"] < CARD_S * RATE
    assert silenced["agent"] < RATE, "a word cut short may be taken for a digit, no more"
    assert not [path for path in where.recordings.iterdir() if path.suffix == ".part"]
