"""A transcript as other programs read it: text, JSON, SubRip, WebVTT, vCon. Pure; everything in it is redacted already.

WebVTT: W3C Candidate Recommendation of 2019, section 4. vCon: draft-ietf-vcon-vcon-core, version 0.4.0 of the format;
the sound itself is left out, since what the transcript withholds can be heard in it.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final

from transcription.transcribe import Transcript
from transcription.utterances import UtteranceFinal

VCON_VERSION: Final = "0.4.0"


def as_text(transcript: Transcript) -> str:
    """A line for each utterance: where it begins, who speaks, the words as one writes them."""
    lines = [
        f"{_clock(said.start_s, '.')}  {said.party}: {said.written or said.text}\n" for said in transcript.utterances
    ]
    return "".join(lines)


def as_json(transcript: Transcript) -> str:
    """Everything, words with times and confidence included; times in seconds."""
    return json.dumps(dataclasses.asdict(transcript), ensure_ascii=False) + "\n"


def as_srt(utterances: Sequence[UtteranceFinal]) -> str:
    """SubRip: numbered cues."""
    cues = [
        f"{number}\n{_clock(said.start_s, ',')} --> {_clock(said.end_s, ',')}\n{said.party}: {said.written}\n"
        for number, said in enumerate(utterances, start=1)
    ]
    return "\n".join(cues)


def as_vtt(utterances: Sequence[UtteranceFinal]) -> str:
    """WebVTT: cues in which a voice span names who speaks."""
    cues = [
        f"{_clock(said.start_s, '.')} --> {_clock(said.end_s, '.')}\n"
        f"<v {escape(said.party, quote=False)}>{escape(said.written, quote=False)}</v>\n"
        for said in utterances
    ]
    return "\n".join(["WEBVTT\n", *cues])


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a conversation besides its words. ``people``: by party, the fields of a vCon's party (``name``,
    ``tel``, ``role``); ``subject`` and ``summary`` may be empty.
    """

    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    subject: str = ""
    summary: str = ""


def as_vcon(transcript: Transcript, began: datetime, made: datetime, about: About | None = None) -> str:
    """The conversation as a vCon. ``began``: when the recording did; ``made``: when this is written; with zones."""
    about = about or About()
    dialog = {
        "type": "recording",
        "start": began.isoformat(),
        "duration": round(transcript.seconds, 3),
        "parties": list(range(len(transcript.parties))),
        "mediatype": "audio/x-wav",
        "filename": transcript.file,
    }
    analysis = {
        "type": "transcript",
        "dialog": 0,
        "vendor": "callfloor",
        "product": f"{transcript.engine}, {transcript.model}",
        "mediatype": "application/json",
        "encoding": "json",
        "body": [_said(said, transcript.parties) for said in transcript.utterances],
    }
    summary = {"type": "summary", "dialog": 0, "vendor": "callfloor", "mediatype": "text/plain", "encoding": "none",
        "body": about.summary}  # fmt: skip
    container = {
        "vcon": VCON_VERSION,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{transcript.file}#{began.isoformat()}")),
        "created_at": made.isoformat(),
        **({"subject": about.subject} if about.subject else {}),
        "parties": [{"name": party, **about.people.get(party, {})} for party in transcript.parties],
        "dialog": [dialog],
        "analysis": [analysis, summary] if about.summary else [analysis],
    }
    return json.dumps(container, ensure_ascii=False) + "\n"


FORMATS: Final[dict[str, Callable[[Transcript, datetime, datetime], str]]] = {
    "text": lambda transcript, began, made: as_text(transcript),
    "json": lambda transcript, began, made: as_json(transcript),
    "srt": lambda transcript, began, made: as_srt(transcript.utterances),
    "vtt": lambda transcript, began, made: as_vtt(transcript.utterances),
    "vcon": as_vcon,
}


def _said(said: UtteranceFinal, parties: Sequence[str]) -> dict[str, object]:
    words = [dataclasses.asdict(word) for word in said.words]
    return {
        "party": parties.index(said.party),
        "start": said.start_s,
        "end": said.end_s,
        "text": said.written,
        "words": words,
    }


def _clock(seconds: float, point: str) -> str:
    """HH:MM:SS and thousandths."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"
