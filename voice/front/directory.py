"""All dialogs the front remembers: by Call-ID and by worker, bounded, forgotten in time. Pure."""

from __future__ import annotations

from voice.front.agenda import Agenda
from voice.front.dialogs import Dialog, Phase
from voice.front.flows import Effect, Flow


class Dialogs:
    """At most ``most`` of them. A confirmed one lives as long as its worker; the others until ``expires_at``."""

    def __init__(self, most: int, agenda: Agenda) -> None:
        self._most = most
        self._agenda = agenda
        self._by_call_id: dict[str, Dialog] = {}
        self._by_worker: dict[str, dict[str, Dialog]] = {}
        self._waiting: dict[str, Dialog] = {}
        self._changed: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._by_call_id)

    @property
    def full(self) -> bool:
        """Whether there is no room for another."""
        return len(self._by_call_id) >= self._most

    def get(self, call_id: str) -> Dialog | None:
        """The dialog of that Call-ID."""
        return self._by_call_id.get(call_id)

    def of(self, worker_id: str) -> list[Dialog]:
        """The dialogs of a worker."""
        return list(self._by_worker.get(worker_id, {}).values())

    def at(self, far: Flow) -> list[Dialog]:
        """The dialogs with that far end."""
        return [dialog for dialog in self._by_call_id.values() if dialog.far == far]

    def waiting(self) -> list[Dialog]:
        """Those that wait for a worker, longest first."""
        return [dialog for dialog in self._waiting.values() if dialog.phase is Phase.WAITING]

    def add(self, dialog: Dialog) -> None:
        """Remember it, in place of an ended one of the same Call-ID."""
        old = self._by_call_id.get(dialog.call_id)
        if old is not None:
            self._remove(old)
        self._by_call_id[dialog.call_id] = dialog
        if dialog.phase is Phase.WAITING:
            self._waiting[dialog.call_id] = dialog
        self.keep(dialog, dialog.expires_at)

    def give(self, dialog: Dialog, worker_id: str) -> None:
        """It belongs to that worker now."""
        self._waiting.pop(dialog.call_id, None)
        dialog.worker_id = worker_id
        self._by_worker.setdefault(worker_id, {})[dialog.call_id] = dialog

    def changes(self) -> list[str]:
        """The Call-IDs of those that were touched, ended or forgotten since the last time this was asked."""
        changed, self._changed = list(self._changed), {}
        return changed

    def touch(self, dialog: Dialog) -> None:
        """It was confirmed, or its far end has moved."""
        self._changed[dialog.call_id] = None

    def end(self, dialog: Dialog, expires_at: float) -> None:
        """It is over; kept until ``expires_at`` for retransmissions."""
        dialog.phase = Phase.ENDED
        self.touch(dialog)
        self.keep(dialog, expires_at)

    def keep(self, dialog: Dialog, expires_at: float) -> None:
        """Forget it then."""
        dialog.expires_at = expires_at
        self._agenda.at(expires_at, lambda now: self._expire(dialog, now))

    def _expire(self, dialog: Dialog, now: float) -> list[Effect]:
        if self._by_call_id.get(dialog.call_id) is dialog:
            alive = dialog.phase is Phase.CONFIRMED and not dialog.lost
            if not alive and now >= dialog.expires_at:
                self._remove(dialog)
        return []

    def _remove(self, dialog: Dialog) -> None:
        del self._by_call_id[dialog.call_id]
        self.touch(dialog)
        self._waiting.pop(dialog.call_id, None)
        own = self._by_worker.get(dialog.worker_id, {})
        own.pop(dialog.call_id, None)
        if not own:
            self._by_worker.pop(dialog.worker_id, None)
