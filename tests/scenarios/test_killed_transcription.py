"""The transcription server is killed in mid-sentence: the talk goes on, the gap is marked, words come again. Stopped
before the last words, it costs those, and not the record of the contact.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from assist.demo.observed import Observed
from assist.demo.stage import Cast
from ivr.contacts import ContactClosed
from tests.scenarios.theatre import on_stage, said, service
from transcription.utterances import TranscriptionGap, UtterancePartial

pytestmark = pytest.mark.live


def test_recognition_comes_back_and_its_absence_is_marked(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast:
            await cast.connect()
            await cast.talk([0])
            await _words(cast, 0)
            await _kill_in_mid_sentence(cast)
            await cast.talk([9])
            await _words(cast, 9)
            _gaps_are_marked(cast)
            heard = dict(cast.seen.heard_s)
            await cast.talk([0])
            await cast.seen.until(lambda: cast.seen.heard_s["caller"] > heard["caller"], "the customer to hear on")
            assert not cast.seen.hung_up
            await _hang_up_without_last_words(cast)
            assert cast.seen.ended is not None
            assert cast.seen.ended.reason == "completed"

    asyncio.run(main())


async def _words(cast: Cast, turn: int) -> None:
    await cast.seen.until(lambda: said(cast, turn), f"the words of turn {turn}")


async def _kill_in_mid_sentence(cast: Cast) -> None:
    """Returns when the page has seen the recogniser go and come back, and the sentence is over."""
    seen = cast.seen
    known = len(seen.events(UtterancePartial))
    speaking = asyncio.create_task(cast.talk([1]))
    await seen.until(lambda: len(seen.events(UtterancePartial)) > known, "the first words of the sentence")
    assert 1 not in seen.spoken
    os.kill(service(cast, "transcription"), signal.SIGKILL)
    await speaking
    await seen.until(lambda: _recogniser(cast)[-2:] == ["down", "up"], "the page to see the recogniser down, then up")
    await seen.until(lambda: bool(_gaps(seen)) and not any(history[-1].open for history in _gaps(seen)), "closed gaps")


async def _hang_up_without_last_words(cast: Cast) -> None:
    """The worker waits for them longer than the zygote waits for a heartbeat, and still closes the contact."""
    seen = cast.seen
    pid = service(cast, "transcription")
    os.kill(pid, signal.SIGSTOP)
    try:
        await cast.hang_up()
        await seen.until(lambda: bool(seen.events(ContactClosed)), "the contact to be closed")
    finally:
        os.kill(pid, signal.SIGCONT)
    closed = seen.events(ContactClosed)[0].event
    assert isinstance(closed, ContactClosed)
    assert closed.recorded_s > 0


def _recogniser(cast: Cast) -> list[str]:
    return [told.data["state"] for told in cast.seen.told if told.type == "service.recogniser"]


def _gaps(seen: Observed) -> list[list[TranscriptionGap]]:
    """What was said of each gap, in order."""
    gaps: dict[str, list[TranscriptionGap]] = {}
    for envelope in seen.events(TranscriptionGap):
        if isinstance(envelope.event, TranscriptionGap):
            gaps.setdefault(envelope.event.gap_id, []).append(envelope.event)
    return list(gaps.values())


def _gaps_are_marked(cast: Cast) -> None:
    """Each opened, then closed; on the page too. What was said meanwhile had been kept, so it is in the transcript."""
    seen, contact = cast.seen, cast.desk.contact
    assert contact is not None
    assert "caller" in {history[0].party for history in _gaps(seen)}
    for history in _gaps(seen):
        assert [gap.open for gap in history] == [True, False]
        assert history[1].recovered
        assert history[1].end_s > history[1].start_s == history[0].start_s
        assert history[1] in contact.gaps
    assert len(contact.gaps) == len(_gaps(seen))
    assert said(cast, 1), "the sentence it died in"
    identifiers = [final.utterance_id for final in seen.finals]
    assert len(identifiers) == len(set(identifiers))
