"""``callfloor practice``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from voice.errors import DocumentError

Scenario = Annotated[str | None, typer.Argument(help="A name, or a .yaml file; without one they are listed.")]
Typed = Annotated[bool, typer.Option("--typed", help="No telephone: type what you say; Enter alone waits.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the debrief as data.")]
State = Annotated[Path, typer.Option(help="Where practice keeps its state and recordings.")]


def practice(
    scenario: Scenario = None, typed: Typed = False, json_file: Json = None, state_dir: State = Path("out/practice")
) -> None:
    """Take a call of a simulated customer, then look back on it.

    She calls through the IVR and the queue; you answer with this machine's headset, and watch the page whose address is
    printed. What she says depends on what you say.
    """
    from rich.console import Console

    from assist.practice.persona import find_persona
    from assist.practice.session import practise
    from assist.practice.terminal import Status, listing, rehearse, show

    console = Console()
    if scenario is None:
        listing(console)
        return
    persona = find_persona(scenario)
    if json_file is not None:
        _check_writable(json_file)  # before the call: afterwards it would be lost
    found = rehearse(persona, console) if typed else asyncio.run(practise(persona, state_dir, Status(console)))
    show(found, console)
    if json_file is not None:
        json_file.write_text(json.dumps(found.document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _check_writable(file: Path) -> None:
    try:
        file.open("a", encoding="utf-8").close()
    except OSError as error:
        raise DocumentError(file, None, f"cannot be written: {error.strerror}", "name a file you may write") from None
