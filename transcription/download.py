"""Vosk's published models: the list (JSON, as its publisher writes it), a resumable download, a safe unpacking.

A download that stops goes on where it stopped, by HTTP ranges (RFC 9110, 14), now or when asked for again. What came is
compared with the list's MD5, which guards against faults, not against the publisher.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
import stat
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from transcription.models import ModelCard, find_model
from voice.errors import CallfloorError, DocumentError

TIMEOUT_S = 30
LIST_BYTES = 4 * 1024 * 1024
BLOCK = 256 * 1024
TRIES = 5
"""Connections in a row that bring nothing before it is given up."""
EXPANDS = 12
"""Models unpack to two or three times their size; what claims more than this is no model."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")

Progress = Callable[[int, int], object]
"""Bytes that are there, of how many."""


class DownloadError(CallfloorError):
    """A model cannot be had; one line that says why and what to do."""


class Published(BaseModel):
    """An entry of the list. ``size``: bytes of the archive; ``md5``: of the archive, hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    md5: str
    size: int
    lang: str = "unknown"
    obsolete: str | bool = False

    @property
    def is_obsolete(self) -> bool:
        """Whether its publisher names a newer one; the list writes it as a text."""
        return str(self.obsolete).lower() == "true"


@dataclass(frozen=True)
class Source:
    """``list_url``: where the list lies; the archives lie beside it, as NAME.zip. http and https only."""

    list_url: str

    def __post_init__(self) -> None:
        if urlsplit(self.list_url).scheme not in ("http", "https"):
            raise DownloadError(f"{self.list_url} is not an http address. Fix: correct [transcription] model_list")

    def models(self) -> dict[str, Published]:
        """What is published, by name. Raises DownloadError."""
        with _reaching(self.list_url), _open(self.list_url) as answer:
            text = answer.read(LIST_BYTES)
        try:
            entries = TypeAdapter(list[Published]).validate_json(text)
        except ValidationError:
            raise DownloadError(f"{self.list_url} is not a list of models. Fix: correct the address") from None
        return {entry.name: entry for entry in entries if _NAME.fullmatch(entry.name)}

    def get(self, name: str, directory: Path, progress: Progress = lambda done, of: None) -> Path:
        """Have the model of that name in ``directory``; its path. Raises DownloadError, DocumentError."""
        place = directory / name
        if place.exists():
            raise DownloadError(f"{place} is there already. Fix: remove it to have it anew")
        known = self.models()
        if name not in known:
            similar = sorted(other for other in known if known[other].lang.split("-")[0] in name.split("-"))
            raise DownloadError(f"no model {name} is published. Fix: choose from {', '.join(similar or sorted(known))}")
        model = known[name]
        archive = directory / f".{name}.zip.part"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            fetch(urljoin(self.list_url, f"{name}.zip"), archive, model, progress)
            unpack(archive, place, model)
            archive.unlink()
        except OSError as error:
            raise DownloadError(
                f"{directory}: cannot be written ({error.strerror or error}). Fix: make room, then ask again: "
                "what has come is kept"
            ) from None
        return place


def fetch(url: str, archive: Path, model: Published, progress: Progress) -> None:
    """Have the whole archive at ``archive``, whatever part of it is there. Raises DownloadError, OSError (the disk)."""
    in_vain = 0
    while (there := archive.stat().st_size if archive.exists() else 0) < model.size:
        with _reaching(url, lenient=in_vain < TRIES):
            _receive(url, archive, there, model.size, progress)
        grown = archive.stat().st_size > there if archive.exists() else False
        in_vain = 0 if grown else in_vain + 1
        if in_vain > TRIES:
            raise DownloadError(f"{url}: the connection breaks again and again. Fix: ask again; what has come is kept")
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != model.md5.lower() or there != model.size:
        archive.unlink()
        raise DownloadError(f"{url}: what came is not what is published (MD5 {found}). Fix: ask again")


def _receive(url: str, archive: Path, there: int, size: int, progress: Progress) -> None:
    """Append what one connection brings, up to ``size``."""
    with _open(url, there) as answer, archive.open("ab") as file:
        if there and answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            file.truncate(0)  # a server that knows no ranges begins anew
            there = 0
        while there < size and (block := answer.read(min(BLOCK, size - there))):
            file.write(block)
            there += len(block)
            progress(there, size)


def _open(url: str, start: int = 0) -> http.client.HTTPResponse:
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - Source takes http and https only
    answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    return answer


@contextmanager
def _reaching(url: str, *, lenient: bool = False) -> Iterator[None]:
    """Network errors as one line; where ``lenient``, a connection that breaks is no error yet (the caller tries again).

    An OSError of the disk goes through.
    """
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadError(f"{url}: the server answers {error.code} {error.reason}. Fix: check the address") from None
    except urllib.error.URLError as error:
        raise DownloadError(
            f"{urlsplit(url).netloc} cannot be reached ({error.reason}). Fix: where there is no network, copy the "
            "model's directory here and name its path"
        ) from None
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        if not lenient:
            raise DownloadError(f"{url}: {error or type(error).__name__}. Fix: ask again") from None


def unpack(archive: Path, place: Path, model: Published) -> None:
    """The model at ``place``, checked and with a card; all of it or nothing. Raises DownloadError, OSError."""
    new = place.with_name(f".{place.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            _check(packed, model)
            packed.extractall(new)
        found = new / place.name if (new / place.name).is_dir() else new
        _write_card(found, model)
        found.rename(place)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        archive.unlink()
        raise DownloadError(f"{model.name}: not an archive that can be unpacked ({error}). Fix: ask again") from None
    except DocumentError as error:
        archive.unlink()
        raise DownloadError(f"{model.name} is not a model: {error.what}. Fix: choose another") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _check(packed: zipfile.ZipFile, model: Published) -> None:
    """Nothing may land outside, be a link, or grow beyond measure."""
    for entry in packed.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename or stat.S_ISLNK(entry.external_attr >> 16):
            raise zipfile.BadZipFile(f"{entry.filename!r} leads out of it")
    if sum(entry.file_size for entry in packed.infolist()) > EXPANDS * max(model.size, 1024):
        raise zipfile.BadZipFile("it would unpack to far more than a model")


def _write_card(directory: Path, model: Published) -> None:
    """What is known from the list and the model's own files; its error rate is for its user to measure."""
    file = directory / "card.json"
    if file.exists():
        return
    found = find_model(directory)
    card = ModelCard(
        name=model.name,
        language=model.lang,
        rate=found.card.rate,
        words=len(found.vocabulary),
        advice="Not measured here: callfloor evaluate DIR --model " + model.name,
    )
    file.write_text(json.dumps(card.model_dump(), indent=1) + "\n", encoding="utf-8")
