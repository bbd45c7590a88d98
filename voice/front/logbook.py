"""Confirmed dialogs on disk: a worker may die while no front is there, and the next one says goodbye on its legs.

A journal, one line a change: who begins to talk is appended as a JSON object, whose dialog is over as its Call-ID. Not
synced to the disk: it is to outlive processes, not the machine. CSeq numbers are not kept; ours then begin above all.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from voice.clock import Clock
from voice.front.dialogs import Dialog, Phase
from voice.front.directory import Dialogs
from voice.front.flows import Flow
from voice.front.grammar import SipParseError, parse_name_addr

log = logging.getLogger(__name__)

UNSEEN_CSEQ = 1_000_000_000
"""Above whatever a worker has sent before the front restarted; gaps are allowed (RFC 3261 12.2.1.1)."""
OLDEST_S = 3600.0
"""Nobody who talked so long before the front ended for good still waits for a BYE."""
SPARE_LINES = 1000


@dataclass(frozen=True)
class Kept:
    """What a BYE to the far end needs, and what tells later requests of either end; see ``Dialog``."""

    call_id: str
    inbound: bool
    far: Flow
    far_party: str
    worker_party: str
    far_target: str
    worker_id: str
    worker: Flow
    from_trunk: bool
    far_routes: tuple[str, ...]
    agent: str


_LINE: TypeAdapter[Kept | str] = TypeAdapter(Kept | str)


class Logbook:
    """Keeps ``file`` as the confirmed ones of ``dialogs`` are."""

    def __init__(self, file: Path, dialogs: Dialogs, clock: Clock) -> None:
        self._file = file
        self._dialogs = dialogs
        self._clock = clock
        self._kept: dict[str, Kept] = {}
        self._lines = 0
        self._out: int | None = None

    def read(self) -> list[Dialog]:
        """The dialogs of the front before this one. Lines that cannot be read are reported and left out."""
        try:
            if self._clock.wall() - self._file.stat().st_mtime > OLDEST_S:
                return []
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            log.warning("calls from before are not known: %s", error)
            return []
        found: dict[str, Dialog] = {}
        unread = 0
        for line in lines:
            try:
                entry = _LINE.validate_json(line)
                if isinstance(entry, str):
                    found.pop(entry, None)
                else:
                    found[entry.call_id] = _revived(entry)
            except (ValidationError, SipParseError):  # the last line, where the front died in the midst of it
                unread += 1
        if unread:
            log.warning("lines about calls from before that cannot be read: %d", unread)
        return list(found.values())

    def write(self) -> None:
        """Put down what changed. A disk that refuses is reported; calls go on."""
        lines = [line for call_id in self._dialogs.changes() if (line := self._line(call_id))]
        if not lines:
            return
        try:
            if self._out is None or self._lines > 2 * len(self._kept) + SPARE_LINES:
                self._begin_anew()
            else:
                os.write(self._out, b"".join(lines))
                self._lines += len(lines)
        except OSError as error:
            log.warning("calls would not survive a restart now: %s", error)
            self.close()  # there may be half a line

    def close(self) -> None:
        """The file stays as it is."""
        if self._out is not None:
            os.close(self._out)
            self._out = None

    def _line(self, call_id: str) -> bytes:
        """What is to be added about this dialog; nothing where it is known."""
        dialog = self._dialogs.get(call_id)
        now = _kept(dialog) if dialog is not None else None
        if now == self._kept.get(call_id):
            return b""
        if now is None:
            del self._kept[call_id]
            return _LINE.dump_json(call_id) + b"\n"
        self._kept[call_id] = now
        return _LINE.dump_json(now) + b"\n"

    def _begin_anew(self) -> None:
        """A new file with what is true now, whole or not at all."""
        draft = self._file.with_name(f".{self._file.name}.draft")
        out = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            os.write(out, b"".join(_LINE.dump_json(kept) + b"\n" for kept in self._kept.values()))
            draft.replace(self._file)
        except OSError:
            os.close(out)
            raise
        self.close()
        self._out, self._lines = out, len(self._kept)


def _kept(dialog: Dialog) -> Kept | None:
    """What is kept of it; None unless both ends talk."""
    if dialog.phase is not Phase.CONFIRMED or dialog.worker is None:
        return None
    return Kept(
        dialog.call_id,
        dialog.inbound,
        dialog.far,
        str(dialog.far_party),
        str(dialog.worker_party),
        dialog.far_target,
        dialog.worker_id,
        dialog.worker,
        dialog.from_trunk,
        dialog.far_routes,
        dialog.agent,
    )


def _revived(kept: Kept) -> Dialog:
    """The dialog again. Raises SipParseError."""
    return Dialog(
        kept.call_id,
        inbound=kept.inbound,
        far=kept.far,
        far_party=parse_name_addr(kept.far_party),
        worker_party=parse_name_addr(kept.worker_party),
        far_target=kept.far_target,
        phase=Phase.CONFIRMED,
        expires_at=0.0,
        worker_id=kept.worker_id,
        worker=kept.worker,
        from_trunk=kept.from_trunk,
        far_routes=kept.far_routes,
        worker_cseq=UNSEEN_CSEQ,
        agent=kept.agent,
        acked=True,
    )
