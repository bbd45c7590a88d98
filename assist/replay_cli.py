"""``callfloor replay``: a written-down or a recorded contact through the engines once more."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from voice.errors import CallfloorError
from voice.settings import SettingsFile, read_settings

if TYPE_CHECKING:
    from assist.history import CustomerFound
    from assist.rehearing import Judge, Outcome
    from transcription.sounds import Sound
    from transcription.transcribe import Listened
    from voice.events import Envelope


class ReplayError(CallfloorError):
    """What was asked for cannot be replayed, or not be compared."""


def replay(
    file: Annotated[Path | None, typer.Argument(help="A contact as JSON lines.")] = None,
    recording: Annotated[
        Path | None, typer.Option("--recording", help="An encrypted recording, or a WAV: agent left, customer right.")
    ] = None,
    customer: Annotated[str, typer.Option(help="The number that calls; of the fictional customers of the demo.")] = "",
    contact: Annotated[str, typer.Option(help="With a WAV of elsewhere: the contact in the log to compare with.")] = "",
    against: Annotated[
        Path | None, typer.Option(help="Compare with what --json wrote earlier, instead of with the log.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 where something differs.")] = False,
    engine: Annotated[Literal["vosk", "pocketsphinx"], typer.Option(help="Which recogniser.")] = "vosk",
    model: Annotated[str, typer.Option(help="Another model than the settings'.")] = "",
    settings: Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without.")] = None,
    state_dir: Annotated[Path | None, typer.Option(help="The installation whose log and key to use.")] = None,
    directory: Annotated[
        Path | None, typer.Option("--content", help="Another content directory than the built-in one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON: an object a card, or the whole outcome.")] = False,
) -> None:
    """Play a contact through the assist engine and print its cards; a recording is recognised first, and its words,
    cards, alerts and scores are compared with the log.

    A line of FILE: {"t": seconds, "speaker": "caller" or "agent", "text": "...", "final": true, "confidence": 0.9}, and
    optionally "start" (seconds), "level_db" (-120..0, of full scale) and "rate" (words per second).
    """
    if (file is None) == (recording is None):
        raise ReplayError("name either a FILE of JSON lines or a --recording")
    if file is not None:
        _written(file, customer, directory, as_json=as_json)
        return
    from assist.rehearing import frame_of, hear_again, outcome_of, plain_frame

    assert recording is not None
    read = read_settings(settings, os.environ)
    sound, contact_id, base_s = _sound(recording, contact, read, state_dir)
    before = _earlier(against) if against is not None else None
    log, found = asyncio.run(_log(read, state_dir, contact_id, customer))
    judge = _judge(read, directory, log)
    heard = _listen(sound, contact_id, base_s, read, engine, model)
    frame = frame_of(log) if log else plain_frame(contact_id, sound.seconds, customer)
    after = hear_again(contact_id, frame, heard, judge, found)
    if before is None and log:
        before = outcome_of(contact_id, log, judge, found)
    if strict and before is None:
        raise ReplayError(f"--strict needs a log: the store has none of contact {contact_id!r}; or name --against FILE")
    _print(after, as_json=as_json)
    if before is not None and _compare(before, after, to_stderr=as_json) and strict:
        raise typer.Exit(1)


def _written(file: Path, customer: str, directory: Path | None, *, as_json: bool) -> None:
    from assist.content import BUILT_IN, load_content
    from assist.replay import TODAY, read
    from assist.replay import replay as play_back
    from assist.store.seed import demo_customer

    found = demo_customer(customer, TODAY) if customer else None
    for card in play_back(read(file), load_content(directory or BUILT_IN), customer, found).cards:
        typer.echo(card.json() if as_json else f"{card.t:7.1f}  {card.kind:<10}  {card.title}  [{card.id}]")
        if not as_json:
            typer.echo(f"{'':21}{card.evidence}")


def _sound(file: Path, contact: str, settings: SettingsFile, state_dir: Path | None) -> tuple[Sound, str, float]:
    """The two legs, the contact's id, and the second of the contact at which they begin."""
    import numpy as np

    from assist.playing import decrypted
    from transcription.recording_format import MAGIC, noted
    from transcription.sounds import Sound, read_sound
    from transcription.transcribe import TWO_LEGS

    try:
        with file.open("rb") as opened:
            encrypted = opened.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise ReplayError(f"{file}: cannot be read ({error.strerror})") from None
    if not encrypted:
        sound = read_sound(file)
        if len(sound.channels) != len(TWO_LEGS):
            raise ReplayError(f"{file}: has {len(sound.channels)} channels; two are needed, agent left, customer right")
        named, start_s = noted(sound.comment) or (file.stem, 0.0)
        return sound, contact or named, start_s
    found = decrypted(file, settings, state_dir)
    header = found.header
    legs = np.frombuffer(found.pcm, "<i2").astype(np.int16).reshape(-1, len(header.channels))
    channels = tuple(legs[:, header.channels.index(party)].copy() for party in TWO_LEGS)
    return Sound(header.rate, channels), contact or header.contact_id, header.start_s


def _earlier(file: Path) -> Outcome:
    from pydantic import TypeAdapter, ValidationError

    from assist.rehearing import Outcome

    try:
        return TypeAdapter(Outcome).validate_json(file.read_bytes())
    except OSError as error:
        raise ReplayError(f"{file}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        raise ReplayError(f"{file}: not what replay --recording --json writes ({error.errors()[0]['msg']})") from None


async def _log(
    settings: SettingsFile, state_dir: Path | None, contact_id: str, customer: str
) -> tuple[list[Envelope], CustomerFound]:
    """The contact's log, empty where there is none, and who its caller is."""
    from assist.history import CustomerFound
    from assist.journal import Journal
    from assist.replay import TODAY
    from assist.reports.settings import house_zone
    from assist.shell_audit import put_down
    from assist.store.opening import opened_at
    from assist.store.seed import demo_customer
    from assist.store.settings import existing_store
    from assist.vocabulary import EVENTS
    from ivr.contacts import ContactOffered

    number = customer
    if (url := existing_store(settings, state_dir)) is not None:
        async with opened_at(url, zone=house_zone(settings)) as store:
            log = await Journal(store, EVENTS).of_contact(contact_id)
            callers = (each.event.caller for each in log if isinstance(each.event, ContactOffered))
            if log:
                await put_down(store, "read", contact_id, "replay")
                return log, await store.look_up(next(callers, number))
    return [], CustomerFound(demo_customer(number, TODAY) if number else None, number)


def _judge(settings: SettingsFile, directory: Path | None, log: list[Envelope]) -> Judge:
    from assist.alarm import AlertSettings
    from assist.alert_rules import BUILT_IN as ALERTS
    from assist.alert_rules import load_alert_rules
    from assist.alert_watch import AlertRules
    from assist.content import BUILT_IN, load_content
    from assist.quality.spec import load_scorecard
    from assist.rehearing import Judge
    from assist.reports.settings import house_zone
    from assist.settings import AssistSettings

    house = settings.section("assist", AssistSettings)
    directory = directory or house.content or BUILT_IN
    content = house.applied(load_content(directory)).in_zone(house_zone(settings))
    rules = load_alert_rules(settings.section("alerts", AlertSettings).rules or ALERTS)
    alerts = AlertRules(rules, content.scorer, content.sentiment)
    return Judge(content, load_scorecard(content, directory), alerts, log[-1].at if log else 0.0)


def _listen(sound: Sound, contact_id: str, base_s: float, settings: SettingsFile, engine: str, model: str) -> Listened:
    from rich.console import Console
    from rich.progress import Progress

    from transcription.engines.choice import load_engine
    from transcription.settings import TranscriptionSettings
    from transcription.transcribe import TWO_LEGS, listen

    configured = settings.section("transcription", TranscriptionSettings)
    loaded = load_engine(engine, model or (configured.model if engine == "vosk" else ""))
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Listening", total=sound.seconds)
        return listen(
            contact_id, sound, TWO_LEGS, loaded, redact=configured.redact, base_s=base_s, partials=True,
            progress=lambda seconds: progress.update(task, completed=seconds),
        )  # fmt: skip


def _print(after: Outcome, *, as_json: bool) -> None:
    from pydantic import TypeAdapter

    from assist.rehearing import Outcome

    if as_json:
        typer.echo(TypeAdapter(Outcome).dump_json(after).decode())
        return
    for final in after.finals:
        typer.echo(f"{final.start_s:7.1f}  {final.party:<6}  {final.text}")
    for shown in after.cards:
        typer.echo(f"card   {shown.card.kind:<10}  {shown.card.title}  [{shown.card.rule}]")
    for alert in after.alerts:
        typer.echo(f"alert  {alert.at_s:.1f} s  {alert.text}  [{alert.rule}]")
    for card in after.scorecards:
        for score in card.scores:
            value = "nothing to judge by" if score.value is None else f"{score.value:.0f}"
            typer.echo(f"score  {card.agent}  {score.principle.label}: {value}")


def _compare(before: Outcome, after: Outcome, *, to_stderr: bool) -> bool:
    """Print what differs; True where something does."""
    from assist.differences import differences

    found = differences(before, after)
    for difference in found:
        typer.echo(f"differs  {difference.line()}", err=to_stderr)
    typer.echo(f"{len(found)} differences", err=to_stderr)
    return bool(found)
