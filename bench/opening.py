"""Fits the weights of ``assist.opening`` to the lines marked as telling in the built-in calls:
``python -m bench.opening``.

What an utterance speaks for is read by a model that learned the other writers' calls. A playbook is to open from the
first line about it to 8 s after the one that tells it; what is said later counts neither way. The weights are printed
as a table, with the share of lines and playbooks that they get right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

import numpy as np
from rich.console import Console

from assist.content import Content
from assist.opening import WEIGHTS, Opening
from assist.replay import events
from assist.subjects import SubjectTrack
from bench.logistic import fit
from bench.written_calls import WELCOME_S, Dialogue, held_back
from transcription.utterances import UtteranceFinal


class _Listening(Opening):
    """Keeps what the model reads."""

    def figures(self, *heard: object) -> dict[str, np.ndarray]:
        self.read = super().figures(*heard)  # type: ignore[arg-type]
        return self.read


def moments(dialogue: Dialogue, content: Content) -> Iterator[tuple[list[float], bool]]:
    """What the model would read of each playbook at each of the caller's lines, and whether it should open it."""
    assert content.subjects is not None
    _, lines, labels = dialogue
    wanted = {each.id: each for each in labels.expect}
    names = content.subjects.names[:-1]
    listening = _Listening(len(names))
    track = SubjectTrack(content.subjects, listening)
    for event in events(lines):
        if not isinstance(event, UtteranceFinal) or event.party != "caller":
            continue
        track.read(event.text, [name for name, each in wanted.items() if each.before - WELCOME_S <= event.start_s])
        for at, name in enumerate(names):
            expected = wanted.get(name)
            if expected is None or event.end_s <= expected.before:
                opens = expected is not None and event.end_s > expected.after
                yield [float(listening.read[figure][at]) for figure in WEIGHTS], opens


def main() -> None:
    """The table, and one line of JSON."""
    argparse.ArgumentParser(prog="python -m bench.opening", description=__doc__).parse_args()
    with Console(stderr=True).status("Learning"):
        found = [
            moment for content, calls in held_back() for dialogue in calls for moment in moments(dialogue, content)
        ]
        rows, of = np.array([row for row, _ in found]), np.array([opens for _, opens in found])
        weights = fit(rows, of)[:, 0]
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f'    "{name}": {weight:.2f},')
    right = float((((rows @ weights) > 0.0) == of).mean())
    print(json.dumps({"moments": len(of), "open": int(of.sum()), "right": round(right, 3)}))


if __name__ == "__main__":
    main()
