"""A menu over real SIP and RTP: cut short by words from the third on, not by one; by a key within 150 ms."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assist.demo.stage import CUSTOMER_HOST, Cast
from ivr.contacts import ChoiceMade, ContactEnded, PromptStarted
from ivr.prompts import PromptStore
from ivr.schema import load_flow
from tests.scenarios.fronts import BehindKamailio
from tests.scenarios.theatre import DEADLINE_S, on_stage
from tests.sip.ends import RemoteEnd
from tests.transcription.speech import golden
from voice.events import Envelope
from voice.phone import LegConnected, LegDisconnected, PhoneConfig

pytestmark = pytest.mark.live

FLOW = Path(__file__).with_name("spoken.yaml")
SILENT_WITHIN_MS = 150.0
"""The promise, from the key's first packet; the way of 20 ms frames there and back comes on top of it."""
ON_THE_WAY_MS = 60.0


@contextlib.asynccontextmanager
async def on_the_line(cast: Cast, words: dict[str, bytes]) -> AsyncIterator[RemoteEnd]:
    caller = RemoteEnd(PhoneConfig(host=CUSTOMER_HOST, rtp_host=CUSTOMER_HOST, codecs=("PCMU/8000",)))
    await caller.open()
    try:
        await caller.do("start")
        for name, pcm in words.items():
            await caller.do("add_recording", name, base64.b64encode(pcm).decode())
        await caller.do("add_ear", "ear")
        await caller.do("dial", "call", f"sip:100@{cast.sip}")
        await caller.expect(LegConnected)
        await caller.do("set_paths", [("leg:call", "ear", 1.0)])
        yield caller
    finally:
        await caller.shut()


async def until(cast: Cast, condition: Callable[[], bool], what: str) -> None:
    try:
        await cast.seen.until(condition, what, DEADLINE_S)
    except TimeoutError:
        told = [(round(seen.at % 1000, 2), seen.event) for seen in cast.seen.envelopes]
        raise AssertionError(f"waited for {what}; happened: {told}") from None


def asked(cast: Cast) -> list[Envelope]:
    return [seen for seen in cast.seen.events(PromptStarted) if getattr(seen.event, "node", "") == "menu"]


async def by_words(cast: Cast) -> None:
    sentence = golden("supervisor")[0]
    words = {"one": sentence[-20000:], "three": golden("refund")[0]}  # the word alone
    async with on_the_line(cast, words) as caller:
        await until(cast, lambda: len(asked(cast)) == 1, "the question")
        await caller.do("set_paths", [("leg:call", "ear", 1.0), ("one", "leg:call", 1.0)])
        await until(cast, lambda: len(asked(cast)) == 2, "the question again: one word had not cut it short")
        question, again = asked(cast)
        (text,) = load_flow(FLOW).nodes["menu"].say  # type: ignore[attr-defined]
        lasts = PromptStore.open().seconds(load_flow(FLOW).prompt(text).audio)
        assert again.at - question.at > lasts
        assert not cast.seen.events(ChoiceMade)
        await caller.do("set_paths", [("leg:call", "ear", 1.0), ("three", "leg:call", 1.0)])
        await until(cast, lambda: bool(cast.seen.events(ChoiceMade)), "the choice")
        (choice,) = cast.seen.events(ChoiceMade)
        assert choice.event == ChoiceMade("menu", "2", "speech")
        assert choice.at - again.at < lasts, "the question was cut short"
        await caller.expect(LegDisconnected)
    await until(cast, lambda: bool(cast.seen.events(ContactEnded)), "the end")


async def by_key(cast: Cast) -> float:
    calls = len(asked(cast))
    async with on_the_line(cast, {}) as caller:
        await until(cast, lambda: len(asked(cast)) > calls, "the question")
        await caller.do("hear_burst", "ear", 1600)
        silent_ms: float = await caller.do("silence_after", "call", "1", "ear", 1.0)
        await caller.do("hang_up", "call")
        return silent_ms


def test_a_question_is_cut_short_by_words_and_by_a_key(tmp_path: Path, any_gate: BehindKamailio | None) -> None:
    async def main() -> None:
        async with on_stage(tmp_path, flow=FLOW, gate=any_gate) as cast:
            await by_words(cast)
            silent_ms = [await by_key(cast) for _ in range(3)]
            print(f"silence after a key: {sorted(silent_ms)} ms")
            assert sorted(silent_ms)[1] <= SILENT_WITHIN_MS + ON_THE_WAY_MS

    asyncio.run(main())
