"""``[transcription]``: where the recognition server listens and what it recognises with."""

from __future__ import annotations

from pydantic import Field

from voice.settings import Section


class TranscriptionSettings(Section):
    """Port 0 asks the kernel for one. ``model``: the name of an installed model, or a path. ``max_streams``: channels
    decoded at once, two for each contact. ``certificate`` and ``key``: PEM files; with them the server speaks TLS only.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=2700, ge=0, le=65535)
    model: str = "demo-en-8k"
    max_streams: int = Field(default=128, ge=2, le=2000)
    idle_s: float = Field(default=60.0, ge=1, le=3600)
    certificate: str = ""
    key: str = ""

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{'wss' if self.certificate else 'ws'}://{self.host}:{self.port}"
