"""A practice call by telephone: the whole house, the customer's mind behind a telephone, the trainee at her station."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from assist.content import load_content
from assist.demo.stage import THINKING_S, Audience, Cast, stage
from assist.journal import Journal
from assist.practice.debrief import Debrief, Judge, debrief
from assist.practice.mind import AgentSaid, AgentSpeaks, Connected, Effect, Happening, LineSpoken, Mind, Say, TimePassed
from assist.practice.persona import Persona
from assist.practice.speech import render
from assist.quality.spec import load_scorecard
from assist.store import Store
from assist.vocabulary import EVENTS
from transcription.utterances import UtteranceFinal, UtterancePartial
from voice.errors import CallfloorError

TRAINEE = "assist.practice.trainee"
FREE_S, ANSWER_S = 600.0, 180.0
"""How long she may take to become available, and to answer."""


class NoContactError(CallfloorError):
    """Nobody answered, her station ended, or the contact is not in the log: nothing to look back on."""


class Call:
    """The customer in one call, between her mind and what is seen of the house. Seconds count from the offer."""

    def __init__(self, cast: Cast, mind: Mind, lines: Mapping[str, Path]) -> None:
        self._cast = cast
        self._mind = mind
        self._lines = lines
        self._read = 0
        self._turn = 0
        self._told = 0
        self._hung_up = False

    async def converse(self) -> None:
        """From the agent's answer until somebody hangs up."""
        self._carry_out(self._mind.handle(Connected(), self._now()))
        while not (self._hung_up or self._cast.seen.ended):
            for happening in self._news():
                self._carry_out(self._mind.handle(happening, self._now()))
            due = self._mind.next_due()
            if due is not None and due <= self._now():
                self._carry_out(self._mind.handle(TimePassed(), self._now()))
            else:
                await self._wait(due)

    async def _wait(self, due: float | None) -> None:
        """Until there are news, or it is time."""
        with contextlib.suppress(TimeoutError):
            wait_s = 60.0 if due is None else due - self._now()
            await self._cast.seen.until(lambda: self._is_news() or self._cast.seen.ended is not None, "news", wait_s)

    def _is_news(self) -> bool:
        seen = self._cast.seen
        return len(seen.envelopes) > self._read or len(seen.reports) > self._told

    def _news(self) -> Iterator[Happening]:
        seen = self._cast.seen
        told, self._told = seen.reports[self._told :], len(seen.reports)
        for party, report in told:
            if party == "caller" and report["event"] == "spoken":
                yield LineSpoken()
        fresh, self._read = seen.envelopes[self._read :], len(seen.envelopes)
        for envelope in fresh:
            match envelope.event:
                case UtterancePartial(party="agent", start_s=start_s):
                    yield AgentSpeaks(start_s)
                case UtteranceFinal(party="agent", text=text):
                    yield AgentSaid(text)

    def _carry_out(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Say):
                self._turn += 1
                self._cast.customer.order("play", turn=self._turn, file=str(self._lines[effect.line]))
            else:
                self._hung_up = True

    def _now(self) -> float:
        return time.monotonic() - self._cast.seen.offered_at


async def practise(persona: Persona, state_dir: Path, audience: Audience) -> Debrief:
    """One practice call from start to debrief. Raises SynthesisError, NoContactError."""
    audience.status(f"the customer learns her lines: {persona.title}")
    lines = await asyncio.to_thread(render, tuple(persona.lines()), persona.voices, state_dir / "practice")
    mind = Mind(persona)
    trouble: NoContactError | None = None
    async with stage(state_dir, audience, number=persona.number, agent=TRAINEE) as cast:
        try:
            await attend(cast, mind, lines)
        except NoContactError as error:  # raised below, so that it leaves the stage alone and not in a group
            trouble = error
        contact_id = cast.seen.contact_id
    if trouble is not None:
        raise trouble
    return await look_back(mind, state_dir / "callfloor.db", contact_id)


async def attend(cast: Cast, mind: Mind, lines: Mapping[str, Path]) -> None:
    """The call, as long as the trainee has a station. Raises NoContactError where she has none or does not answer."""
    station = asyncio.create_task(cast.agent.process.wait())
    call = asyncio.create_task(_reach_and_converse(cast, mind, lines))
    try:
        await asyncio.wait((station, call), return_when=asyncio.FIRST_COMPLETED)
        if not call.done():
            raise NoContactError("your station could not go on; it has said why above")
        await call
    except TimeoutError as error:
        raise NoContactError(str(error)) from None
    finally:
        for task in (station, call):
            task.cancel()
        await asyncio.gather(station, call, return_exceptions=True)


async def _reach_and_converse(cast: Cast, mind: Mind, lines: Mapping[str, Path]) -> None:
    await reach(cast, mind.persona)
    await converse(cast, mind, lines)


async def reach(cast: Cast, persona: Persona) -> None:
    """Call and go through the menu; returns when the agent has answered."""
    await cast.dial(FREE_S)
    await cast.choose(persona.choice)
    await cast.seen.until(lambda: cast.seen.answered, "the agent to answer", ANSWER_S)


async def converse(cast: Cast, mind: Mind, lines: Mapping[str, Path]) -> None:
    """Talk and hang up; returns when the contact is closed and its summary drafted."""
    await Call(cast, mind, lines).converse()
    await asyncio.sleep(THINKING_S)
    await cast.hang_up()


async def look_back(mind: Mind, database: Path, contact_id: str) -> Debrief:
    """The debrief, from what the floor has stored. Raises NoContactError, StoreError."""
    store = await Store.open(f"sqlite+aiosqlite:///{database}")
    try:
        log = await Journal(store, EVENTS).of_contact(contact_id)
        summary = await store.summary_of(contact_id)
        customer = await store.find_customer(mind.persona.number)
    finally:
        await store.close()
    if summary is None:
        raise NoContactError(f"contact {contact_id!r} has no summary: was it answered?")
    content = load_content()
    return debrief(mind, log, summary, Judge(content, load_scorecard(content), customer))
