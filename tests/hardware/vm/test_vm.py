"""Headsets that the Linux kernel made, through hidapi: in a virtual machine, since a container has no /dev/uhid."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.hardware.descriptors import PUBLISHED, SHARED
from tests.hardware.test_callcontrol import OUTPUTS
from tests.hardware.vm.machine import run_in_machine

pytestmark = [pytest.mark.live, pytest.mark.vm]


def outputs(device: str, state: int) -> set[str] | None:
    """What the facts say a device is told, as of ``OUTPUTS``: 1 ringing, 2 in call, 3 muted."""
    return set(OUTPUTS[device][state].split()) if device in OUTPUTS else None


def test_every_headset_as_a_kernel_device(tmp_path: Path) -> None:
    arguments = ["-m", "tests.hardware.vm.guest", *([str(SHARED.resolve())] if SHARED.is_dir() else [])]
    console = asyncio.run(run_in_machine(tmp_path, *arguments))
    assert "guest ended with 0" in console, console[-40:]
    seen = {said["device"]: said for said in map(parsed, console) if said}
    assert "0b0e-0307" in seen
    for device, said in seen.items():
        table = PUBLISHED[device]
        if not table["input"]:
            assert said["listed"] == []
            continue
        assert said["listed"] == [table]
        assert said["intents"] == ["AnswerPressed", "MuteToggled", "HangUpPressed"]
        assert said["troubles"] == ["GONE"], "unplugged in its call"
        assert said["shown again"] == said["muted"], "and told of it when it was back"
        for state, name in enumerate(("idle", "ringing", "in_call", "muted")):
            assert outputs(device, state) in (None, set(said[name]))


def parsed(line: str) -> dict[str, Any]:
    """A JSON line; the first one comes behind what the BIOS leaves on the console."""
    _, brace, rest = line.partition('{"device"')
    found: dict[str, Any] = json.loads(brace + rest) if brace else {}
    return found
