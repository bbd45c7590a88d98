"""The zygote's side of its Unix socket: fronts are told of every worker, and say which one got a contact."""

from __future__ import annotations

import json
import selectors
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from voice.claims import is_order

MAX_FRONTS = 4

MAX_LINE = 4096
MAX_UNTOLD = 256

Message = dict[str, object]


@dataclass
class _Front:
    connection: socket.socket
    buffer: bytes = b""


class Fronts:
    """Connections of ``listener``, read by ``selector``; its keys' data are called when something is there.

    Each is sent ``listing()`` first, after the ends of workers that no front was there to hear of (of which the last
    256 are kept). ``assign(worker_id, order)`` carries out what a front says.
    """

    def __init__(
        self,
        listener: socket.socket,
        selector: selectors.BaseSelector,
        listing: Callable[[], list[Message]],
        assign: Callable[[str, str], None],
    ) -> None:
        self._listener = listener
        self._selector = selector
        self._listing = listing
        self._assign = assign
        self._fronts: dict[int, _Front] = {}
        self._untold: deque[Message] = deque(maxlen=MAX_UNTOLD)

    @property
    def connections(self) -> list[socket.socket]:
        """The open ones."""
        return [front.connection for front in self._fronts.values()]

    def accept(self) -> None:
        """A front connects."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._fronts) >= MAX_FRONTS:
            connection.close()
            return
        connection.setblocking(False)
        number = connection.fileno()
        self._fronts[number] = _Front(connection)
        self._selector.register(connection, selectors.EVENT_READ, partial(self._read, number))
        while self._untold and number in self._fronts:
            self.tell(self._untold.popleft(), only=number)
        self.tell({"type": "workers", "workers": self._listing()}, only=number)

    def ended(self, worker_id: str, reason: str) -> None:
        """A worker ended; kept for the next front where there is none."""
        message: Message = {"type": "ended", "id": worker_id, "reason": reason}
        if self._fronts:
            self.tell(message)
        else:
            self._untold.append(message)

    def tell(self, message: Message, only: int | None = None) -> None:
        """To the fronts. One that does not keep up is dropped: it connects again and gets the whole list."""
        line = json.dumps(message).encode() + b"\n"
        for number, front in list(self._fronts.items()):
            if only is None or number == only:
                try:
                    whole = front.connection.send(line) == len(line)
                except OSError:
                    whole = False
                if not whole:
                    self._drop(number)

    def close(self) -> None:
        """All of them."""
        for number in list(self._fronts):
            self._drop(number)

    def _read(self, number: int) -> None:
        front = self._fronts.get(number)
        if front is None:
            return  # dropped in this same round of the selector
        try:
            data = front.connection.recv(MAX_LINE)
        except BlockingIOError:
            return  # a new connection got the number of one dropped in this round
        except OSError:
            data = b""
        front.buffer += data
        *lines, front.buffer = front.buffer.split(b"\n")
        if not data or len(front.buffer) > MAX_LINE or not all(map(self._command, lines)):
            self._drop(number)

    def _command(self, line: bytes) -> bool:
        """Carry out one line of a front; False: it is not one we understand."""
        try:
            message = json.loads(line)
            kind, worker_id, order = message["type"], message["id"], message.get("order", "")
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        if kind != "assign" or not isinstance(worker_id, str) or not is_order(order):
            return False
        self._assign(worker_id, order)
        return True

    def _drop(self, number: int) -> None:
        front = self._fronts.pop(number)
        self._selector.unregister(front.connection)
        front.connection.close()
