"""Messages for the tests, from text files with plain line ends."""

from __future__ import annotations

from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden" / "sip"


def wire(text: str) -> bytes:
    """As on the wire: CRLF."""
    return text.replace("\n", "\r\n").encode()


def good(name: str) -> bytes:
    return wire((GOLDEN / "good" / f"{name}.txt").read_text())


def bad(path: Path) -> tuple[bytes, str, str]:
    """(message, expected status or "silence", part of the expected reason); the first line of the file says it."""
    first, _, text = path.read_text().partition("\n")
    status, _, reason = first.removeprefix("# ").partition(": ")
    return wire(text), status, reason
