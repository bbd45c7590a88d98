"""What PJSIP's notices mean: the table of legs follows, events go out. Used by the command thread only."""

from __future__ import annotations

import collections
import logging
import urllib.parse
from collections.abc import Callable
from typing import Final

import pjsua2 as pj

from voice.clock import Clock
from voice.phone import (
    IncomingLeg,
    LegConnected,
    LegDigit,
    LegDisconnected,
    LegHoldChanged,
    LegHoldRefused,
    LegProgressed,
    LegReferred,
    LegReplaced,
    PhoneError,
    PhoneEvent,
    RegistrationChanged,
    TransferProgressed,
)
from voice.sip.bridge import Bridge
from voice.sip.headers import check_uri, parse_headers, parse_name_addr
from voice.sip.holding import Next
from voice.sip.legs import Leg, LegTable
from voice.sip.native_legs import MediaState, hang_up, is_born, is_encrypted, read_media, send_hold
from voice.sip.notices import (
    CallArrived,
    CallReferred,
    CallReplaced,
    CallStateChanged,
    DigitHeard,
    MediaChanged,
    Notice,
    ProbeAnswered,
    ReferArrived,
    RegistrationAnswered,
    ReinviteAnswered,
    TransferAnswered,
)
from voice.sip.stack import Stack

log = logging.getLogger(__name__)

_BIRTH_S: Final = 2.0  # how long a call that PJSIP makes by itself may take to get its slot

Later = Callable[[float, Callable[[], None]], None]
"""Have work done on the command thread after so many seconds."""


class Reports:
    """``handle`` takes each notice in order, on the command thread, but a ReferArrived on any. ``closing``: new calls
    get 503.
    """

    def __init__(
        self,
        legs: LegTable,
        bridge: Bridge,
        stack: Stack,
        clock: Clock,
        emit: Callable[[PhoneEvent], None],
        later: Later,
    ) -> None:
        self._legs = legs
        self._bridge = bridge
        self._stack = stack
        self._clock = clock
        self._emit = emit
        self._later = later
        self.closing = False
        self._unborn: collections.deque[object] = collections.deque(maxlen=256)

    def handle(self, notice: Notice) -> None:
        """Take one notice. Notices of calls that are no longer in the table are late and mean nothing."""
        match notice:
            case CallArrived():
                self._arrived(notice)
            case CallReferred(leg_id, serial, call):
                self._expect(Leg(leg_id, serial, call, incoming=False))
            case RegistrationAnswered(active, code, reason):
                self._emit(RegistrationChanged(active, code, reason))
            case ReferArrived(serial=serial) if self._legs.get(serial) is None or self.closing:
                notice.referral.answer(None)
            case _:
                leg = self._legs.get(notice.serial)  # type: ignore[attr-defined]  # every other notice has one
                if leg is not None:
                    self._of_leg(leg, notice)

    def end(self, leg: Leg, code: int, reason: str) -> None:
        """Forget the leg. Its native call must go now: collected later, it would hang up the slot's next call."""
        self._bridge.unplug(leg.port, for_good=True)
        self._legs.end(leg, self._clock.monotonic())
        self._emit(LegDisconnected(leg.leg_id, code, reason))

    def pursue(self, leg: Leg, step: Next, code: int = 0, reason: str = "") -> None:
        """Take the next step of a hold or resume."""
        if step is Next.SEND and not send_hold(leg):
            step = leg.holding.collided()
        if step is Next.RETRY:
            serial = leg.serial
            self._later(leg.holding.retry_s(), lambda: self._retry(serial))
        elif step is Next.REFUSED:
            self._emit(LegHoldRefused(leg.leg_id, code, reason or "another negotiation did not end"))

    def _retry(self, serial: int) -> None:
        leg = self._legs.get(serial)
        if leg is not None and not leg.ending:
            self.pursue(leg, Next.SEND)

    def _of_leg(self, leg: Leg, notice: Notice) -> None:
        match notice:
            case CallStateChanged():
                self._changed(leg, notice)
            case MediaChanged():
                self._connect(leg)
            case DigitHeard(_, digit, method):
                if leg.presses.accept(method, digit, self._clock.monotonic()):
                    self._emit(LegDigit(leg.leg_id, digit.upper()))
            case ReinviteAnswered(_, code, reason):
                self.pursue(leg, leg.holding.answered(code), code, reason)
            case ProbeAnswered(_, code):
                for answered in leg.probes:
                    answered(code)
                leg.probes.clear()
            case ReferArrived():
                self._referred(leg, notice)
            case CallReplaced(_, serial, call):
                new = Leg(f"in-{serial}", serial, call, incoming=True, answered=True)
                self._emit(LegReplaced(leg.leg_id, new.leg_id))
                self._expect(new)
            case TransferAnswered(_, code, reason, final):
                self._emit(TransferProgressed(leg.leg_id, code, reason, final))

    def _expect(self, leg: Leg) -> None:
        """A call that PJSIP is about to make. Where it fails to, it tells only the far end."""
        self._legs.add(leg)
        if self.closing:
            hang_up(leg, 503)
        self._later(_BIRTH_S, lambda: self._give_up(leg.serial))

    def _give_up(self, serial: int) -> None:
        leg = self._legs.get(serial)
        if leg is not None and not is_born(leg):
            self._unborn.append(leg.call)  # pjsua2 may still point to it
            self.end(leg, 500, "the call could not be made")

    def close(self) -> None:
        """Let go of what is left, before the stack is destroyed."""
        self._unborn.clear()

    def _arrived(self, notice: CallArrived) -> None:
        leg = Leg(f"in-{notice.serial}", notice.serial, notice.call, incoming=True)
        self._legs.add(leg)
        if self.closing:
            hang_up(leg, 503)
            return
        headers = parse_headers(notice.message)
        display, from_uri = parse_name_addr(headers.get("from", ""))
        _, to_uri = parse_name_addr(headers.get("to", ""))
        self._emit(IncomingLeg(leg.leg_id, headers.get("call-id", ""), from_uri, display, to_uri, headers))

    def _referred(self, leg: Leg, notice: ReferArrived) -> None:
        """PJSIP dials the target as the REFER gives it, so what is not a plain address is declined unasked."""
        _, uri = parse_name_addr(notice.target)
        target, _, headers = uri.partition("?")
        wanted = {name.lower(): value for name, value in urllib.parse.parse_qsl(headers, keep_blank_values=True)}
        try:
            check_uri(target)
        except PhoneError:
            notice.referral.answer(None)
            return
        foreign = wanted.keys() - {"replaces", "require"} or wanted.get("require", "replaces") != "replaces"
        if foreign or leg.ending or leg.referral is not None:
            notice.referral.answer(None)
            return
        leg.referral = notice.referral
        self._emit(LegReferred(leg.leg_id, target, replaces="replaces" in wanted))

    def _changed(self, leg: Leg, notice: CallStateChanged) -> None:
        if leg.ending and not leg.hung_up and notice.state != pj.PJSIP_INV_STATE_DISCONNECTED:
            hang_up(leg, 0)  # it was asked for before the call was born
        if notice.state == pj.PJSIP_INV_STATE_EARLY and not leg.incoming and notice.code != leg.code:
            leg.code = notice.code
            self._emit(LegProgressed(leg.leg_id, notice.code))
        elif notice.state == pj.PJSIP_INV_STATE_CONFIRMED:
            leg.answered = leg.confirmed = True
            self._connect(leg)
        elif notice.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.end(leg, notice.code, notice.reason)

    def _connect(self, leg: Leg) -> None:
        """After the ACK and after every negotiation, in either order: report the leg once, (re)connect its audio port.

        Before the answer this is early media. A leg that no path reaches would send no RTP, hence no digits, and far
        ends hang up on a stream that stops: so silence always reaches it.
        """
        if leg.ending:
            return
        try:
            media = read_media(leg)
            if media.port is not None:
                self._stack.silence.startTransmit(media.port)
            leg.encrypted = media.port is not None and is_encrypted(leg)
        except pj.Error as error:  # the call ended while the notice waited; its own notice follows
            log.debug("leg %s: %s", leg.leg_id, error.reason)
            return
        leg.audible = media.port is not None
        if leg.audible and leg.confirmed and not leg.reported:
            leg.reported = True
            self._emit(LegConnected(leg.leg_id, leg.codec, leg.encrypted))
        if leg.audible:
            self._bridge.plug(leg.port, media.port)  # refused only where the leg ends; the bridge counts and logs it
        else:
            self._bridge.unplug(leg.port, for_good=False)
        self._tell_hold(leg, media)

    def _tell_hold(self, leg: Leg, media: MediaState) -> None:
        if leg.reported and leg.holding.negotiated(media.held, media.held_by_peer):
            self._emit(LegHoldChanged(leg.leg_id, media.held, media.held_by_peer))
