from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from assist.cli import app
from tests.transcription.speech import GOLDEN, golden
from voice.audio import wav_bytes, write_wav
from voice.errors import DocumentError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_files_are_transcribed_one_after_another() -> None:
    shown = run("transcribe", str(GOLDEN / "refund.wav"), str(GOLDEN / "card.wav"))
    assert "speaker: i want a refund please" in shown
    assert shown.strip().endswith("my card number is [card]")
    assert "four one" in run("transcribe", str(GOLDEN / "card.wav"), "--redact", "email", "--format", "json")


@pytest.mark.parametrize("form", ["text", "json", "srt", "vtt", "vcon"])
def test_every_format(form: str) -> None:
    shown = run("transcribe", str(GOLDEN / "refund.wav"), "--format", form)
    assert "refund" in shown
    if form in ("json", "vcon"):
        assert json.loads(shown)


def test_channels_are_parties_or_mixed(tmp_path: Path) -> None:
    left = np.frombuffer(golden("refund")[0], "<i2")
    both = np.stack([left, np.zeros_like(left)], axis=1).astype("<i2")
    (tmp_path / "call.wav").write_bytes(wav_bytes(both.tobytes(), 8000, channels=2))
    file = str(tmp_path / "call.wav")
    assert "agent: i want" in run("transcribe", file)
    assert "speaker: i want" in run("transcribe", file, "--channels", "mono")


def test_mistakes_are_documents_errors(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"ID3 is not a WAV")
    for arguments, message in (
        (["transcribe", str(tmp_path / "song.wav")], "not a WAV file"),
        (["transcribe", str(GOLDEN / "refund.wav"), "--redact", "shoe size"], "no such kind"),
        (["transcribe", str(GOLDEN / "refund.wav"), "--model", "nothing"], "no such model"),
        (["evaluate", str(tmp_path)], "references.json"),
    ):
        with pytest.raises(DocumentError, match=message):
            run(*arguments)


def test_evaluation_is_a_table_or_json(tmp_path: Path) -> None:
    write_wav(tmp_path / "refund.wav", golden("refund")[0], 8000)
    (tmp_path / "references.json").write_text('[{"file": "refund.wav", "text": "i want two refund please"}]')
    shown = run("evaluate", str(tmp_path), "--alignment")
    assert "refund.wav" in shown
    assert "20.0" in shown
    assert "two(a)" in shown
    assert json.loads(run("evaluate", str(tmp_path), "--json"))["total"]["wer"] == 0.2
