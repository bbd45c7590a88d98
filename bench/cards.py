"""Cards of the pack's own written calls, each by models that learned the other writers' calls alone:
``python -m bench.cards``. What a new wording of the same needs may expect, and the measure for tuning: the labelled
dialogues are too few for that.
"""

from __future__ import annotations

import argparse
import json

from rich.console import Console

from assist.evaluate import Report, judge
from assist.replay import replay
from bench.written_calls import held_back


def main() -> None:
    """One line of JSON."""
    argparse.ArgumentParser(prog="python -m bench.cards", description=__doc__).parse_args()
    report = Report()
    with Console(stderr=True).status("Learning and replaying"):
        for content, calls in held_back():
            for title, lines, labels in calls:
                judge(title, labels, replay(lines, content), report)
    step, felt = report.kinds["next_step"], report.sentiment_accuracy
    found = {"calls": report.dialogues, **step.data(), "cards_per_minute": round(report.cards_per_minute, 2)}
    print(json.dumps({**found, "direction": felt and round(felt, 3)}))


if __name__ == "__main__":
    main()
