"""The client docs/recognition.md shows, as it stands there."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.vosk_clients import wav
from transcription.server import ServerConfig, TranscriptionServer

PAGE = Path(__file__).parents[2] / "docs" / "recognition.md"


def test_the_shown_client_prints_what_is_said(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "said.wav").write_bytes(wav())

    async def main() -> tuple[str, str]:
        async with (
            asyncio.timeout(20),
            TranscriptionServer(ScriptedEngine(), ServerConfig(token="s3cret")).running() as server,
        ):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, f"ws://127.0.0.1:{server.port}", "s3cret", str(tmp_path / "said.wav"),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, errors = await process.communicate()
            return out.decode(), errors.decode()

    said, errors = asyncio.run(main())
    assert errors == ""
    assert said.startswith("alpha beta gamma")
