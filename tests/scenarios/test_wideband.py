"""Prompts at 16 kHz: a caller whose telephone speaks G.722 hears what lies above 4 kHz, one with G.711 the rest."""

from __future__ import annotations

import array
import asyncio
import base64
import json
import math
from pathlib import Path

import pytest

from assist.demo.stage import CUSTOMER_HOST, Cast
from ivr.prompts import RATE, WIDE, WIDE_RATE, PromptEntry, PromptSource, write_manifest
from ivr.schema import load_with_prompts
from tests.scenarios.theatre import on_stage
from tests.sip.ends import AUDIBLE, RemoteEnd, goertzel
from voice.audio import write_wav
from voice.errors import DocumentError
from voice.phone import LegConnected, PhoneConfig

pytestmark = pytest.mark.live

TEXT = "Two tones."
FLOW = f"""
flow: wide
slower: ""
speech: false
start: greeting
nodes:
  greeting: {{verb: say, text: {TEXT}, next: line}}
  line: {{verb: enqueue, queue: support}}
"""
LOW, HIGH = 1000, 5000
LISTENED_S = 0.4


def tones(rate: int, *hz: int) -> bytes:
    """Two seconds of them, together."""
    wave = (sum(8000 * math.sin(2 * math.pi * each * n / rate) for each in hz) for n in range(2 * rate))
    return array.array("h", (round(value) for value in wave)).tobytes()


def record(directory: Path, *, wide: bool) -> None:
    """The prompt, of LOW and, at 16 kHz, HIGH."""
    (directory / WIDE).mkdir(parents=True, exist_ok=True)
    source = PromptSource(TEXT, "slt")
    said = PromptEntry(key=source.key, file="tones.wav", text=TEXT, voice="slt", stretch=1.0, engine=source.engine)
    for name in ("tones.wav", "hold.wav"):
        write_wav(directory / name, tones(RATE, LOW), RATE)
        if wide:
            write_wav(directory / WIDE / name, tones(WIDE_RATE, LOW, HIGH), WIDE_RATE)
    write_manifest(directory, [said, PromptEntry(key="hold", file="hold.wav")])


async def hears(cast: Cast, codec: str) -> tuple[bool, bool]:
    """Whether a caller with ``codec`` hears LOW and HIGH."""
    caller = RemoteEnd(
        PhoneConfig(host=CUSTOMER_HOST, rtp_host=CUSTOMER_HOST, codecs=(codec,), clock_rate=WIDE_RATE, quality_s=60.0)
    )
    await caller.open()
    try:
        await caller.do("start")
        await caller.do("add_ear", "ear")
        await caller.do("dial", "call", "sip:100@{}:{}".format(*cast.house.addresses.sip))
        assert (await caller.expect(LegConnected)).codec == codec
        await caller.do("set_paths", [("leg:call", "ear", 1.0)])
        burst = await caller.do("hear_burst", "ear", round(LISTENED_S * WIDE_RATE))
    finally:
        await caller.shut()
    heard = array.array("h", base64.b64decode(burst))
    return goertzel(heard, LOW, WIDE_RATE) > AUDIBLE, goertzel(heard, HIGH, WIDE_RATE) > AUDIBLE


def test_prompts_are_heard_at_16_khz_where_the_telephone_can(tmp_path: Path) -> None:
    prompts, flow = tmp_path / "prompts", tmp_path / "flow.yaml"
    flow.write_text(FLOW)
    record(prompts / "en", wide=False)
    with pytest.raises(DocumentError, match=r"no recording of 'Two tones\.'.*--wide"):
        load_with_prompts(flow, prompts, rate=WIDE_RATE)
    record(prompts / "en", wide=True)

    async def main() -> None:
        more = f"prompts = {json.dumps(str(prompts))}\nwideband = true\n"
        async with on_stage(tmp_path, flow=flow, more=more) as cast:
            assert await hears(cast, "G722/16000") == (True, True)
            assert await hears(cast, "PCMU/8000") == (True, False)

    asyncio.run(main())
