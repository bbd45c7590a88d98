from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from transcription.download import DownloadError
from transcription.models import find_model, installed
from voice.errors import DocumentError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["models", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_installed_models_are_listed_one_a_line_with_what_was_measured() -> None:
    lines = run("list").splitlines()
    assert [line.split(":")[0] for line in lines] == list(installed())
    assert all("Hz" in line and " MB" in line and ("word errors" in line or "not measured" in line) for line in lines)


def test_a_good_model_is_loaded_and_a_bad_one_named(tmp_path: Path) -> None:
    assert run("check", "demo-en-8k").strip().endswith(": good")
    with pytest.raises(DocumentError, match=r"not a Vosk model: am/final\.mdl is missing"):
        run("check", str(tmp_path))


def test_the_card_tells_everything() -> None:
    shown = run("card", "demo-en-8k")
    assert "name: demo-en-8k" in shown
    assert "wer_people_on:" in shown
    assert f"size_mb: {find_model('demo-en-8k').size_mb}" in shown


def test_a_model_is_asked_of_the_list_the_settings_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLFLOOR_TRANSCRIPTION_MODEL_LIST", "http://127.0.0.1:1/list.json")
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:1 cannot be reached"):
        run("get", "vosk-model-small-en-us-0.15", "--out", str(tmp_path))


def test_what_is_published_is_listed_small_ones_of_a_language_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [
        {"name": "vosk-model-de", "lang": "de", "size": 1_900_000_000, "md5": "", "obsolete": "false"},
        {"name": "vosk-model-small-de", "lang": "de", "size": 45_400_000, "md5": "", "obsolete": "true"},
    ]

    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(entries).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Publisher) as server:
        monkeypatch.setenv("CALLFLOOR_TRANSCRIPTION_MODEL_LIST", f"http://127.0.0.1:{server.server_port}/list.json")
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        shown = run("list", "--published")
        answering.join()
    assert shown.splitlines() == [
        "vosk-model-small-de: de, 45 MB to download, superseded",
        "vosk-model-de: de, 1900 MB to download",
    ]


def test_pocketsphinxs_own_model_has_a_card_and_is_checked_too() -> None:
    assert "wer_people_on: 37 recordings of people" in run("card", "pocketsphinx-en-us")
    assert run("check", "pocketsphinx-en-us").strip().endswith(": good")


def test_a_model_that_is_not_there_may_be_had() -> None:
    with pytest.raises(DocumentError, match="callfloor models get vosk-model-small-xx"):
        run("card", "vosk-model-small-xx")
