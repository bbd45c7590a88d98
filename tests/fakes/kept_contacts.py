"""Contacts that are over, in a store with sound, for the pages that look back: three weeks of two agents."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from assist.api.access import Archives
from assist.api.quality import QualityDesk
from assist.content import load_content
from assist.quality.forms import QaAnswer, load_forms, review
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.store import Store
from assist.store.archive import Archive
from assist.store.customers import CustomerBase
from assist.store.tasks import Tasks
from assist.store.users import Audit, Users
from ivr.contacts import CONTACT_EVENTS, ContactClosed
from tests.assist_web.kept_house import summary
from tests.quality.logs import DAY, Log
from transcription.recording_format import RecordingHeader, RecordingWriter
from transcription.utterances import UTTERANCE_EVENTS
from voice.clock import Clock
from voice.events import Event, EventCodec
from voice.settings import AgentSettings

KEY = b"s" * 32
CODEC = EventCodec((*CONTACT_EVENTS, *UTTERANCE_EVENTS))
NEWEST = "k-1"
"""Of anna, with sound: she says "dslam" and asks for a PIN."""
ANSWERS = {
    "greeting": 1,
    "identity": 1,
    "understood": 4,
    "empathy": 3,
    "correct": 5,
    "plain": 3,
    "closing": 1,
    "secrets": 1,
}


def contacts(now: float) -> list[Log]:
    """The newest first; each a little worse than the week before."""
    newest = Log(NEWEST, now - 3600, "anna").agent_says(11, "broadband care Anna speaking how can i help")
    newest.caller_says(15, "i am really angry my internet is down again").agent_says(
        20, "the dslam in your street is down"
    )
    newest.caller_says(26, "what does that mean for me").agent_says(30, "we will repair it").talk(
        44, 20.0, 18.0, 1.0, 8.0
    ).ends(45)
    logs = [newest]
    for week, agent in enumerate(("ben", "anna", "anna", "ben"), 1):
        log = Log(f"k-{week + 1}", now - week * 6 * DAY, agent).agent_says(
            11, f"broadband care {agent} speaking how can i help"
        )
        log.caller_says(15, "hello my bill is wrong").agent_says(20, "i am sorry to hear that let me look at your bill")
        log.agent_says(28, "is there anything else i can do for you thank you for calling").talk(39, 20.0, 15.0).ends(
            40
        )
        logs.append(log)
    return logs


@asynccontextmanager
async def kept(
    directory: Path, agents: tuple[AgentSettings, ...], clock: Clock
) -> AsyncIterator[tuple[Archives, QualityDesk]]:
    """What the API serves besides the running floor, over contacts of the weeks up to now."""
    store = await Store.open(f"sqlite+aiosqlite:///{directory / 'kept.db'}")
    try:
        key = directory / "key"
        key.write_bytes(KEY)
        os.chmod(key, 0o600)
        content = load_content()
        reading = Quality(store, content, load_scorecard(content))
        await _fill(store, reading, directory, clock.wall())
        archives = Archives(
            Users(store), Audit(store), Archive(store), Tasks(store), CustomerBase(store), agents, directory, key
        )
        yield archives, QualityDesk(reading, reading, dict(load_forms()), ZoneInfo("UTC"))
    finally:
        await store.close()


async def _fill(store: Store, reading: Quality, directory: Path, now: float) -> None:
    sound = _tone(directory)
    for log in contacts(now):
        if log.contact_id == NEWEST:
            log.envelopes = [replace(each, event=_with_sound(each.event, sound)) for each in log.envelopes]
        await store.append(*map(CODEC.encode, log.envelopes))
        await store.record_contact(summary(log.contact_id, log.agent, log.at))
    answers = tuple(QaAnswer(question, value) for question, value in ANSWERS.items())
    await reading.keep(NEWEST, review(load_forms()["service"], "carl", "anna", answers, "a hurried call"), now - 60)


def _with_sound(event: Event, file: Path) -> Event:
    return replace(event, recording=str(file)) if isinstance(event, ContactClosed) else event


def _tone(directory: Path) -> Path:
    """Thirty seconds, from the answer on."""
    pcm = (8000 * np.sin(np.arange(30 * 8000) * 0.3)).astype("<i2")
    writer = RecordingWriter(RecordingHeader(NEWEST, 8000, ("agent", "caller"), "ab" * 8, 10.0), KEY)
    file = directory / f"{NEWEST}.cfrec"
    parts = [writer.audio(np.repeat(pcm[at : at + 8000, None], 2, axis=1).tobytes()) for at in range(0, len(pcm), 8000)]
    file.write_bytes(writer.header + b"".join(parts) + writer.end())
    return file
