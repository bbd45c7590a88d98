"""``callfloor kamailio``: the configuration of a Kamailio before the fronts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from voice.errors import DocumentError
from voice.settings import AgentSettings, FrontSettings, read_settings

kamailio = typer.Typer(no_args_is_help=True, help="Kamailio before the fronts.")


@kamailio.callback()
def _kamailio() -> None:
    """A group, though it has one command so far."""


@kamailio.command("config")
def config(
    out: Annotated[Path, typer.Option("--out", help="The directory to write kamailio.cfg and dispatcher.list to.")],
    settings: Annotated[Path | None, typer.Option("--settings", help="A TOML file with [kamailio].")] = None,
) -> None:
    """Make Kamailio's configuration from [kamailio], [front] and the agents. They hold digest hashes: mode 0600."""
    from voice.front.kamailio import KamailioSettings, render, write

    read = read_settings(settings, os.environ)
    front, agents = read.section("front", FrontSettings), read.many("agent", AgentSettings)
    files = render(read.section("kamailio", KamailioSettings), front, agents, out.absolute())
    try:
        write(files, out)
    except OSError as error:
        raise DocumentError(out, None, f"cannot be written ({error.strerror})", "choose another directory") from None
    typer.echo(f"{out}: {', '.join(files)}; start it with: kamailio -DD -E -f {out.absolute() / 'kamailio.cfg'}")
