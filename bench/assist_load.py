"""What ``bench.assist`` loads and says: a large content directory, and dialogues as a recogniser gives them."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assist.content import BUILT_IN, load_content
from assist.replay import events, read
from assist.spotting import tokenise
from bench.figures import spread
from transcription.models import DEMO_MODEL, find_model
from transcription.utterances import UtteranceFinal, UtterancePartial

Words = UtterancePartial | UtteranceFinal

PHRASES, ARTICLES = 5_000, 10_000
DIALOGUES = Path(__file__).parent.parent / "tests" / "golden" / "dialogues" / "dev"
PARTIAL_WORDS = 3
"""A partial for so many words more."""
_PER_RULE = 20
_ROUNDS = 3
_TELLING = 6
"""Letters of a word that matters; an alias needs some."""


def dialogues() -> list[tuple[Words, ...]]:
    """Each dialogue as events: every utterance grows word by word before it is final."""
    return [tuple(_grown(file)) for file in sorted(DIALOGUES.glob("*.jsonl"))]


def _grown(file: Path) -> Iterator[Words]:
    for event in events(read(file)):
        if isinstance(event, UtteranceFinal):
            spoken = event.text.split()
            for revision, count in enumerate(range(PARTIAL_WORDS, len(spoken), PARTIAL_WORDS), start=1):
                text, end = " ".join(spoken[:count]), event.words[count - 1].end_s
                yield UtterancePartial(event.utterance_id, event.party, text, event.start_s, end, revision)
            yield event


def again(dialogue: Sequence[Words], turn: int) -> Words:
    """The ``turn``-th event of a dialogue that is said over and over, later each time."""
    lap, index = divmod(turn, len(dialogue))
    event, later = dialogue[index], lap * (dialogue[-1].end_s + 1.0)
    moved = replace(
        event, utterance_id=f"{event.utterance_id}-{lap}", start_s=event.start_s + later, end_s=event.end_s + later
    )
    if isinstance(moved, UtteranceFinal):
        words = tuple(replace(w, start_s=w.start_s + later, end_s=w.end_s + later) for w in moved.words)
        return replace(moved, words=words)
    return moved


def write_content(directory: Path, seed: int = 1) -> None:
    """The built-in content with PHRASES phrases and ARTICLES articles more. Phrases are made of the words of the
    dialogues, aliases of those and the demo model's, so that they begin to match all the time.
    """
    shutil.copytree(BUILT_IN, directory)
    chance = random.Random(seed)
    heard = {token.text for dialogue in dialogues() for event in dialogue for token in tokenise(event.text)}
    known = sorted(word for word in heard if word.isalpha())
    phrases = _distinct(lambda: " ".join(chance.choices(known, k=4)), PHRASES)
    rules = [
        f"  - id: bench_{number}\n    title: Bench {number}\n    why: Bench\n    priority: 100\n    max_per_call: 1\n"
        f"    said: {{speaker: either, phrases: {phrases[number :: PHRASES // _PER_RULE]}}}\n"
        for number in range(PHRASES // _PER_RULE)
    ]
    (directory / "rules" / "bench.yaml").write_text("category: soft_skill\nrules:\n" + "".join(rules))
    listed = (find_model(DEMO_MODEL).path / "graph" / "words.txt").read_text().split()
    telling = sorted({*known, *(word for word in listed if word.isalpha())})
    telling = [word for word in telling if len(word) >= _TELLING]
    aliases = _distinct(lambda: " ".join(chance.choices(telling, k=5)), 2 * ARTICLES)
    for number in range(ARTICLES):
        first, second = aliases[2 * number : 2 * number + 2]
        (directory / "knowledge" / f"bench_{number:05}.md").write_text(
            f"---\ntitle: Bench article {number}\nowner: Bench\nreview: 2099-01-01\n"
            f'aliases:\n  - "{first}"\n  - "{second}"\n---\nAn answer.\n'
        )


def _distinct(make: Callable[[], str], count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[make()] = None
    return list(found)


def spotting(directory: Path) -> dict[str, object]:
    """All phrases and all articles by themselves, over the events of all dialogues; ms of CPU time."""
    content = load_content(directory)
    said = [event for dialogue in dialogues() for event in dialogue]
    spots, searches = [], []
    for event in said * _ROUNDS:
        spots.append(_cpu_ms(lambda: content.rules.hits(event.text, event.party)))  # noqa: B023 - called here
        if isinstance(event, UtteranceFinal):
            searches.append(_cpu_ms(lambda: content.library.find(event.text)))  # noqa: B023 - called here
    return {
        "phrases_added": PHRASES,
        "articles": ARTICLES,
        "spotting_ms": spread(spots, 3),
        "search_ms": spread(searches, 3),
    }


def _cpu_ms(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return 1000 * (time.thread_time() - began)
