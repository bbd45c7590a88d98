"""``callfloor demo --json``: the same as data."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import psutil

from assist.demo.measure import Results
from assist.demo.observed import Observed
from assist.demo.puppet import Puppet
from assist.desk import Desk
from assist.vocabulary import EVENTS


def usage(pids: Mapping[str, int], puppets: Mapping[str, Puppet]) -> dict[str, dict[str, float]]:
    """CPU seconds since their start and resident memory now of every process, the zygote's workers among them."""
    found = dict(pids) | {name: puppet.process.pid for name, puppet in puppets.items()}
    with contextlib.suppress(psutil.NoSuchProcess):
        for number, worker in enumerate(psutil.Process(pids["zygote"]).children() if "zygote" in pids else ()):
            found[f"worker-{number}"] = worker.pid
    return {name: _usage(pid) for name, pid in found.items()}


def _usage(pid: int) -> dict[str, float]:
    try:
        process = psutil.Process(pid)
        times, memory = process.cpu_times(), process.memory_info()
        peak = _peak_mib(pid)
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return {}
    return {
        "cpu_s": round(times.user + times.system, 2),
        "rss_mib": round(memory.rss / 2**20, 1),
        "peak_mib": round(peak, 1),
    }


def _peak_mib(pid: int) -> float:
    """The kernel's high-water mark (VmHWM)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def document(seen: Observed, desk: Desk, results: Results, *, connected: bool, good: bool) -> dict[str, Any]:
    """Everything measured, as JSON values."""
    closed, ended = seen.closed, seen.ended
    contact = desk.contact or desk.previous
    drafted = contact.summary if contact else None
    return {
        "good": good,
        "connected": connected,
        "contact_id": seen.contact_id,
        "setup_ms": round(1000 * (seen.connected_at - seen.dialled_at), 1),
        "duration_s": ended.duration_s if ended else None,
        "talk_s": ended.talk_s if ended else None,
        "drafted_ms": round(1000 * seen.drafted_s, 1) if seen.drafted_s is not None else None,
        "talk_ratio_agent": drafted.talk_ratio if drafted else None,
        "sentiment": [drafted.sentiment_start, drafted.sentiment_end] if drafted else None,
        "heard_s": seen.heard_s,
        "wer": results.wer,
        "turns": [asdict(turn) for turn in results.turns],
        "utterances": [asdict(utterance) for utterance in results.utterances],
        "cards": [asdict(card) for card in results.cards],
        "recording": asdict(closed) if closed else None,
        "processes": seen.usage,
        "events": [EVENTS.encode(envelope) for envelope in seen.envelopes],
    }  # fmt: skip
