"""One pocketsphinx decoder in a process of its own: it holds the GIL while it decodes, and what it learns of a caller's
line (cepstral mean) must not reach the next. ``python -m transcription.engines.sphinx_worker``, used by
``transcription.engines.pocketsphinx`` only.

Frames on stdin and stdout: four bytes of length, little-endian, then the body. The first one in is JSON (``Task``);
each further one is a letter and, for ``A``, samples; each is answered with JSON: ``answer``, and ``cpu_s``, the seconds
of CPU it cost. The end of stdin is the end.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO, TypedDict

from pocketsphinx import Decoder
from pocketsphinx.lm import ArpaBoLM

RATE = 16000
FRAMES_PER_S = 100
LENGTH = struct.Struct("<I")
ACCEPT, FINAL, RESET = b"A", b"F", b"R"


class Task(TypedDict):
    """``lexicon``: dictionary lines (empty: the model's own); ``grammar``: JSGF, or empty; ``sentences``: what a
    trigram is made of, or empty; ``alternatives``: readings wanted of each segment.
    """

    lexicon: str
    grammar: str
    sentences: str
    alternatives: int


class Heard(TypedDict):
    """``words``: text, start, end (seconds of the segment), probability; ``readings``: log score and text."""

    words: list[tuple[str, float, float, float]]
    readings: list[tuple[float, str]]


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next body; None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Send one body."""
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def make_decoder(task: Task) -> Any:
    """A decoder for that task; pocketsphinx reads files, which are gone again when it has."""
    with tempfile.TemporaryDirectory(prefix="sphinx-") as name:
        directory = Path(name)
        options: dict[str, str] = {}
        if task["lexicon"]:
            options["dict"] = _file(directory / "words.dict", task["lexicon"])
        if task["grammar"]:
            options["jsgf"] = _file(directory / "turn.jsgf", task["grammar"])
        if task["sentences"]:
            model = ArpaBoLM(text=task["sentences"], add_start=True)
            model.compute()
            model.write_file(str(directory / "domain.lm"))
            options["lm"] = str(directory / "domain.lm")
        return Decoder(samprate=RATE, loglevel="FATAL", **options)


def _file(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


class Worker:
    """The decoder and its open utterance."""

    def __init__(self, task: Task) -> None:
        self._decoder = make_decoder(task)
        self._alternatives = task["alternatives"]
        self._open = False

    def answer(self, request: bytes) -> str | Heard | None:
        """What a request is answered: the text so far, the words of the segment, or nothing."""
        if request[:1] == ACCEPT:
            return self._accept(request[1:])
        heard = self._end()
        return heard if request[:1] == FINAL else None

    def _accept(self, pcm: bytes) -> str:
        if not self._open:
            self._decoder.start_utt()
            self._open = True
        self._decoder.process_raw(pcm, False, False)
        found = self._decoder.hyp()
        return _plain(found.hypstr) if found else ""

    def _end(self) -> Heard:
        if not self._open:
            return {"words": [], "readings": []}
        self._decoder.end_utt()
        self._open = False
        words = [
            (_plain(part.word), part.start_frame / FRAMES_PER_S, (part.end_frame + 1) / FRAMES_PER_S, part.prob)
            for part in self._decoder.seg() or ()
            if part.word[0] not in "<[+"
        ]
        return {"words": words, "readings": self._readings()}

    def _readings(self) -> list[tuple[float, str]]:
        """Distinct texts, the best hypothesis first."""
        best = self._decoder.hyp()
        if not self._alternatives or best is None:
            return []
        log = self._decoder.get_logmath().log
        texts = {_plain(best.hypstr): log(max(best.score, sys.float_info.min))}
        for found, _ in zip(self._decoder.nbest() or (), range(20 * self._alternatives), strict=False):
            text = _plain(found.hypstr)
            lowest = min(texts.values())
            texts.setdefault(text, min(lowest, log(max(found.score, sys.float_info.min))))
            if len(texts) == self._alternatives:
                break
        return [(score, text) for text, score in texts.items()]


def _plain(text: str) -> str:
    """Without the numbers of pronunciations: "zero(2)" is "zero"."""
    return " ".join(word.split("(")[0] for word in text.split())


def main() -> int:
    """Serve until stdin ends."""
    reader, writer = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(reader)
    if first is None:
        return 0
    worker = Worker(json.loads(first))
    while (request := read_frame(reader)) is not None:
        began = time.process_time()
        answer = worker.answer(request)
        write_frame(writer, json.dumps({"answer": answer, "cpu_s": time.process_time() - began}).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
