"""The engine: everything done to pjsua2, on the command thread, and what its notices mean.

Every check stands before the call it protects, because pjsua2 answers misuse with abort(). Checks read the engine's own
table of legs, never a native object that may just be ending; PJSIP's own refusals arrive as ``pj.Error``.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pjsua2 as pj

from voice.audio import AudioSink
from voice.clock import Clock
from voice.phone import (
    AudioPath,
    FrameSource,
    IncomingLeg,
    LegConnected,
    LegDigit,
    LegDisconnected,
    LegProgressed,
    PhoneConfig,
    PhoneError,
    PhoneEvent,
    PhoneFailure,
    RegistrationChanged,
    SipAccount,
)
from voice.sip.bridge import Bridge, Hop, check_paths
from voice.sip.headers import check_digits, check_final_code, check_headers, check_uri, parse_headers, parse_name_addr
from voice.sip.legs import Leg, LegTable
from voice.sip.media import FRAME_MS, Batcher, FrameCopy, SourcePort, TapPort, choose_copy
from voice.sip.natives import (
    CallArrived,
    CallStateChanged,
    DigitHeard,
    MediaChanged,
    NativeCall,
    Notice,
    RegistrationAnswered,
    parameters,
    rfc4733,
)
from voice.sip.quality import LegQuality, leg_quality
from voice.sip.stack import Stack, refusals

log = logging.getLogger(__name__)


class Engine:
    """Runs on the command thread, except ``__init__``. ``emit`` takes events to the asyncio loop."""

    def __init__(
        self,
        config: PhoneConfig,
        emit: Callable[[PhoneEvent], None],
        post: Callable[[Notice], None],
        clock: Clock,
        copy: FrameCopy | None = None,
    ) -> None:
        self._rate = config.clock_rate
        self._emit = emit
        self._post = post
        self._clock = clock
        self._serials = itertools.count(1)
        self._stack = Stack(config, post, self._serials.__next__)
        self._legs = LegTable()
        self._bridge = Bridge()
        self._sources: dict[str, SourcePort] = {}
        self._taps: dict[str, TapPort] = {}
        self._copy = copy
        self._closing = False

    # ---- life ----------------------------------------------------------------------------------------------------

    def start(self) -> tuple[str, int]:
        """Create, configure and start the stack; returns the bound SIP host and port. Raises PhoneError."""
        self._copy = self._copy or choose_copy()
        try:
            return self._stack.start()
        except BaseException:
            self._stack.destroy(self._drop_ports)
            raise

    def hang_up_all(self) -> None:
        """End every leg and refuse new ones."""
        self._closing = True
        for leg in self._legs.all():
            self._hang_up(leg, 0)

    @property
    def busy(self) -> bool:
        """Whether any leg lives."""
        return len(self._legs) > 0

    def quiesce(self) -> None:
        """First half of the end. A call that has arrived waits in the command queue; post ``close`` behind it."""
        self._closing = True
        self._stack.quiesce()

    def close(self) -> None:
        """Second half: let go of calls, paths, ports and stack, in this order. Takes a second in pjsua2 itself."""
        for leg in self._legs.all():
            self._hang_up(leg, 0)
            self._end(leg, 0, "closed")
        self._bridge.clear()
        self._stack.destroy(self._drop_ports)

    def _drop_ports(self) -> None:
        self._taps.clear()
        self._sources.clear()

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
        if self._legs.find(leg_id) is not None:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} exists already")
        if self._closing:
            raise PhoneError(PhoneFailure.NOT_STARTED)
        self._legs.check_room(self._clock.monotonic())
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
            self._hang_up(leg, code)
        elif not self._legs.has_ended(leg_id):
            raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)

    def send_digits(self, leg_id: str, digits: str) -> None:
        """See ``Phone.send_digits``."""
        leg = self._require_leg(leg_id)
        check_digits(digits)
        if not leg.reported or leg.ending or not leg.audible:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not connected")
        with refusals():
            leg.call.sendDtmf(rfc4733(digits))

    def add_source(self, name: str, source: FrameSource) -> None:
        """See ``Phone.add_source``."""
        copy = self._check_port(name, self._taps)
        if name in self._sources:
            self._sources[name].source = source
            return
        with refusals():
            self._sources[name] = port = SourcePort(name, self._rate, source, copy)
        self._bridge.plug(name, port)

    def add_sink(self, name: str, sink: AudioSink, batch_ms: int) -> None:
        """See ``Phone.add_sink``."""
        copy = self._check_port(name, self._sources)
        if batch_ms % FRAME_MS or not FRAME_MS <= batch_ms <= 1000:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"batch of {batch_ms} ms, not a multiple of 20 up to 1000")
        batcher = Batcher(sink, self._rate, batch_ms, self._clock)
        if name in self._taps:
            self._taps[name].batcher = batcher
            return
        with refusals():
            self._taps[name] = port = TapPort(name, self._rate, batcher, copy)
        self._bridge.plug(name, port)

    def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """See ``Phone.set_paths``; paths of a leg that has just ended are silently without effect."""
        self._require_started()
        check_paths(paths)
        for path in paths:
            if not (self._legs.knows_port(path.source) or path.source in self._sources):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, f"{path.source} cannot speak")
            if not (self._legs.knows_port(path.sink) or path.sink in self._taps):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, f"{path.sink} cannot hear")
        living = {leg.port for leg in self._legs.all()} | self._sources.keys() | self._taps.keys()
        self._judge(self._bridge.set_paths(frozenset(p for p in paths if p.source in living and p.sink in living)))

    def quality(self, leg_id: str) -> LegQuality:
        """See ``SipPhone.quality``."""
        leg = self._require_leg(leg_id)
        if not leg.audible:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} has no audio")
        with refusals():
            stat = leg.call.getStreamStat(leg.stream)
        received, buffer = stat.rtcp.rxStat, stat.jbuf
        return leg_quality(
            received=received.pkt,
            lost=received.loss,
            discarded=received.discard + buffer.discard,
            jitter_ms=received.jitterUsec.mean / 1000,
            rtt_ms=stat.rtcp.rttUsec.mean / 1000,
            buffer_ms=float(buffer.avgDelayMsec),
            codec=leg.codec,
        )

    def faults(self) -> dict[str, int]:
        """Exceptions swallowed at the media edge, by port, and paths refused; empty is healthy."""
        ports: dict[str, SourcePort | TapPort] = {**self._sources, **self._taps}
        counts = {name: port.faults for name, port in ports.items()}
        return {name: count for name, count in (counts | {"paths": self._bridge.refused}).items() if count}

    # ---- what PJSIP reports --------------------------------------------------------------------------------------

    def handle(self, notice: Notice) -> None:
        """Take one notice. Notices of calls that are no longer in the table are late and mean nothing."""
        match notice:
            case CallArrived():
                self._arrived(notice)
            case CallStateChanged():
                self._changed(notice)
            case MediaChanged(serial):
                if (leg := self._legs.get(serial)) is not None:
                    self._connect(leg)
            case DigitHeard(serial, digit, method):
                leg = self._legs.get(serial)
                if leg is not None and leg.presses.accept(method, digit, self._clock.monotonic()):
                    self._emit(LegDigit(leg.leg_id, digit.upper()))
            case RegistrationAnswered(active, code, reason):
                self._emit(RegistrationChanged(active, code, reason))

    def _arrived(self, notice: CallArrived) -> None:
        leg = Leg(f"in-{notice.serial}", notice.serial, notice.call, incoming=True)
        self._legs.add(leg)
        if self._closing:
            self._hang_up(leg, 503)
            return
        headers = parse_headers(notice.message)
        display, from_uri = parse_name_addr(headers.get("from", ""))
        _, to_uri = parse_name_addr(headers.get("to", ""))
        self._emit(IncomingLeg(leg.leg_id, headers.get("call-id", ""), from_uri, display, to_uri, headers))

    def _changed(self, notice: CallStateChanged) -> None:
        leg = self._legs.get(notice.serial)
        if leg is None:
            return
        if notice.state == pj.PJSIP_INV_STATE_EARLY and not leg.incoming and notice.code != leg.code:
            leg.code = notice.code
            self._emit(LegProgressed(leg.leg_id, notice.code))
        elif notice.state == pj.PJSIP_INV_STATE_CONFIRMED:
            leg.answered = leg.confirmed = True
            self._connect(leg)
        elif notice.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._end(leg, notice.code, notice.reason)

    def _connect(self, leg: Leg) -> None:
        """After the ACK and after every negotiation, in either order: report the leg once, (re)connect its audio port.

        A leg that no path reaches would send no RTP, hence no digits, and far ends hang up on a stream that stops:
        so silence always reaches it.
        """
        if not leg.confirmed or leg.ending:
            return
        try:
            media = self._read_media(leg)
            if media is not None:
                self._stack.silence.startTransmit(media)
        except pj.Error as error:  # the call ended while the notice waited; its own notice follows
            log.debug("leg %s: %s", leg.leg_id, error.reason)
            return
        leg.audible = media is not None
        if media is None:
            self._bridge.unplug(leg.port, for_good=False)
            return
        if not leg.reported:
            leg.reported = True
            self._emit(LegConnected(leg.leg_id, leg.codec))
        self._bridge.plug(leg.port, media)  # refused only where the leg is just ending; the bridge counts and logs it

    def _read_media(self, leg: Leg) -> Any | None:
        usable = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
        info = leg.call.getInfo()  # held: its media list is a view into it, and dies with it
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in usable and media.audioConfSlot >= 0:
                leg.stream = media.index
                stream = leg.call.getStreamInfo(media.index)
                leg.codec = f"{stream.codecName}/{stream.codecClockRate}"
                return leg.call.getAudioMedia(media.index)
        return None

    def _hang_up(self, leg: Leg, code: int) -> None:
        if leg.ending:
            return
        leg.ending = True
        try:
            leg.call.hangup(parameters(code))
        except pj.Error as error:  # it ended by itself in this very moment; DISCONNECTED is on its way
            log.debug("hanging up leg %s: %s", leg.leg_id, error.reason)
            leg.ending = not leg.call.isActive()

    def _end(self, leg: Leg, code: int, reason: str) -> None:
        """Forget the leg. Its native call must go now: collected later, it would hang up the slot's next call."""
        self._bridge.unplug(leg.port, for_good=True)
        self._legs.end(leg, self._clock.monotonic())
        self._emit(LegDisconnected(leg.leg_id, code, reason))

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

    def _check_port(self, name: str, other_kind: Mapping[str, Any]) -> FrameCopy:
        self._require_started()
        if not name.isascii() or not name.isprintable() or not 0 < len(name) <= 60 or name.startswith("leg:"):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{name[:60]!r} cannot name a port")
        if name in other_kind:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"port {name!r} exists and is of the other kind")
        assert self._copy is not None
        return self._copy

    def _judge(self, refused: list[Hop]) -> None:
        """A path may be refused because a leg is just ending; any other refusal is an error."""
        for hop in refused:
            legs = [self._legs.find(port.partition(":")[2]) for port in hop if port.startswith("leg:")]
            if all(leg is not None and not leg.ending and leg.call.isActive() for leg in legs):
                raise PhoneError(PhoneFailure.STACK, f"no path {hop[0]} to {hop[1]}")
