"""How calls from the network begin: who may call, and which worker takes it. Pure."""

from __future__ import annotations

from voice.claims import bridge_of
from voice.front.access import Access
from voice.front.content import clean_request, says_ours
from voice.front.dialling import Dialling
from voice.front.dialogs import CALLING_S, Dialog, Phase
from voice.front.digest import Digest
from voice.front.flows import WORKERS, Assign, Effect, Flow, Send, Side
from voice.front.grammar import SipParseError
from voice.front.message import MAX_MESSAGE, Request, respond
from voice.front.pacing import TokenBucket
from voice.front.pool import Worker
from voice.front.registrar import Failures, Registrar, authenticate
from voice.front.switchboard import Switchboard

WAITING_S = 3.0  # a moment without sound is better than a 503; at the cap there is no waiting at all


class Admission:
    """INVITEs that begin a dialog, and REGISTER."""

    def __init__(self, board: Switchboard, access: Access, key: bytes, started: float) -> None:
        self._board = board
        self._access = access
        self._digest = Digest(access.realm, access.secrets, key, started)
        self._failures = Failures()
        self._all_invites = TokenBucket(access.calls_per_s, max(1, round(access.calls_per_s)))
        self._stranded: dict[str, list[Dialog]] = {}
        self.registrar = Registrar(access.secrets, self._digest, self._failures)
        self._dialling = Dialling(board, access, self.registrar)

    def register(self, request: Request, source: Flow, now: float) -> list[Effect]:
        """REGISTER. Where it is a station's over a new connection, its calls go on over that one."""
        if not self._access.lets_in(source.host):
            return self._stranger(request, source)
        answer = self.registrar.handle(request, source, now)
        effects: list[Effect] = [Send(source, answer)]
        if answer.status == 200 and source.connection:
            user = request.to.uri.partition(":")[2].partition("@")[0]
            for dialog in self._stranded.pop(user, ()):
                dialog.far = source
                self._board.dialogs.touch(dialog)
                if dialog.lost:
                    effects += self._board.mourner.reunited(dialog, now)
        return effects

    def connection_closed(self, flow: Flow) -> None:
        """A connection of the OUTER side is gone; the calls of a station wait for its next one."""
        if self.registrar.flow_closed(flow):
            for dialog in self._board.dialogs.at(flow):
                self.strand(dialog)

    def strand(self, dialog: Dialog) -> None:
        """The connection to the dialog's far end is gone."""
        if dialog.agent:
            others = [other for other in self._stranded.get(dialog.agent, ()) if other.phase is not Phase.ENDED]
            self._stranded[dialog.agent] = [*others, dialog]

    def invite(self, request: Request, dialog: Dialog | None, source: Flow, now: float) -> list[Effect]:
        """An INVITE that begins a dialog."""
        if source.side is Side.OUTER and not self._access.lets_in(source.host):
            return self._stranger(request, source)
        if request.contact is None:
            raise SipParseError("an INVITE without Contact")
        if not _takes_sdp(request):
            return [Send(source, respond(request, 406))]
        if dialog is not None and dialog.phase not in (Phase.ENDED, Phase.REFUSED):
            return self._invite_again(request, dialog, source)
        if dialog is not None and dialog.refusal is not None and dialog.same_invite(request):
            return [Send(source, dialog.refusal)]
        if self._board.dialogs.full:
            return self._busy(request, source)
        if source.side is Side.INNER:
            return self._dialling.dial(request, source, now)
        if self._access.is_proxy(source.host) and says_ours(request):
            return self._bridge(request, source, now)
        return self._call(request, source, now)

    def _stranger(self, request: Request, source: Flow) -> list[Effect]:
        """Credentials do not help who comes past the proxy, with its rules and limits."""
        self._board.counts["refused 403"] += 1
        return [Send(source, respond(request, 403))]

    def _invite_again(self, request: Request, dialog: Dialog, source: Flow) -> list[Effect]:
        if dialog.inbound and source.side is Side.OUTER and dialog.same_invite(request):
            return [] if dialog.phase is Phase.CONFIRMED else [Send(source, respond(request, 100))]
        again = dialog.invite
        if not dialog.inbound and source == dialog.worker and again is not None and again.cseq == request.cseq:
            return [Send(dialog.far, again)]
        return [Send(source, respond(request, 482))]

    def _busy(self, request: Request, source: Flow) -> list[Effect]:
        self._board.counts["refused 503"] += 1
        return [Send(source, respond(request, 503, [("Retry-After", "5")]))]

    def _call(self, request: Request, source: Flow, now: float) -> list[Effect]:
        trunk = self._access.trunks.at(source.host)
        if not self._all_invites.take(now) or (trunk is not None and not trunk.incoming.take(now)):
            return self._busy(request, source)
        user = ""
        if trunk is not None and not trunk.may_call(request.target.user):
            return [Send(source, respond(request, 404))]
        if trunk is None:
            refusal, user = authenticate(self._digest, self._failures, request, source, now, proxy=True)
            if refusal is None and request.from_.uri.partition(":")[2].partition("@")[0] != user:
                refusal = respond(request, 403)
            if refusal is not None:
                return [Send(source, refusal)]
        invite = _for_worker(request, trunk=trunk is not None)
        if self._board.pool.full:
            return self._busy(request, source)
        dialog = _inbound(invite, source, now, trunk=trunk is not None, agent=user)
        self._board.dialogs.add(dialog)
        trying: list[Effect] = [Send(source, respond(request, 100))]
        worker = self._board.pool.take()
        if worker is not None:
            return trying + self._begin(dialog, worker, now)
        self._board.agenda.at(now + WAITING_S, lambda then: self._waited(dialog, then))
        return trying

    def _bridge(self, request: Request, source: Flow, now: float) -> list[Effect]:
        """A worker of another front dials a supervisor's bridge, which is a worker of ours or of yet another front."""
        worker = self._board.pool.get(bridge_of(request.target.user))
        if worker is None:
            return [Send(source, respond(request, 404))]
        if not self._board.pace(worker.id, now):
            return self._busy(request, source)
        dialog = _inbound(_for_worker(request, trunk=True), source, now, trunk=True)
        self._board.dialogs.add(dialog)
        return [Send(source, respond(request, 100)), *self._give(dialog, worker)]

    def _waited(self, dialog: Dialog, now: float) -> list[Effect]:
        return self._board.mourner.refuse(dialog, 503, now) if dialog.phase is Phase.WAITING else []

    def _begin(self, dialog: Dialog, worker: Worker, now: float) -> list[Effect]:
        self._board.pace(worker.id, now)
        return [Assign(worker.id), *self._give(dialog, worker)]

    def _give(self, dialog: Dialog, worker: Worker) -> list[Effect]:
        assert dialog.invite is not None
        dialog.phase = Phase.CALLING
        dialog.worker = Flow(Side.INNER, WORKERS, worker.port)
        self._board.dialogs.give(dialog, worker.id)
        return self._board.forward(dialog.invite, dialog.far, dialog, record=True)

    def serve_waiting(self, now: float) -> list[Effect]:
        """Idle workers for those who wait, longest first."""
        effects: list[Effect] = []
        for dialog in self._board.dialogs.waiting():
            worker = self._board.pool.take()
            if worker is None:
                break
            effects += self._begin(dialog, worker, now)
        return effects


def _inbound(invite: Request, source: Flow, now: float, *, trunk: bool, agent: str = "") -> Dialog:
    """The dialog that ``invite``, as a worker may see it, begins from ``source``."""
    assert invite.contact is not None
    return Dialog(
        invite.call_id,
        inbound=True,
        far=source,
        far_party=invite.from_,
        worker_party=invite.to,
        far_target=invite.contact.uri,
        phase=Phase.WAITING,
        expires_at=now + CALLING_S,
        invite=invite,
        from_trunk=trunk,
        far_routes=tuple(invite.headers.all("Record-Route")),
        agent=agent,
    )


def _for_worker(request: Request, *, trunk: bool) -> Request:
    """The INVITE as a worker may see it. Raises SipParseError: what can go wrong must do so before a worker is used."""
    invite = clean_request(request, Side.OUTER, trunk=trunk, plain=True)
    if invite.headers.get("Max-Forwards") == "0":
        raise SipParseError("no hops left", 483)
    if len(invite.to_bytes()) > MAX_MESSAGE:  # compact names and joined lists grow when they are written out
        raise SipParseError("too long in canonical form", 513)
    return invite


def _takes_sdp(request: Request) -> bool:
    """Whether its Accept (RFC 3261 20.1; SDP where there is none) lets us answer with SDP."""
    ranges = [item.partition(";")[0].strip().lower() for item in ",".join(request.headers.all("Accept")).split(",")]
    return not any(ranges) or not {"*/*", "application/*", "application/sdp"}.isdisjoint(ranges)
