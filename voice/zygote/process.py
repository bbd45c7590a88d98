"""The zygote's process: one selector, one thread, forks."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voice.clock import Clock
from voice.errors import CallfloorError
from voice.settings import RtpSettings
from voice.zygote.fronts import Fronts
from voice.zygote.nursery import Child, Nursery, State
from voice.zygote.slot import BEAT, WorkerSlot
from voice.zygote.starvation import waited_s

log = logging.getLogger(__name__)

TERM_GRACE_S = 5.0
EXIT_CRASHED = 70
_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)

Worker = Callable[[WorkerSlot], int | None]


class ThreadsRunningError(CallfloorError):
    """The zygote has more than one thread, so it must not fork."""


@dataclass(frozen=True)
class Plan:
    """What every worker of this zygote has in common; ``ids``: how their ids begin (``ids_begin``)."""

    worker: Worker
    rtp: RtpSettings
    settings: Path
    run_dir: Path
    front_inner: str
    ids: str


def check_single_thread() -> None:
    """Raises ThreadsRunningError unless this process has exactly one thread, native ones included."""
    count = len(os.listdir("/proc/self/task"))
    if count != 1:
        raise ThreadsRunningError(f"{count} threads are running, so no worker can be forked safely")


def _why_overdue(child: Child) -> str:
    return "not ready in time" if child.state is State.STARTING else "its heart stopped"


class Zygote:
    """Forks workers of ``plan`` as ``nursery`` says; fronts connect to ``listener`` (a listening Unix socket)."""

    def __init__(self, plan: Plan, nursery: Nursery, listener: socket.socket, clock: Clock) -> None:
        self._plan = plan
        self._nursery = nursery
        self._listener = listener
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._fronts = Fronts(listener, self._selector, self._listing, self._assign)
        self._ends: dict[str, socket.socket] = {}  # our end of each worker's socket pair
        self._forks = 0
        self._pid = os.getpid()
        self._stopping = False
        self._wake, self._woken = socket.socketpair()
        self._libc = ctypes.CDLL(None)  # loaded before any fork: the child has no time for surprises

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises ThreadsRunningError."""
        for end in (self._wake, self._woken, self._listener):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: None)  # the wake-up descriptor carries the news
        self._selector.register(self._woken, selectors.EVENT_READ, self._signalled)
        self._selector.register(self._listener, selectors.EVENT_READ, self._fronts.accept)
        gc.collect()
        gc.freeze()  # what is here now stays shared between all workers
        while not self._stopping:
            self._refill()
            for key, _ in self._selector.select(self._timeout()):
                key.data()
            for child in self._nursery.overdue(self._clock.monotonic(), waited_s):
                log.warning("worker %s is killed: %s", child.worker_id, _why_overdue(child))
                os.kill(child.pid, signal.SIGKILL)
        self._stop()

    def _timeout(self) -> float | None:
        now = self._clock.monotonic()
        deadline = self._nursery.next_deadline(now)
        return None if deadline is None else max(0.0, deadline - now)

    def _refill(self) -> None:
        while self._nursery.wants_fork(now := self._clock.monotonic()):
            check_single_thread()
            self._forks += 1
            worker_id, slot = f"{self._plan.ids}{os.getpid()}x{self._forks}", self._nursery.take_slot()
            ours, theirs = socket.socketpair()
            # Blocked until the child has its own handlers, or it would swallow a SIGTERM meant for it.
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            pid = os.fork()
            if pid == 0:
                ours.close()
                self._be_worker(worker_id, slot, theirs)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            theirs.close()
            ours.setblocking(False)
            self._ends[worker_id] = ours
            self._selector.register(
                ours, selectors.EVENT_READ, lambda worker_id=worker_id: self._from_worker(worker_id)
            )
            self._nursery.forked(worker_id, slot, pid, now)

    def _be_worker(self, worker_id: str, slot: int, end: socket.socket) -> None:
        """The child's whole life; does not return."""
        status = EXIT_CRASHED
        try:
            self._shed()
            size = self._plan.rtp.ports_per_worker
            first = self._plan.rtp.first_port + slot * size
            plan = self._plan
            place = WorkerSlot(
                worker_id, slot, plan.rtp.host, first, size, plan.settings, plan.run_dir, plan.front_inner, end.fileno()
            )
            status = plan.worker(place) or 0
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else int(left.code is not None)
        except BaseException:  # noqa: BLE001 - the end of a process: whatever it was, say it and leave
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _shed(self) -> None:
        """Drop everything of the zygote that must not live on in a worker."""
        self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._pid:
            os._exit(EXIT_CRASHED)  # the zygote died before the kernel knew whom to tell
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._selector.close()
        for other in (self._listener, self._wake, self._woken, *self._ends.values(), *self._fronts.connections):
            other.close()

    def _signalled(self) -> None:
        numbers = self._woken.recv(4096)
        if signal.SIGCHLD in numbers:
            self._reap()
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stopping = True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        found = self._nursery.ended(pid, self._clock.monotonic())
        if found is None:
            return
        child, pause = found
        code = os.waitstatus_to_exitcode(status)
        reason = _why_overdue(child) if child.overdue else f"exit {code}" if code >= 0 else f"signal {-code}"
        end = self._ends.pop(child.worker_id)
        with contextlib.suppress(KeyError):
            self._selector.unregister(end)
        end.close()
        if pause and not self._stopping:
            log.warning("worker %s ended before it was ready (%s); next in %.1f s", child.worker_id, reason, pause)
        if child.state is not State.STARTING:
            self._fronts.ended(child.worker_id, reason)

    def _from_worker(self, worker_id: str) -> None:
        end = self._ends.get(worker_id)
        if end is None:
            return  # reaped in this same round of the selector
        try:
            text = end.recv(64)
        except OSError:
            text = b""
        child = next((child for child in self._nursery.children if child.worker_id == worker_id), None)
        line, _, beats = text.rpartition(b"\n")
        if child is not None and child.state is State.STARTING and line.isdigit() and 0 < int(line) < 65536:
            self._nursery.ready(worker_id, int(line))
            self._fronts.tell({"type": "ready", "id": worker_id, "pid": child.pid, "port": int(line)})
        sound = child is not None and child.state is not State.STARTING and text and not beats.strip(BEAT)
        if not sound:  # it closed its end, or talks nonsense: nothing more is expected from it until it is reaped
            self._selector.unregister(end)
        elif child is not None and beats:
            self._nursery.beat(worker_id, self._clock.monotonic(), waited_s(child.pid))

    def _listing(self) -> list[dict[str, object]]:
        return [
            {"id": child.worker_id, "port": child.port, "state": "busy" if child.state is State.BUSY else "idle"}
            for child in self._nursery.children
            if child.state is not State.STARTING
        ]

    def _assign(self, worker_id: str, order: str) -> None:
        if self._nursery.assigned(worker_id) is not None:
            with contextlib.suppress(OSError):  # it may be dying this moment; then it is reaped next
                self._ends[worker_id].send(b"a" + order.encode())

    def _stop(self) -> None:
        """SIGTERM to the workers, SIGKILL to those still here after five seconds; reap all; close everything."""
        for child in self._nursery.children:
            os.kill(child.pid, signal.SIGTERM)
        deadline = self._clock.monotonic() + TERM_GRACE_S
        killed = False
        while self._nursery.children:
            left = deadline - self._clock.monotonic()
            if left <= 0 and not killed:
                killed = True
                for child in self._nursery.children:
                    os.kill(child.pid, signal.SIGKILL)
            for key, _ in self._selector.select(None if killed else left):
                key.data()
        self._fronts.close()
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for end in (self._listener, self._wake, self._woken):
            end.close()
