"""SIP messages out of a TCP stream. Pure; bytes in, whole messages out."""

from __future__ import annotations

import re

from voice.front.message import MAX_MESSAGE, SipParseError


class StreamFramer:
    """Cuts a TCP stream into messages by Content-Length (RFC 3261 18.3), holding at most one message.

    ``feed`` returns whole messages; ``b"\\r\\n\\r\\n"`` among them is a keep-alive ping (RFC 5626 4.4.1).
    Raises SipParseError where the stream can not be framed any more: close the connection.
    """

    PING = b"\r\n\r\n"
    PONG = b"\r\n"
    _LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,5})[ \t]*(?=\r\n)", re.IGNORECASE)

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0  # where the next frame begins: cutting each one off would copy the rest every time

    @property
    def empty(self) -> bool:
        """Whether no message has begun."""
        return not self._buffer

    def feed(self, data: bytes) -> list[bytes]:
        """Add what arrived."""
        self._buffer += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        self._buffer, self._at = self._buffer[self._at :], 0
        return frames

    def _next(self) -> bytes | None:
        if self._buffer.startswith(self.PING, self._at):
            self._at += len(self.PING)
            return self.PING
        if self._buffer.startswith(b"\r\n", self._at) and self._buffer[self._at + 2 : self._at + 3] not in (b"", b"\r"):
            self._at += 2  # a lone CRLF before a message is allowed (RFC 3261 7.5)
        end = self._buffer.find(self.PING, self._at)
        if end < 0:
            if len(self._buffer) - self._at > MAX_MESSAGE:
                raise SipParseError("no end of headers in the stream", 513)
            return None
        lengths = self._LENGTH.findall(self._buffer, self._at, end + 2)
        if len(lengths) != 1:
            raise SipParseError("a stream needs exactly one Content-Length")
        size = end + 4 + int(lengths[0]) - self._at
        if size > MAX_MESSAGE:
            raise SipParseError(f"{size} bytes; at most {MAX_MESSAGE}", 513)
        if len(self._buffer) - self._at < size:
            return None
        frame = self._buffer[self._at : self._at + size]
        self._at += size
        return frame
