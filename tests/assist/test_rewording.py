from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager

import httpx
import pytest

from assist.rewording import AT_ONCE, SummaryWorded, Wordsmith, withheld
from assist.settings import AssistSettings
from tests.assist_web.kept_house import summary

SETTINGS = AssistSettings(llm_url="http://llm.house/v1/", llm_model="small", llm_key="k", llm_timeout_s=1.0)
SAID = (("agent", "hello"), ("caller", "my card is ▪▪▪▪"))
Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


@contextmanager
def house(handler: Handler, settings: AssistSettings = SETTINGS) -> Iterator[Wordsmith]:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    try:
        yield Wordsmith(settings, client)
    finally:
        asyncio.run(client.aclose())


def says(text: str) -> httpx.Response:
    return httpx.Response(200, json={"choices": [{"message": {"role": "assistant", "content": text}}]})


def test_the_redacted_talk_is_sent_and_the_answer_marked_with_its_model() -> None:
    asked: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return says(" A bill\n was wrong. ")

    with house(answer) as wordsmith:
        worded = asyncio.run(wordsmith.word(summary("c1", "anna"), SAID))
    assert worded == SummaryWorded("anna", "A bill was wrong.", "small")
    (request,) = asked
    assert (str(request.url), request.headers["Authorization"]) == ("http://llm.house/v1/chat/completions", "Bearer k")
    body = json.loads(request.content)
    assert body["model"] == "small"
    assert body["messages"][1]["content"] == "agent: hello\ncaller: my card is ▪▪▪▪"


def test_nothing_personal_is_sent_though_the_house_shows_it_to_its_agents() -> None:
    said = (
        ("agent", "what is your card number"), ("caller", "four one one one"), ("caller", "one two three four five"),
        ("caller", "or write to bo at example dot com"), ("agent", "that was two days ago"),
    )  # fmt: skip
    card, rest, mail, harmless = list(withheld(said))[1:]
    assert card == "caller: [card]"
    assert not set(rest.split()) & {"one", "two", "three", "four", "five"}
    assert mail == "caller: or write to [email]"
    assert harmless == "agent: that was two days ago"


@pytest.mark.parametrize(
    "reply",
    [httpx.Response(500), httpx.Response(200, text="<html>"), httpx.Response(200, json={"choices": []})],
    ids=["error", "not JSON", "empty"],
)
def test_what_is_no_answer_is_left_out(reply: httpx.Response) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply

    with house(answer) as wordsmith:
        assert asyncio.run(wordsmith.word(summary("c1", "anna"), SAID)) is None


def test_an_answer_that_drips_is_left_out_when_its_time_is_over() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=drip())

    with house(answer, SETTINGS.model_copy(update={"llm_timeout_s": 0.05})) as wordsmith:
        assert asyncio.run(wordsmith.word(summary("c1", "anna"), SAID)) is None


def test_a_late_answer_is_left_out() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too late", request=request)

    with house(answer) as wordsmith:
        assert asyncio.run(wordsmith.word(summary("c1", "anna"), SAID)) is None


def test_a_part_is_worded_once_and_few_at_a_time() -> None:
    async def main() -> None:
        gate, asked = asyncio.Event(), 0

        async def answer(request: httpx.Request) -> httpx.Response:
            nonlocal asked
            asked += 1
            await gate.wait()
            return says("so it was")

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client, asyncio.TaskGroup() as group:
            wordsmith = Wordsmith(SETTINGS, client)
            names = [*range(AT_ONCE), 0, 99]
            tasks = [group.create_task(wordsmith.word(summary(f"c{name}", "anna"), SAID)) for name in names]
            again, too_many = tasks[AT_ONCE:]
            assert await again is None
            assert await too_many is None
            gate.set()
        assert (asked, wordsmith.dropped) == (AT_ONCE, 1)
        assert all(task.result() is not None for task in tasks[:AT_ONCE])

    asyncio.run(main())
