"""The recorder's end of ``transcription.keeper``: shares its undecided sound with a process that outlives it."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Final

from transcription.sound_memory import Notes, SoundMemory

log = logging.getLogger(__name__)

DONE: Final = b"done"
"""Said when the recording is finished, or given up: there is nothing to finish for us."""


class Keeping:
    """One recording's. ``add`` belongs to one thread at a time, the rest to the recorder's own."""

    def __init__(self, memory: SoundMemory, keeper: socket.socket) -> None:
        self._memory = memory
        self._keeper = keeper

    @classmethod
    def begin(cls, keeper: Path, part: Path, channels: int, rate: int, start: int) -> Keeping | None:
        """Share the sound of the unfinished recording ``part`` with the keeper at that socket; None where there is no
        keeper: then what is undecided dies with this process.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.setblocking(False)  # a keeper that stands still must not hold up a call
        memory: SoundMemory | None = None
        try:
            connection.connect(str(keeper))
            memory = SoundMemory.create(channels, rate, start)
            socket.send_fds(connection, [str(part).encode()], [memory.fd])
        except OSError as error:
            log.info("nobody keeps what is undecided of %s: %s", part.name, error)
            connection.close()
            if memory is not None:
                memory.close()
            return None
        return cls(memory, connection)

    def add(self, channel: int, start: int, pcm: bytes) -> None:
        """See SoundMemory."""
        self._memory.add(channel, start, pcm)

    def note(self, decided: tuple[int, ...], redactions: tuple[tuple[int, int, int, str], ...]) -> None:
        """See SoundMemory."""
        self._memory.note(Notes(decided, redactions))

    def end(self) -> None:
        """Nothing is left to be finished."""
        try:
            self._keeper.send(DONE)
        except OSError as error:
            log.info("the keeper is gone: %s", error)
        self._keeper.close()
        self._memory.close()
