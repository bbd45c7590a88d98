"""A contact worker dials: an agent's station where it is registered, or an outside number through a trunk. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from voice.claims import bridge_of
from voice.front.access import Access
from voice.front.dialogs import CALLING_S, Dialog, Phase
from voice.front.flows import WORKERS, Effect, Flow, Send, Side
from voice.front.grammar import NameAddr
from voice.front.message import Request, respond
from voice.front.registrar import Registrar
from voice.front.routing import bracketed
from voice.front.switchboard import Switchboard
from voice.front.trunks import is_number


@dataclass(frozen=True)
class _Way:
    """Where an INVITE goes: over ``flow`` with ``target`` as Request-URI. ``agent``: whose station that is."""

    flow: Flow
    target: str
    agent: str = ""
    identity: str = ""


class Dialling:
    """INVITEs of workers that begin a dialog."""

    def __init__(self, board: Switchboard, access: Access, registrar: Registrar) -> None:
        self._board = board
        self._access = access
        self._registrar = registrar

    def dial(self, request: Request, source: Flow, now: float) -> list[Effect]:
        """On its way, or the refusal: 403 not permitted, 404 nobody of ours, 480 not registered, 503 too fast."""
        worker = self._board.pool.at(source.port)
        way = self._way(request, now) if worker is not None else 403
        if worker is None or isinstance(way, int):
            self._board.counts[f"worker refused {way}"] += 1
            return [Send(source, respond(request, way if isinstance(way, int) else 403))]
        dialog = Dialog(
            request.call_id,
            inbound=False,
            far=way.flow,
            far_party=request.to,
            worker_party=request.from_,
            far_target=way.target,
            phase=Phase.CALLING,
            expires_at=now + CALLING_S,
            dialled=request.uri,
            worker_id=worker.id,
            worker=source,
            from_trunk=not way.agent,
            worker_cseq=request.cseq.number,
            agent=way.agent,
        )
        request = replace(request, uri=way.target)
        if way.identity:
            us = NameAddr(f"sip:{way.identity}@{self._access.domain}")
            request = replace(request, headers=request.headers.put("P-Asserted-Identity", str(us)))
        effects = self._board.forward(request, source, dialog, record=True)
        sent = effects[0]
        if isinstance(sent, Send) and isinstance(sent.message, Request):
            dialog.invite = sent.message
            self._board.dialogs.add(dialog)
            self._board.dialogs.give(dialog, worker.id)
        return effects

    def _way(self, request: Request, now: float) -> _Way | int:
        user, host = request.target.user, request.target.host.lower()
        if host not in (self._access.domain.lower(), self._access.host):
            return 404
        if (other := self._board.pool.get(bridge_of(user))) is not None:
            if not self._board.pace(other.id, now):
                return 503
            # To the front the called worker is a far end like a station: on the network's side, but at home.
            return _Way(Flow(Side.OUTER, WORKERS, other.port), f"sip:{user}@{WORKERS}:{other.port}", user)
        elsewhere = self._access.registrar is not None and bridge_of(user)  # it may be a worker of another front
        if not elsewhere and not self._registrar.knows(user):
            return self._outside(user, now) if is_number(user) else 404
        if self._access.registrar is not None:
            flow = Flow(Side.OUTER, *self._access.registrar)
            return _Way(flow, f"sip:{user}@{bracketed(flow.host)}:{flow.port}", user)
        binding = self._registrar.binding(user, now)
        return 480 if binding is None else _Way(binding.flow, binding.contact, user)

    def _outside(self, number: str, now: float) -> _Way | int:
        trunk = self._access.trunks.for_number(number)
        if trunk is None or trunk.gateway is None:
            return 403
        if not trunk.outgoing.take(now):
            return 503
        flow = Flow(Side.OUTER, *trunk.gateway)
        target = f"sip:{trunk.settings.prefix}{number}@{bracketed(flow.host)}:{flow.port}"
        return _Way(flow, target, identity=trunk.settings.identity)
