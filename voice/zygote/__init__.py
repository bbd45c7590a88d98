"""The zygote: a small process that forks contact workers, owns them and reaps them.

Owns: the worker processes, their RTP port ranges, their number. Flows in: ``assign`` from the front, SIGCHLD, ports the
workers report. Flows out: ``workers``, ``ready`` and ``ended`` to the front.

It has one thread, no asyncio and no pjsua2 endpoint, because a fork copies only the forking thread: a lock held by
another one would stay locked for ever in the child. ``nursery`` decides (pure), ``process`` forks and selects.
"""

from voice.zygote.slot import BEAT_S, WorkerSlot, ids_begin

__all__ = ["BEAT_S", "WorkerSlot", "ids_begin"]
