"""What a person wrote is wrong: the console script says so in one line with file, line and fix, and exits with 2."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from ivr.settings import HERE

CALLFLOOR = Path(sys.executable).with_name("callfloor")
GOLDEN = Path(__file__).parents[1] / "golden" / "content"
DEADLINE_S = 20.0
ANY_PORTS = "[front]\nport = 0\n[transcription]\nport = 0\n[web]\nport = 0\n"


def refusal(*arguments: str | Path, directory: Path, lines: int = 1) -> str:
    """What the command says on stderr before it ends."""

    async def run() -> tuple[int, str, str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(directory)}
        process = await asyncio.create_subprocess_exec(
            CALLFLOOR, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(DEADLINE_S):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    status, out, err = asyncio.run(run())
    assert (status, out) == (2, ""), err
    assert err.count("\n") == lines, err
    assert "Traceback" not in err
    assert "Fix: " in err
    return err


def serve(directory: Path, settings: str, lines: int = 1) -> str:
    file = directory / "callfloor.toml"
    file.write_text(settings)
    return refusal("serve", "--settings", file, directory=directory, lines=lines)


@pytest.mark.parametrize(
    ("settings", "line", "what"),
    [
        ("[front]\nport = 'five'\n", 2, "front.port"),
        ("[front]\nprot = 5060\n", 2, "did you mean 'port'?"),
        ("[fornt]\nport = 5060\n", 1, "fornt"),
        ("[front\nport = 5060\n", 1, "not TOML"),
        ('[[agent]]\nuser = "anna"\nname = "Anna"\nsecret = "short"\n', 4, "secret"),
    ],
)
def test_bad_settings(tmp_path: Path, settings: str, line: int, what: str) -> None:
    said = serve(tmp_path, settings)
    assert f"callfloor.toml:{line}: " in said
    assert what in said


def test_settings_that_are_not_there(tmp_path: Path) -> None:
    assert "nowhere.toml: no such file" in refusal("serve", "--settings", tmp_path / "nowhere.toml", directory=tmp_path)


def test_a_queues_model_that_is_not_there(tmp_path: Path) -> None:
    said = serve(tmp_path, f'{ANY_PORTS}[[queue]]\nname = "billing"\nmodel = "/nowhere/billing-words"\n')
    assert "/nowhere/billing-words: no such model" in said


def test_a_malformed_flow(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text("flow: bad\nlanguage: en\nvoice: slt\nstart: menu\nnodes:\n  menu:\n    verb: jump\n")
    said = serve(tmp_path, f"{ANY_PORTS}[ivr]\nflow = {json.dumps(str(flow))}\n")
    assert f"{flow}:7: " in said
    assert "jump" in said


def test_a_wrong_wav_among_the_prompts(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    shutil.copytree(HERE / "audio" / "en", prompts)
    victim = sorted(prompts.glob("*.wav"))[0]
    victim.write_bytes(b"RIFF\x00\x00\x00\x00WAVEjunk")
    assert f"{victim}: " in serve(tmp_path, f"{ANY_PORTS}[ivr]\nprompts = {json.dumps(str(prompts))}\n")


def test_a_malformed_playbook(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(GOLDEN / "good", content)
    shutil.copy(GOLDEN / "bad" / "playbook-misspelt.yaml", content / "playbooks" / "misspelt.yaml")
    assert re.search(r"misspelt\.yaml:\d+: ", refusal("content", "check", content, directory=tmp_path))


def test_what_only_a_child_finds_wrong_ends_the_house(tmp_path: Path) -> None:
    """Two lines then: what is wrong, by who found it, and whose line it is."""
    said = serve(tmp_path, f"{ANY_PORTS}[supervision]\nnotices = 1\n", lines=2).splitlines()
    assert "supervision" in said[0]
    assert "floor does not take its settings" in said[1]
