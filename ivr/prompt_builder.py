"""``python -m ivr.prompts build FLOW.yaml...``: render the prompts that flows need and the store lacks."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from ivr.music import hold_music
from ivr.prompts import DIRECTORY, RATE, PromptEntry, PromptSource, file_name, read_manifest, write_manifest
from ivr.schema import load_flow
from ivr.synthesis import speak
from voice.audio import write_wav
from voice.errors import CallfloorError

application = typer.Typer(add_completion=False, no_args_is_help=True, help="Recordings of what flows say.")


@application.callback()
def _root() -> None:
    """Recordings of what flows say."""


@application.command()
def build(flows: list[Path], directory: Path = DIRECTORY) -> None:
    """Render what is missing for FLOWS (needs flite); recordings no flow here uses are kept."""
    console = Console(stderr=True)
    try:
        sources = [source for flow in flows for source in load_flow(flow).sources()]
        made = render_missing(dict.fromkeys(sources), directory, console)
    except CallfloorError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    console.print(f"{made} rendered, {len(read_manifest(directory))} in {directory}")


def render_missing(sources: Iterable[PromptSource], directory: Path, console: Console) -> int:
    """Render sources the directory lacks, and the hold music; returns how many. Raises CallfloorError."""
    directory.mkdir(parents=True, exist_ok=True)
    entries = list(read_manifest(directory))
    known = {entry.key for entry in entries}
    missing = [source for source in sources if source.key not in known]
    with Progress(console=console) as progress:
        task = progress.add_task("Rendering prompts", total=len(missing))
        for source in missing:
            name = file_name(source.text, (entry.file for entry in entries))
            write_wav(directory / name, speak(source.text, source.voice, source.stretch).pcm, RATE)
            entries.append(_entry(source, name))
            write_manifest(directory, entries)
            progress.advance(task)
    if "hold" not in known:
        write_wav(directory / "hold.wav", hold_music(), RATE)
        write_manifest(directory, [*entries, PromptEntry(key="hold", file="hold.wav")])
    return len(missing) + ("hold" not in known)


def _entry(source: PromptSource, name: str) -> PromptEntry:
    return PromptEntry(
        key=source.key,
        file=name,
        text=source.text,
        voice=source.voice,
        stretch=source.stretch,
        engine=source.engine,
    )


def main() -> None:
    """Run the command line."""
    application()
