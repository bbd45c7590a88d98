"""Contacts that are over: looked up, read, listened to, exported; and the audit of who did."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from pydantic import BaseModel, TypeAdapter

from assist.api.access import Archives, Asker, Problem, only
from assist.store.archive import ContactLine, Conversation
from assist.store.numbers import e164
from assist.store.store import MAX_TIME
from assist.summary import ContactSummary
from transcription.formats import FORMATS, About, as_vcon
from transcription.recording import read_key, read_recording
from transcription.recording_format import Recording
from transcription.utterances import UtteranceFinal
from voice.errors import CallfloorError

log = logging.getLogger(__name__)

archive = APIRouter(prefix="/api", tags=["archive"])
ContactId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Moment = Annotated[float, Query(ge=0.0, le=MAX_TIME)]
Format = Literal["json", "srt", "vtt", "vcon", "text"]
MEDIA = {
    "json": "application/json", "srt": "application/x-subrip", "vtt": "text/vtt",
    "vcon": "application/vcon+json", "text": "text/plain",
}  # fmt: skip
OWN: dict[int | str, dict[str, Any]] = {401: {"model": Problem}, 403: {"model": Problem}, 503: {"model": Problem}}
FOUND: dict[int | str, dict[str, Any]] = {**OWN, 404: {"model": Problem}}
AnyReader = Annotated[Asker, Depends(only("agent", "supervisor", "auditor"))]
_SUMMARY = TypeAdapter(ContactSummary)


class ContactPage(BaseModel):
    """One contact to read: what is known of it, its draft, and what was said."""

    contact: ContactLine
    summary: dict[str, Any] | None
    said: list[UtteranceFinal]


@archive.get("/contacts", responses=OWN)
async def contacts(
    who: AnyReader, since: Moment = 0.0, until: Moment = MAX_TIME,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[ContactLine]:  # fmt: skip
    """The newest contacts of those the asker may see: an agent her own, a supervisor her teams', an auditor all.
    Audited as ``list``: numbers stand in it.
    """
    agents = who.visible_agents()
    await who.audit("list", "contacts", f"{limit} at most")
    return list(await who.kept.contacts.contacts(since=since, until=until, agents=agents, limit=limit))


@archive.get("/contacts/{contact_id}", responses=FOUND)
async def contact(contact_id: ContactId, who: AnyReader) -> ContactPage:
    """One contact with its transcript; audited as ``read``."""
    line = await visible(contact_id, who)
    await who.audit("read", contact_id)
    found = await who.kept.contacts.conversation(line)
    summary = _SUMMARY.dump_python(found.summary, mode="json") if found.summary is not None else None
    return ContactPage(contact=line, summary=summary, said=list(found.transcript.utterances))


@archive.get(
    "/contacts/{contact_id}/transcript",
    responses={**FOUND, 200: {"content": {media: {} for media in MEDIA.values()}}},
    response_class=Response,
)
async def transcript(contact_id: ContactId, who: AnyReader, format: Format = "vcon") -> Response:  # noqa: A002 - the API's word
    """What was said as vCon, WebVTT, SubRip, JSON or text; audited as ``export``."""
    line = await visible(contact_id, who)
    await who.audit("export", contact_id, format)
    made = datetime.fromtimestamp(who.clock.wall(), UTC)
    written = exported(await who.kept.contacts.conversation(line), format, made, who.kept)
    disposition = {"Content-Disposition": f'attachment; filename="{contact_id}.{format}"'}
    return Response(written, media_type=MEDIA[format], headers=disposition)


@archive.get(
    "/contacts/{contact_id}/recording",
    responses={**FOUND, 200: {"content": {"audio/wav": {}}}},
    response_class=Response,
)
async def recording(contact_id: ContactId, who: AnyReader) -> Response:
    """The call as a stereo WAV, agent left, customer right, withheld stretches silent; audited as ``listen``. The
    header ``Recording-Start`` is the contact's second at which it begins.
    """
    line = await visible(contact_id, who)
    await who.audit("listen", contact_id)
    path = (await who.kept.contacts.conversation(line)).recording
    try:
        found = await asyncio.to_thread(_decrypted, who.kept, path)
    except CallfloorError as error:
        log.error("the recording of contact %s: %s", contact_id, error)
        raise HTTPException(503, "the recording is here, and cannot be opened") from None
    if found is None:
        raise HTTPException(404, "there is no recording here")
    start_s, sound = found
    return Response(sound, media_type="audio/wav", headers={"Recording-Start": f"{start_s:.3f}"})


def exported(found: Conversation, form: str, made: datetime, kept: Archives) -> str:
    """A contact's words in one of ``transcription.formats``; ``made``: when this is written."""
    began = datetime.fromtimestamp(found.line.started_at, UTC)
    if form != "vcon":
        return FORMATS[form](found.transcript, began, made)
    names = {agent.user: agent.name for agent in kept.agents}
    agent = {"name": names.get(found.line.agent, found.line.agent), "role": "agent"}
    caller = {"role": "customer"}
    if number := e164(found.line.number, kept.customers.region):
        caller["tel"] = number
    if found.summary is not None and found.summary.customer:
        caller["name"] = found.summary.customer
    people = {"agent": agent, "caller": caller}
    subject, text = (found.summary.subject, found.summary.text) if found.summary is not None else ("", "")
    return as_vcon(found.transcript, began, made, About(people, subject, text))


async def visible(contact_id: str, who: Asker) -> ContactLine:
    """The contact; of one she may not see the asker does not learn whether it exists."""
    line = await who.kept.contacts.line(contact_id)
    if line is None or not who.may_see(line):
        raise HTTPException(404, "there is no such contact")
    return line


def _decrypted(kept: Archives, path: str) -> tuple[float, bytes] | None:
    """The contact's second at which the sound begins, and the WAV; None where there is none. A path out of the log
    leads nowhere else than to the recordings. Raises RecordingError, DocumentError for one that cannot be opened.
    """
    file = FilePath(path)
    if not path or file.resolve().parent != kept.recordings.resolve() or not file.is_file():
        return None
    found: Recording = read_recording(file, read_key(kept.recording_key))
    return found.header.start_s, found.wav()
