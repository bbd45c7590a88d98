"""Are registered stations still there? OPTIONS to those over UDP, which nothing else would tell us of. Pure.

It also keeps the way open through a NAT. Any answer counts, even a refusal; a station that gives none to three in a row
is registered no more, so that no call is offered to it until it registers again. A connection needs none of this: its
end is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.front.agenda import Agenda
from voice.front.flows import Effect, Flow, Send
from voice.front.grammar import NameAddr
from voice.front.message import Headers, Request, Response
from voice.front.registrar import Registrar
from voice.front.routing import Routing

AGAIN_S = 5.0  # where it was not answered
MISSES = 3


@dataclass
class _Watch:
    """One station: how many pings it was sent, and how many of the last were not answered."""

    sent: int = 0
    missed: int = 0


class Keepalive:
    """Pings the stations of ``registrar`` every ``interval_s``; 0: never."""

    def __init__(self, routing: Routing, registrar: Registrar, agenda: Agenda, domain: str, interval_s: float) -> None:
        self._routing = routing
        self._registrar = registrar
        self._agenda = agenda
        self._domain = domain
        self._interval_s = interval_s
        self._watched: dict[Flow, _Watch] = {}

    def registered(self, flow: Flow, now: float) -> None:
        """A station registered over ``flow``, or did so again: it is there."""
        watch = self._watched.get(flow)
        if watch is not None:
            watch.missed = 0
        elif self._interval_s and not flow.connection and self._registrar.contact_at(flow, now) is not None:
            self._watched[flow] = _Watch()
            self._agenda.at(now + self._interval_s, lambda then: self._ping(flow, then))

    def answered(self, response: Response, source: Flow) -> bool:
        """Whether ``response`` is an answer to a ping of ours; if so it is taken in."""
        watch = self._watched.get(source)
        if watch is None or response.cseq.method != "OPTIONS":
            return False
        ours = self._routing.is_own(response, f"OPTIONS {watch.sent}")
        if ours:
            watch.missed = 0
        return ours

    def _ping(self, flow: Flow, now: float) -> list[Effect]:
        watch, contact = self._watched[flow], self._registrar.contact_at(flow, now)
        if contact is None or watch.missed >= MISSES:
            del self._watched[flow]
            self._registrar.flow_closed(flow)
            return []
        self._agenda.at(now + AGAIN_S, lambda then: self._pinged(flow, then))
        watch.sent += 1
        watch.missed += 1
        return [Send(flow, self._request(flow, contact, watch.sent))]

    def _pinged(self, flow: Flow, now: float) -> list[Effect]:
        if self._watched[flow].missed:
            return self._ping(flow, now)
        self._agenda.at(now + max(AGAIN_S, self._interval_s - AGAIN_S), lambda then: self._ping(flow, then))
        return []

    def _request(self, flow: Flow, contact: str, number: int) -> Request:
        call_id = f"ping-{flow.host}-{flow.port}-{number}"
        us = NameAddr(f"sip:{self._domain}", params={"tag": "ping"})
        fields = [("Via", self._routing.own_via(flow, call_id, f"OPTIONS {number}")), ("Max-Forwards", "70")]
        fields += [("From", str(us)), ("To", f"<{contact}>"), ("Call-ID", call_id), ("CSeq", f"{number} OPTIONS")]
        return Request(Headers(fields), method="OPTIONS", uri=contact)
