"""The encrypted recording, as bytes. Pure: no files here.

A recording is a header and chunks. Header: ``CFREC2\\n``, a 4-byte length, then JSON (contact id, rate, channels, a
random recording id). Chunk: a 4-byte length, a 12-byte nonce, AES-256-GCM ciphertext with its tag (NIST SP 800-38D).
Each recording has a key of its own, derived from the house's and the header (HKDF-SHA256, RFC 5869): nonces are random,
of which one key takes 2**32 (SP 800-38D section 8.3), and a large house records as many chunks in two years.
The additional data of each chunk is the SHA-256 of the header and the chunk's index, so a chunk that was moved, left
out or taken from another recording does not decrypt. Plaintext: one byte kind (``A`` interleaved int16 little-endian
samples, ``M`` JSON of a silenced span, ``E`` the end), then the payload. Without ``E`` the recording is incomplete.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from voice.audio import wav_bytes
from voice.errors import CallfloorError

MAGIC = b"CFREC2\n"
KEY_BYTES = 32
_NOTED = re.compile(r"callfloor contact (\S+) from (\d+\.\d{3}) s")
_NONCE = 12
_LENGTH = struct.Struct(">I")
_MAX_CHUNK = 16 * 1024 * 1024


class RecordingError(CallfloorError):
    """Not a recording, another key's recording, or one that was altered."""


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """``channels``: the parties, left to right; ``rate``: Hz; ``recording_id``: random hex, one per recording;
    ``start_s``: contact second of the first sample.
    """

    contact_id: str
    rate: int
    channels: tuple[str, ...]
    recording_id: str
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SilencedSpan:
    """``channel`` was replaced by silence from ``start_s`` to ``end_s`` (contact seconds).

    ``reason``: a redaction's kind (``card``, ``code``, ``digits``), or ``undecided``: the recogniser was not in time.
    """

    channel: str
    start_s: float
    end_s: float
    reason: str


class RecordingWriter:
    """Makes the bytes of one recording, in order; the caller writes them."""

    def __init__(self, header: RecordingHeader, key: bytes) -> None:
        body = json.dumps(asdict(header), separators=(",", ":")).encode()
        self.header = MAGIC + _LENGTH.pack(len(body)) + body
        self._begin(key, 0)

    @classmethod
    def resumed(cls, data: bytes, key: bytes) -> tuple[RecordingWriter, Recording, int]:
        """Goes on where ``data``, a recording without its end, breaks off: its writer, what it holds, and the byte from
        which on to write (a chunk that was cut short is overwritten). Raises RecordingError.
        """
        recording, chunks, position = _walk(data, key)
        if recording.complete:
            raise RecordingError("the recording is complete")
        writer = cls(recording.header, key)
        writer.header = data[: _header(data)[1]]
        writer._begin(key, chunks)
        return writer, recording, position

    def _begin(self, key: bytes, index: int) -> None:
        self._binding = hashlib.sha256(self.header).digest()
        self._cipher, self._index = _cipher(key, self._binding), index

    def audio(self, pcm: bytes) -> bytes:
        """A chunk of interleaved samples."""
        return self._chunk(b"A" + pcm)

    def silenced(self, span: SilencedSpan) -> bytes:
        """A chunk that marks silence put in place of sound."""
        return self._chunk(b"M" + json.dumps(asdict(span), separators=(",", ":")).encode())

    def end(self) -> bytes:
        """The last chunk."""
        return self._chunk(b"E")

    def _chunk(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, plain, self._binding + _LENGTH.pack(self._index))
        self._index += 1
        return _LENGTH.pack(len(nonce) + len(sealed)) + nonce + sealed


@dataclass(frozen=True)
class Recording:
    """A recording read back. ``pcm``: interleaved int16 little-endian; ``complete``: its end was written (False: the
    process died or the disk was full; everything up to there is here).
    """

    header: RecordingHeader
    pcm: bytes
    silenced: tuple[SilencedSpan, ...]
    complete: bool

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / (2 * len(self.header.channels) * self.header.rate)

    def wav(self) -> bytes:
        """It as a WAV that says of which contact it is, and from which second on: see ``noted``."""
        header = self.header
        comment = f"callfloor contact {header.contact_id} from {header.start_s:.3f} s"
        return wav_bytes(self.pcm, header.rate, len(header.channels), comment)


def noted(comment: str) -> tuple[str, float] | None:
    """The contact's id and its second at which the sound begins, out of the comment of a WAV of ours."""
    found = _NOTED.fullmatch(comment)
    return (found[1], float(found[2])) if found else None


def parse(data: bytes, key: bytes) -> Recording:
    """Decrypt the bytes of a recording. A chunk cut short by a crash ends it. Raises RecordingError."""
    return _walk(data, key)[0]


def _walk(data: bytes, key: bytes) -> tuple[Recording, int, int]:
    """The recording, how many chunks it has, and where the last one ends."""
    header, position = _header(data)
    binding = hashlib.sha256(data[:position]).digest()
    cipher = _cipher(key, binding)
    audio: list[bytes] = []
    spans: list[SilencedSpan] = []
    index, complete = 0, False
    while not complete and (sealed := _sealed(data, position)) is not None:
        position += _LENGTH.size + len(sealed)
        plain = _open(cipher, sealed, binding + _LENGTH.pack(index), index)
        index += 1
        match plain[:1]:
            case b"A":
                audio.append(plain[1:])
            case b"M":
                spans.append(SilencedSpan(**json.loads(plain[1:])))
            case b"E":
                complete = True
            case _:
                raise RecordingError(f"chunk {index - 1} is of no kind this version knows")
    if complete and position != len(data):
        raise RecordingError("something was appended after the recording's end")
    return Recording(header, b"".join(audio), tuple(spans), complete), index, position


def _header(data: bytes) -> tuple[RecordingHeader, int]:
    start = len(MAGIC) + _LENGTH.size
    if not data.startswith(MAGIC) or len(data) < start:
        raise RecordingError("not a callfloor recording")
    (size,) = _LENGTH.unpack_from(data, len(MAGIC))
    try:
        fields = json.loads(data[start : start + size])
        header = RecordingHeader(**{**fields, "channels": tuple(fields["channels"])})
    except (ValueError, TypeError, KeyError):
        raise RecordingError("the recording's header is damaged") from None
    return header, start + size


def _sealed(data: bytes, position: int) -> bytes | None:
    """The next chunk's nonce and ciphertext; None where the file ends, within a chunk or not."""
    if position + _LENGTH.size > len(data):
        return None
    (size,) = _LENGTH.unpack_from(data, position)
    if not _NONCE < size <= _MAX_CHUNK:
        raise RecordingError("a chunk's length is damaged")
    chunk = data[position + _LENGTH.size : position + _LENGTH.size + size]
    return chunk if len(chunk) == size else None


def _open(cipher: AESGCM, sealed: bytes, bound: bytes, index: int) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except InvalidTag:
        raise RecordingError(f"chunk {index} does not decrypt: another key, or the recording was altered") from None


def _cipher(key: bytes, binding: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise RecordingError(f"a recording key is {KEY_BYTES} bytes, not {len(key)}")
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=b"callfloor recording " + binding).derive(key))
