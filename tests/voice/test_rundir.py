from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from voice.rundir import RunDirectory, write_private
from voice.settings import RunSettings


def made(tmp_path: Path) -> RunDirectory:
    where = RunDirectory.of(RunSettings(state_dir=tmp_path / "state"))
    where.create()
    return where


def test_everything_is_private_and_under_the_state_directory(tmp_path: Path) -> None:
    where = made(tmp_path)
    for directory in (where.state, where.run, where.spool, where.recordings, where.recording_key.parent):
        assert directory.stat().st_mode & 0o777 == 0o700
    for path in (where.hub, where.zygote, where.database, where.recording_key):
        assert path.is_relative_to(tmp_path / "state")
    where.create()  # again: harmless


def test_fronts_that_share_a_directory_keep_their_own_stations_and_calls(tmp_path: Path) -> None:
    where = RunDirectory(tmp_path)
    fronts = (("192.0.2.1", 5060), ("192.0.2.2", 5060), ("192.0.2.1", 5070), ("2001:db8::1", 5060))
    files = {file for front in fronts for file in (where.registrations(*front), where.dialogs(*front))}
    assert len(files) == 2 * len(fronts)
    assert {file.parent for file in files} == {where.run}


def test_a_relative_directory_stays_the_same_when_a_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where = RunDirectory.of(RunSettings(state_dir=Path("state")))
    assert where.state == tmp_path / "state"


def test_the_home_directory_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert RunDirectory.of(RunSettings(state_dir=Path("~/x"))).state == tmp_path / "x"


def test_a_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    where = made(tmp_path)
    secret = where.secret("transcription")
    assert len(secret) >= 32
    assert where.secret("transcription") == secret
    assert where.secret("other") != secret
    file = where.state / "keys" / "transcription"
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in file.parent.iterdir()} == {"transcription", "other"}


def test_a_secret_a_person_wrote_counts_without_the_line_end(tmp_path: Path) -> None:
    where = made(tmp_path)
    (where.state / "keys" / "transcription").write_text("kestrel\n")
    assert where.secret("transcription") == "kestrel"


def test_everyone_who_asks_at_once_gets_the_same_secret(tmp_path: Path) -> None:
    where = made(tmp_path)
    together, found = threading.Barrier(8), list[str]()

    def ask() -> None:
        together.wait()
        found.append(where.secret("transcription"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert found[0]


def test_a_secret_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        RunDirectory(tmp_path / "never made").secret("transcription")


def test_what_is_private_is_so_whatever_was_there_and_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    file, pipe = tmp_path / "out", tmp_path / "pipe"
    file.write_text("something longer")
    file.chmod(0o644)
    write_private(file, b"secret")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"secret", 0o600)
    os.mkfifo(pipe, 0o644)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_private(pipe, b"secret")
        assert os.read(reader, 9) == b"secret"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
