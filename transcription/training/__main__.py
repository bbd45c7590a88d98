"""``python -m transcription.training``: make a model.

The package's docstring says how; the extra ``callfloor[training]`` is needed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from voice.errors import CallfloorError


def train(
    profile: Annotated[
        str, typer.Option(help="small (minutes, proves the recipe) or full (the committed model).")
    ] = "full",
    work: Annotated[Path, typer.Option(help="Where stages leave their files; run again to go on.")] = Path(
        "out/training"
    ),
    out: Annotated[
        Path | None, typer.Option(help="Where the model directories go (default: the work directory).")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes at once.")] = os.cpu_count() or 1,
    content: Annotated[
        Path | None, typer.Option(help="A content pack: what people say in it is trained with, too.")
    ] = None,
    people: Annotated[
        Path | None, typer.Option(help="Recordings DIGIT_SPEAKER_N.wav of people, to measure on.")
    ] = None,
) -> None:
    """Make a model in Vosk's format from text."""
    try:
        from transcription.training.finish import Maker
        from transcription.training.stages import Workshop
    except ImportError as error:
        raise SystemExit(f"{error}: pip install 'callfloor[training]'") from None
    from transcription.training.modelcard import table
    from transcription.training.profiles import PROFILES

    if profile not in PROFILES:
        raise typer.BadParameter(f"one of {', '.join(PROFILES)}", param_hint="--profile")
    shop = Workshop(work / profile, PROFILES[profile], workers, content)
    for what, rate in table(Maker(shop).run(out or shop.root / "model", people)):
        typer.echo(f"{100 * rate:5.1f} %  {what}")


def main() -> None:
    """The entry point: what a person did wrong is one line."""
    try:
        typer.run(train)
    except CallfloorError as error:
        sys.stderr.write(f"training: {error}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
