from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from transcription.formats import FORMATS, About, as_json, as_srt, as_text, as_vcon, as_vtt
from transcription.transcribe import Transcript
from transcription.utterances import UtteranceFinal, Word


def said(party: str, start: float, end: float, text: str, written: str = "") -> UtteranceFinal:
    words = tuple(Word(word, start, end, 0.5) for word in text.split())
    return UtteranceFinal("u", party, text, words, start, end, 0.5, "e 1", "m", written=written or text)


UTTERANCES = (
    said("agent", 0.28, 3.75, "may i have <your> card & name"),
    said("caller", 3661.0005, 3663.9996, "forty five dollars", "$45"),
)
TRANSCRIPT = Transcript("call.wav", 3700.0, ("agent", "caller"), "e 1", "m", UTTERANCES)


def test_text_is_a_line_an_utterance() -> None:
    assert as_text(TRANSCRIPT) == ("00:00:00.280  agent: may i have <your> card & name\n01:01:01.000  caller: $45\n")


def test_json_holds_everything() -> None:
    found = json.loads(as_json(TRANSCRIPT))
    assert found["parties"] == ["agent", "caller"]
    assert found["utterances"][1]["written"] == "$45"
    assert found["utterances"][1]["words"][0] == {
        "text": "forty", "start_s": 3661.0005, "end_s": 3663.9996, "confidence": 0.5,
    }  # fmt: skip


def test_srt() -> None:
    assert as_srt(UTTERANCES) == (
        "1\n00:00:00,280 --> 00:00:03,750\nagent: may i have <your> card & name\n\n"
        "2\n01:01:01,000 --> 01:01:04,000\ncaller: $45\n"
    )


def test_vtt_escapes_what_would_be_markup() -> None:
    assert as_vtt(UTTERANCES) == (
        "WEBVTT\n\n"
        "00:00:00.280 --> 00:00:03.750\n<v agent>may i have &lt;your&gt; card &amp; name</v>\n\n"
        "01:01:01.000 --> 01:01:04.000\n<v caller>$45</v>\n"
    )


def test_vcon_names_parties_dialog_and_transcript() -> None:
    began = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    found = json.loads(as_vcon(TRANSCRIPT, began, began + timedelta(hours=2)))
    assert (found["vcon"], found["created_at"]) == ("0.4.0", "2026-11-22T09:00:00+00:00")
    assert found["parties"] == [{"name": "agent"}, {"name": "caller"}]
    (dialog,) = found["dialog"]
    assert (dialog["type"], dialog["start"], dialog["duration"]) == ("recording", "2026-11-22T07:00:00+00:00", 3700.0)
    assert not {"body", "url"} & set(dialog), "what is withheld could be heard"
    (analysis,) = found["analysis"]
    assert (analysis["type"], analysis["dialog"], analysis["encoding"]) == ("transcript", 0, "json")
    assert [(line["party"], line["text"]) for line in analysis["body"]][1] == (1, "$45")
    again = json.loads(as_vcon(TRANSCRIPT, began, began))
    assert again["uuid"] == found["uuid"], "the same recording is the same conversation"


def test_vcon_says_who_and_what_about_where_that_is_known() -> None:
    began = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    about = About({"caller": {"tel": "+12025550142", "role": "customer"}}, "a bill", "Charged twice.")
    found = json.loads(as_vcon(TRANSCRIPT, began, began, about))
    assert found["subject"] == "a bill"
    assert found["parties"] == [{"name": "agent"}, {"name": "caller", "tel": "+12025550142", "role": "customer"}]
    assert [(each["type"], each["encoding"]) for each in found["analysis"]] == [
        ("transcript", "json"),
        ("summary", "none"),
    ]
    assert found["analysis"][1]["body"] == "Charged twice."


def test_every_format_takes_an_empty_transcript() -> None:
    now = datetime.now(UTC)
    for name, render in FORMATS.items():
        found = render(Transcript("x.wav", 0.0, ("speaker",), "e 1", "m", ()), now, now)
        assert isinstance(found, str), name
