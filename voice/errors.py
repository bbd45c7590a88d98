"""The error tree of callfloor (``hardware`` has its own, since it imports nothing from here).

CallfloorError
├── DocumentError          a file a person wrote is wrong: file, line, what, fix      (exit status 2)
├── AudioFormatError       a WAV or a stream is not what was asked for
├── SipParseError          bytes that are not a SIP message we accept                 (see voice.front.message)
├── PhoneError             the SIP stack refused: the reason is a PhoneFailure
└── BusError
    ├── BusClosedError     the bus was closed on our side
    ├── NoSuchAddressError nobody serves this command address
    ├── CommandTimeoutError the deadline passed without a reply
    └── CommandRefusedError the other side answered, with a reason
"""

from __future__ import annotations

from pathlib import Path


class CallfloorError(Exception):
    """Base of every error callfloor raises on purpose; ``str()`` is one line fit for a person."""


class DocumentError(CallfloorError):
    """A settings, flow, playbook or WAV file is wrong.

    ``file`` and ``line`` (1-based, None when it cannot be known) say where, ``what`` says what, ``fix`` says how
    to put it right. Command line programs print ``str(error)`` and exit with status 2.
    """

    def __init__(self, file: Path | str, line: int | None, what: str, fix: str) -> None:
        self.file = Path(file)
        self.line = line
        self.what = what
        self.fix = fix
        where = f"{file}:{line}" if line is not None else str(file)
        super().__init__(f"{where}: {what}. Fix: {fix}")


class AudioFormatError(CallfloorError):
    """Samples of the wrong rate, width or channel count."""


class BusError(CallfloorError):
    """Base of what can go wrong on the bus."""


class BusClosedError(BusError):
    """The bus was closed on our side; nothing more can be sent."""


class NoSuchAddressError(BusError):
    """No process serves the address the command was sent to."""


class CommandTimeoutError(BusError):
    """The deadline of a command passed without a reply; it may or may not have been carried out."""


class CommandRefusedError(BusError):
    """The other side answered the command with a refusal; ``str()`` is its reason."""
