"""The state all of the front's decisions share, and the last step of each: a message on to the other side. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from voice.front.agenda import Agenda, Resends
from voice.front.content import clean_headers
from voice.front.dialogs import Dialog
from voice.front.directory import Dialogs
from voice.front.flows import Effect, Flow, Send, Side
from voice.front.loss import Mourner
from voice.front.message import Headers, Request, respond
from voice.front.pacing import TokenBucket
from voice.front.pool import Pool
from voice.front.routing import Ends, Routing

INVITES_PER_WORKER = (10.0, 5)  # per second, burst: more than 33 at once abort a pjsua2 process
MAX_FORWARDED = 4000  # bytes; pjsip drops the rest of a longer datagram


class Switchboard:
    """Dialogs, workers, things to do later."""

    def __init__(self, pool: Pool, routing: Routing, max_dialogs: int) -> None:
        self.pool = pool
        self.routing = routing
        self.agenda = Agenda()
        self.resends = Resends(self.agenda)
        self.dialogs = Dialogs(max_dialogs, self.agenda)
        self.mourner = Mourner(routing, self.dialogs, self.agenda, self.resends)
        self.counts: Counter[str] = Counter()
        self._worker_invites: dict[str, TokenBucket] = {}

    def worker_ended(self, worker_id: str, now: float) -> list[Effect]:
        """Goodbye on every leg it had."""
        self._worker_invites.pop(worker_id, None)
        return [effect for dialog in self.dialogs.of(worker_id) for effect in self.mourner.begin(dialog, now)]

    def pace(self, worker_id: str, now: float) -> bool:
        """Whether this worker may be sent one more INVITE or UPDATE now."""
        return self._worker_invites.setdefault(worker_id, TokenBucket(*INVITES_PER_WORKER)).take(now)

    def drop(self, why: str) -> list[Effect]:
        """Count something that leads to nothing."""
        self.counts[why] += 1
        return []

    def forward(self, request: Request, source: Flow, dialog: Dialog, *, record: bool = False) -> list[Effect]:
        """On to the other side of the dialog, with our Via on top."""
        request, _ = self.routing.strip_routes(request)
        hops = int(request.headers.get("Max-Forwards") or 70)
        if hops == 0:
            return [] if request.method == "ACK" else [Send(source, respond(request, 483))]
        out = dialog.far if source.side is Side.INNER else dialog.worker
        if out is None:
            return []
        if source.side is Side.INNER:
            request = clean_headers(request, Side.INNER, keep_ours=dialog.rings_agent)
        headers = request.headers.put("Max-Forwards", str(hops - 1))
        if record and dialog.worker is not None:
            ends = Ends(dialog.worker_id, dialog.worker, dialog.far, dialog.agent)
            headers = headers.push("Record-Route", *self.routing.record_routes(dialog.call_id, ends, out.side))
        via = self.routing.via(request, source, out)
        forwarded = replace(request, headers=Headers([("Via", via), *headers]))
        if len(forwarded.to_bytes()) > MAX_FORWARDED:
            return [] if request.method == "ACK" else [Send(source, respond(request, 513))]
        return [Send(out, forwarded)]
