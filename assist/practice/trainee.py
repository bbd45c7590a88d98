"""The trainee's station: the real one, with the headset that is plugged in. It answers to the same command line as the
demo's agent; what she does, she does herself, so the only order it knows is the end of its input.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from assist.demo.puppet import Order, obey
from assist.running import run_agent_station
from hardware.errors import HardwareError
from voice.errors import CallfloorError


async def _nothing(_: Order) -> None:
    """Nobody moves her."""


async def _main() -> None:
    parser = argparse.ArgumentParser(prog=f"python -m {Path(__file__).stem}", description=__doc__)
    for name in ("host", "agent", "secret", "server", "front"):
        parser.add_argument(f"--{name}", required=True)
    async with asyncio.TaskGroup() as tasks:
        station = tasks.create_task(run_agent_station(vars(parser.parse_args())))
        await obey(_nothing)
        station.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except* (CallfloorError, HardwareError) as errors:
        sys.stderr.write(f"station: {errors.exceptions[0]}\n")
        sys.exit(2)
