"""``callfloor``: the command line. Imports what a command needs only when it runs, so that a station needs no web."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from assist.customers_cli import customers
from assist.headset_cli import headset
from assist.kamailio_cli import kamailio
from assist.measures_cli import report, staff
from assist.practice_cli import practice
from assist.prompts_cli import prompts
from assist.quality_cli import quality
from assist.replay_cli import replay
from assist.speech_cli import evaluate, models, transcribe
from assist.store_cli import purge
from assist.users_cli import users
from hardware.errors import HardwareError
from voice.errors import CallfloorError, DocumentError
from voice.settings import read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
recording = typer.Typer(no_args_is_help=True, help="Listen to the encrypted recordings.")
flow = typer.Typer(no_args_is_help=True, help="Check the flows callers go through.")
content = typer.Typer(no_args_is_help=True, help="Check playbooks and lexicons.")
app.add_typer(prompts, name="prompts")
app.add_typer(headset, name="headset")
app.add_typer(recording, name="recording")
app.add_typer(models, name="models")
app.add_typer(users, name="users")
app.add_typer(customers, name="customers")
app.add_typer(kamailio, name="kamailio")
app.add_typer(quality, name="quality")
app.command()(transcribe)
app.command()(evaluate)
app.command()(report)
app.command()(staff)
app.command()(replay)
app.command()(practice)
app.command()(purge)
app.add_typer(flow, name="flow")
app.add_typer(content, name="content")

Settings = Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without one.")]

Content = Annotated[Path | None, typer.Option("--content", help="Another content directory than the built-in one.")]


@app.command()
def serve(settings: Settings = None) -> None:
    """Run the processes of one machine: front, zygote, keeper, transcription server, floor; until Ctrl-C."""
    from assist.child import ChildFailedError
    from assist.running import serve_until_stopped

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    try:
        asyncio.run(serve_until_stopped(settings, os.environ))
    except ChildFailedError as error:  # nothing a person wrote is wrong
        sys.stderr.write(f"callfloor: {error}\n")
        raise typer.Exit(1) from None


@app.command()
def demo(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write what happened as data.")] = None,
    keep: Annotated[bool, typer.Option(help="Leave everything running; the customer calls again on Enter.")] = False,
    state_dir: Annotated[Path, typer.Option(help="Where the demo keeps its state and recordings.")] = Path("out/demo"),
) -> None:
    """Run one real call on loopback: a caller, the IVR, an agent, recognition, cards."""
    from assist.demo.director import run_demo

    raise typer.Exit(asyncio.run(run_demo(json_file, keep=keep, state_dir=state_dir)))


@app.command()
def station(
    server: Annotated[str, typer.Option(help="The floor, e.g. http://127.0.0.1:8080")],
    agent: Annotated[str, typer.Option(help="The agent's user name.")],
    sip: Annotated[
        str | None, typer.Option(help="The front: tls://HOST:PORT, tcp://HOST:PORT, or HOST:PORT (UDP).")
    ] = None,
    pbx: Annotated[
        str | None, typer.Option(help="Instead: an extension of a PBX, sip:USER@HOST[:PORT][;transport=udp|tcp|tls].")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where SIP and audio leave from; auto: whichever reaches the server.")
    ] = "auto",
    ca: Annotated[Path | None, typer.Option(help="PEM file that vouches for the servers' certificates.")] = None,
    srtp: Annotated[str | None, typer.Option(help="Encrypt the sound: off, optional or mandatory.")] = None,
    transcription: Annotated[
        str | None, typer.Option(help="With --pbx: the transcription server that hears its calls, ws://HOST:PORT.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="With --pbx: where keys/transcription (its token) is and recordings go.")
    ] = None,
    notice: Annotated[Path | None, typer.Option(help="With --pbx: 8 kHz WAV played to callers first.")] = None,
    tui: Annotated[bool, typer.Option("--tui", help="In this terminal, for work without a browser.")] = False,
) -> None:
    """Run an agent's softphone with the headset that is plugged in. Asks for the secret, or CALLFLOOR_SECRET; with
    --pbx for the extension's too, or CALLFLOOR_PBX_SECRET.
    """
    from assist.running import run_agent_station

    options: dict[str, object] = {
        "agent": agent, "server": server, "front": sip, "pbx": pbx, "host": host, "ca": ca, "srtp": srtp,
        "transcription": transcription, "state": state, "notice": notice,
    }  # fmt: skip
    options["secret"] = os.environ.get("CALLFLOOR_SECRET") or typer.prompt("Secret", hide_input=True)
    if pbx is not None:
        options["pbx_secret"] = os.environ.get("CALLFLOOR_PBX_SECRET") or typer.prompt("At the PBX", hide_input=True)
    asyncio.run(run_agent_station(options, tui=tui))


@recording.command("export")
def recording_export(
    file: Path,
    out: Annotated[Path, typer.Option("--out", help="The WAV to write: agent left, customer right.")],
    settings: Settings = None,
    state_dir: Annotated[Path | None, typer.Option(help="The installation whose key to use.")] = None,
) -> None:
    """Decrypt a recording into a stereo WAV file."""
    from assist.playing import export

    seconds = export(file, out, read_settings(settings, os.environ), state_dir)
    typer.echo(f"{out}: {seconds:.1f} s, agent left, customer right")


@recording.command("play")
def recording_play(
    file: Path,
    settings: Settings = None,
    state_dir: Annotated[Path | None, typer.Option(help="The installation whose key to use.")] = None,
) -> None:
    """Play a recording on this machine's speakers."""
    from assist.playing import play

    play(file, read_settings(settings, os.environ), state_dir)


@flow.command("check")
def flow_check(
    file: Path,
    prompts: Annotated[Path | None, typer.Option(help="Where the prompts of all languages are.")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Prompts at 16 kHz, too.")] = False,
    content_directory: Content = None,
) -> None:
    """Check a flow: nodes, paths, prompts."""
    from assist.content import BUILT_IN, load_content
    from ivr.prompts import RATE, ROOT, WIDE_RATE
    from ivr.schema import load_with_prompts

    library = load_content(content_directory or BUILT_IN).library
    for rate in (RATE, WIDE_RATE) if wide else (RATE,):
        checked, _ = load_with_prompts(file, prompts or ROOT, library.texts(), rate)
    typer.echo(f"{file}: flow {checked.name!r}, {len(checked.nodes)} nodes, version {checked.version}: good")


@flow.command("draw")
def flow_draw(
    file: Path,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; else it is printed.")] = None,
) -> None:
    """Draw a flow: as a Mermaid flowchart, or into a file whose name ends in .svg as a picture."""
    from ivr.drawing import mermaid
    from ivr.flow_svg import svg
    from ivr.schema import load_flow

    as_svg = out is not None and out.suffix.lower() == ".svg"
    picture = (svg if as_svg else mermaid)(load_flow(file))
    if out is None:
        typer.echo(picture, nl=False)
        return
    try:
        out.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise DocumentError(out, None, f"cannot be written ({error.strerror})", "choose another file") from None
    typer.echo(f"{out}: written")


@flow.command("simulate")
def flow_simulate(
    file: Path,
    caller: Annotated[str, typer.Option(help="The caller's number.")] = "2025550142",
    called: Annotated[str, typer.Option(help="The number that was called.")] = "100",
    banner: Annotated[str, typer.Option(help="The banner that is raised when the call comes in.")] = "",
    at: Annotated[datetime | None, typer.Option(help="When the call comes in, UTC; now without it.")] = None,
) -> None:
    """Walk through a flow as its caller, in the terminal: digits, or words such as agent, place 2 60 180, hangup."""
    from ivr.schema import load_flow
    from ivr.simulation import Simulation

    when = at.replace(tzinfo=UTC) if at is not None else datetime.now(UTC)
    walk = Simulation(load_flow(file), caller, when.timestamp(), typer.echo, called, banner)
    walk.start()
    while not walk.finished:
        try:
            walk.line(input("> "))
        except EOFError:
            typer.echo("")
            return


@flow.command("import")
def flow_import(
    file: Path,
    name: Annotated[str, typer.Option(help="What the flow is called.")] = "imported",
) -> None:
    """Turn a jambonz application (a JSON array of verbs) into a flow, printed as YAML."""
    from ivr.jambonz import import_application

    typer.echo(import_application(file, name), nl=False)


@content.command("check")
def content_check(directory: Path) -> None:
    """Check a content directory: playbooks, rules, checklist, lexicon and the rest. Names one mistake of each file."""
    from assist.content import load_content
    from assist.content_mistakes import mistakes, stale
    from assist.wording import utc_date
    from voice.clock import SystemClock

    if found := mistakes(directory):
        for mistake in found[:-1]:
            typer.echo(f"callfloor: {mistake}", err=True)
        raise found[-1]
    content = load_content(directory)
    for article in stale(content, utc_date(SystemClock().wall())):
        typer.echo(f"{directory / 'knowledge'}: stale: {article}", err=True)
    typer.echo(f"{directory}: version {content.version}: good")


@content.command("build")
def content_build(directory: Path) -> None:
    """Fit the models of a directory's examples and write them down, so that loading it need not."""
    from assist.content import load_content
    from assist.example_files import build, read_examples

    file = build(directory, read_examples(directory, load_content(directory).playbooks))
    typer.echo(f"{file}: {file.stat().st_size // 1024} KB")


@app.command("evaluate-cards")
def evaluate_cards(
    directory: Path,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    noisy: Annotated[bool, typer.Option("--noisy", help="Their noisy twins, as a recogniser heard them.")] = False,
    content_directory: Content = None,
) -> None:
    """Score the cards of labelled dialogues (NAME.jsonl with NAME.labels.json beside it)."""
    from assist import evaluate
    from assist.content import BUILT_IN, load_content
    from assist.replay import TODAY
    from assist.store.seed import demo_customer

    heard = evaluate.NOISY if noisy else evaluate.CLEAN
    content = load_content(content_directory or BUILT_IN)
    report = evaluate.evaluate(directory, content, lambda number: demo_customer(number, TODAY), heard)
    typer.echo(evaluate.as_json(report) if as_json else report.text())


def main() -> None:
    """The console script: what a person did wrong is one line and status 2, never a traceback."""
    try:
        app()
    except (CallfloorError, HardwareError) as error:
        sys.stderr.write(f"callfloor: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
