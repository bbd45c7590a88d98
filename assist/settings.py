"""Settings of what agents are advised with: the section ``[assist]``."""

from __future__ import annotations

from pathlib import Path

from voice.settings import Section


class AssistSettings(Section):
    """``content``: a content directory of one's own instead of the built-in one."""

    content: Path | None = None
