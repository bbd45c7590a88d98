"""Responses: back along Via, and what each says about its call. Pure; part of ``proxy``."""

from __future__ import annotations

from dataclasses import replace

from voice.front.content import clean_headers, clean_response
from voice.front.dialogs import Dialog, Phase, far_routes
from voice.front.flows import Effect, Flow, Send, Side
from voice.front.keepalive import Keepalive
from voice.front.loss import FINAL_S
from voice.front.message import Response
from voice.front.switchboard import Switchboard


class Responses:
    """Everything that arrives as a sound response."""

    def __init__(self, board: Switchboard, keepalive: Keepalive) -> None:
        self._board = board
        self._keepalive = keepalive

    def handle(self, response: Response, source: Flow, now: float) -> list[Effect]:
        """On to the hop its request came from, or into what we asked for ourselves."""
        dialog = self._board.dialogs.get(response.call_id)
        if dialog is None:
            answered = source.side is Side.OUTER and self._keepalive.answered(response, source)
            return [] if answered else self._board.drop("response without dialog")
        if source.side is Side.OUTER and self._board.mourner.own_response(dialog, response):
            return []
        connection = self._board.routing.previous(response, source.side)
        if connection is None:
            return self._board.drop("response with foreign Via")
        if source.side is Side.INNER:
            return self._to_far(response, dialog, connection, now)
        return self._to_worker(response, dialog, now)

    def _to_far(self, response: Response, dialog: Dialog, connection: int, now: float) -> list[Effect]:
        if response.status == 100:
            return []  # we have sent our own
        if dialog.inbound and dialog.invite is not None and response.cseq == dialog.invite.cseq:
            self._progress(response, dialog, now)
            if dialog.phase is not Phase.ENDED:
                dialog.learn_tag(worker=response.to.tag)
        response = _popped(clean_headers(response, Side.INNER, keep_ours=dialog.rings_agent))
        flow = dialog.far
        if not connection:
            flow = Flow(Side.OUTER, *response.via.reply_address())
        elif connection != flow.connection:
            flow = replace(flow, connection=connection)
        return [Send(flow, response)]

    def _to_worker(self, response: Response, dialog: Dialog, now: float) -> list[Effect]:
        if not dialog.inbound and dialog.invite is not None and response.cseq == dialog.invite.cseq:
            self._progress(response, dialog, now)
            dialog.provisional = dialog.provisional or not dialog.lost  # once lost, the mourner keeps it
            if 100 < response.status < 300:
                dialog.learn_tag(far=response.to.tag)
            if 200 <= response.status < 300:
                dialog.far_routes = far_routes(response, self._board.routing)
                self._board.dialogs.touch(dialog)
        if (
            200 <= response.status < 300
            and response.contact is not None
            and response.cseq.method in ("INVITE", "UPDATE")
        ):
            dialog.far_target = response.contact.uri
            self._board.dialogs.touch(dialog)
        if response.cseq.method == "BYE" and response.status >= 200:
            dialog.bye_unanswered = False
        if dialog.lost:
            return self._board.mourner.response(dialog, response, now)
        if dialog.worker is None:
            return []
        return [Send(dialog.worker, _popped(clean_response(response, trunk=dialog.from_trunk)))]

    def _progress(self, response: Response, dialog: Dialog, now: float) -> None:
        """A response to the INVITE that began the dialog."""
        if dialog.phase is not Phase.CALLING:
            return
        if 200 <= response.status < 300:
            dialog.phase = Phase.CONFIRMED
            self._board.dialogs.touch(dialog)
        elif response.status >= 300:
            self._board.dialogs.end(dialog, now + FINAL_S)


def _popped(response: Response) -> Response:
    vias = response.headers.all("Via")
    return replace(response, headers=response.headers.put("Via", *vias[1:]))
