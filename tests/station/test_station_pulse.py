"""A station on a real sound server: what its headset says and hears, at the far end of a real SIP call."""

from __future__ import annotations

import array
import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.virtual_headset import EAR, SPEAKERS, VirtualHeadset, virtual_headset
from tests.sip.ends import AUDIBLE, TONES, RemoteEnd, goertzel
from tests.station.process import StationProcess, phase
from tests.transcription.speech import golden, understood
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from voice.phone import LegConnected, LegDisconnected, PhoneConfig

pytestmark = [pytest.mark.live, pytest.mark.pulse]

CALLER, AGENT, RATE = "127.0.0.2", "127.0.0.4", 8000
CALLER_TONE = TONES[0]


@contextlib.asynccontextmanager
async def call(directory: Path) -> AsyncIterator[tuple[VirtualHeadset, StationProcess, RemoteEnd]]:
    """Answered by the hook key; the caller sends a tone and listens."""
    async with virtual_headset(directory) as headset:
        station = await StationProcess.open(AGENT, environment=headset.environment)
        caller = RemoteEnd(PhoneConfig(host=CALLER, rtp_host=CALLER))
        await caller.open()
        try:
            where = await station.until(lambda message: "sip" in message)
            await caller.do("start")
            await caller.do("add_tone", "tone", CALLER_TONE)
            await caller.do("add_ear", "ear")
            await caller.do("dial", "a", where["sip"], {})
            await station.until(phase("ringing", ["ring", "ringer"]))
            station.press("hook")
            await caller.expect(LegConnected)
            await station.until(phase("in_call", ["off_hook"]))
            await caller.do("set_paths", [("tone", "leg:a", 1.0), ("leg:a", "ear", 1.0)])
            yield headset, station, caller
        finally:
            statuses = await station.shut(), await caller.shut()
        assert statuses == (0, 0)


async def until_heard(headset: VirtualHeadset) -> None:
    """The caller's tone is in the ear."""
    async with headset.recording(EAR) as recorder, asyncio.timeout(15):
        while goertzel(await recorder.more(RATE // 4), CALLER_TONE, RATE) < AUDIBLE:
            pass


def words_in(pcm: bytes) -> str:
    recogniser = VoskEngine(find_model("demo-en-8k")).open(RATE)
    recogniser.accept(pcm + bytes(RATE))
    return " ".join(word.text for word in recogniser.final())


def test_speech_into_the_microphone_is_understood_at_the_far_end_and_its_tone_is_in_the_ear(tmp_path: Path) -> None:
    async def main() -> None:
        async with call(tmp_path) as (headset, station, caller):
            await until_heard(headset)
            pcm, text = golden("supervisor")
            loudest = max(map(abs, array.array("h", pcm)))
            assert loudest > 5000, "hear_burst waits for that"
            speaking = asyncio.create_task(headset.speak(pcm))
            heard = base64.b64decode(await caller.do("hear_burst", "ear", len(pcm) // 2))
            await speaking
            assert understood(text, words := await asyncio.to_thread(words_in, heard)), words
            station.press("hook")
            assert (await caller.expect(LegDisconnected)).code == 200

    asyncio.run(main())


def test_an_unplugged_headset_holds_the_call_in_silence_and_resumes_it_when_it_is_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with call(tmp_path) as (headset, station, caller):
            await until_heard(headset)
            async with headset.recording(SPEAKERS) as speakers:
                await headset.unplug_ear()
                held = await station.until(phase("held", ["hold", "off_hook"]))
                assert "no sound" in held["state"]["trouble"]
                assert "ear was taken away" in held["state"]["trouble"]
                await speakers.more(RATE)
                assert not any(speakers.samples), "the customer was heard on the loudspeakers"
                assert await headset.streams_on(SPEAKERS) == 0
                await headset.plug_ear()
                resumed = await station.until(phase("in_call", ["off_hook"]))
                assert resumed["state"]["trouble"] == ""
                await until_heard(headset)
                assert not any(speakers.samples)
            station.press("hook")
            assert (await caller.expect(LegDisconnected)).code == 200

    asyncio.run(main())
