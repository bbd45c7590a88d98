"""Cards of the pack's own written calls, each by models that learned the other writers' calls alone:
``python -m bench.cards``. What a new wording of the same needs may expect, and the measure for tuning: the labelled
dialogues are too few for that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from assist.content import BUILT_IN, load_content
from assist.evaluate import Report, judge
from assist.model_file import FILE
from assist.replay import replay
from bench.written_calls import FOLDS, call_files, dialogues


def main() -> None:
    """One line of JSON."""
    argparse.ArgumentParser(prog="python -m bench.cards", description=__doc__).parse_args()
    report = Report()
    with Console(stderr=True).status("Learning") as status, tempfile.TemporaryDirectory() as place:
        for fold in range(FOLDS):
            status.update(f"Part {fold + 1} of {FOLDS}")
            held = call_files(BUILT_IN)[fold]
            pack = Path(place) / str(fold)
            shutil.copytree(BUILT_IN, pack, ignore=shutil.ignore_patterns(FILE, *(file.name for file in held)))
            content = load_content(pack)
            for title, lines, labels in dialogues(held, content):
                judge(title, labels, replay(lines, content), report)
    step, felt = report.kinds["next_step"], report.sentiment_accuracy
    found = {"calls": report.dialogues, **step.data(), "cards_per_minute": round(report.cards_per_minute, 2)}
    print(json.dumps({**found, "direction": felt and round(felt, 3)}))


if __name__ == "__main__":
    main()
