"""Callers ask in words and hear the agents' knowledge base answer, over real SIP and RTP; a person is one key or one
word away, while the answer is spoken and before.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assist.demo.stage import CUSTOMER_HOST, Cast
from ivr.contacts import ContactEnded, ContactQueued, ContactTagged, PromptStarted
from tests.scenarios.fronts import BehindKamailio
from tests.scenarios.theatre import on_stage
from tests.sip.ends import RemoteEnd
from tests.transcription.speech import golden
from voice.phone import LegConnected, LegDisconnected, PhoneConfig

pytestmark = pytest.mark.live

CONTENT = Path(__file__).parents[1] / "golden" / "content" / "good"
ANSWER = "Thank you for calling Kestrel Broadband."  # the prompts that come with callfloor hold no better one
QUESTION = "Sorry, I did not get that."
FLOW = f"""
flow: self_service
slower: ""
start: ask
nodes:
  ask:
    verb: answer
    say: "{QUESTION}"
    notFound: "{QUESTION}"
    retries: 9
    personWords: [refund, a refund please]
    person: line
    next: wait
  wait: {{verb: pause, length: 60, next: line}}
  line: {{verb: enqueue, queue: support}}
"""
ARTICLE = f"""---
title: "Complaints"
owner: Service
review: 2099-01-01
aliases: [i want to speak to your supervisor, speak with a supervisor]
---
{ANSWER}
"""
TIMES = 4
"""How often a question is asked: the recogniser may not catch it the first time."""


class Asking:
    """A caller in the flow."""

    def __init__(self, cast: Cast, caller: RemoteEnd) -> None:
        self._cast = cast
        self._caller = caller
        self._before = len(cast.seen.envelopes)

    def since(self, kind: type) -> list[object]:
        """The events of this call."""
        return [seen.event for seen in self._cast.seen.envelopes[self._before :] if isinstance(seen.event, kind)]

    def questions(self) -> int:
        told = self.since(PromptStarted)
        return sum(isinstance(event, PromptStarted) and event.text == QUESTION for event in told)

    async def say(self, name: str, until: Callable[[], bool], what: str) -> None:
        """Say it when asked, until it is understood."""
        for time in range(1, TIMES + 1):
            await self._cast.seen.until(lambda: until() or self.questions() >= time, "the question", 30.0)  # noqa: B023
            if until():
                return
            await self._caller.do("add_recording", f"{name}-{time}", base64.b64encode(golden(name)[0]).decode())
            await self._caller.do("set_paths", [(f"{name}-{time}", "leg:call", 1.0)])
        await self._cast.seen.until(until, what, 30.0)

    async def press(self, key: str) -> None:
        await self._caller.do("send_digits", "call", key)

    async def queued(self) -> None:
        await self._cast.seen.until(lambda: bool(self.since(ContactQueued)), "the queue")

    async def hang_up(self) -> None:
        await self._caller.do("hang_up", "call")
        await self._caller.expect(LegDisconnected)  # only then may another leg have its name
        await self._cast.seen.until(lambda: bool(self.since(ContactEnded)), "the end")


async def call(cast: Cast, caller: RemoteEnd) -> Asking:
    asking = Asking(cast, caller)
    await caller.do("dial", "call", f"sip:100@{cast.sip}")
    await caller.expect(LegConnected)
    return asking


async def by_key_while_the_answer_is_spoken(asking: Asking) -> None:
    def answered() -> bool:
        return any(isinstance(event, PromptStarted) and event.text == ANSWER for event in asking.since(PromptStarted))

    await asking.say("supervisor", answered, "the answer")
    assert ContactTagged("answer", "complaints") in asking.since(ContactTagged)
    await asking.press("0")
    await asking.queued()
    await asking.hang_up()


async def by_word_before_any_question(asking: Asking) -> None:
    await asking.say("refund", lambda: bool(asking.since(ContactQueued)), "the queue")
    assert not asking.since(ContactTagged)
    await asking.hang_up()


def test_a_question_is_answered_and_a_person_is_never_far(tmp_path: Path, any_gate: BehindKamailio | None) -> None:
    content, flow = tmp_path / "content", tmp_path / "flow.yaml"
    shutil.copytree(CONTENT, content)
    (content / "knowledge").mkdir()
    (content / "knowledge" / "complaints.md").write_text(ARTICLE)
    flow.write_text(FLOW)
    assist = f"\n[assist]\ncontent = {json.dumps(str(content))}\n"

    async def main() -> None:
        async with on_stage(tmp_path, flow=flow, more=assist, gate=any_gate) as cast:
            caller = RemoteEnd(PhoneConfig(host=CUSTOMER_HOST, rtp_host=CUSTOMER_HOST, codecs=("PCMU/8000",)))
            await caller.open()
            try:
                await caller.do("start")
                await by_key_while_the_answer_is_spoken(await call(cast, caller))
                await by_word_before_any_question(await call(cast, caller))
            finally:
                await caller.shut()

    asyncio.run(main())
