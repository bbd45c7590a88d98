"""``[transcription]``: where the recognition server listens and what it recognises with."""

from __future__ import annotations

from pydantic import Field

from voice.settings import Section


class TranscriptionSettings(Section):
    """Port 0 asks the kernel for one. ``model``: the name of an installed model, or a path."""

    host: str = "127.0.0.1"
    port: int = Field(default=2700, ge=0, le=65535)
    model: str = "demo-en-8k"
    max_contacts: int = Field(default=64, ge=1, le=1000)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://{self.host}:{self.port}"
