"""``callfloor prompts``: recordings of what flows say, and of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

prompts = typer.Typer(no_args_is_help=True, help="Recordings of what flows say.")

Root = Annotated[Path | None, typer.Option("--prompts", help="Where the prompts of all languages are.")]


@prompts.command("build")
def build(
    flows: list[Path],
    root: Root = None,
    recordings: Annotated[Path | None, typer.Option(help="WAVs of what people speak (engine: recorded).")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="At 16 kHz too.")] = False,
    content: Annotated[
        Path | None, typer.Option("--content", help="Another content directory than the built-in one.")
    ] = None,
) -> None:
    """Render what FLOWS say and nobody has rendered yet; recordings they do not use are kept."""
    from rich.console import Console

    from assist.content import BUILT_IN, load_content
    from ivr.engines import engines
    from ivr.prompt_builder import build
    from ivr.prompts import ROOT

    answers = load_content(content or BUILT_IN).library.texts()
    made = build(flows, root or ROOT, engines(recordings), Console(stderr=True), wide=wide, answers=answers)
    typer.echo(f"{made} rendered in {root or ROOT}")


@prompts.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What a play node calls it; hold is the music on hold.")],
    file: Annotated[Path, typer.Argument(help="A WAV of any rate, width and number of channels.")],
    root: Root = None,
    language: Annotated[str, typer.Option(help="Of which language's flows.")] = "en",
) -> None:
    """Keep a recording of one's own under NAME, at 8 and 16 kHz, in the place of one that has the name."""
    from ivr.prompt_builder import add_recording
    from ivr.prompts import ROOT, directory_of

    directory = directory_of(root or ROOT, language)
    seconds = add_recording(name, file, directory)
    typer.echo(f"{name}: {seconds:.1f} s, in {directory}")
