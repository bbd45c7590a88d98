"""The built-in pack's written calls (``assist/content/calls``) as dialogues with times and labels, for ``bench.cards``,
``bench.direction`` and ``bench.opening``.

Times are made up as those of ``tests/golden/dialogues/test3`` were: 2.1 to 3.1 words a second by speaker, pauses of 0.3
to 1.1 s, a next step expected from the first line about it to 8 s after the line that tells it, a direction 1.5 s after
its line.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from assist.cards import CardKind
from assist.content import BUILT_IN, Content, load_content
from assist.evaluate import Expectation, Feeling, Forbidden, Labels
from assist.example_calls import ExampleCall, read_calls
from assist.model_file import FILE
from assist.replay import Line

FOLDS = 4
Dialogue = tuple[str, tuple[Line, ...], Labels]
WELCOME_S = 8.0
"""After the line that tells a need its card is still in time for so long."""
_FINAL_AFTER_S, _FELT_AFTER_S = 0.3, 1.5
_LETTERS = 4.6


def held_back() -> Iterator[tuple[Content, list[Dialogue]]]:
    """The built-in pack without a fold of its writers, and the calls of these: FOLDS times, each writer once."""
    files = sorted((BUILT_IN / "calls").glob("*.txt"))
    for fold in range(FOLDS):
        held = files[fold::FOLDS]
        with tempfile.TemporaryDirectory() as place:
            pack = Path(place) / "content"
            shutil.copytree(BUILT_IN, pack, ignore=shutil.ignore_patterns(FILE, *(file.name for file in held)))
            content = load_content(pack)
        yield content, dialogues(held, content)


def dialogues(files: Iterable[Path], content: Content) -> list[Dialogue]:
    """Every call of the files: title, lines and labels. A call without a need forbids every next step."""
    return [timed(call, file.stem) for file in files for call in read_calls(file, content.playbooks)]


def timed(call: ExampleCall, writer: str) -> Dialogue:
    """The same call has the same times, always."""
    rng = random.Random(zlib.crc32(f"{writer}/{call.title}".encode()))
    pace = {True: rng.uniform(2.1, 3.1), False: rng.uniform(2.4, 3.1)}
    at, lines, since = 0.5, list[Line](), dict[str, float]()
    expected, felt = list[Expectation](), list[Feeling]()
    for said in call.lines:
        words = sum(max(1.0, len(word) / _LETTERS) for word in said.text.split())
        end = at + max(0.35, words / pace[said.caller])
        speaker = "caller" if said.caller else "agent"
        heard = {"t": round(end + _FINAL_AFTER_S, 2), "speaker": speaker, "text": said.text, "start": round(at, 2)}
        lines.append(Line.model_validate({**heard, "confidence": 0.92}))
        if said.caller and said.playbook is not None:
            first = since.setdefault(said.playbook, at)
            if said.telling:
                card = {"kind": CardKind.NEXT_STEP, "id": said.playbook, "after": first, "before": end + WELCOME_S}
                expected.append(Expectation.model_validate(card))
        if said.direction is not None:
            felt.append(Feeling(at=end + _FELT_AFTER_S, direction=said.direction))
        at = end + rng.uniform(0.3, 1.1)
    forbidden = () if expected else (Forbidden(kind=CardKind.NEXT_STEP, id="any"),)
    return call.title, tuple(lines), Labels(expect=tuple(expected), forbid=forbidden, sentiment=tuple(felt))
