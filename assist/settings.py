"""Settings of what agents are advised with: the section ``[assist]``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from assist.governance import BUDGET
from voice.settings import Section, Token, WebAddress

if TYPE_CHECKING:
    from assist.content import Content


class AssistSettings(Section):
    """``content``: a content directory of one's own instead of the built-in one. ``llm_url``: the base of an
    OpenAI-compatible endpoint (``http://127.0.0.1:11434/v1``) that words summaries anew, which takes ``llm_timeout_s``
    seconds at most; without it none is asked. ``hold_limit_s``: how long a customer may be on hold before page and
    cards say so; without it what the content's shortest hold rule says.
    ``cards_per_minute``: the budget of an agent's attention; critical cards and the next step come in any case, and
    count.
    """

    content: Path | None = None
    llm_url: WebAddress = ""
    llm_model: str = ""
    llm_key: Token = Field(default="", repr=False)
    llm_timeout_s: float = Field(default=8.0, gt=0.0, le=60.0)
    hold_limit_s: float | None = Field(default=None, gt=0.0, le=3600.0)
    cards_per_minute: int = Field(default=BUDGET, ge=1, le=20)

    def applied(self, content: Content) -> Content:
        """``content`` as the house wants it."""
        return content.with_hold_limit(self.hold_limit_s).with_budget(self.cards_per_minute)
