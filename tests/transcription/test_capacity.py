"""What bench.capacity compares: the calls, the plain server, and both ways to send a call."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
import vosk
from websockets.asyncio.client import connect

from bench import dialogue, plain_server
from bench.capacity import Measured, Pacer, call_contact, call_vosk
from tests.transcription.vosk_clients import EXAMPLES, Conversation
from transcription import g711
from transcription.engines.vosk import VoskEngine
from transcription.evaluate import word_errors
from transcription.models import find_model
from transcription.server import ServerConfig, TranscriptionServer


@pytest.mark.parametrize("talk", [(0.25, 0.30), (0.45, 0.45)])
def test_a_call_has_the_talk_it_should(talk: tuple[float, float]) -> None:
    legs = dialogue.call(60, talk, seed=3)
    for leg, wanted in zip(legs, talk, strict=True):
        assert leg.talk == pytest.approx(wanted, abs=0.04)
        assert len(leg.pcm) == 60 * 2 * dialogue.RATE
        samples = np.frombuffer(leg.pcm, "<i2")
        frames = np.abs(samples.astype(float)).reshape(-1, 160).max(axis=1)
        assert (frames > 300).mean() == pytest.approx(leg.talk, abs=0.08), "pauses within turns are quiet, too"
        assert (samples == 0).mean() < 0.7, "a line is never digital silence"
        assert len(leg.text.split()) > 20
    assert dialogue.call(60, talk, seed=3) == legs
    assert dialogue.call(60, talk, seed=4) != legs


def test_babble_lies_behind_everything() -> None:
    plain, _ = dialogue.call(20, (0.25, 0.3), seed=1)
    noisy, _ = dialogue.call(20, (0.25, 0.3), seed=1, babble=True)

    def loud(leg: dialogue.Leg) -> float:
        return float((np.abs(np.frombuffer(leg.pcm, "<i2")) > 100).mean())

    assert loud(noisy) > 0.5 > loud(plain)


def test_too_much_talk_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        dialogue.call(20, (0.99, 0.1), seed=1)


def test_every_code_of_mu_law_survives_encoding() -> None:
    codes = np.array([code for code in range(256) if code != 0x7F], dtype=np.uint8)  # 0x7F and 0xFF both are zero
    assert dialogue.to_mu_law(g711.MU_LAW[codes]) in (codes.tobytes(), codes.tobytes().replace(b"\xff", b"\x7f"))


@pytest.fixture(scope="module")
def model() -> Any:
    """As it lies on disk: with the graphs that grammars need."""
    vosk.SetLogLevel(-1)
    return vosk.Model(str(find_model("demo-en-8k").path))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_the_plain_server_serves_vosk_servers_clients(model: Any, example: Conversation) -> None:
    """So what it is compared with is the protocol as clients know it, not a shadow of it."""

    async def main() -> None:
        server = await plain_server.start(model)
        port = next(iter(server.sockets)).getsockname()[1]
        async with asyncio.timeout(20), connect(f"ws://127.0.0.1:{port}") as socket:
            await example(socket)
        server.close()
        await server.wait_closed()

    asyncio.run(main())


@pytest.mark.parametrize("talk", [call_contact, call_vosk])
def test_both_ways_of_sending_a_call_bring_its_words(talk: Any) -> None:
    engine = VoskEngine(find_model("demo-en-8k"))
    legs = dialogue.call(15, (0.3, 0.3), seed=2)

    async def main() -> list[str]:
        async with asyncio.timeout(30), TranscriptionServer(engine, ServerConfig()).running() as server:
            words: list[str] = await talk(f"ws://127.0.0.1:{server.port}", legs, Pacer(0, 30), 0)
            return words

    heard = asyncio.run(main())
    assert word_errors([leg.text for leg in legs], heard).rate < 0.15


def test_figures() -> None:
    measured = Measured(cpu_s=2.0, call_s=360.0, errors=3, words=60)
    assert measured.cpu_per_hour == 20
    assert measured.wer == 5
