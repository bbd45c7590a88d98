"""Summaries in a language model's words, from any OpenAI-compatible endpoint of the house (``POST /chat/completions``).

An extra, never waited for: the draft of the template is on the desk already. What is sent is redacted of every kind
there is, also where the house shows some to its own agents; what comes back is marked as generated. Late, failed or
superfluous answers are left out and logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from assist.settings import AssistSettings
from assist.summary import ContactSummary
from transcription.redaction import Redactor
from transcription.utterances import Word
from voice.bus.base import Recent
from voice.events import Event

log = logging.getLogger(__name__)

AT_ONCE = 4
MOST_SAID = 12_000
"""Characters of the talk that are sent, the end of it."""
MOST_WORDS = 600
"""Characters of an answer that are shown."""
_WORD_S = 0.001
_TASK = (
    "Sum up this call of a customer to a call centre in at most three short sentences for the next agent: what the"
    " customer wanted, what was done, what is open. Use only what is in the call. Plain text."
)


@dataclass(frozen=True, slots=True)
class SummaryWorded(Event):
    """A language model's wording of a contact's summary. ``text`` is generated, by ``model``, for ``agent``'s part."""

    type: ClassVar[str] = "contact.summary_worded"
    agent: str
    text: str
    model: str


class _Message(BaseModel):
    content: str = Field(min_length=1)


class _Choice(BaseModel):
    message: _Message


class _Answer(BaseModel):
    choices: tuple[_Choice, ...] = Field(min_length=1)


def withheld(said: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What was said (party, words) a line each, of which nothing personal of ``transcription.sensitive.KINDS`` is left.
    Nobody knows here when it was said: an answer is taken to follow its question.
    """
    redactor = Redactor()
    for at_s, (party, text) in enumerate(said):
        spoken = [(word, at_s + _WORD_S * index) for index, word in enumerate(text.split())]
        words = [Word(word, start_s, start_s, 1.0) for word, start_s in spoken]
        yield f"{party}: {redactor.final(party, words).text}"


class Wordsmith:
    """Asks the endpoint of ``settings``, at most AT_ONCE questions at a time; ``dropped`` counts those not asked."""

    def __init__(self, settings: AssistSettings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._asking = 0
        self._asked = Recent(1000)
        self.dropped = 0

    async def word(self, summary: ContactSummary, said: Iterable[tuple[str, str]]) -> SummaryWorded | None:
        """``said``: (party, redacted words), in order. None where there is no answer in time. Once for each
        agent's part of a contact: a draft that is drafted again, or edited, is not worded again.
        """
        if not self._asked.add(f"{summary.contact_id}:{summary.agent}"):
            return None
        if self._asking >= AT_ONCE:
            self.dropped += 1
            log.warning("contact %s: %d summaries are being worded, this one is not", summary.contact_id, AT_ONCE)
            return None
        self._asking += 1
        try:
            async with asyncio.timeout(self._settings.llm_timeout_s):  # httpx's is of each read: one may drip for ever
                text = await self._ask("\n".join(withheld(said))[-MOST_SAID:])
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            log.warning("contact %s: no wording from %s: %r", summary.contact_id, self._settings.llm_url, error)
            return None
        finally:
            self._asking -= 1
        return SummaryWorded(summary.agent, text[:MOST_WORDS], self._settings.llm_model)

    async def _ask(self, talk: str) -> str:
        settings = self._settings
        messages = [{"role": "system", "content": _TASK}, {"role": "user", "content": talk}]
        response = await self._client.post(
            f"{settings.llm_url.rstrip('/')}/chat/completions",
            json={"model": settings.llm_model, "messages": messages, "temperature": 0, "max_tokens": 200},
            headers={"Authorization": f"Bearer {settings.llm_key}"} if settings.llm_key else {},
            timeout=settings.llm_timeout_s,
        )
        response.raise_for_status()
        return " ".join(_Answer.model_validate_json(response.content).choices[0].message.content.split())
