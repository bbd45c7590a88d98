"""Debian's chromium, and a fake floor in its own process that tests stop, kill and start again."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebSocketRoute,
    expect,
    sync_playwright,
)

from tests.fakes import contact_script as script

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ROOT = Path(__file__).resolve().parent.parent.parent
DEADLINE_S = 20.0
BEGIN_S = 60.0
"""How long a floor may take to say where it is: its imports alone take seconds on a busy machine."""
AWAY = ("WebSocket connection to", "Failed to load resource: net::ERR_")
"""What chromium itself writes to the console of a server that is away, also of a request its end cut off. Everything
else there fails a test, an answer of 400 and more among it ("... responded with a status of")."""


class FloorServer:
    """``tests.fakes.floor_server`` as a process; see there for the lines it obeys."""

    def __init__(self, at: str = "", port: int = 0, *options: str) -> None:
        command = [sys.executable, "-m", "tests.fakes.floor_server", "--port", str(port), "--at", at, *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = self._line(BEGIN_S)
        self.port = int(self.url.rpartition(":")[2])

    def tell(self, line: str) -> None:
        """Have it obey a line; returns when it has."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        assert self._line() == "done"

    def asked(self) -> list[str]:
        """The commands it was given since it started."""
        assert self._process.stdin
        self._process.stdin.write("asked\n")
        self._process.stdin.flush()
        return self._line().split("\x1f")

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        self._process.kill()
        self._process.communicate()

    def _line(self, deadline_s: float = DEADLINE_S) -> str:
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], deadline_s)
        assert ready, "the fake floor said nothing"
        return self._process.stdout.readline().strip()


class Floors:
    """Starts fake floors and ends what is left of them."""

    def __init__(self) -> None:
        self._started: list[FloorServer] = []

    def start(self, at: str = "", port: int = 0, *options: str) -> FloorServer:
        """A fake floor, told up to the mark ``at``."""
        self._started.append(FloorServer(at, port, *options))
        return self._started[-1]

    def end(self) -> None:
        """Kill them all."""
        for server in self._started:
            server.kill()


class Desktop:
    """An agent's page and what its console complained about."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def log_in(self, url: str, user: str = script.AGENT, secret: str = script.SECRET) -> None:
        """Through the form, until the desk is there."""
        self.page.goto(url)
        self.page.get_by_label("User").fill(user)
        self.page.get_by_label("Secret").fill(secret)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator("#topbar .who")).to_be_visible()

    def hold_replies(self) -> list[Callable[[], None]]:
        """From now on the floor's replies to commands wait; call one to let it through."""
        held: list[Callable[[], None]] = []

        def slow_replies(near: WebSocketRoute) -> None:
            far = near.connect_to_server()

            def pass_on(message: str | bytes) -> None:
                if '"type":"reply"' in str(message).replace(" ", ""):
                    held.append(lambda: near.send(message))
                else:
                    near.send(message)

            far.on_message(pass_on)

        self.page.route_web_socket("**/api/feed*", slow_replies)
        return held

    def barriers(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA, and its best practices: rule, help, first element."""
        found = Axe().run(self.page, options={"runOnly": {"type": "tag", "values": list(WCAG)}}).response["violations"]
        return [f"{each['id']}: {each['help']}: {each['nodes'][0]['target']}" for each in found]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(AWAY):
            self.problems.append(message.text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    expect.set_options(timeout=DEADLINE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def floors() -> Iterator[Floors]:
    floors = Floors()
    yield floors
    floors.end()


@pytest.fixture
def desktop(browser: Browser, floors: Floors) -> Iterator[Desktop]:
    """The page goes before its floor does: a request still under way would complain of the floor's end."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    desktop = Desktop(context)
    yield desktop
    context.close()
    assert desktop.problems == []
