"""Prompts: sentences recorded ahead of time, found by what they say and how.

A flow holds the text; the recording's key is a hash of (text, voice, stretch, engine), so a changed sentence can
never be played with its old sound. ``callfloor prompts build FLOW.yaml`` renders what is missing, at 8 kHz and, if
wanted, at 16 kHz (in ``wide/``). Every language has a directory of its own under one root.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from voice.audio import read_wav
from voice.errors import DocumentError

RATE = 8000
WIDE_RATE = 16000
ROOT = Path(__file__).parent / "audio"
DIRECTORY = ROOT / "en"
WIDE = "wide"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class PromptSource:
    """What is spoken and how. ``stretch`` multiplies the voice's durations (1.0: its own pace)."""

    text: str
    voice: str
    stretch: float = 1.0
    engine: str = "flite"

    @property
    def key(self) -> str:
        """16 hex digits that change with any of it."""
        return hashlib.sha256(repr((self.text, self.voice, self.stretch, self.engine)).encode()).hexdigest()[:16]


def directory_of(root: Path, language: str) -> Path:
    """Where the prompts of ``language`` (``en``, ``es-MX``) are: its own directory under ``root``, or ``root`` itself
    where that holds a manifest.
    """
    return root if (root / MANIFEST).is_file() else root / language


class PromptEntry(BaseModel):
    """A line of the manifest. ``key`` is a source's key, or the name of a recording that is no speech (music)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    file: str = Field(pattern=r"^[a-z0-9_-]{1,64}\.wav$")
    text: str = ""
    voice: str = ""
    stretch: float = 1.0
    engine: str = ""


_ENTRIES = TypeAdapter(tuple[PromptEntry, ...])


class PromptStore:
    """All prompts of a flow, in memory: nothing is read, and nothing can be missing, during a call."""

    def __init__(self, recordings: Mapping[str, bytes], entries: Iterable[PromptEntry] = (), rate: int = RATE) -> None:
        """``recordings``: int16 mono PCM at ``rate`` Hz by key."""
        self.rate = rate
        self._recordings = dict(recordings)
        self.entries = tuple(entries)

    @classmethod
    def open(cls, directory: Path = DIRECTORY, rate: int = RATE) -> PromptStore:
        """Read a directory with its manifest, at 8000 or 16000 Hz; what was never rendered at 16000 Hz is not in it.
        Raises DocumentError: bad manifest or WAV, text and key apart.
        """
        entries = read_manifest(directory)
        for entry in entries:
            if entry.text and entry.key != PromptSource(entry.text, entry.voice, entry.stretch, entry.engine).key:
                what = f"{entry.file}: the key does not belong to this text and voice"
                raise DocumentError(directory / MANIFEST, None, what, "remove the entry and build it again")
        files = directory if rate == RATE else directory / WIDE
        there = [entry for entry in entries if rate == RATE or (files / entry.file).is_file()]
        return cls({entry.key: read_wav(files / entry.file, rate) for entry in there}, entries, rate)

    @classmethod
    def joined(cls, stores: Iterable[PromptStore]) -> PromptStore:
        """Those of several languages, all of one rate; a named recording is the first one's."""
        recordings: dict[str, bytes] = {}
        entries: dict[str, PromptEntry] = {}
        rate = RATE
        for store in stores:
            rate = store.rate
            recordings = {**store._recordings, **recordings}
            entries = {entry.key: entry for entry in store.entries} | entries
        return cls(recordings, entries.values(), rate)

    def __contains__(self, key: object) -> bool:
        return key in self._recordings

    def pcm(self, key: str) -> bytes:
        """int16 mono PCM at ``rate`` Hz. Raises KeyError; ``load_flow(file, store)`` has made sure it cannot happen."""
        return self._recordings[key]

    def seconds(self, key: str) -> float:
        """Length of a prompt."""
        return len(self._recordings[key]) / 2 / self.rate

    def names(self) -> tuple[str, ...]:
        """The recordings that have a name rather than a text."""
        texts = {entry.key for entry in self.entries if entry.text}
        return tuple(sorted(key for key in self._recordings if key not in texts))


def read_manifest(directory: Path) -> tuple[PromptEntry, ...]:
    """The entries of a directory; none where it has no manifest. Raises DocumentError."""
    file = directory / MANIFEST
    try:
        entries = _ENTRIES.validate_json(file.read_bytes())
    except FileNotFoundError:
        return ()
    except ValidationError as errors:
        error = errors.errors()[0]
        where = ".".join(map(str, error["loc"])) or "the manifest"
        raise DocumentError(file, None, f"{where}: {error['msg']}", "remove the entry and build it again") from None
    keys = [entry.key for entry in entries]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise DocumentError(file, None, f"key {min(twice)} stands here twice", "keep one of the entries")
    return entries


def write_manifest(directory: Path, entries: Iterable[PromptEntry]) -> None:
    """Replace the manifest in one step; sorted by file name, so that changes read well."""
    ordered = sorted(entries, key=lambda entry: entry.file)
    lines = json.dumps([entry.model_dump(exclude_defaults=True) for entry in ordered], indent=1)
    part = directory / f"{MANIFEST}.part"
    part.write_text(lines + "\n", encoding="utf-8")
    part.replace(directory / MANIFEST)


def file_name(text: str, taken: Iterable[str]) -> str:
    """A readable WAV name from a sentence's first words, not among ``taken``."""
    stem = "-".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))[:6])[:48] or "prompt"
    names = set(taken)
    number = 1
    while (name := f"{stem}.wav" if number == 1 else f"{stem}-{number}.wav") in names:
        number += 1
    return name
