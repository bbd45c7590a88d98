"""What differs between two hearings of a contact: words, cards, alerts, scores. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from assist.quality.principles import Principle, Scorecard
from assist.rehearing import Outcome
from transcription.utterances import UtteranceFinal

_WITHHELD = re.compile(r"\[[a-z_]+\]")
"""What stands for withheld words; in the recording there is silence instead."""
_SAME = 0.05
SAME_MOMENT_S = 3.0
"""Live, partials come a little sooner or later: an earlier phrase of the same sentence is no difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``before`` and ``after`` as a person reads them, empty where there was or is nothing. ``at_s``: second of the
    contact, None where it has none.
    """

    kind: Literal["transcript", "card", "alert", "score"]
    what: str
    before: str
    after: str
    at_s: float | None = None

    def line(self) -> str:
        """One line."""
        where = "" if self.at_s is None else f"{self.at_s:.1f} s, "
        return f"{self.kind}: {where}{self.what}: {self.before or '(nothing)'} → {self.after or '(nothing)'}"


def differences(before: Outcome, after: Outcome) -> tuple[Difference, ...]:
    """All of them: transcript by party and time, then cards, alerts and scores by name. Words are compared party by
    party without regard to where an utterance was cut, and without what is withheld.
    """
    return (
        *sorted(_transcript(before.finals, after.finals), key=lambda each: each.at_s or 0.0),
        *_things("card", _cards(before), _cards(after)),
        *_things("alert", _alerts(before), _alerts(after)),
        *_scores(before.scorecards, after.scorecards),
    )


def _transcript(before: Iterable[UtteranceFinal], after: Iterable[UtteranceFinal]) -> Iterator[Difference]:
    was, now = _words(before), _words(after)
    for party in sorted(was.keys() | now.keys()):
        first, second = was.get(party, []), now.get(party, [])
        matcher = SequenceMatcher(None, [word for word, _ in first], [word for word, _ in second], autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                at_s = first[a][1] if a < b else second[c][1]
                yield Difference("transcript", party, _said(first[a:b]), _said(second[c:d]), round(at_s, 2))


def _words(finals: Iterable[UtteranceFinal]) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for final in finals:
        words = found.setdefault(final.party, [])
        words += [(word.text, word.start_s) for word in final.words if not _WITHHELD.fullmatch(word.text)]
    return found


def _said(words: Iterable[tuple[str, float]]) -> str:
    return " ".join(word for word, _ in words)


@dataclass(frozen=True, slots=True)
class _Thing:
    """A card or an alert: what it says, and its second of the contact, None where it has none."""

    says: str
    at_s: float | None


def _cards(outcome: Outcome) -> dict[str, list[_Thing]]:
    found: dict[str, list[_Thing]] = {}
    for card in (shown.card for shown in outcome.cards):
        at_s = max((each.at_s for each in card.evidence if each.utterance_id), default=None)
        found.setdefault(f"{card.kind} {card.rule}", []).append(_Thing(card.title, at_s))
    return found


def _alerts(outcome: Outcome) -> dict[str, list[_Thing]]:
    found: dict[str, list[_Thing]] = {}
    for alert in outcome.alerts:
        found.setdefault(alert.rule, []).append(_Thing(f"{alert.severity}: {alert.text}", alert.at_s))
    return found


def _things(
    kind: Literal["card", "alert"], before: dict[str, list[_Thing]], after: dict[str, list[_Thing]]
) -> Iterator[Difference]:
    """How often, and where as often, what each says and when."""
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, []), after.get(name, [])
        if len(was) != len(now):
            yield Difference(kind, name, _times(len(was)), _times(len(now)))
            continue
        for first, second in zip(was, now, strict=True):
            if first.says != second.says:
                yield Difference(kind, name, first.says, second.says, second.at_s)
            elif not _together(first.at_s, second.at_s):
                yield Difference(kind, name, _moment(first.at_s), _moment(second.at_s))


def _together(first: float | None, second: float | None) -> bool:
    return first == second if first is None or second is None else abs(first - second) <= SAME_MOMENT_S


def _moment(at_s: float | None) -> str:
    return "at no moment" if at_s is None else f"at {at_s:.1f} s"


def _times(count: int) -> str:
    return "" if not count else "once" if count == 1 else f"{count} times"


def _scores(before: Iterable[Scorecard], after: Iterable[Scorecard]) -> Iterator[Difference]:
    was = {(number, card.agent): card for number, card in enumerate(before)}
    now = {(number, card.agent): card for number, card in enumerate(after)}
    for key in sorted(was.keys() | now.keys()):
        for principle in Principle:
            first = was[key].value(principle) if key in was else None
            second = now[key].value(principle) if key in now else None
            same = first == second if first is None or second is None else abs(first - second) < _SAME
            if not same:
                yield Difference("score", f"{key[1]}, {principle.label.lower()}", _points(first), _points(second))


def _points(value: float | None) -> str:
    return "not judged" if value is None else f"{value:.1f}"
