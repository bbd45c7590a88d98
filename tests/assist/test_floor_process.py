"""The floor as a process: it serves without a hub, ends with SIGTERM, and says what is wrong in one line."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from pathlib import Path

import pytest

from assist.floor_process import recogniser
from transcription.settings import TranscriptionSettings
from voice.errors import DocumentError


async def start(settings: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "assist.floor_process", "--settings", str(settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "callfloor.toml"
    file.write_text(f"[run]\nstate_dir = '{tmp_path}/state'\n{text}")
    return file


@pytest.mark.live
def test_without_a_hub_the_page_is_served_and_sigterm_is_the_end(tmp_path: Path) -> None:
    async def main() -> None:
        floor = await start(written(tmp_path, "[web]\nport = 0\n"))
        assert floor.stdout is not None
        async with asyncio.timeout(60):
            words = (await floor.stdout.readline()).decode().split()
            assert words[:2] == ["floor", "ready"]
            answer = await asyncio.to_thread(_get, f"{words[2]}/healthz")
            assert answer == b'{"status":"ok"}'
            floor.terminate()
            out, err = await floor.communicate()
        assert (floor.returncode, out, err) == (0, b"", b"")

    asyncio.run(main())


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
    return body


@pytest.mark.live
def test_wrong_settings_are_one_line_and_status_2(tmp_path: Path) -> None:
    async def main() -> None:
        file = written(tmp_path, "[web]\nprot = 0\n")
        floor = await start(file)
        async with asyncio.timeout(60):
            out, err = await floor.communicate()
        assert (floor.returncode, out) == (2, b"")
        assert err.decode() == f"{file}:4: web.prot: extra inputs are not permitted. Fix: did you mean 'port'?\n"

    asyncio.run(main())


def test_every_page_says_which_model_listens_and_how_well() -> None:
    found = recogniser(TranscriptionSettings())
    assert (found.state, found.engine, found.model, found.demo) == ("down", "vosk", "demo-en-8k", True)
    assert found.wer is not None
    assert 0 < found.wer < 1
    assert found.wer_on
    with pytest.raises(DocumentError):
        recogniser(TranscriptionSettings(model="no-such-model"))
    other = recogniser(TranscriptionSettings(engine="pocketsphinx"))
    assert (other.engine, other.demo, other.wer_on[:13]) == ("pocketsphinx", False, "37 recordings")
    with pytest.raises(DocumentError, match="its own model"):
        recogniser(TranscriptionSettings(engine="pocketsphinx", model="demo-en-8k"))
