from __future__ import annotations

from pathlib import Path

import pytest

from voice.audio import AudioFrame, read_wav, write_wav
from voice.documents import load_toml, load_yaml, validate
from voice.errors import AudioFormatError, DocumentError
from voice.settings import AgentSettings, FrontSettings, SettingsFile, read_settings


def settings(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> SettingsFile:
    file = tmp_path / "callfloor.toml"
    file.write_text(text)
    return read_settings(file, environment or {})


def test_defaults_without_a_file() -> None:
    assert read_settings(None, {}).section("front", FrontSettings).port == 5060


def test_the_environment_is_laid_over_the_file(tmp_path: Path) -> None:
    front = settings(tmp_path, '[front]\nport = 5070\nrealm = "shop"\n', {"CALLFLOOR_FRONT_PORT": "5080"})
    assert front.section("front", FrontSettings).port == 5080
    assert front.section("front", FrontSettings).realm == "shop"


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        ("[front]\nport = 70000\n", 2, "front.port", "value"),
        ("[front]\nhost = '127.0.0.1'\nprot = 5060\n", 3, "front.prot", "did you mean 'port'?"),
        ("[front]\n[front]\n", 2, "not TOML", "quotes"),
        ("front = 3\n", 1, "front must be a table", "[front]"),
    ],
)
def test_a_wrong_key_is_named_with_its_line_and_a_fix(
    tmp_path: Path, text: str, line: int, what: str, fix: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        settings(tmp_path, text).section("front", FrontSettings)
    assert caught.value.line == line
    assert what in caught.value.what
    assert fix in caught.value.fix
    assert str(caught.value).startswith(f"{tmp_path / 'callfloor.toml'}:{line}: ")


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="CALLFLOOR_FRONT_PORT"):
        settings(tmp_path, "", {"CALLFLOOR_FRONT_PORT": "many"}).section("front", FrontSettings)


def test_entries_of_an_array_are_checked_one_by_one(tmp_path: Path) -> None:
    anna = '[[agent]]\nuser = "anna"\nname = "Anna"\nsecret = "long enough"\n'
    text = anna + '[[agent]]\nuser = "Bob!"\nname = "Bob"\nsecret = "short"\n'
    with pytest.raises(DocumentError, match=r"agent\.1\.user") as caught:
        settings(tmp_path, text).many("agent", AgentSettings)
    assert caught.value.line == 6


def test_unknown_sections_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="unknown section 'frnot'"):
        settings(tmp_path, "[frnot]\n").check_sections({"front"})


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [("a: 1\na: 2\n", 2, "twice"), ("a: [1\n", 2, "not YAML"), ("", 1, "empty"), ("? [1]\n: 2\n", 1, "not a name")],
)
def test_bad_yaml_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(DocumentError, match=what) as caught:
        load_yaml(file)
    assert caught.value.line == line


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no such file"):
        load_toml(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(DocumentError, match="UTF-8"):
        load_toml(tmp_path / "latin.toml")


def test_yaml_lines_reach_into_lists(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("port: 5060\nhost:\n  - one\n")
    document = load_yaml(file)
    assert document.line(("host", 0)) == 3
    with pytest.raises(DocumentError) as caught:
        validate(document, FrontSettings)
    assert caught.value.line == 2


def test_wav_files_are_checked(tmp_path: Path) -> None:
    good = tmp_path / "good.wav"
    write_wav(good, b"\1\0\2\0", 8000)
    assert read_wav(good, 8000) == b"\1\0\2\0"
    with pytest.raises(DocumentError, match="16000 Hz, 16 bit, mono is needed"):
        read_wav(good, 16000)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(good.read_bytes()[:20])
    with pytest.raises(DocumentError, match="not a PCM WAV"):
        read_wav(bad, 8000)
    with pytest.raises(DocumentError, match="no such WAV"):
        read_wav(tmp_path / "none.wav", 8000)


def test_a_frame_holds_whole_samples() -> None:
    with pytest.raises(AudioFormatError):
        AudioFrame(b"\0", 0, 8000, 0.0)
