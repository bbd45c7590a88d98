"""The server to compare with: one recogniser per socket that decodes everything it is sent, as vosk-server's
``asr_server.py`` does. Written for the benches; it speaks the same protocol and guards against nothing.

``python -m bench.plain_server MODEL`` prints ``{"port": ...}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import vosk
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Data

from transcription.engines.vosk import load
from transcription.models import find_model

RATE = 8000.0


def decode(recogniser: Any, message: Data) -> tuple[str, bool]:
    """The answer to a message, and whether it was the last."""
    if isinstance(message, str):
        return recogniser.FinalResult(), "eof" in message
    if recogniser.AcceptWaveform(message):
        return recogniser.Result(), False
    return recogniser.PartialResult(), False


async def start(model: Any) -> Server:
    """Listen on a port from the kernel."""
    pool = ThreadPoolExecutor(os.cpu_count() or 1)

    async def recognise(socket: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        recogniser = None
        settings: dict[str, Any] = {"sample_rate": RATE, "words": True, "max_alternatives": 0, "phrase_list": None}
        try:
            async for message in socket:
                if isinstance(message, str) and "config" in message:
                    settings |= json.loads(message)["config"]
                    continue
                recogniser = recogniser or _open(model, settings)
                answer, last = await loop.run_in_executor(pool, decode, recogniser, message)
                await socket.send(answer)
                if last:
                    break
        except ConnectionClosed:
            return

    return await serve(recognise, "127.0.0.1", 0)


def _open(model: Any, settings: dict[str, Any]) -> Any:
    grammar = [json.dumps(settings["phrase_list"])] if settings["phrase_list"] else []
    recogniser = vosk.KaldiRecognizer(model, float(settings["sample_rate"]), *grammar)
    recogniser.SetWords(bool(settings["words"]))
    recogniser.SetMaxAlternatives(int(settings["max_alternatives"]))
    return recogniser


async def main() -> None:
    """Serve until killed."""
    vosk.SetLogLevel(-1)
    # Loaded as our own server does it: the same graph, so that only the servers differ.
    server = await start(load(find_model(sys.argv[1])))
    print(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
