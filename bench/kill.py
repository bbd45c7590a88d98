"""How soon both sides learn that their contact worker died: ``python -m bench.kill [--times 3]`` prints one JSON line.

A whole house, a customer's telephone and an agent's station; the worker of their call is killed (SIGKILL). Milliseconds
from the kill to the moment each of the two stacks reports its BYE, by CLOCK_MONOTONIC, which all processes share. The
goal is 100.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from pathlib import Path

from tests.scenarios.theatre import on_stage, worker_pid


async def measure(times: int) -> dict[str, object]:
    """Kill the worker of ``times`` calls, one after the other."""
    customer_ms, agent_ms = [], []
    with tempfile.TemporaryDirectory(prefix="kill-") as directory:
        async with on_stage(Path(directory), wrap_up_s=0.0) as cast:
            for _ in range(times):
                await cast.connect()
                await cast.talk([0])
                seen, pid = cast.seen, worker_pid(cast, cast.seen.contact_id)
                killed = time.monotonic()
                os.kill(pid, signal.SIGKILL)
                await seen.until(lambda: seen.hung_up, "the customer's BYE")  # noqa: B023 - awaited here
                await seen.until(lambda: seen.station["phase"] == "idle", "the agent's BYE")  # noqa: B023
                gone = next(told for party, told in seen.reports if told["event"] == "disconnected")
                customer_ms.append(round(1000 * (gone["at"] - killed), 1))
                agent_ms.append(round(1000 * (seen.station["at"] - killed), 1))
    return {"bench": "kill", "times": times, "bye_at_customer_ms": customer_ms, "bye_at_agent_ms": agent_ms}


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    print(json.dumps(asyncio.run(measure(parser.parse_args().times))))


if __name__ == "__main__":
    main()
