"""A call that never touches our front: a customer at the trunk of a Kamailio that knows nothing of us, the agent's
station an extension there, heard by the station itself.

Real SIP and RTP, recogniser, floor and page; only what is no promise (which words) is left open.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assist.cards import CardKind, CardShown
from assist.demo.stage import AGENT, Cast, ForeignPbx, stage
from assist.pbx_contacts import PBX
from assist.store.seed import DEMO_NUMBER
from ivr.contacts import ContactClosed, ContactOffered
from ivr.supervision import SupervisionEnded, SupervisionStarted
from tests.interop.pbx import INSTALLED, SECRET, registrar
from tests.scenarios.theatre import NoAudience, happened, press
from tests.sip.ends import RemoteEnd
from transcription.recording import load_or_create_key, read_recording
from voice.events import QualityMeasured
from voice.phone import IncomingLeg, LegConnected, LegDisconnected, PhoneConfig
from voice.rundir import RunDirectory

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not INSTALLED, reason="no Kamailio with TLS (Debian: kamailio, kamailio-tls-modules)"),
]

SARA = (
    f'\n[[agent]]\nuser = "sara"\nname = "Sara Lind"\nsecret = "{SECRET}"\nrole = "supervisor"\nphone = "{{phone}}"\n'
)


@contextlib.asynccontextmanager
async def telephone() -> AsyncIterator[tuple[RemoteEnd, str]]:
    """The supervisor's: any telephone that the PBX reaches."""
    phone = RemoteEnd(PhoneConfig(host="127.0.0.9", rtp_host="127.0.0.9"))
    await phone.open()
    try:
        uri = await phone.do("start")
        await phone.do("add_ear", "ear")
        yield phone, uri
    finally:
        assert await phone.shut() == 0


async def rings_and_pops(cast: Cast) -> str:
    """The customer calls the extension; the screen has her before a word is said. Returns the contact."""
    seen = cast.seen
    await seen.until(lambda: bool(seen.station.get("registered")), "the extension to be registered")
    cast.agent.order("answer")
    cast.customer.order("call", number=AGENT)
    await seen.until(lambda: seen.answered, "the agent to answer")
    offered = seen.events(ContactOffered)[0].event
    assert isinstance(offered, ContactOffered)
    assert (offered.worker_id, offered.caller) == (PBX, DEMO_NUMBER)
    await seen.until(lambda: "history" in kinds(cast), "the history card")
    await seen.until(
        lambda: on_the_page(cast) == (seen.contact_id, DEMO_NUMBER, "talking"), "the page to show the call"
    )
    return seen.contact_id


def on_the_page(cast: Cast) -> tuple[str, str, str] | None:
    """The contact, its caller and its phase."""
    contact = cast.desk.contact
    return None if contact is None else (contact.id, contact.caller, contact.phase)


def kinds(cast: Cast) -> set[str]:
    """Kinds of the cards that something led to."""
    shown = {e.event.card.kind for e in cast.seen.events(CardShown) if isinstance(e.event, CardShown)}
    return {str(kind) for kind in shown if kind is not CardKind.CHECKLIST}


def recorded(state: Path, contact: str) -> list[float]:
    """Peaks of the agent's and of the caller's side."""
    where = RunDirectory(state)
    (file,) = [file for file in where.recordings.iterdir() if contact in file.name]
    kept = read_recording(file, load_or_create_key(where.recording_key))
    assert kept.complete
    assert kept.seconds > 10
    samples = array.array("h", kept.pcm)
    return [max(map(abs, samples[side::2])) for side in (0, 1)]


async def listens_in(cast: Cast, phone: RemoteEnd, contact: str) -> None:
    """A supervisor is dialled by the station, through the PBX, and hears the customer."""
    await press(cast, "sara", SECRET, "supervise", contact_id=contact)
    incoming = await phone.expect(IncomingLeg)
    assert incoming.headers["answer-mode"] == "Auto"
    await phone.do("answer", incoming.leg_id)
    await phone.expect(LegConnected)
    await phone.do("set_paths", [(f"leg:{incoming.leg_id}", "ear", 1.0)])
    await cast.seen.until(lambda: bool(happened(cast, contact, SupervisionStarted)), "her to listen")
    hearing = asyncio.create_task(phone.do("hear_burst", "ear", 800))
    await cast.talk([1])
    assert await hearing


def test_screen_pop_words_cards_and_recording_without_our_front(tmp_path: Path) -> None:
    async def main() -> str:
        async with registrar() as kamailio, telephone() as (phone, uri):
            pbx = ForeignPbx(f"{kamailio.host}:5060", SECRET, kamailio.trunk)
            async with stage(tmp_path / "house", NoAudience(), SARA.format(phone=uri), pbx=pbx) as cast:
                contact = await rings_and_pops(cast)
                await cast.talk([0])
                await listens_in(cast, phone, contact)
                await cast.talk([2, 3, 4])
                heard = {"caller", "agent"}
                await cast.seen.until(lambda: {f.party for f in cast.seen.finals} == heard, "words of both")
                await cast.seen.until(lambda: len(kinds(cast)) > 1, "a card for what was said")
                await cast.hang_up()
                await phone.expect(LegDisconnected)
                await cast.seen.until(lambda: bool(happened(cast, contact, SupervisionEnded)), "her to be gone")
                assert happened(cast, contact, QualityMeasured)
                closed = cast.seen.events(ContactClosed)[0].event
                assert isinstance(closed, ContactClosed)
                assert contact in closed.recording
                assert closed.recorded_s > 10
                assert cast.seen.ended is not None
                assert cast.seen.ended.talk_s > 10
                assert {e.contact_id for e in cast.seen.envelopes if e.contact_id} == {contact}
                return contact

    contact = asyncio.run(main())
    assert min(recorded(tmp_path / "house", contact)) > 1000
