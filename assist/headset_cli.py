"""``callfloor headset``: the headset of this machine."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

headset = typer.Typer(no_args_is_help=True, help="Look at the headset of this machine.")


@headset.command("describe")
def headset_describe(
    descriptor: Annotated[Path, typer.Option(help="A HID report descriptor, raw bytes.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON: direction, report id, name, bit.")] = False,
) -> None:
    """Print where a headset's buttons and lights are in its reports."""
    from assist.headsets import show_descriptor

    show_descriptor(descriptor, as_json=as_json)


@headset.command("list")
def headset_list(
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """List the headsets and sound devices of this machine."""
    from assist.headsets import show_headsets

    show_headsets(as_json=as_json)


@headset.command("check")
def headset_check(
    seconds: Annotated[float, typer.Option(min=2.0, max=60.0, help="How long to listen.")] = 10.0,
) -> None:
    """Speak for ten seconds and be told whether this headset is fit for work; exit status 1 where it is not."""
    from assist.headset_choice import chosen_sound, read_choice
    from assist.headsets import check_headset

    sound = chosen_sound(read_choice(os.environ))
    raise typer.Exit(0 if asyncio.run(check_headset(seconds, sound)) else 1)


@headset.command("watch")
def headset_watch(
    seconds: Annotated[float | None, typer.Option(min=0.5, help="How long; without it, until Ctrl-C.")] = None,
) -> None:
    """Show keys, lights and the microphone's level as they move. The keys handle a call that is not there."""
    from assist.headset_choice import chosen_buttons, chosen_sound, read_choice
    from assist.headset_live import watch_headset

    choice = read_choice(os.environ)
    asyncio.run(watch_headset(chosen_buttons(choice), chosen_sound(choice), seconds))


@headset.command("test-buttons")
def headset_test_buttons() -> None:
    """Be asked for one key after another; exit status 1 where one that calls need does not work."""
    from assist.headset_choice import chosen_buttons, read_choice
    from assist.headset_live import try_buttons

    raise typer.Exit(0 if asyncio.run(try_buttons(chosen_buttons(read_choice(os.environ)))) else 1)


@headset.command("choose")
def headset_choose(
    buttons: Annotated[str | None, typer.Option(help="auto, none, or VENDOR:PRODUCT[:SERIAL] as `list` shows.")] = None,
    microphone: Annotated[str | None, typer.Option(help="The sound server's name of it.")] = None,
    ear: Annotated[str | None, typer.Option(help="The sound server's name of it.")] = None,
    noise_suppression: Annotated[bool, typer.Option(help="Send steady noise weaker, at 10 ms more delay.")] = False,
) -> None:
    """Remember a headset for `station` and the commands here: what is named, else what is plugged in and the default
    now.
    """
    from assist.headset_choice import remember

    asyncio.run(remember(os.environ, buttons, microphone, ear, noise_suppression))
