"""How long a process was kept from running: what tells one that hangs from one that only has no core."""

from __future__ import annotations

from pathlib import Path


def waited_s(pid: int) -> float:
    """Seconds the main thread of ``pid`` could have run in its life and had to wait for a core.

    The kernel's run delay (Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat). 0.0 where the kernel does not
    keep it or the process is gone.
    """
    try:
        _, delay_ns, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    except (OSError, ValueError):
        return 0.0
    return int(delay_ns) / 1e9
