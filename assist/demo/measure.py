"""What the demo measures: word errors against the script, and how long a card takes from the word that triggered it.

A word's end is known from the script's alignment and the moment its turn's first sample left the telephone, never from
the recogniser's own times.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from assist.demo.observed import Observed, Told, moment
from assist.demo.script import Script, Turn
from ivr.contacts import AgentOffered
from transcription.evaluate import normalise, word_errors
from transcription.utterances import UtteranceFinal, Word

SLACK_S = 1.0
"""How far from its turn an utterance may lie and still belong to it."""


@dataclass(frozen=True, slots=True)
class TurnResult:
    """One turn of the script and what was recognised of it."""

    index: int
    speaker: str
    reference: str
    recognised: str
    wer: float


@dataclass(frozen=True, slots=True)
class UtteranceResult:
    """One final, with the words of the script spoken while it lasted (``turn``: None where there are none)."""

    utterance_id: str
    party: str
    turn: int | None
    text: str
    reference: str
    wer: float
    start_s: float
    end_s: float
    confidence: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class CardMoment:
    """A card as it reached the page. ``latency_ms``: from the end of the triggering word (for ``call`` cards: from the
    moment the station was rung) to receipt; None for an update without new evidence (a step that ticked), and where
    the word cannot be found in the script.
    """

    kind: str
    title: str
    update: bool
    trigger: str
    word: str
    latency_ms: float | None
    engine_ms: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything measured of one call. ``wer``: over all turns together."""

    turns: tuple[TurnResult, ...]
    utterances: tuple[UtteranceResult, ...]
    cards: tuple[CardMoment, ...]
    wer: float


def measure(seen: Observed, script: Script) -> Results:
    """What the call that was seen comes to."""
    turns = turn_results(seen, script)
    return Results(
        tuple(turns),
        tuple(utterance_results(seen, script)),
        tuple(card_moments(seen, script)),
        round(overall_wer(turns), 4),
    )


def turn_of(seen: Observed, script: Script, party: str, start_s: float, end_s: float) -> int | None:
    """The turn an utterance at these media seconds belongs to: the one of that party it overlaps most."""
    best: tuple[float, int] | None = None
    for index, began in seen.speaking.items():
        turn = script.turns[index]
        if turn.speaker != party:
            continue
        start = began - seen.offered_at
        overlap = min(end_s, start + turn.seconds + SLACK_S) - max(start_s, start - SLACK_S)
        if overlap > 0 and (best is None or overlap > best[0]):
            best = overlap, index
    return best[1] if best else None


def turn_results(seen: Observed, script: Script) -> list[TurnResult]:
    """Each turn that was spoken, with its words recognised and their error rate."""
    heard: dict[int, list[str]] = {index: [] for index in sorted(seen.speaking)}
    for final in seen.finals:
        index = turn_of(seen, script, final.party, final.start_s, final.end_s)
        if index is not None:
            heard[index].append(final.text)
    results = []
    for index, parts in heard.items():
        turn, recognised = script.turns[index], " ".join(parts)
        wer = word_errors([turn.text], [recognised]).rate
        results.append(TurnResult(index, turn.speaker, turn.text, recognised, round(wer, 4)))
    return results


def utterance_results(seen: Observed, script: Script) -> list[UtteranceResult]:
    """Each final with its own reference: the words whose middle lies within it."""
    results = []
    for final in seen.finals:
        index = turn_of(seen, script, final.party, final.start_s, final.end_s)
        reference = ""
        if index is not None:
            base = seen.speaking[index] - seen.offered_at
            reference = " ".join(
                word.text
                for word in script.turns[index].words
                if final.start_s <= base + (word.start_s + word.end_s) / 2 <= final.end_s
            )
        wer = round(word_errors([reference], [final.text]).rate, 4)
        results.append(
            UtteranceResult(
                final.utterance_id, final.party, index, final.text, reference, wer, final.start_s, final.end_s,
                final.confidence, final.words,
            )
        )  # fmt: skip
    return results


def overall_wer(results: list[TurnResult]) -> float:
    """Word error rate over all turns together."""
    return word_errors([r.reference for r in results], [r.recognised for r in results]).rate


def card_moments(seen: Observed, script: Script) -> list[CardMoment]:
    """Every card shown or updated, with its latency."""
    finals = {final.utterance_id: final for final in seen.finals}
    known: set[tuple[str, str, str]] = set()
    moments = []
    for told in seen.told:
        if told.type in ("card.shown", "card.updated"):
            card = told.data["card"]
            news = [evidence for evidence in card["evidence"] if _key(card, evidence) not in known]
            known |= {_key(card, evidence) for evidence in news}
            moments.append(_moment(told, _trigger(seen, script, finals, card, news)))
    return moments


def _key(card: dict[str, Any], evidence: dict[str, Any]) -> tuple[str, str, str]:
    """The same words heard better are not new evidence."""
    return card["id"], evidence["utterance_id"] or evidence["source"], evidence["phrase"]


def _trigger(
    seen: Observed,
    script: Script,
    finals: dict[str, UtteranceFinal],
    card: dict[str, Any],
    news: list[dict[str, Any]],
) -> tuple[str, float] | None:
    """The last word of the newest evidence, and when its end left the telephone."""
    if not news:
        return None
    if card["trigger"] == "call":
        rung = seen.events(AgentOffered)
        return ("", moment(rung[0].at)) if rung else None
    for evidence in reversed(news):
        final = finals.get(evidence["utterance_id"])
        start_s, end_s = (final.start_s, final.end_s) if final else (evidence["at_s"], evidence["at_s"])
        index = turn_of(seen, script, evidence["party"], start_s, end_s)
        if index is not None and (found := _last_word(script.turns[index], evidence["phrase"] or evidence["quote"])):
            return found[0], seen.speaking[index] + found[1]
    return None


def _moment(told: Told, trigger: tuple[str, float] | None) -> CardMoment:
    card = told.data["card"]
    word, spoken_at = trigger or ("", None)
    return CardMoment(
        kind=card["kind"],
        title=card["title"],
        update=told.type == "card.updated",
        trigger=card["trigger"],
        word=word,
        latency_ms=None if spoken_at is None else round(1000 * (told.at - spoken_at), 1),
        engine_ms=told.data["latency_ms"],
        evidence=tuple(evidence["quote"] or evidence["source"] for evidence in card["evidence"]),
    )


def _last_word(turn: Turn, quote: str) -> tuple[str, float] | None:
    """The last word of ``quote`` in a turn, and its end in seconds from the turn's first sample."""
    said = [normalise(word.text) for word in turn.words]
    quoted = normalise(quote).split()
    blocks = difflib.SequenceMatcher(a=said, b=quoted, autojunk=False).get_matching_blocks()
    matched = [block for block in blocks if block.size]
    if not matched:
        return None
    last = turn.words[matched[-1].a + matched[-1].size - 1]
    return last.text, last.end_s
