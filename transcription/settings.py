"""``[transcription]``: where the recognition server listens and what it recognises with."""

from __future__ import annotations

import ssl
from typing import Literal

from pydantic import Field

from transcription.sensitive import KINDS
from voice.settings import Section

Kind = Literal["digits", "card", "code", "expiry", "sort_code", "account", "phone", "email", "birth_date"]


class TranscriptionSettings(Section):
    """Port 0 asks the kernel for one. ``engine``: which recogniser; ``model``: the name of an installed model, or a
    path (empty: the engine's own); ``domain``: pocketsphinx only, a file of sentences such as may be said, one a line,
    whose words alone it then knows. ``max_streams``: channels
    decoded at once, two for each contact. ``certificate`` and ``key``: PEM files; with them the server speaks TLS only.
    ``redact``: the kinds of personal data that are kept out of transcript and recording. ``model_list``: where
    ``callfloor models get`` finds the list of published models (empty: Vosk's own); the archives lie beside it.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=2700, ge=0, le=65535)
    engine: Literal["vosk", "pocketsphinx"] = "vosk"
    model: str = ""
    domain: str = ""
    max_streams: int = Field(default=128, ge=2, le=2000)
    idle_s: float = Field(default=60.0, ge=1, le=3600)
    certificate: str = ""
    key: str = ""
    redact: tuple[Kind, ...] = KINDS
    model_list: str = ""

    def trust(self) -> ssl.SSLContext | None:
        """What clients of this house trust: the server's own certificate, which must name ``host``; None without TLS.

        Raises OSError (ssl.SSLError among them) where it cannot be read.
        """
        return ssl.create_default_context(cafile=self.certificate) if self.certificate else None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{'wss' if self.certificate else 'ws'}://{self.host}:{self.port}"
