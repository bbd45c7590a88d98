"""What the front remembers of a call: one record per Call-ID, and the requests we can make on behalf of its worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from voice.front.flows import Flow
from voice.front.grammar import NameAddr, parse_name_addr
from voice.front.message import Headers, Request, Response
from voice.front.routing import Routing, first_lacks_lr, with_tag

CALLING_S = 200.0  # longer than any ringing we ask for; then an unanswered INVITE is forgotten
REASON = 'Q.850;cause=41;text="worker lost"'


class Phase(Enum):
    """How far the INVITE of a dialog has come."""

    WAITING = "no worker yet"
    CALLING = "with the worker or the station, not answered"
    REFUSED = "finally answered by us; waiting for the ACK"
    CONFIRMED = "answered with 2xx"
    ENDED = "refused by the other side, or BYE seen; kept for retransmissions"


@dataclass
class Dialog:
    """One leg between a worker and the far end on the network.

    ``inbound``: the far end sent the INVITE (a customer's leg), else the worker did (an agent's leg). ``invite`` is the
    INVITE as it came in (inbound) or as it left (outbound); None after a restart of the front. ``far_routes`` is the
    route set from us to the far end, nearest hop first. ``worker_cseq`` is the highest CSeq the far end has seen.
    ``agent`` is whose station the far end is, "" for a trunk.
    """

    call_id: str
    inbound: bool
    far: Flow
    far_party: NameAddr
    worker_party: NameAddr
    far_target: str
    phase: Phase
    expires_at: float
    invite: Request | None = None
    dialled: str = ""
    worker_id: str = ""
    worker: Flow | None = None
    from_trunk: bool = False
    far_routes: tuple[str, ...] = ()
    worker_cseq: int = 0
    agent: str = ""
    provisional: bool = False
    acked: bool = False
    bye_unanswered: bool = False
    lost: bool = False
    refusal: Response | None = field(default=None, repr=False)

    @property
    def rings_agent(self) -> bool:
        """Whether this leg was dialled to an agent's station: only there our own headers may go."""
        return not self.inbound and bool(self.agent)

    def same_invite(self, request: Request) -> bool:
        """Whether ``request`` belongs to the transaction of the inbound INVITE: retransmission, CANCEL or ACK."""
        invite = self.invite
        return invite is not None and (invite.cseq.number, invite.via.branch) == (
            request.cseq.number,
            request.via.branch,
        )

    def fits(self, far_tag: str, worker_tag: str) -> bool:
        """Whether the tags are this dialog's; a tag we have not seen yet fits anything."""
        known = (self.far_party.tag, self.worker_party.tag)
        return all(not ours or ours == theirs for ours, theirs in zip(known, (far_tag, worker_tag), strict=True))

    def learn_tag(self, *, far: str = "", worker: str = "") -> None:
        """Take over tags from a response."""
        self.far_party = with_tag(self.far_party, far)
        self.worker_party = with_tag(self.worker_party, worker)


def make_request(dialog: Dialog, routing: Routing, method: str) -> Request:
    """BYE, or the ACK of a 2xx, from the worker's place in the dialog (RFC 3261 12.2.1.1)."""
    if method == "ACK" and dialog.invite is not None:
        number = dialog.invite.cseq.number
    else:
        number = dialog.worker_cseq = dialog.worker_cseq + 1
    target, routes = dialog.far_target, list(dialog.far_routes)
    if first_lacks_lr(dialog.far_routes):
        target, routes = parse_name_addr(routes[0]).uri, [*routes[1:], f"<{target}>"]
    fields = [("Via", routing.own_via(dialog.far, dialog.call_id, method)), *(("Route", route) for route in routes)]
    fields += [("Max-Forwards", "70"), ("From", str(dialog.worker_party)), ("To", str(dialog.far_party))]
    fields += [("Call-ID", dialog.call_id), ("CSeq", f"{number} {method}")]
    if method == "BYE":
        fields.append(("Reason", REASON))
    return Request(Headers(fields), method=method, uri=target)


def make_within_invite(invite: Request, method: str, to: str) -> Request:
    """CANCEL of, or the ACK of a failure to, the INVITE we sent (RFC 3261 9.1 and 17.1.1.3): its topmost Via only."""
    fields = [("Via", invite.headers.get("Via") or ""), *(("Route", route) for route in invite.headers.all("Route"))]
    fields += [("Max-Forwards", "70"), ("From", invite.headers.get("From") or ""), ("To", to)]
    fields += [("Call-ID", invite.call_id), ("CSeq", f"{invite.cseq.number} {method}")]
    if method == "CANCEL":
        fields.append(("Reason", REASON))
    return Request(Headers(fields), method=method, uri=invite.uri)


def far_routes(response: Response, routing: Routing) -> tuple[str, ...]:
    """The route set from us to the answering far end: Record-Route reversed, without ours (RFC 3261 12.1.2)."""
    return tuple(value for value in reversed(response.headers.all("Record-Route")) if routing.own_route(value) is None)
