"""The commands about recognition: ``callfloor models``, ``transcribe``, ``evaluate``."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from voice.settings import read_settings

if TYPE_CHECKING:
    from rich.table import Table

    from transcription.download import Source
    from transcription.evaluation import Evaluation, Measured
    from transcription.models import InstalledModel, ModelCard

models = typer.Typer(no_args_is_help=True, help="The recognisers' models on this machine.")

Engine = Annotated[Literal["vosk", "pocketsphinx"], typer.Option("--engine", help="Which recogniser.")]
Model = Annotated[str, typer.Option("--model", help="A model's name or directory; without it the engine's default.")]


@models.command("list")
def models_list(
    published: Annotated[
        bool, typer.Option("--published", help="Those that 'models get' can have: name, language, size.")
    ] = False,
    settings: Annotated[Path | None, typer.Option(help="A TOML file; model_list in it names a mirror.")] = None,
) -> None:
    """The installed models, one a line: name, language, rate, grammars, error rate and what it was measured on."""
    from transcription.models import find_model, installed

    if published:
        for model in sorted(_source(settings).models().values(), key=lambda model: (model.lang, model.size)):
            note = ", superseded" if model.is_obsolete else ""
            typer.echo(f"{model.name}: {model.lang}, {model.size / 1e6:.0f} MB to download{note}")
        return
    for name in installed():
        typer.echo(_summary(find_model(name)))


@models.command("get")
def models_get(
    name: Annotated[str, typer.Argument(help="As its publisher calls it, such as vosk-model-small-en-us-0.15.")],
    directory: Annotated[
        Path | None, typer.Option("--out", help="Where it is put; else where it is found by its name.")
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A TOML file; model_list in it names a mirror.")] = None,
) -> None:
    """Download one of Vosk's published models; goes on where it stopped when it is asked for again."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from transcription.models import DOWNLOADED, find_model

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=None)
        place = _source(settings).get(
            name, directory or DOWNLOADED, lambda done, of: progress.update(task, completed=done, total=of)
        )
    typer.echo(f"{place}: {_summary(find_model(place))}")


@models.command("check")
def models_check(
    path: Annotated[Path, typer.Argument(help="A model's directory, or the name of an installed one.")],
) -> None:
    """Check a model and have the engine load it."""
    from transcription.engines.choice import load_engine, packaged
    from transcription.models import find_model

    if card := packaged(str(path)):
        load_engine("pocketsphinx").open(card.rate).close()
        typer.echo(f"{_described(card)}: good")
        return
    model = find_model(path)
    load_engine("vosk", str(path)).open(model.card.rate)
    typer.echo(f"{_summary(model)}: good")


@models.command("card")
def models_card(name: str) -> None:
    """All that is known of a model."""
    from transcription.engines.choice import packaged
    from transcription.models import find_model

    if card := packaged(name):
        shown = card.model_dump()
    else:
        model = find_model(name)
        shown = {**model.card.model_dump(), "size_mb": model.size_mb, "path": model.path}
    for key, value in shown.items():
        typer.echo(f"{key}: {'not known' if value in (None, '') else value}")


def _source(settings: Path | None) -> Source:
    import vosk

    from transcription.download import Source
    from transcription.settings import TranscriptionSettings

    configured = read_settings(settings, os.environ).section("transcription", TranscriptionSettings)
    return Source(configured.model_list or vosk.MODEL_LIST_URL)


def _summary(model: InstalledModel) -> str:
    grammars = "grammars" if model.takes_grammars or model.card.grammar_model else "no grammars"
    return _described(model.card, f"{model.size_mb} MB, {grammars}, ")


def _described(card: ModelCard, more: str = "") -> str:
    wer = "error rate not measured" if card.wer is None else f"{card.wer:.1%} word errors ({card.wer_on})"
    return f"{card.name}: {card.language}, {card.rate} Hz, {more}{wer}"


@models.command("add-words")
def models_add_words(
    model: Annotated[str, typer.Argument(help="Name or directory of a model made by this project.")],
    words: Annotated[list[str], typer.Argument(help="WORD, or 'WORD = PHONES' as in 'zenbook = Z EH N B UH K'.")],
    out: Annotated[Path, typer.Option(help="Where the model with the words is written.")],
    like: Annotated[str | None, typer.Option(help="A known word that stands where they will stand.")] = None,
) -> None:
    """Give a model words, such as product names; only its graphs are rebuilt."""
    from transcription.training.words import add_words, parse_word

    typer.echo(add_words(model, [parse_word(word, like) for word in words], out))


@models.command("learn")
def models_learn(
    model: Annotated[str, typer.Argument(help="Name or directory of a model made by this project.")],
    content: Annotated[Path, typer.Argument(help="A content directory.")],
    out: Annotated[Path, typer.Option(help="Where the model that knows it is written.")],
) -> None:
    """Teach a model the words and sentences of a content pack; only its graphs are rebuilt."""
    from transcription.training.language import learn

    typer.echo(learn(model, content, out))


def transcribe(
    files: Annotated[list[Path], typer.Argument(help="WAV files of any rate, width and number of channels.")],
    engine: Engine = "vosk",
    model: Model = "",
    channels: Annotated[
        Literal["split", "mono"], typer.Option(help="split: each channel is a party; mono: they are mixed.")
    ] = "split",
    output: Annotated[
        Literal["text", "json", "srt", "vtt", "vcon"], typer.Option("--format", help="What is printed.")
    ] = "text",
    redact: Annotated[
        str | None, typer.Option(help="Kinds of personal data to withhold, separated by commas; all without it.")
    ] = None,
) -> None:
    """Print the words of recorded calls, with what is personal withheld as in a live call."""
    from rich.console import Console
    from rich.progress import Progress

    from transcription.engines.choice import load_engine
    from transcription.formats import FORMATS
    from transcription.sensitive import KINDS, parse_kinds
    from transcription.sounds import read_sound
    from transcription.transcribe import transcribe as hear

    kinds = frozenset(KINDS) if redact is None else parse_kinds(redact)
    loaded = load_engine(engine, model)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        for file in files:
            sound = read_sound(file)
            task = progress.add_task(file.name, total=sound.seconds)
            transcript = hear(
                file.name,
                sound.mono() if channels == "mono" else sound,
                loaded,
                redact=kinds,
                progress=lambda seconds, task=task: progress.update(task, completed=seconds),  # type: ignore[misc]
            )
            began = datetime.fromtimestamp(file.stat().st_mtime - sound.seconds, UTC)
            sys.stdout.write(FORMATS[output](transcript, began, datetime.now(UTC)))
            sys.stdout.flush()


def evaluate(
    directory: Annotated[Path, typer.Argument(help="Recordings, and a references.json with their words.")],
    engine: Engine = "vosk",
    model: Model = "",
    alignment: Annotated[bool, typer.Option(help="Show what was heard instead of each word.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON, alignments included.")] = False,
) -> None:
    """Measure a recogniser on recordings whose words are known: word errors, latencies, CPU."""
    from rich.console import Console
    from rich.progress import Progress

    from transcription.engines.choice import load_engine
    from transcription.evaluation import evaluate as measure_all

    loaded = load_engine(engine, model)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("recordings", total=None)
        result = measure_all(
            directory,
            loaded,
            lambda done, of, file: progress.update(task, completed=done, total=of, description=file),
        )
    if as_json:
        typer.echo(result.json())
        return
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(_table(result))
    for one in result.files if alignment else ():
        console.print(f"\n[bold]{one.file}[/bold]\n{_aligned(one)}")


def _table(result: Evaluation) -> Table:
    from rich.table import Table

    from transcription.evaluation import Summary, summary

    card = result.engine.model
    table = Table("file", title=f"{result.engine.name} {result.engine.version}, {card.name}")
    for name in ("words", "WER %", "sub", "del", "ins", "first partial s", "final s", "RTF"):
        table.add_column(name, justify="right")

    def row(name: str, found: Summary, tail: str = "") -> None:
        errors = found.errors
        counts = (errors.substitutions, errors.deletions, errors.insertions)
        latencies = (_seconds(found.first_partial_p50), _seconds(found.final_p50))
        table.add_row(
            name, str(errors.words), f"{errors.rate:.1%}"[:-1], *map(str, counts), *latencies, f"{found.rtf:.3f}"
        )

    for one in result.files:
        row(one.file, summary([one]))
    table.add_section()
    row(f"all, {result.total.seconds:.0f} s (p50)", result.total)
    table.caption = (
        f"p95: first partial {_seconds(result.total.first_partial_p95)} s, final {_seconds(result.total.final_p95)} s"
    )
    return table


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _aligned(one: Measured) -> str:
    """Words as said; what was heard instead stands behind them, in brackets."""
    from rich.markup import escape

    def shown(said: str, heard: str) -> str:
        return escape(said) if said == heard else f"[red]{escape(said or '*')}[/red][dim]({escape(heard or '*')})[/dim]"

    return " ".join(shown(pair.said, pair.heard) for pair in one.alignment)
