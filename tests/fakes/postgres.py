"""A PostgreSQL of our own for a test run: unprivileged, on a Unix socket in a directory that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

UNPRIVILEGED = "nobody"
"""PostgreSQL does not run as root."""
_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """A running server; ``directory`` holds its data and its socket."""

    directory: Path
    programs: Path

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(_numbers)}"
        self._run("createdb", "--host", str(self.directory), "--username", UNPRIVILEGED, name)
        return f"postgresql+asyncpg://{UNPRIVILEGED}@/{name}?host={self.directory}"

    def start(self) -> None:
        """Start it, and wait until it serves."""
        options = f"-k {self.directory} -c listen_addresses= -c fsync=off -c max_connections=40"
        self._run("pg_ctl", "-D", self.data, "-l", f"{self.directory}/log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """Cut every connection and end."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def make(self) -> None:
        """The empty cluster."""
        self._run("initdb", "-D", self.data, "--auth=trust", f"--username={UNPRIVILEGED}", "--no-sync", "-E", "UTF8")

    @property
    def data(self) -> str:
        """Where its files are."""
        return f"{self.directory}/data"

    def _run(self, program: str, *arguments: str) -> None:
        user = UNPRIVILEGED if os.getuid() == 0 else None
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, user=user, cwd=self.directory, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, check=False)  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stderr.decode()}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server until the block ends."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    # Not under pytest's own directory: nobody but root may enter that.
    directory = Path(tempfile.mkdtemp(prefix="callfloor-pg-"))
    server = Postgres(directory, programs)
    try:
        if os.getuid() == 0:
            shutil.chown(directory, UNPRIVILEGED)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)
