"""``[ivr]``: the flow callers go through and where its prompts are."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from voice.settings import Section

HERE = Path(__file__).parent


class IvrSettings(Section):
    """``ring_s``: how long a station rings; ``wrap_up_s``: time after a contact before the next one."""

    flow: Path = HERE / "flows" / "demo.yaml"
    prompts: Path = HERE / "audio" / "en"
    ring_s: float = Field(default=15.0, gt=0, le=120)
    wrap_up_s: float = Field(default=10.0, ge=0, le=3600)
