"""Cues of sound beside the caller's own start: told on the sentiment card, counted for little, never a card alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.acoustics import Cue, OwnStart, strengthened
from assist.cards import Card, CardKind
from assist.content import Content
from assist.effects import Effect, ShowCard, UpdateCard
from assist.engine import ContactAssistant, ContactRang
from assist.lexicon import AcousticsSpec
from assist.replay import Line, events, replay
from assist.sentiment import Reading
from tests.assist.dialogue import START, final
from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import RATE, golden
from transcription.sounds import Sound
from transcription.transcribe import listen
from transcription.utterances import UtteranceFinal

SPEC = AcousticsSpec()
PLAIN = "i am calling about the parcel number four"
BAD = "this is awful and nobody called me back"


def said(number: int, text: str = PLAIN, level_db: float | None = None, rate: float | None = None) -> UtteranceFinal:
    uttered = final(f"u{number}", "caller", text, 10.0 * number)
    return replace(uttered, level_db=level_db, words_per_s=rate)


def cues(*measured: tuple[float | None, float | None]) -> list[list[str] | None]:
    """What is told of utterances of (level_db, words_per_s), one after the other."""
    start = OwnStart(SPEC)
    heard = [start.hear(said(number, level_db=level, rate=rate)) for number, (level, rate) in enumerate(measured)]
    return [None if each is None else [cue.text for cue in each] for each in heard]


def cards(assistant: ContactAssistant, events: Iterable[UtteranceFinal]) -> list[list[Card]]:
    """The sentiment cards shown or updated by each utterance."""
    assistant.handle(ContactRang("c1", "", ""), START)
    found: list[tuple[Effect, ...]] = [assistant.handle(event, START + event.end_s) for event in events]
    changed = [[each.card for each in effects if isinstance(each, ShowCard | UpdateCard)] for effects in found]
    return [[card for card in each if card.kind is CardKind.SENTIMENT] for each in changed]


# -- against her own start


def test_the_start_is_the_median_of_three_and_itself_no_news() -> None:
    found = cues((-30.0, 3.0), (-10.0, 9.0), (-29.0, 3.0), (-23.0, 4.05), (-23.1, 4.0), (-30.0, 1.95))
    assert found[:3] == [None, None, None]
    assert found[3:] == [
        ["louder than at the start (+6 dB)", "faster than at the start (+35 %)"],
        [],
        ["slower than at the start (-35 %)"],
    ]


def test_softer_is_not_told() -> None:
    assert cues((-20.0, 3.0), (-20.0, 3.0), (-20.0, 3.0), (-40.0, 3.0))[3] == []


def test_utterances_below_a_second_neither_make_the_start_nor_are_held_against_it() -> None:
    start = OwnStart(SPEC)
    shorts = [start.hear(said(number, "yes", -5.0)) for number in range(5)]
    known = [start.hear(said(number, level_db=-30.0)) for number in range(5, 8)]
    assert shorts + known == [None] * 8
    assert start.hear(said(8, "yes", -5.0)) is None
    assert start.hear(said(9, level_db=-22.0)) == (Cue("louder than at the start (+8 dB)", True),)


def test_each_measure_has_a_start_of_its_own() -> None:
    assert cues((-30.0, None), (-30.0, None), (-30.0, None), (-20.0, 3.0)) == [
        None, None, None, ["louder than at the start (+10 dB)"],
    ]  # fmt: skip
    assert cues(*[(None, None)] * 6) == [None] * 6


# -- what they count


@given(
    score=st.floats(-1.0, 1.0),
    louder=st.booleans(),
    faster=st.booleans(),
    strengthen=st.floats(0.0, 0.25),
)
def test_cues_never_turn_a_score_round_never_make_one_and_count_for_little(
    score: float, louder: bool, faster: bool, strengthen: float
) -> None:
    heard = tuple(Cue("", True) for present in (louder, faster) if present)
    weighed = strengthened(score, heard, AcousticsSpec(strengthen=strengthen))
    assert abs(score) <= abs(weighed) <= min(1.0, 1.5 * abs(score))
    assert weighed * score >= 0.0


def test_the_formula() -> None:
    louder, faster, slower = Cue("", True), Cue("", True), Cue("", False)
    assert strengthened(-0.5, (louder,), SPEC) == pytest.approx(-0.55)
    assert strengthened(-0.5, (louder, faster), SPEC) == pytest.approx(-0.6)
    assert strengthened(0.5, (louder, slower), SPEC) == pytest.approx(0.55)
    assert strengthened(-0.5, (slower,), SPEC) == -0.5
    assert strengthened(-0.95, (louder,), SPEC) == -1.0


# -- on the card


def test_shouting_plain_words_raises_no_card_and_moves_nothing(content: Content) -> None:
    calm = [said(number, level_db=-30.0, rate=3.0) for number in range(3)]
    shouted = [said(number, level_db=-3.0, rate=9.0) for number in range(3, 30)]
    assistant = ContactAssistant(content, "anna")
    assert content.scorer.score(PLAIN) == 0.0
    assert content.feelings is not None
    felt = content.feelings.felt(PLAIN, 0.0)
    assert max(felt.bad, felt.good) < 0.2
    assert cards(assistant, calm + shouted) == [[]] * 30
    assert {reading.level for reading in assistant.readings} == {0.0}


def test_the_card_that_words_raise_tells_how_they_sounded(content: Content) -> None:
    calm = [said(number, level_db=-30.0, rate=3.0) for number in range(3)]
    later = [said(3, BAD, -22.0, 4.2), said(4, "yes", -40.0), said(5, PLAIN, -30.0, 3.0)]
    *before, (shown,), (short,), (calmer,) = cards(ContactAssistant(content, "anna"), calm + later)
    assert before == [[]] * 3
    spoken, *sounds = shown.evidence
    assert (spoken.quote, spoken.utterance_id) == (BAD, "u3")
    assert [each.source for each in sounds] == [
        "louder than at the start (+8 dB)", "faster than at the start (+40 %)",
    ]  # fmt: skip
    assert {(each.quote, each.utterance_id, each.party, each.at_s) for each in sounds} == {("", "", "caller", 30.0)}
    assert shown.why.endswith("by the caller's words, a little more where louder or faster")
    assert "emotion" not in shown.why
    assert short.evidence == shown.evidence, "a yes cannot be measured"
    assert calmer.evidence == (spoken,), "she sounds as at the start"


def test_the_same_words_move_the_level_a_little_further_when_louder(content: Content) -> None:
    def after(level_db: float | None) -> Reading:
        assistant = ContactAssistant(content, "anna")
        cards(assistant, [*(said(number, level_db=-30.0) for number in range(3)), said(3, BAD, level_db)])
        return assistant.readings[-1]

    plain, same, louder = after(None), after(-30.0), after(-20.0)
    assert plain == same
    assert louder.score == pytest.approx(1.1 * plain.score)
    assert 1.1 * plain.level <= louder.level < plain.level < 0.0


# -- written down, and heard


def line(t: float, text: str, **more: object) -> Line:
    return Line.model_validate({"t": t, "speaker": "caller", "text": text, **more})


def test_a_written_contact_may_carry_the_measures(content: Content) -> None:
    calm = [line(t, PLAIN, level_db=-30.0, rate=3.0) for t in (5.0, 10.0, 15.0)]
    lines = [*calm, line(20.0, BAD, level_db=-21.0, rate=3.0)]
    (card,) = (each for each in replay(lines, content).cards if each.kind == "sentiment")
    assert card.evidence == f"caller: {BAD}; louder than at the start (+9 dB)"
    bare = [each.model_copy(update={"level_db": None, "rate": None}) for each in lines]
    (card,) = (each for each in replay(bare, content).cards if each.kind == "sentiment")
    assert card.evidence == f"caller: {BAD}"
    assert {(each.level_db, each.words_per_s) for each in events(bare) if isinstance(each, UtteranceFinal)} == {
        (None, None)
    }


def test_from_sound_to_card(content: Content) -> None:
    """Real speech, the last time at four times the amplitude; the words are the script's."""
    soft = np.frombuffer(golden("refund")[0], "<i2").astype(np.int16) // 4
    pause = np.zeros(RATE, np.int16)
    caller = np.concatenate([pause, *[each for n in range(4) for each in (soft if n < 3 else soft * 4, pause)]])
    heard = listen(
        "c", Sound(RATE, (np.zeros_like(caller), caller)), ("agent", "caller"), ScriptedEngine(tuple(BAD.split()))
    )
    finals = [event for _, event in heard.events if isinstance(event, UtteranceFinal)]
    *_, last = cards(ContactAssistant(content, "anna"), finals)
    (sounds,) = last[-1].evidence[1:]
    assert re.fullmatch(r"louder than at the start \(\+1[123] dB\)", sounds.source)
