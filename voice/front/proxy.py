"""The call-sticky proxy: what happens to each SIP message. Pure; message in, effects out, time as an argument.

Transaction-stateless where RFC 3261 16.11 allows: branches are computed, responses follow Via, retransmissions are
forwarded again. What it does remember is one record per Call-ID (``dialogs``), because a worker may die at any moment
and somebody has to say goodbye for it (``loss``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from voice.front.access import Access
from voice.front.admission import Admission
from voice.front.content import clean_headers, clean_request
from voice.front.dialogs import Dialog, Phase
from voice.front.directory import Dialogs
from voice.front.flows import WORKERS, Assign, Effect, Flow, Send, Side
from voice.front.grammar import SipParseError
from voice.front.guard import Guard
from voice.front.keepalive import Keepalive
from voice.front.logbook import UNSEEN_CSEQ
from voice.front.loss import FINAL_S
from voice.front.message import ALLOW, Request, Response, respond
from voice.front.pool import Report, WorkerEnded, WorkerReady
from voice.front.registrar import Registrar
from voice.front.responses import Responses
from voice.front.routing import Ends
from voice.front.switchboard import Switchboard


class Proxy:
    """One front: ``key`` signs branches, tokens and nonces; ``started`` is now (monotonic seconds)."""

    def __init__(self, board: Switchboard, access: Access, key: bytes, started: float) -> None:
        self._board = board
        self._access = access
        self._admission = Admission(board, access, key, started)
        self._keepalive = Keepalive(
            board.routing, self._admission.registrar, board.agenda, access.domain, access.keepalive_s
        )
        self._responses = Responses(board, self._keepalive)
        self._guard = Guard(access.limits, board.counts)

    @property
    def registrar(self) -> Registrar:
        """Which station is where."""
        return self._admission.registrar

    @property
    def dialogs(self) -> Dialogs:
        """All calls of this front."""
        return self._board.dialogs

    @property
    def counts(self) -> Counter[str]:
        """What was refused or dropped, by reason."""
        return self._board.counts

    # ── what happens around it ────────────────────────────────────────────────────────────────────────────────────

    @property
    def deadline(self) -> float | None:
        """When ``tick`` is due."""
        return self._board.agenda.next

    @property
    def workers(self) -> frozenset[str]:
        """Those that live."""
        return self._board.pool.workers

    def tick(self, now: float) -> list[Effect]:
        """Retransmissions, expiries, callers who waited in vain for a worker."""
        return self._board.agenda.run(now)

    def connection_opened(self, flow: Flow) -> bool:
        """A TCP or TLS connection of the OUTER side was made; whether it may stay."""
        return self._guard.opened(flow.host)

    def proves(self, flow: Flow, now: float) -> bool:
        """Whether a connection has shown by now who it is: a trunk, a registered station, or the far end of a call."""
        known = self._access.is_trunk(flow.host) or self.registrar.reaches(flow) or self._board.dialogs.at(flow)
        if known:
            self._guard.proven(flow.host)
        return bool(known)

    def is_trunk(self, host: str) -> bool:
        """Whether that address is a trunk's, which may be connected to."""
        return self._access.is_trunk(host)

    def connection_closed(self, flow: Flow, *, proven: bool = True) -> None:
        """A TCP or TLS connection of the OUTER side is gone."""
        if not proven:
            self._guard.proven(flow.host)
        self._admission.connection_closed(flow)

    def admits(self, source: Flow, now: float) -> bool:
        """Whether a message from there is looked at. Connections are slowed down instead (``connections``)."""
        if source.side is Side.INNER or source.connection or self._access.is_trunk(source.host):
            return True
        if source.host == WORKERS and self._board.pool.at(source.port) is not None:
            return True  # a supervisor's bridge answers another worker
        return self._guard.admits(source.host, now, lambda: self.registrar.knows_host(source.host, now))

    def claim(self) -> str | None:
        """An idle worker, busy from now on; None where there is none."""
        worker = self._board.pool.take()
        return worker.id if worker is not None else None

    def restore(self, dialogs: Iterable[Dialog], now: float) -> None:
        """Take over those of the front before this one. Whose worker has died meanwhile the zygote's list will show."""
        for dialog in dialogs:
            if self._board.dialogs.full or dialog.worker is None:
                continue
            dialog.expires_at = now + FINAL_S
            self._board.pool.expect(dialog.worker_id, dialog.worker.port)
            self._reunite(dialog, now)
            self._board.dialogs.add(dialog)
            self._board.dialogs.give(dialog, dialog.worker_id)
            self._board.dialogs.touch(dialog)

    def report(self, report: Report, now: float) -> list[Effect]:
        """What the zygote said."""
        if isinstance(report, WorkerReady):
            self._board.pool.ready(report.id, report.port)
            return self._admission.serve_waiting(now)
        if isinstance(report, WorkerEnded):
            return self._board.worker_ended(report.id, now) if self._board.pool.ended(report.id) else []
        gone, untold = self._board.pool.listed(report.workers)
        effects: list[Effect] = [effect for worker_id in gone for effect in self._board.worker_ended(worker_id, now)]
        effects += [Assign(worker_id) for worker_id in untold]
        return effects + self._admission.serve_waiting(now)

    # ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, message: Request | Response, source: Flow, now: float) -> list[Effect]:
        """Everything that arrives as a sound SIP message."""
        try:
            if isinstance(message, Response):
                return self._responses.handle(message, source, now)
            via = message.via.seen_from(source.host, source.port)
            vias = message.headers.all("Via")
            request = replace(message, headers=message.headers.put("Via", str(via), *vias[1:]))
            return self._request(request, source, now)
        except SipParseError as error:
            error.request = message if isinstance(message, Request) and message.method != "ACK" else None
            return self.refuse(error, source, now)

    def refuse(self, error: SipParseError, source: Flow, now: float) -> list[Effect]:
        """The answer to something that is no message for us; silence where it can not be addressed."""
        if source.side is Side.OUTER and not source.connection:
            self._guard.malformed(source.host, now)
        self._board.counts[f"refused {error.status}"] += 1
        if error.request is None:
            return []
        extra = [("Allow", ALLOW)] if error.status == 405 else []
        extra += [("Accept", "application/sdp")] if error.status == 415 else []
        return [Send(source, respond(error.request, error.status, extra))]

    def _request(self, request: Request, source: Flow, now: float) -> list[Effect]:
        method, dialog = request.method, self._board.dialogs.get(request.call_id)
        if method == "ACK":
            return self._ack(request, dialog, source, now)
        if method == "CANCEL":
            return self._cancel(request, dialog, source, now)
        if unsupported := _unsupported(request):
            return [Send(source, respond(request, 420, [("Unsupported", ", ".join(unsupported))]))]
        if method == "REGISTER" and source.side is Side.OUTER:
            effects = self._admission.register(request, source, now)
            self._keepalive.registered(source, now)
            return effects
        if request.to.tag:
            return self._within(request, dialog, source, now)
        if method == "OPTIONS":
            return [Send(source, respond(request, 200, [("Allow", ALLOW), ("Accept", "application/sdp")]))]
        if method == "INVITE":
            return self._admission.invite(request, dialog, source, now)
        return [Send(source, respond(request, 481))]

    # ── inside a dialog ───────────────────────────────────────────────────────────────────────────────────────────

    def _within(self, request: Request, dialog: Dialog | None, source: Flow, now: float) -> list[Effect]:
        request, ends = self._board.routing.strip_routes(request)
        if dialog is None and ends is not None:
            dialog = self._restore(request, ends, source, now)
        if dialog is None or not self._belongs(request, dialog, source, now):
            return [] if request.method == "ACK" else [Send(source, respond(request, 481))]
        if source.side is Side.OUTER:
            return self._from_far(request, dialog, source, now)
        dialog.worker_cseq = max(dialog.worker_cseq, request.cseq.number)
        if request.method == "ACK":
            dialog.acked = True
        if request.method == "BYE":
            dialog.bye_unanswered = True
            self._board.dialogs.end(dialog, now + FINAL_S)
        return self._board.forward(request, source, dialog)

    def _from_far(self, request: Request, dialog: Dialog, source: Flow, now: float) -> list[Effect]:
        moved = source.host == dialog.far.host or self._is_agents(source, dialog, now)
        if source != dialog.far and moved:  # NAT and new connections move ports, and a station its address
            dialog.far = source
            self._board.dialogs.touch(dialog)
        if dialog.lost:
            return self._board.mourner.request(dialog, request, now)
        if request.method == "REFER" and dialog.from_trunk:
            return [Send(source, respond(request, 603))]
        cleaned = clean_request(request, Side.OUTER, trunk=dialog.from_trunk)
        effects: list[Effect] = []
        if request.method in ("INVITE", "UPDATE"):
            if not self._board.pace(dialog.worker_id, now):
                return [Send(source, respond(request, 500, [("Retry-After", "1")]))]
            if request.contact is not None:
                dialog.far_target = request.contact.uri
                self._board.dialogs.touch(dialog)
            if request.method == "INVITE":
                effects.append(Send(source, respond(request, 100)))
        if request.method == "BYE":
            self._board.dialogs.end(dialog, now + FINAL_S)
        if request.method == "ACK":
            dialog.acked = True
        return effects + self._board.forward(cleaned, source, dialog)

    def _belongs(self, request: Request, dialog: Dialog, source: Flow, now: float) -> bool:
        if source.side is Side.INNER:
            return source == dialog.worker and dialog.fits(request.to.tag, request.from_.tag)
        known = source.host == dialog.far.host or (
            dialog.from_trunk and self._access.one_trunk(source.host, dialog.far.host)
        )
        known = known or self._is_agents(source, dialog, now)
        return known and dialog.fits(request.from_.tag, request.to.tag)

    def _is_agents(self, source: Flow, dialog: Dialog, now: float) -> bool:
        """Whether the agent of this dialog is registered there: her station's address may have changed."""
        binding = self._admission.registrar.binding(dialog.agent, now) if dialog.agent else None
        return binding is not None and binding.flow == source

    def _restore(self, request: Request, ends: Ends, source: Flow, now: float) -> Dialog | None:
        """A dialog from before a restart of the front, rebuilt from the token in its Route."""
        if self._board.pool.get(ends.worker_id) is None or self._board.dialogs.full:
            return None
        outer = source.side is Side.OUTER
        contact = request.contact.uri if request.contact else f"sip:{ends.far.host}:{ends.far.port}"
        dialog = Dialog(
            request.call_id,
            inbound=True,
            far=ends.far,
            far_party=request.from_ if outer else request.to,
            worker_party=request.to if outer else request.from_,
            far_target=contact if outer else request.uri,
            phase=Phase.CONFIRMED,
            expires_at=now + FINAL_S,
            worker=ends.worker,
            from_trunk=not ends.agent and self._access.is_trunk(ends.far.host),
            far_routes=() if outer else tuple(request.headers.all("Route")),
            worker_cseq=UNSEEN_CSEQ if outer else request.cseq.number,
            acked=True,
            agent=ends.agent,
        )
        self._reunite(dialog, now)
        self._board.dialogs.add(dialog)
        self._board.dialogs.give(dialog, ends.worker_id)
        return dialog

    def _reunite(self, dialog: Dialog, now: float) -> None:
        """No connection is as old as this dialog: the station is where it is registered now, or will be."""
        if not dialog.agent or not dialog.far.connection:
            return
        binding = self._admission.registrar.binding(dialog.agent, now)
        if binding is not None:
            dialog.far = binding.flow
        else:
            self._admission.strand(dialog)

    def _ack(self, request: Request, dialog: Dialog | None, source: Flow, now: float) -> list[Effect]:
        if dialog is not None and dialog.inbound and dialog.same_invite(request) and source.side is Side.OUTER:
            if dialog.phase is Phase.REFUSED:
                self._board.resends.stop(dialog.call_id, "final")
                return []
            return self._board.forward(request, source, dialog) if dialog.worker else []
        outbound = dialog is not None and not dialog.inbound and source == dialog.worker
        if outbound and dialog is not None and dialog.invite is not None and request.uri == dialog.dialled:
            return self._board.forward(replace(request, uri=dialog.invite.uri), source, dialog)
        return self._within(request, dialog, source, now)

    def _cancel(self, request: Request, dialog: Dialog | None, source: Flow, now: float) -> list[Effect]:
        if dialog is None or dialog.invite is None or dialog.invite.cseq.number != request.cseq.number:
            return [Send(source, respond(request, 481))]
        if not dialog.inbound and source == dialog.worker:
            return self._board.forward(replace(request, uri=dialog.invite.uri), source, dialog)
        if not dialog.inbound or source.side is Side.INNER or not dialog.same_invite(request):
            return [Send(source, respond(request, 481))]
        if dialog.phase is Phase.CALLING and not dialog.lost:
            return self._board.forward(clean_headers(request, Side.OUTER, trunk=dialog.from_trunk), source, dialog)
        answer: list[Effect] = [Send(source, respond(request, 200, tag=dialog.worker_party.tag))]
        return answer + (self._board.mourner.refuse(dialog, 487, now) if dialog.phase is Phase.WAITING else [])


def _unsupported(request: Request) -> list[str]:
    """The extensions that keep us from serving it (RFC 3261 8.2.2.3 and 16.3 step 5); 100rel from everybody."""
    needed = [option.strip() for value in request.headers.all("Proxy-Require") for option in value.split(",")]
    required = [option.strip() for value in request.headers.all("Require") for option in value.split(",")]
    ours = request.method in ("OPTIONS", "REGISTER")
    return needed + [option for option in required if ours or option.lower() == "100rel"]
