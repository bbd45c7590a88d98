"""Settings of what agents are advised with: the section ``[assist]``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from voice.settings import Section, Token, WebAddress


class AssistSettings(Section):
    """``content``: a content directory of one's own instead of the built-in one. ``llm_url``: the base of an
    OpenAI-compatible endpoint (``http://127.0.0.1:11434/v1``) that words summaries anew, which takes ``llm_timeout_s``
    seconds at most; without it none is asked. ``hold_limit_s``: how long a customer may be on hold before page and
    cards say so; without it what the content's shortest hold rule says.
    """

    content: Path | None = None
    llm_url: WebAddress = ""
    llm_model: str = ""
    llm_key: Token = Field(default="", repr=False)
    llm_timeout_s: float = Field(default=8.0, gt=0.0, le=60.0)
    hold_limit_s: float | None = Field(default=None, gt=0.0, le=3600.0)
