"""The engine: everything done to pjsua2, on the command thread.

Every check stands before the call it protects, because pjsua2 answers misuse with abort(). Checks read the engine's own
table of legs, never a native object that may just be ending; PJSIP's own refusals arrive as ``pj.Error``.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

import pjsua2 as pj

from voice.audio import AudioSink
from voice.clock import Clock
from voice.phone import (
    AudioPath,
    FrameSource,
    LegQuality,
    PhoneConfig,
    PhoneError,
    PhoneEvent,
    PhoneFailure,
    SipAccount,
)
from voice.quality import StreamCounters, leg_quality
from voice.sip.headers import check_digits, check_final_code, check_headers, check_uri
from voice.sip.legs import Leg, LegTable
from voice.sip.media import FrameCopy
from voice.sip.native_legs import hang_up, read_counters
from voice.sip.natives import NativeCall, by_info, options, parameters, rfc4733
from voice.sip.notices import Notice
from voice.sip.ports import Ports
from voice.sip.reports import Later, Reports
from voice.sip.stack import Stack, refusals

log = logging.getLogger(__name__)


class Engine:
    """Runs on the command thread, except where a method says otherwise. ``emit`` takes events to the asyncio loop."""

    def __init__(
        self,
        config: PhoneConfig,
        emit: Callable[[PhoneEvent], None],
        post: Callable[[Notice], None],
        later: Later,
        clock: Clock,
        copy: FrameCopy | None = None,
    ) -> None:
        self._emit = emit
        self._post = post
        self._clock = clock
        self._serials = itertools.count(1)
        self._stack = Stack(config, post, self._serials.__next__)
        self._legs = LegTable()
        self._ports = Ports(config.clock_rate, clock, self._legs, copy)
        self._reports = Reports(self._legs, self._ports.bridge, self._stack, clock, emit, later)

    # ---- life ----------------------------------------------------------------------------------------------------

    def start(self) -> tuple[str, int]:
        """Create, configure and start the stack; returns the bound SIP host and port. Raises PhoneError."""
        try:
            return self._stack.start()
        except BaseException:
            self._stack.destroy(self._ports.drop)
            raise

    def hang_up_all(self) -> None:
        """End every leg and refuse new ones."""
        self._reports.closing = True
        for leg in self._legs.all():
            hang_up(leg, 0)

    @property
    def busy(self) -> bool:
        """Whether any leg lives."""
        return len(self._legs) > 0

    def quiesce(self) -> None:
        """First half of the end. A call that has arrived waits in the command queue; post ``close`` behind it."""
        self._reports.closing = True
        self._stack.quiesce()

    def close(self) -> None:
        """Second half: let go of calls, paths, ports and stack, in this order. Takes a second in pjsua2 itself."""
        for leg in self._legs.all():
            hang_up(leg, 0)
            self._reports.end(leg, 0, "closed")
        self._reports.close()
        self._ports.bridge.clear()
        self._stack.destroy(self._ports.drop)

    # ---- what the phone asks -------------------------------------------------------------------------------------

    def set_account(self, account: SipAccount) -> None:
        """See ``Phone.add_account``; a second one replaces the first."""
        self._require_started()
        check_uri(account.uri)
        if account.proxy is not None:
            check_uri(account.proxy)
        if any(ord(char) < 32 for char in account.user + account.secret):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, "control characters in user or secret")
        self._stack.set_account(account)

    def register(self) -> None:
        """See ``SipPhone.register``."""
        self._require_started()
        with refusals():
            self._stack.account.setRegistration(True)

    def dial(self, leg_id: str, uri: str, headers: Mapping[str, str]) -> None:
        """See ``Phone.dial``."""
        self._require_started()
        check_uri(uri)
        check_headers(headers)
        self._require_new(leg_id)
        serial = next(self._serials)
        call = NativeCall(self._stack.account, pj.PJSUA_INVALID_ID, serial, self._post)
        leg = Leg(leg_id, serial, call, incoming=False)
        self._legs.add(leg)
        try:
            with refusals():
                call.makeCall(uri, parameters(headers=dict(headers)))
        except PhoneError:
            self._legs.drop(leg)  # no event: the caller has the exception
            raise

    def answer(self, leg_id: str, code: int) -> None:
        """See ``Phone.answer``; a leg that has ended meanwhile is NO_SUCH_LEG."""
        leg = self._require_leg(leg_id)
        if code not in (180, 183, 200):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"answer with 180, 183 or 200, not {code}")
        if not leg.incoming or leg.answered or leg.ending:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not waiting for an answer")
        leg.answered = code == 200
        with refusals():
            leg.call.answer(parameters(code))

    def hang_up(self, leg_id: str, code: int) -> None:
        """See ``Phone.hang_up``; a leg that is over or ending is left alone."""
        self._require_started()
        check_final_code(code)
        leg = self._legs.find(leg_id)
        if leg is not None:
            hang_up(leg, code)
        elif not self._legs.has_ended(leg_id):
            raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)

    def send_digits(self, leg_id: str, digits: str) -> None:
        """See ``Phone.send_digits``."""
        leg = self._require_connected(leg_id)
        check_digits(digits)
        if not leg.audible:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} has no sound")
        try:
            leg.call.sendDtmf(rfc4733(digits))
        except pj.Error as error:
            log.debug("leg %s: digits by INFO: %s", leg_id, error.reason)
        else:
            return
        with refusals():
            leg.call.sendDtmf(by_info(digits))

    def set_hold(self, leg_id: str, *, held: bool) -> None:
        """See ``Phone.hold`` and ``resume``."""
        leg = self._require_connected(leg_id)
        self._reports.pursue(leg, leg.holding.want(held))

    def move(self, rtp_host: str) -> None:
        """See ``SipPhone.move``."""
        self._require_started()
        self._stack.move(rtp_host)
        for leg in self._legs.all():
            if leg.confirmed and not leg.ending:
                self._reports.pursue(leg, leg.holding.move())

    def transfer(self, leg_id: str, target: str) -> None:
        """See ``Phone.transfer``."""
        leg = self._require_connected(leg_id)
        check_uri(target)
        with refusals():
            leg.call.xfer(target, parameters())

    def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        """See ``Phone.transfer_to``."""
        leg, other = self._require_connected(leg_id), self._require_connected(other_leg_id)
        if leg is other:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, "a leg cannot be transferred to itself")
        with refusals():
            leg.call.xferReplaces(other.call, parameters())

    def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        """See ``Phone.answer_referral``. From any thread: PJSIP holds the leg's lock while the REFER waits, so the
        command thread may be waiting for that very lock.
        """
        leg = self._require_leg(leg_id)
        referral, leg.referral = leg.referral, None
        if referral is None:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} was not referred")
        if new_leg_id is not None and self._legs.find(new_leg_id) is not None:
            referral.answer(None)
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {new_leg_id!r} exists already")
        accepted = None if new_leg_id is None else (new_leg_id, next(self._serials))
        if not referral.answer(accepted) and accepted is not None:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, "too late: the transfer was declined")

    def add_source(self, name: str, source: FrameSource, rate: int | None) -> None:
        """See ``Phone.add_source``."""
        self._require_started()
        self._ports.add_source(name, source, rate)

    def add_sink(self, name: str, sink: AudioSink, batch_ms: int, rate: int | None) -> None:
        """See ``Phone.add_sink``."""
        self._require_started()
        self._ports.add_sink(name, sink, batch_ms, rate)

    def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """See ``Phone.set_paths``."""
        self._require_started()
        self._ports.set_paths(paths)

    def quality(self, leg_id: str) -> LegQuality:
        """See ``Phone.quality``."""
        leg = self._require_leg(leg_id)
        if not leg.audible:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} has no sound")
        with refusals():
            counters = read_counters(leg)
        return leg_quality(leg_id, replace(counters, discarded=0), StreamCounters(), leg.codec)

    def probe(self, leg_id: str, answered: Callable[[int], None]) -> None:
        """See ``Phone.probe``; ``answered`` is called on the command thread, if ever."""
        leg = self._require_connected(leg_id)
        with refusals():
            leg.call.sendRequest(options())
        leg.probes.append(answered)

    def report_quality(self) -> None:
        """Emit LegQuality of every connected leg, since the last time.

        While nobody listens to a leg its jitter buffer overflows and discards: that is no fault of the line.
        """
        for leg in self._legs.all():
            if not (leg.reported and leg.audible) or leg.ending:
                continue
            try:
                counters = read_counters(leg)
            except pj.Error as error:  # the call has just ended
                log.debug("leg %s: %s", leg.leg_id, error.reason)
                continue
            listened = self._ports.bridge.is_heard(leg.port)
            before = leg.counted if listened and leg.listened else replace(leg.counted, discarded=counters.discarded)
            self._emit(leg_quality(leg.leg_id, counters, before, leg.codec))
            leg.counted, leg.listened = counters, listened

    def faults(self) -> dict[str, int]:
        """See ``SipPhone.faults``."""
        return self._ports.faults()

    def handle(self, notice: Notice) -> None:
        """Take one notice of PJSIP's, a ReferArrived on any thread."""
        self._reports.handle(notice)

    # ---- checks --------------------------------------------------------------------------------------------------

    def _require_started(self) -> None:
        if not self._stack.running:
            raise PhoneError(PhoneFailure.NOT_STARTED)

    def _require_leg(self, leg_id: str) -> Leg:
        self._require_started()
        leg = self._legs.find(leg_id)
        if leg is None:
            raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)
        return leg

    def _require_connected(self, leg_id: str) -> Leg:
        leg = self._require_leg(leg_id)
        if not leg.reported or leg.ending:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not connected")
        return leg

    def _require_new(self, leg_id: str) -> None:
        if self._legs.find(leg_id) is not None:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} exists already")
        if self._reports.closing:
            raise PhoneError(PhoneFailure.NOT_STARTED)
        self._legs.check_room(self._clock.monotonic())
