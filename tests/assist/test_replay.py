from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from assist import replay_cli
from assist.content import Content
from assist.direction import Direction
from assist.replay import TODAY, Line, ShownCard, events, read, replay
from assist.store.opening import opened_at
from assist.store.seed import DEMO_NUMBER, demo_customer
from assist.store.users import Audit
from assist.vocabulary import EVENTS
from ivr.contacts import ContactOffered
from tests.fakes.clock import VirtualClock
from transcription.utterances import UtteranceFinal, UtterancePartial
from voice.errors import DocumentError
from voice.events import EnvelopeFactory
from voice.settings import read_settings


def line(t: float, speaker: str, text: str, **more: object) -> Line:
    return Line.model_validate({"t": t, "speaker": speaker, "text": text, **more})


TALK = (
    line(4.0, "caller", "hello i was charged", final=False),
    line(5.0, "caller", "hello i was charged twice on my", final=False),
    line(6.0, "caller", "hello i was charged twice on my bill"),
    line(9.0, "agent", "i am sorry to hear that"),
    line(14.0, "caller", "this is unacceptable i want a supervisor"),
)


def test_a_partial_shows_the_card_before_the_final(content: Content) -> None:
    found = [(card.t, card.kind, card.id) for card in replay(TALK, content).cards]
    assert (5.0, "next_step", "billing_dispute") in found
    assert [rule for _, _, rule in found].count("billing_dispute") == 1
    assert next(t for t, kind, _ in found if kind == "sentiment") <= 14.0


def test_a_card_quotes_who_said_what(content: Content) -> None:
    card = next(card for card in replay(TALK, content).cards if card.kind == "next_step")
    assert card.evidence.startswith("caller: hello i was charged twice")
    assert json.loads(card.json()).keys() == {"t", "kind", "id", "title", "evidence"}


def test_the_same_lines_give_the_same_cards(content: Content) -> None:
    assert replay(TALK, content) == replay(TALK, content)


def test_the_customer_brings_history(content: Content) -> None:
    customer = demo_customer(DEMO_NUMBER, TODAY)
    assert customer is not None
    first = replay((), content, DEMO_NUMBER, customer).cards[0]
    assert (first.kind, first.t) == ("history", 0.0)
    assert "James" in first.title
    assert demo_customer("+12025550107", TODAY) is None, "two customers have it"


def test_direction_is_flat_before_anything_is_said(content: Content) -> None:
    replayed = replay(TALK, content)
    assert replayed.direction_at(1.0) is Direction.FLAT
    assert replayed.direction_at(14.0) is Direction.FALLING


def test_hypotheses_and_final_are_one_utterance() -> None:
    first, second, settled, other, *_ = events(TALK)
    assert isinstance(first, UtterancePartial)
    assert isinstance(second, UtterancePartial)
    assert isinstance(settled, UtteranceFinal)
    assert first.utterance_id == second.utterance_id == settled.utterance_id != other.utterance_id
    assert (first.revision, second.revision) == (1, 2)
    assert settled.words[-1].end_s == pytest.approx(6.0)
    assert other.start_s >= settled.end_s, "without `start` nobody is taken to interrupt"


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ('{"t": 1, "speaker": "robot", "text": "x"}', "2: speaker: input should be"),
        ('{"t": 1, "speaker": "agent"}', "2: text: field required"),
        ("{", "2: invalid JSON"),
        ('{"t": 0.5, "speaker": "agent", "text": "x"}', "2: t goes back from 1.0 to 0.5"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, written: str, what: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text('{"t": 1, "speaker": "agent", "text": "hello"}\n' + written + "\n")
    with pytest.raises(DocumentError) as caught:
        read(file)
    assert f"{file}:{what}".lower() in str(caught.value).lower()


def test_what_other_programs_write_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    written = '{"t": 1.0, "speaker": "agent", "text": "hello\u2028there", "final": true, "confidence": 0.9}\r\n'
    file.write_bytes(("\ufeff" + written).encode())
    assert read(file) == (line(1.0, "agent", "hello\u2028there", confidence=0.9),)


def test_a_card_is_a_line_of_five_keys_in_their_order() -> None:
    card = ShownCard(6.25, "next_step", "billing_dispute", "Apologise", "caller: “twice”")
    assert card.json() == (
        '{"t": 6.25, "kind": "next_step", "id": "billing_dispute", "title": "Apologise", "evidence": "caller: “twice”"}'
    )


def test_who_replays_a_recording_beside_its_log_is_put_down(tmp_path: Path) -> None:
    """Any WAV would do to have a contact's words printed."""

    async def main() -> list[tuple[str, str, str]]:
        url = f"sqlite+aiosqlite:///{tmp_path / 'callfloor.db'}"
        called = ContactOffered("w1", "+12025550142", "100", "demo", "1")
        async with opened_at(url) as store:
            await store.append(EVENTS.encode(EnvelopeFactory("test", VirtualClock()).wrap(called, "c1")))
        settings = read_settings(None, {})
        for contact in ("c1", "c2"):
            await replay_cli._log(settings, tmp_path, contact, "")
        async with opened_at(url) as store:
            return [(one.role, one.action, one.subject) for _, one in await Audit(store).entries()]

    assert asyncio.run(main()) == [("shell", "read", "c1")]
