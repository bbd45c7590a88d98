"""Somebody leaves a message on real SIP and RTP, and ends it with words: its sound, its words, the floor's event."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from assist.alerts import AlertRaised
from assist.demo.stage import CUSTOMER_HOST, Cast
from assist.messages_left import MessageKept
from ivr.contacts import ContactClosed, MessageTaken
from tests.scenarios.fronts import BehindKamailio
from tests.scenarios.theatre import DEADLINE_S, on_stage
from tests.sip.ends import RemoteEnd
from tests.transcription.speech import golden
from transcription.recording import load_or_create_key, read_recording
from voice.events import Event
from voice.phone import LegConnected, LegDisconnected, PhoneConfig

pytestmark = pytest.mark.live

FLOW = """
flow: message
slower: ""
start: message
nodes:
  message: {verb: record, say: "Goodbye.", finishPhrases: [i want a refund please], next: end}
  end: {verb: hangup}
"""


TIMES = 4
"""How often the last words are said: the recogniser may not catch them the first time."""
E = TypeVar("E", bound=Event)


def one(cast: Cast, kind: type[E]) -> E:
    (envelope,) = cast.seen.events(kind)
    assert isinstance(envelope.event, kind)
    return envelope.event


def alerts(cast: Cast) -> list[str]:
    """The words of the messages supervisors are told of."""
    told = (seen.event for seen in cast.seen.events(AlertRaised))
    return [event.quote for event in told if isinstance(event, AlertRaised) and event.kind == "message"]


async def left_by(cast: Cast, sounds: bytes) -> None:
    """A caller who speaks as soon as she may, and stays until the house hangs up."""
    caller = RemoteEnd(PhoneConfig(host=CUSTOMER_HOST, rtp_host=CUSTOMER_HOST, codecs=("PCMU/8000",)))
    await caller.open()
    try:
        await caller.do("start")
        await caller.do("add_recording", "message", base64.b64encode(sounds).decode())
        await caller.do("dial", "call", f"sip:100@{cast.sip}")
        await caller.expect(LegConnected)
        await caller.do("set_paths", [("message", "leg:call", 1.0)])
        await cast.seen.until(lambda: bool(cast.seen.events(MessageTaken)), "the words that end it", 60.0)
        await caller.expect(LegDisconnected)
    finally:
        await caller.shut()


def test_a_message_is_kept_with_its_sound_and_its_words(tmp_path: Path, any_gate: BehindKamailio | None) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text(FLOW)
    pause = bytes(2 * 8000 * 3)
    sounds = pause + golden("supervisor")[0] + pause + TIMES * (golden("refund")[0] + pause)

    async def main() -> None:
        async with on_stage(tmp_path, flow=flow, gate=any_gate) as cast:
            await left_by(cast, sounds)
            await cast.seen.until(lambda: bool(cast.seen.events(MessageKept)), "the message", DEADLINE_S)
            kept, taken, closed = one(cast, MessageKept), one(cast, MessageTaken), one(cast, ContactClosed)
            assert (kept.kind, kept.recording) == ("voicemail", closed.recording)
            assert (kept.start_s, kept.end_s) == (taken.start_s, taken.end_s)
            assert kept.end_s - kept.start_s < 60, "a word ended it, not the time"
            assert {"speak", "supervisor"} & set(kept.text.split()), kept.text
            await cast.seen.until(lambda: kept.text in alerts(cast), "the supervisors to know", DEADLINE_S)
            found = read_recording(Path(kept.recording), load_or_create_key(cast.house.where.recording_key))
            samples = np.frombuffer(found.pcm, "<i2").reshape(-1, 2).astype(float)
            assert samples[:, 1].std() > 100, "the caller is on the right"
            assert not samples[:, 0].any(), "there is no agent"

    asyncio.run(main())
