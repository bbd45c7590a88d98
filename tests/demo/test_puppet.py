from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.demo import puppet as module
from assist.demo.puppet import Order, Puppet, report

ECHO = """
import asyncio
from assist.demo.puppet import obey, report

async def carry_out(order):
    report("did", order=order)

report("ready", name="grüße")
asyncio.run(obey(carry_out))
report("bye")
"""
DEAF = "from assist.demo.puppet import report\nimport time\nreport('ready')\ntime.sleep(600)\n"


def test_a_report_is_one_line_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    report("hears", seconds=1.5)
    assert capsys.readouterr().out == '{"event": "hears", "seconds": 1.5}\n'


def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, *, orders: int) -> tuple[list[Order], int]:
    """Run a puppet, give it some orders once it is ready, stop it: what it reported, and its exit status."""
    (tmp_path / "a_puppet.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(module.__file__).parents[2]}")

    async def main() -> tuple[list[Order], int]:
        heard: list[Order] = []
        stirred = asyncio.Event()

        def hear(order: Order) -> None:
            heard.append(order)
            stirred.set()

        puppet = await Puppet.start("a_puppet")
        listening = asyncio.ensure_future(puppet.listen(hear))
        async with asyncio.timeout(20):
            await stirred.wait()
            for number in range(orders):
                puppet.order("say", turn=number)
            await puppet.stop()
            puppet.order("say", turn=99)  # to nobody: harmless
            await listening
        assert puppet.process.returncode is not None
        return heard, puppet.process.returncode

    return asyncio.run(main())


@pytest.mark.live
def test_orders_are_carried_out_in_order_and_the_end_of_input_is_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, status = play(tmp_path, monkeypatch, ECHO, orders=3)
    assert status == 0
    assert heard == [
        {"event": "ready", "name": "grüße"},
        *({"event": "did", "order": {"do": "say", "turn": number}} for number in range(3)),
        {"event": "bye"},
    ]


@pytest.mark.live
def test_a_puppet_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_S", 0.05)
    heard, status = play(tmp_path, monkeypatch, DEAF, orders=1)
    assert heard == [{"event": "ready"}]
    assert status == -9
