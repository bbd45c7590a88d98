"""Fits the weights of ``assist.direction`` to the moments marked in the built-in calls: ``python -m bench.direction``.

What an utterance feels like is read by a model that learned the other writers' calls. The weights are printed as a
table, with the share of moments that they get right, in their own and in held-back writers' calls.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from rich.console import Console

from assist.content import Content
from assist.direction import WEIGHTS, Direction, DirectionTrack, Felt
from assist.replay import events
from bench.logistic import fit
from bench.written_calls import FOLDS, Dialogue, held_back
from transcription.utterances import UtteranceFinal

CLASSES = (Direction.FLAT, Direction.FALLING, Direction.RISING)


def moments(dialogue: Dialogue, content: Content) -> list[tuple[list[float], int]]:
    """What the model would read at each marked moment, and which of CLASSES the writer marked."""
    _, lines, labels = dialogue
    track, read = DirectionTrack(), list[tuple[float, list[float]]]()
    for event in events(lines):
        if isinstance(event, UtteranceFinal) and event.party == "caller":
            by_words = content.scorer.score(event.text)
            felt = content.feelings.felt(event.text, by_words) if content.feelings else Felt.of_score(by_words)
            read.append((event.end_s, [value for _, value in track.sums(felt, event.end_s)]))
    before = [[row for at_s, row in read if at_s <= moment.at] for moment in labels.sentiment]
    pairs = zip(before, labels.sentiment, strict=True)
    return [(rows[-1], CLASSES.index(moment.direction)) for rows, moment in pairs if rows]


def right(rows: np.ndarray, of: np.ndarray, weights: np.ndarray) -> float:
    """The share of moments whose class the weights give."""
    scores = np.column_stack([np.zeros(len(rows)), rows @ weights])
    return float((scores.argmax(axis=1) == of).mean())


def main() -> None:
    """The table, and one line of JSON."""
    argparse.ArgumentParser(prog="python -m bench.direction", description=__doc__).parse_args()
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    with Console(stderr=True).status("Learning"):
        for content, calls in held_back():
            found = [moment for dialogue in calls for moment in moments(dialogue, content)]
            parts.append((np.array([row for row, _ in found]), np.array([of for _, of in found])))
    rows, of = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    weights = fit(rows, of)
    for name, (falling, rising) in zip(WEIGHTS, weights, strict=True):
        print(f"{name:<10} {falling:6.2f} {rising:6.2f}")
    others = [
        right(*parts[fold], fit(*(np.concatenate([p[n] for at, p in enumerate(parts) if at != fold]) for n in (0, 1))))
        for fold in range(FOLDS)
    ]
    found_right = {"own": round(right(rows, of, weights), 3), "held_back": round(float(np.mean(others)), 3)}
    print(json.dumps({"moments": len(of), **found_right}))


if __name__ == "__main__":
    main()
