"""What flows say, rendered where it is missing (``callfloor prompts build``); recordings of one's own (``add``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from ivr.engines import Engine
from ivr.music import hold_music
from ivr.prompts import (
    RATE,
    WIDE,
    WIDE_RATE,
    PromptEntry,
    PromptSource,
    directory_of,
    file_name,
    read_manifest,
    write_manifest,
)
from ivr.schema import load_flow
from transcription.sounds import read_sound
from voice.audio import write_wav
from voice.errors import DocumentError


def build(
    flows: Iterable[Path], root: Path, speakers: Mapping[str, Engine], console: Console, *, wide: bool = False,
    answers: Iterable[str] = (),
) -> int:  # fmt: skip
    """Render what ``flows`` lack, with ``answers`` where they say them, each in its language's directory; recordings no
    flow here uses are kept. Returns how many were made. Raises CallfloorError.
    """
    answers = tuple(answers)
    by_directory: dict[Path, dict[PromptSource, None]] = {}
    for file in flows:
        flow = load_flow(file)
        for language in (flow.language, *flow.languages):
            sources = by_directory.setdefault(directory_of(root, language), {})
            sources.update(dict.fromkeys(flow.sources(language)))
        if flow.answers:
            sources = by_directory[directory_of(root, flow.language)]
            sources.update(dict.fromkeys(flow.source(text) for text in answers))
    return sum(
        render_missing(sources, directory, speakers, console, wide=wide) for directory, sources in by_directory.items()
    )


def render_missing(
    sources: Iterable[PromptSource], directory: Path, speakers: Mapping[str, Engine], console: Console,
    *, wide: bool = False,
) -> int:  # fmt: skip
    """Render sources the directory lacks, and the hold music; returns how many. Raises CallfloorError."""
    directory.mkdir(parents=True, exist_ok=True)
    entries = list(read_manifest(directory))
    known = {entry.key: entry for entry in entries}
    missing = [source for source in sources if not _complete(known.get(source.key), directory, wide=wide)]
    with Progress(console=console) as progress:
        task = progress.add_task("Rendering prompts", total=len(missing))
        for source in missing:
            entry = known.get(source.key) or _entry(source, file_name(source.text, (each.file for each in entries)))
            _write(source, directory / entry.file, speakers[source.engine], wide=wide)
            if source.key not in known:
                entries.append(entry)
                write_manifest(directory, entries)
            progress.advance(task)
    return len(missing) + _add_music(directory, entries, wide=wide)


def add_recording(name: str, file: Path, directory: Path) -> float:
    """Keep the sound of a WAV file as the recording ``name`` of ``directory``, at 8 and 16 kHz, in the place of one
    that has the name; returns its seconds. Raises DocumentError: the file, or a name that cannot be one.
    """
    sound = read_sound(file).mono()
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name) or re.fullmatch(r"[0-9a-f]{16}", name):
        fix = "use small letters, digits, _ and -, a letter first"
        raise DocumentError(file, None, f"{name!r} cannot be the name of a recording", fix)
    (directory / WIDE).mkdir(parents=True, exist_ok=True)
    entries = {entry.key: entry for entry in read_manifest(directory)}
    before = entries.pop(name, None)
    entry = before or PromptEntry(key=name, file=file_name(name, (each.file for each in entries.values())))
    for rate, place in ((RATE, directory), (WIDE_RATE, directory / WIDE)):
        write_wav(place / entry.file, sound.at(rate).channels[0].tobytes(), rate)
    write_manifest(directory, [*entries.values(), entry])
    return sound.seconds


def _complete(entry: PromptEntry | None, directory: Path, *, wide: bool) -> bool:
    return entry is not None and (not wide or (directory / WIDE / entry.file).is_file())


def _write(source: PromptSource, file: Path, engine: Engine, *, wide: bool) -> None:
    if wide:
        (file.parent / WIDE).mkdir(exist_ok=True)
        write_wav(file.parent / WIDE / file.name, engine.speak(source, WIDE_RATE), WIDE_RATE)
    if not file.exists():
        write_wav(file, engine.speak(source, RATE), RATE)


def _add_music(directory: Path, entries: list[PromptEntry], *, wide: bool) -> bool:
    """The hold music is the same in every language."""
    made = not any(entry.key == "hold" for entry in entries)
    if made:
        write_wav(directory / "hold.wav", hold_music(), RATE)
        write_manifest(directory, [*entries, PromptEntry(key="hold", file="hold.wav")])
    if wide and not (directory / WIDE / "hold.wav").is_file():
        (directory / WIDE).mkdir(exist_ok=True)
        write_wav(directory / WIDE / "hold.wav", hold_music(WIDE_RATE), WIDE_RATE)
    return made


def _entry(source: PromptSource, name: str) -> PromptEntry:
    return PromptEntry(
        key=source.key,
        file=name,
        text=source.text,
        voice=source.voice,
        stretch=source.stretch,
        engine=source.engine,
    )
