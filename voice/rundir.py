"""Where the processes of one installation meet: sockets, spools and secrets under ``[run] state_dir``."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from voice.settings import RunSettings


@dataclass(frozen=True)
class RunDirectory:
    """Paths of one installation; everything in it is private to its user (mode 700)."""

    state: Path

    @classmethod
    def of(cls, settings: RunSettings) -> RunDirectory:
        """The directory the settings name, absolute."""
        return cls(settings.directory.absolute())

    @property
    def run(self) -> Path:
        """Sockets and other things that end with the processes."""
        return self.state / "run"

    @property
    def lock(self) -> Path:
        """Locked by the house that runs here."""
        return self.run / "lock"

    @property
    def hub(self) -> Path:
        """The bus."""
        return self.run / "hub.sock"

    @property
    def zygote(self) -> Path:
        """The zygote's socket."""
        return self.run / "zygote.sock"

    @property
    def keeper(self) -> Path:
        """The socket of who finishes the recordings of processes that were killed."""
        return self.run / "keeper.sock"

    @property
    def kept_flow(self) -> Path:
        """The last flow that was good."""
        return self.state / "flows" / "kept.yaml"

    @property
    def banner(self) -> str:
        """The banner callers hear first; empty for none. It outlives every process."""
        try:
            return (self.state / "banner").read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def raise_banner(self, name: str) -> None:
        """From now on callers hear this banner first; none where it is empty. Raises OSError."""
        draft = self.state / ".banner"
        draft.write_text(name, encoding="utf-8")
        draft.replace(self.state / "banner")

    @property
    def spool(self) -> Path:
        """Durable events on their way."""
        return self.state / "spool"

    @property
    def recordings(self) -> Path:
        """Encrypted recordings."""
        return self.state / "recordings"

    @property
    def recording_key(self) -> Path:
        """The key of the recordings: keep it, and keep it apart from them."""
        return self.state / "keys" / "recording.key"

    @property
    def database(self) -> Path:
        """The SQLite store."""
        return self.state / "callfloor.db"

    def registrations(self, host: str, port: int) -> Path:
        """Which station is where, for the front at that address when it is started again."""
        return self.run / f"registrations-{host}-{port}.json"

    def dialogs(self, host: str, port: int) -> Path:
        """Who talks with which worker, for the front at that address when it is started again."""
        return self.run / f"dialogs-{host}-{port}.jsonl"

    def create(self) -> None:
        """Make the directories."""
        for directory in (self.state, self.run, self.spool, self.recordings, self.state / "keys"):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def secret(self, name: str) -> str:
        """A random secret of this installation, made on first use, the same for every process. Raises OSError."""
        return made_once(self.state / "keys" / name, secrets.token_urlsafe(32).encode()).decode().strip()


def made_once(file: Path, content: bytes) -> bytes:
    """What is in ``file``; where there is none it is made of ``content``, whole or not at all, for its user alone (mode
    600). Raises OSError.
    """
    if not file.exists():
        draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(content)
            with contextlib.suppress(FileExistsError):  # another process was first: then theirs counts
                os.link(draft, file)
        finally:
            draft.unlink()
    return file.read_bytes()


def write_private(file: Path, content: bytes) -> None:
    """Write ``content`` for this user alone to read (mode 600), whatever was there before; a pipe or a terminal stays
    what it is. Raises OSError.
    """
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        if stat.S_ISREG(os.fstat(out.fileno()).st_mode):
            os.fchmod(out.fileno(), 0o600)
        out.write(content)
