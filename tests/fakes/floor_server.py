"""The real web application over the fake floor: ``python -m tests.fakes.floor_server --port 0``.

Prints the URL, then obeys lines on stdin: ``until MARK`` (see contact_script), ``play [SPEED]``, ``refuse REASON``,
``line MOS`` (how the call sounds), ``muted [BY]`` (at the headset), ``held SECONDS`` (since so long), ``behind
SECONDS`` (the recogniser), ``queues NAME:WAITING:SECONDS ...`` (who waits in them, and how long),
``article`` (a card that is stale), ``asked`` (prints the commands so far in one line), ``lost`` (the worker dies),
``several`` (two customers share the number), ``wrap SECONDS`` (of wrap-up left), ``people`` (an administrator and an
auditor are there), ``hand WHY`` (the agent raises it), ``alert SECOND TEXT`` (of the contact, set off by no words),
``read SECONDS`` (later the agent reads what she was coached); of the board:
``over CONTACT`` (it ends);
``quit`` or the end of stdin ends it. With ``--play`` it plays by itself; with ``--kept`` it has contacts that are over.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from assist.alerts import AlertRaised
from assist.api.access import Archives
from assist.api.app import create_app
from assist.api.commands import AgentCommand
from assist.api.ports import SupervisorView
from assist.api.server import WebSettings, serving
from assist.cards import CardShown
from assist.coaching import CoachingRead, HandRaised
from assist.desk_events import CustomerChoice, CustomerIdentified, QueueLine, QueuesChanged
from assist.feed import Feed
from assist.security import Security
from ivr.contacts import AgentStateChanged, ContactEnded
from ivr.controls import HoldChanged
from tests.fakes import board_script
from tests.fakes import contact_script as script
from tests.fakes.floor import STAFF, FakeFloor, Performance
from tests.fakes.kept_contacts import kept
from tests.fakes.kept_store import hire, promised
from voice.clock import SystemClock

AGENTS = STAFF
KEY = b"a key only the fake floor has .."


async def obey(line: str, floor: FakeFloor, performance: Performance, archives: Archives) -> str:
    """Carry out one line of stdin; the answer."""
    verb, _, rest = line.strip().partition(" ")
    match verb:
        case "until":
            performance.until(rest)
        case "play":
            await performance.play(float(rest or 1))
        case "refuse":
            floor.refuse = rest
        case "line":
            floor.tell(replace(script.STATION, mos=float(rest)))
        case "muted":
            floor.tell(replace(script.STATION, muted=True, mute_lock=rest))
        case "held":
            floor.feed.publish(
                script.AGENT, HoldChanged(script.AGENT, True), script.CONTACT, at=floor.clock.wall() - float(rest)
            )
        case "queues":
            lines = (each.split(":") for each in rest.split())
            floor.tell(QueuesChanged(tuple(
                QueueLine(name, int(count), floor.clock.wall() - float(since)) for name, count, since in lines
            )))  # fmt: skip
        case "behind":
            floor.tell(replace(script.RECOGNISER, state="behind", behind_s=float(rest)))
        case "article":
            floor.tell(CardShown(script.AGENT, script.REFUND_TIME, 0.5), script.CONTACT)
        case "checklist":
            floor.tell(CardShown(script.AGENT, script.CHECKLIST, 0.5), script.CONTACT)
        case "asked":
            return "\x1f".join(f"{type(each).__name__} {_words(each)}" for each in floor.commands)
        case "hand":
            floor.board.heard(script.CONTACT, HandRaised(script.AGENT, rest), floor.clock.wall())
        case "alert":
            second, _, text = rest.partition(" ")
            alert = AlertRaised(
                f"{script.CONTACT}:9", "dead_air", "dead_air", "warning", script.CONTACT, script.AGENT, "billing", text,
                float(second),
            )  # fmt: skip
            floor.board.heard(script.CONTACT, alert, floor.clock.wall())
        case "read":
            floor.feed.publish(
                "sara", CoachingRead("sara", script.AGENT, "m1", "accepted", float(rest)), script.CONTACT
            )
        case "over":
            floor.board.heard(rest, ContactEnded("completed", "caller", 60.0, 30.0), floor.clock.wall())
        case "people":
            await hire(archives, script.SECRET)
        case "several":
            choices = CustomerChoice(7, "Maria Lopez", "since 2019, Fibre 500"), CustomerChoice(8, "Mario Lopez")
            floor.tell(CustomerIdentified(None, choices), script.CONTACT)
        case "wrap":
            now = floor.clock.wall()
            floor.tell(AgentStateChanged(script.AGENT, "WRAPUP", "", now, now + float(rest)))
        case "lost":
            floor.tell(AgentStateChanged(script.AGENT, "WRAPUP", "", floor.clock.wall()))
            floor.tell(ContactEnded("worker_lost", "", 40.0, 20.0), script.CONTACT)
        case _:
            raise SystemExit(f"unknown: {line!r}")
    return "done"


def _words(command: AgentCommand) -> str:
    told = ("digits", "text", "number", "customer_id")
    return next((str(value) for name in told if (value := getattr(command, name, ""))), "")


async def read_lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def run(port: int, at: str, play: bool, looking_back: bool) -> None:
    clock = SystemClock()
    feed = Feed(clock)
    floor = FakeFloor(feed, clock)
    seconds = {mark: second for second, mark, _ in script.steps(0.0) if mark}
    performance = Performance(floor, clock.wall() - seconds.get(at, 0.0))
    performance.prepare()
    if at:
        performance.until(at)
    board_script.populate(floor.board, clock.wall())
    floor.view = SupervisorView(
        tips={"slow": "Speak a little slower", "sum": "Sum up what you heard"}, banners=("storm",)
    )
    async with AsyncExitStack() as stack:
        directory, desk = Path(stack.enter_context(tempfile.TemporaryDirectory())), None
        if looking_back:
            archives, desk = await stack.enter_async_context(kept(directory, AGENTS, clock))
        else:
            archives = await stack.enter_async_context(promised(directory, AGENTS, script.AGENT))
        app = create_app(floor, feed, Security(AGENTS, KEY, clock, archives.users), clock, archives, desk=desk)
        url = await stack.enter_async_context(serving(app, WebSettings(port=port)))
        print(url, flush=True)
        if play:
            await performance.play()
        lines = await read_lines()
        while (line := (await lines.readline()).decode()) and line.strip() != "quit":
            print(await obey(line, floor, performance, archives), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--at", default="", help="start at this mark")
    parser.add_argument("--play", action="store_true", help="play the contact in real time")
    parser.add_argument("--kept", action="store_true", help="with contacts that are over")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.port, arguments.at, arguments.play, arguments.kept))


if __name__ == "__main__":
    main()
