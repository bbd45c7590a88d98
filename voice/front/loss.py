"""A worker died: say goodbye on every leg it had, and answer for it until the far ends are done. Pure.

Confirmed legs get a BYE, early legs to stations a CANCEL, unanswered callers a 500. A BYE waits for the ACK of the
200 (RFC 3261 section 15), a CANCEL for the first provisional response (9.1).
"""

from __future__ import annotations

from voice.front.agenda import Agenda, Resends
from voice.front.dialogs import REASON, Dialog, Phase, make_request, make_within_invite
from voice.front.directory import Dialogs
from voice.front.flows import Effect, Send
from voice.front.message import Request, Response, respond
from voice.front.routing import Routing

BYE_S = 4.0
FINAL_S = 32.0  # 64*T1
ACK_WAIT_S = 1.0


class Mourner:
    """Acts in the dead workers' places."""

    def __init__(self, routing: Routing, dialogs: Dialogs, agenda: Agenda, resends: Resends) -> None:
        self._routing = routing
        self._dialogs = dialogs
        self._agenda = agenda
        self._resends = resends

    def begin(self, dialog: Dialog, now: float) -> list[Effect]:
        """Called once per dialog of a dead worker; the dialog is ``lost`` from now on."""
        dialog.lost = True
        self._dialogs.keep(dialog, now + FINAL_S)
        if dialog.phase is Phase.CONFIRMED or (dialog.phase is Phase.ENDED and dialog.bye_unanswered):
            return self._end_confirmed(dialog, now)
        if dialog.phase is Phase.CALLING and dialog.inbound:
            return self.refuse(dialog, 500, now)
        if dialog.phase is Phase.CALLING and dialog.provisional:
            return self._cancel(dialog, now)
        return []

    def refuse(self, dialog: Dialog, status: int, now: float) -> list[Effect]:
        """A final answer of our own to the caller's INVITE, repeated until its ACK comes."""
        if dialog.invite is None:
            return []
        extra = [("Reason", REASON)] if status == 500 else []
        if status == 503:
            extra = [("Retry-After", "5")]
        dialog.phase = Phase.REFUSED
        self._dialogs.keep(dialog, now + FINAL_S)
        dialog.refusal = respond(dialog.invite, status, extra, tag=dialog.worker_party.tag)
        return self._resends.start(dialog.call_id, "final", Send(dialog.far, dialog.refusal), now, FINAL_S)

    def reunited(self, dialog: Dialog, now: float) -> list[Effect]:
        """The far end of a lost dialog, which no BYE could reach, is back on a new connection."""
        return self._bye(dialog, now) if dialog.phase is Phase.CONFIRMED else []

    def request(self, dialog: Dialog, request: Request, now: float) -> list[Effect]:
        """A request of the far end to the dead worker."""
        if request.method == "ACK":
            waiting = dialog.inbound and dialog.phase is Phase.CONFIRMED and not dialog.acked
            dialog.acked = True
            return self._bye(dialog, now) if waiting else []
        if request.method == "BYE":
            dialog.phase = Phase.ENDED
            self._resends.stop(dialog.call_id, "BYE")
        return [Send(dialog.far, respond(request, 200 if request.method in ("BYE", "CANCEL") else 481))]

    def response(self, dialog: Dialog, response: Response, now: float) -> list[Effect]:
        """A response of the far end to the dead worker's INVITE; others need nothing."""
        invite = dialog.invite
        if invite is None or dialog.inbound or response.cseq != invite.cseq:
            return []
        if response.status < 200:
            first = dialog.phase is Phase.CALLING and not dialog.provisional
            dialog.provisional = True
            return self._cancel(dialog, now) if first else []
        if response.status < 300:
            if dialog.acked:  # our ACK was lost on the way
                return [Send(dialog.far, make_request(dialog, self._routing, "ACK"))]
            return self._end_confirmed(dialog, now)
        dialog.phase = Phase.ENDED
        return [Send(dialog.far, make_within_invite(invite, "ACK", response.headers.get("To") or ""))]

    def own_response(self, dialog: Dialog, response: Response) -> bool:
        """Absorb the answer to a BYE or CANCEL of ours; whether it was one."""
        method = response.cseq.method
        invite = dialog.invite
        ours = dialog.lost and method == "CANCEL"  # else it answers the CANCEL of a worker that lives
        cancelled = ours and invite is not None and response.via.branch == invite.via.branch
        if not cancelled and not (method == "BYE" and self._routing.is_own(response, "BYE")):
            return False
        if response.status >= 200:
            self._resends.stop(dialog.call_id, method)
            dialog.phase = Phase.ENDED
        return True

    def _end_confirmed(self, dialog: Dialog, now: float) -> list[Effect]:
        if dialog.inbound and not dialog.acked and dialog.phase is Phase.CONFIRMED and dialog.invite is not None:
            self._agenda.at(now + ACK_WAIT_S, lambda then: [] if dialog.acked else self._bye(dialog, then))
            return []
        effects: list[Effect] = []
        if not dialog.inbound and not dialog.acked and dialog.invite is not None:
            dialog.acked = True
            effects.append(Send(dialog.far, make_request(dialog, self._routing, "ACK")))
        return effects + self._bye(dialog, now)

    def _bye(self, dialog: Dialog, now: float) -> list[Effect]:
        bye = make_request(dialog, self._routing, "BYE")
        return self._resends.start(dialog.call_id, "BYE", Send(dialog.far, bye), now, BYE_S)

    def _cancel(self, dialog: Dialog, now: float) -> list[Effect]:
        if dialog.invite is None:
            return []
        to = dialog.invite.headers.get("To") or ""
        cancel = make_within_invite(dialog.invite, "CANCEL", to)
        return self._resends.start(dialog.call_id, "CANCEL", Send(dialog.far, cancel), now, BYE_S)
