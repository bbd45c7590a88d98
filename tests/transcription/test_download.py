"""Downloads from a server on loopback that fails in every way a network does."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import stat
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from transcription.download import DownloadError, Published, Source, unpack
from transcription.models import find_model

NAME = "vosk-model-small-xx-0.1"
PARTS = {
    "am/final.mdl": b"\0B network" * 5000,
    "conf/mfcc.conf": b"--sample-frequency=16000\n",
    "graph/HCLr.fst": b"graph",
    "graph/Gr.fst": b"graph",
    "graph/words.txt": b"<eps> 0\nhello 1\nworld 2\n",
}


def packed(parts: dict[str, bytes] | None = None, top: str = f"{NAME}/") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in (PARTS if parts is None else parts).items():
            archive.writestr(top + name, body)
    return file.getvalue()


ARCHIVE = packed()


class Publisher(ThreadingHTTPServer):
    """``cuts``: after how many bytes each answer in turn breaks off; ``ranges``: whether it knows them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.archive = ARCHIVE
        self.cuts: list[int] = []
        self.ranges = True
        self.asked: list[str] = []
        self.entry: dict[str, Any] = {
            "name": NAME, "md5": hashlib.md5(ARCHIVE).hexdigest(), "size": len(ARCHIVE), "lang": "xx",
            "lang_text": "Nobody's", "obsolete": "false", "type": "small", "version": "0.1",
            "url": f"https://elsewhere.invalid/{NAME}.zip",
        }  # fmt: skip
        self.list: bytes | None = None

    @property
    def source(self) -> Source:
        return Source(f"http://127.0.0.1:{self.server_address[1]}/models/model-list.json")


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        if self.path == "/models/model-list.json":
            body = self.server.list
            return self._send(200, json.dumps([self.server.entry]).encode() if body is None else body)
        if self.path != f"/models/{NAME}.zip":
            return self._send(404, b"")
        wanted = self.headers.get("Range", "")
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0) if self.server.ranges else 0
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        return self._send(206 if start else 200, self.server.archive[start:], cut)

    def _send(self, status: int, body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_model_is_fetched_checked_unpacked_and_has_a_card(publisher: Publisher, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    place = publisher.source.get(NAME, tmp_path / "models", lambda *progress: seen.append(progress))
    assert place == tmp_path / "models" / NAME
    model = find_model(place)
    assert (model.card.name, model.card.language, model.card.rate, model.card.words) == (NAME, "xx", 16000, 2)
    assert "callfloor evaluate" in model.card.advice
    assert seen[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert [entry.name for entry in place.parent.iterdir()] == [NAME], "nothing is left lying about"
    with pytest.raises(DownloadError, match="is there already"):
        publisher.source.get(NAME, tmp_path / "models")


def test_a_cut_connection_goes_on_where_it_stopped(publisher: Publisher, tmp_path: Path) -> None:
    publisher.cuts = [1000, 0, 500]
    assert find_model(publisher.source.get(NAME, tmp_path))
    assert publisher.asked == ["", "bytes=1000-", "bytes=1000-", "bytes=1500-"]


def test_a_server_without_ranges_begins_anew(publisher: Publisher, tmp_path: Path) -> None:
    publisher.ranges = False
    publisher.cuts = [1000]
    assert find_model(publisher.source.get(NAME, tmp_path))
    assert publisher.asked == ["", "bytes=1000-"]


def test_what_came_is_kept_when_it_is_given_up(publisher: Publisher, tmp_path: Path) -> None:
    publisher.cuts = [1000] + [0] * 6
    with pytest.raises(DownloadError, match="again and again"):
        publisher.source.get(NAME, tmp_path)
    assert find_model(publisher.source.get(NAME, tmp_path))
    assert publisher.asked[-1] == "bytes=1000-"


def test_a_wrong_checksum_is_refused_and_forgotten(publisher: Publisher, tmp_path: Path) -> None:
    publisher.archive = ARCHIVE[:-1] + b"!"
    with pytest.raises(DownloadError, match="not what is published"):
        publisher.source.get(NAME, tmp_path)
    assert list(tmp_path.iterdir()) == []
    publisher.archive = ARCHIVE
    assert find_model(publisher.source.get(NAME, tmp_path))


def test_a_full_disk_is_one_line_and_what_came_is_kept(publisher: Publisher, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, hard))
    try:
        with pytest.raises(DownloadError, match=r"cannot be written .* make room"):
            publisher.source.get(NAME, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (part,) = tmp_path.iterdir()
    assert part.stat().st_size == 20000
    assert find_model(publisher.source.get(NAME, tmp_path))
    assert publisher.asked == ["", "bytes=20000-"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/model-list.json", "cannot be reached"),
        ("file:///etc/passwd", "not an http address"),
        ("nonsense", "not an http address"),
    ],
)
def test_offline_is_one_clear_line(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(DownloadError, match=message) as error:
        Source(url).get(NAME, tmp_path)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b"{}", b'[{"name": "x"}]', b'[{"name": "x", "md5": 1, "size": "big"}]']
)
def test_a_list_that_is_none(publisher: Publisher, tmp_path: Path, text: bytes) -> None:
    publisher.list = text
    with pytest.raises(DownloadError, match="not a list of models"):
        publisher.source.get(NAME, tmp_path)


def test_a_name_that_is_not_published_names_those_of_its_language(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"choose from {NAME}"):
        publisher.source.get("vosk-model-xx-9", tmp_path)
    publisher.entry["name"] = "../evil"
    with pytest.raises(DownloadError, match="is published"):
        publisher.source.get("../evil", tmp_path)


def test_an_archive_that_is_gone(publisher: Publisher, tmp_path: Path) -> None:
    publisher.entry["name"] = "other"
    with pytest.raises(DownloadError, match="the server answers 404"):
        publisher.source.get("other", tmp_path)


def link() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo(f"{NAME}/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return file.getvalue()


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"not a zip", "can be unpacked"),
        (packed({"../../evil": b"x"}), "leads out of it"),
        (packed({"/evil": b"x"}, top=""), "leads out of it"),
        (packed({"..\\evil": b"x"}, top=""), "leads out of it"),
        (link(), "leads out of it"),
        (packed({"big": bytes(100_000)}), "far more than a model"),
        (packed({"readme": b"x"}), "is not a model"),
    ],
)
def test_an_archive_that_is_none_leaves_nothing(tmp_path: Path, archive: bytes, message: str) -> None:
    directory = tmp_path / "models"
    directory.mkdir()
    file = directory / "x.part"
    file.write_bytes(archive)
    with pytest.raises(DownloadError, match=message):
        unpack(file, directory / NAME, Published(name=NAME, md5="", size=100))
    assert [path for path in tmp_path.rglob("*") if path != directory] == []


def test_without_a_directory_of_its_own_it_is_unpacked_as_well(tmp_path: Path) -> None:
    file = tmp_path / "x.part"
    file.write_bytes(packed(top=""))
    unpack(file, tmp_path / NAME, Published(name=NAME, md5="", size=len(ARCHIVE)))
    assert find_model(tmp_path / NAME).card.name == NAME
