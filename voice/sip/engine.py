"""The engine: everything done to pjsua2, on the command thread, and what its notices mean.

Every check stands before the call it protects, because pjsua2 answers misuse with abort(). Checks read the engine's own
table of legs, never a native object that may just be ending; PJSIP's own refusals arrive as ``pj.Error``.
"""

from __future__ import annotations

import collections
import contextlib
import ctypes
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

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
from voice.sip.digits import DigitFilter
from voice.sip.headers import check_digits, check_final_code, check_headers, check_uri, parse_headers, parse_name_addr
from voice.sip.media import FRAME_MS, Batcher, FrameCopy, SourcePort, TapPort, choose_copy
from voice.sip.natives import (
    MAX_CALLS,
    CallArrived,
    CallStateChanged,
    DigitHeard,
    MediaChanged,
    NativeAccount,
    NativeCall,
    Notice,
    PjLog,
    RegistrationAnswered,
    account_config,
    endpoint_config,
    parameters,
    rfc4733,
    set_codecs,
)
from voice.sip.quality import LegQuality, leg_quality

log = logging.getLogger(__name__)

_PJ_ETOOMANY = 70010  # pj/errno.h
_HANDLES_BACK_S = 1.0
_MAX_RECENT_ENDS = 20  # leaves room for four legs up and as many INVITEs again from outside


@dataclass(slots=True)
class _Leg:
    """One native call and how far it has come."""

    leg_id: str
    serial: int
    call: Any
    incoming: bool
    answered: bool = False  # we sent a final response, or the far end did
    confirmed: bool = False
    ending: bool = False
    audible: bool = False
    reported: bool = False
    codec: str = ""
    stream: int = 0
    code: int = 0
    presses: DigitFilter = field(default_factory=DigitFilter)


class Engine:
    """Runs on the command thread, except ``__init__``. ``emit`` takes events to the asyncio loop."""

    _taken: ClassVar[bool] = False  # a second pj.Endpoint in a process terminates it

    def __init__(
        self,
        config: PhoneConfig,
        emit: Callable[[PhoneEvent], None],
        post: Callable[[Notice], None],
        clock: Clock,
        copy: FrameCopy | None = None,
    ) -> None:
        self._config = config
        self._emit = emit
        self._post = post
        self._clock = clock
        self._serials = itertools.count(1)
        self._legs: dict[int, _Leg] = {}
        self._ended: collections.deque[str] = collections.deque(maxlen=64)
        self._ends: collections.deque[float] = collections.deque(maxlen=64)  # monotonic times
        self._bridge = Bridge()
        self._sources: dict[str, SourcePort] = {}
        self._taps: dict[str, TapPort] = {}
        self._copy = copy
        self._endpoint: Any = None
        self._writer: Any = None
        self._account: Any = None
        self._silence: Any = None
        self._transport = 0
        self._closing = False

    # ---- life ----------------------------------------------------------------------------------------------------

    def start(self) -> tuple[str, int]:
        """Create, configure and start the stack; returns the bound SIP host and port. Raises PhoneError."""
        if Engine._taken:
            raise PhoneError(PhoneFailure.STACK, "one phone per process, and another one is running")
        Engine._taken = True
        try:
            with _refusals():
                return self._start()
        except BaseException:
            self._destroy()
            raise

    def _start(self) -> tuple[str, int]:
        _silence_startup()
        self._copy = self._copy or choose_copy()
        self._endpoint = pj.Endpoint()
        self._endpoint.libCreate()
        self._writer = PjLog()
        self._endpoint.libInit(endpoint_config(self._config, self._writer))
        self._endpoint.audDevManager().setNullDev()
        self._silence = pj.ToneGenerator()  # told to play nothing, it costs no callback into Python
        self._silence.createToneGenerator(self._config.clock_rate, 1)
        if missing := set_codecs(self._endpoint, self._config.codecs):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"codecs not in this build: {', '.join(missing)}")
        transport = pj.TransportConfig()
        transport.boundAddress, transport.port = self._config.host, self._config.port
        self._transport = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self._endpoint.libStart()
        host, _, port = self._endpoint.transportGetInfo(self._transport).localName.rpartition(":")
        self._set_account(SipAccount(f"sip:callfloor@{host}:{port}"))  # for calls that come before add_account
        return host, int(port)

    def hang_up_all(self) -> None:
        """End every leg and refuse new ones."""
        self._closing = True
        for leg in list(self._legs.values()):
            self._hang_up(leg, 0)

    @property
    def busy(self) -> bool:
        """Whether any leg lives."""
        return bool(self._legs)

    def quiesce(self) -> None:
        """First half of the end: no callback after this brings a new call, which could outlive the stack and abort.

        A call that arrived before waits in the command queue, ahead of ``close``, which must be a later piece of work.
        """
        self._closing = True
        if self._endpoint is not None:
            self._account.refusing = True
            self._endpoint.libStopWorkerThreads()

    def close(self) -> None:
        """Second half: free the stack, in the only order that does not crash. Takes a second in pjsua2 itself."""
        for leg in list(self._legs.values()):
            self._hang_up(leg, 0)
            self._end(leg, 0, "closed")
        self._destroy()

    def _destroy(self) -> None:
        self._legs.clear()
        self._bridge.clear()
        if self._endpoint is not None:
            with contextlib.suppress(pj.Error):
                self._endpoint.audDevManager().setNoDev()  # stops the clock: no frame callback runs from here on
        self._silence = None
        self._taps.clear()
        self._sources.clear()
        self._account = None
        if self._endpoint is not None:
            with contextlib.suppress(pj.Error):
                self._endpoint.libDestroy()
        self._endpoint = None
        self._writer = None
        Engine._taken = False

    # ---- what the phone asks -------------------------------------------------------------------------------------

    def set_account(self, account: SipAccount) -> None:
        """See ``Phone.add_account``; a second one replaces the first."""
        self._require_started()
        check_uri(account.uri)
        if account.proxy is not None:
            check_uri(account.proxy)
        if any(ord(char) < 32 for char in account.user + account.secret):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, "control characters in user or secret")
        with _refusals():
            self._set_account(account)

    def _set_account(self, account: SipAccount) -> None:
        made = account_config(self._config, account, self._transport)
        if self._account is None:
            self._account = NativeAccount(self._post, self._serials.__next__)
            self._account.create(made, True)
        else:
            self._account.modify(made)

    def dial(self, leg_id: str, uri: str, headers: Mapping[str, str]) -> None:
        """See ``Phone.dial``."""
        self._require_started()
        check_uri(uri)
        check_headers(headers)
        if self._find(leg_id) is not None:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} exists already")
        if len(self._legs) >= MAX_CALLS or self._closing:
            raise PhoneError(PhoneFailure.NO_SLOT)
        self._check_pace()
        serial = next(self._serials)
        call = NativeCall(self._account, pj.PJSUA_INVALID_ID, serial, self._post)
        self._legs[serial] = _Leg(leg_id, serial, call, incoming=False)
        try:
            with _refusals():
                call.makeCall(uri, parameters(headers=dict(headers)))
        except PhoneError:
            del self._legs[serial]  # no event: the caller has the exception
            raise

    def answer(self, leg_id: str, code: int) -> None:
        """See ``Phone.answer``; a leg that has ended meanwhile is NO_SUCH_LEG."""
        leg = self._require_leg(leg_id)
        if code not in (180, 183, 200):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"answer with 180, 183 or 200, not {code}")
        if not leg.incoming or leg.answered or leg.ending:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not waiting for an answer")
        leg.answered = code == 200
        with _refusals():
            leg.call.answer(parameters(code))

    def hang_up(self, leg_id: str, code: int) -> None:
        """See ``Phone.hang_up``; a leg that is over or ending is left alone."""
        self._require_started()
        check_final_code(code)
        leg = self._find(leg_id)
        if leg is not None:
            self._hang_up(leg, code)
        elif leg_id not in self._ended:
            raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)

    def send_digits(self, leg_id: str, digits: str) -> None:
        """See ``Phone.send_digits``."""
        leg = self._require_leg(leg_id)
        check_digits(digits)
        if not leg.reported or leg.ending or not leg.audible:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not connected")
        with _refusals():
            leg.call.sendDtmf(rfc4733(digits))

    def add_source(self, name: str, source: FrameSource) -> None:
        """See ``Phone.add_source``."""
        copy = self._check_port(name, self._taps)
        if name in self._sources:
            self._sources[name].source = source
            return
        with _refusals():
            self._sources[name] = port = SourcePort(name, self._config.clock_rate, source, copy)
        self._bridge.plug(name, port)

    def add_sink(self, name: str, sink: AudioSink, batch_ms: int) -> None:
        """See ``Phone.add_sink``."""
        copy = self._check_port(name, self._sources)
        if batch_ms % FRAME_MS or not FRAME_MS <= batch_ms <= 1000:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"batch of {batch_ms} ms, not a multiple of 20 up to 1000")
        batcher = Batcher(sink, self._config.clock_rate, batch_ms, self._clock)
        if name in self._taps:
            self._taps[name].batcher = batcher
            return
        with _refusals():
            self._taps[name] = port = TapPort(name, self._config.clock_rate, batcher, copy)
        self._bridge.plug(name, port)

    def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """See ``Phone.set_paths``; paths of a leg that has just ended are silently without effect."""
        self._require_started()
        check_paths(paths)
        for path in paths:
            if not (self._knows_leg(path.source) or path.source in self._sources):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, f"{path.source} cannot speak")
            if not (self._knows_leg(path.sink) or path.sink in self._taps):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, f"{path.sink} cannot hear")
        living = {f"leg:{leg.leg_id}" for leg in self._legs.values()} | self._sources.keys() | self._taps.keys()
        self._judge(self._bridge.set_paths(frozenset(p for p in paths if p.source in living and p.sink in living)))

    def quality(self, leg_id: str) -> LegQuality:
        """See ``SipPhone.quality``."""
        leg = self._require_leg(leg_id)
        if not leg.audible:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} has no audio")
        with _refusals():
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
                self._media_changed(serial)
            case DigitHeard(serial, digit, method):
                leg = self._legs.get(serial)
                if leg is not None and leg.presses.accept(method, digit, self._clock.monotonic()):
                    self._emit(LegDigit(leg.leg_id, digit.upper()))
            case RegistrationAnswered(active, code, reason):
                self._emit(RegistrationChanged(active, code, reason))

    def _arrived(self, notice: CallArrived) -> None:
        leg = _Leg(f"in-{notice.serial}", notice.serial, notice.call, incoming=True)
        self._legs[notice.serial] = leg
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
            self._report_connected(leg)
        elif notice.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._end(leg, notice.code, notice.reason)

    def _media_changed(self, serial: int) -> None:
        leg = self._legs.get(serial)
        if leg is None or leg.ending:
            return
        try:
            media = self._read_media(leg)
        except pj.Error as error:  # the call ended while this notice waited; its own notice follows
            log.debug("leg %s: %s", leg.leg_id, error.reason)
            return
        leg.audible = media is not None
        if media is None:
            self._bridge.unplug(f"leg:{leg.leg_id}", for_good=False)
        else:
            self._report_connected(leg)
            if leg.reported:
                self._plug(leg, media)

    def _read_media(self, leg: _Leg) -> Any | None:
        usable = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
        info = leg.call.getInfo()  # held: its media list is a view into it, and dies with it
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in usable and media.audioConfSlot >= 0:
                leg.stream = media.index
                stream = leg.call.getStreamInfo(media.index)
                leg.codec = f"{stream.codecName}/{stream.codecClockRate}"
                return leg.call.getAudioMedia(media.index)
        return None

    def _report_connected(self, leg: _Leg) -> None:
        """Once, when the dialog is confirmed and the audio port exists: the two come in either order."""
        if leg.reported or leg.ending or not (leg.confirmed and leg.audible):
            return
        leg.reported = True
        self._emit(LegConnected(leg.leg_id, leg.codec))
        try:
            media = self._read_media(leg)
        except pj.Error:
            return  # ended meanwhile
        if media is not None:
            self._plug(leg, media)

    def _plug(self, leg: _Leg, media: Any) -> None:
        """A leg that no path reaches would send no RTP, no digits either, and far ends hang up on a silent stream."""
        try:
            self._silence.startTransmit(media)
        except pj.Error:
            return  # ended meanwhile
        self._judge(self._bridge.plug(f"leg:{leg.leg_id}", media))

    def _hang_up(self, leg: _Leg, code: int) -> None:
        if leg.ending:
            return
        leg.ending = True
        try:
            leg.call.hangup(parameters(code))
        except pj.Error as error:  # it ended by itself in this very moment; DISCONNECTED is on its way
            log.debug("hanging up leg %s: %s", leg.leg_id, error.reason)

    def _end(self, leg: _Leg, code: int, reason: str) -> None:
        """Forget the leg. Its native call must go now: collected later, it would hang up the slot's next call."""
        self._bridge.unplug(f"leg:{leg.leg_id}", for_good=True)
        del self._legs[leg.serial]
        leg.call = None
        self._ended.append(leg.leg_id)
        self._ends.append(self._clock.monotonic())
        self._emit(LegDisconnected(leg.leg_id, code, reason))

    # ---- checks --------------------------------------------------------------------------------------------------

    def _require_started(self) -> None:
        if self._endpoint is None:
            raise PhoneError(PhoneFailure.NOT_STARTED)

    def _find(self, leg_id: str) -> _Leg | None:
        return next((leg for leg in self._legs.values() if leg.leg_id == leg_id), None)

    def _require_leg(self, leg_id: str) -> _Leg:
        self._require_started()
        leg = self._find(leg_id)
        if leg is None:
            raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)
        return leg

    def _knows_leg(self, port: str) -> bool:
        prefix, _, leg_id = port.partition(":")
        return prefix == "leg" and (self._find(leg_id) is not None or leg_id in self._ended)

    def _check_port(self, name: str, other_kind: Mapping[str, Any]) -> FrameCopy:
        self._require_started()
        if not name.isascii() or not name.isprintable() or not 0 < len(name) <= 60 or name.startswith("leg:"):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{name[:60]!r} cannot name a port")
        if name in other_kind:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"port {name!r} exists and is of the other kind")
        assert self._copy is not None
        return self._copy

    def _check_pace(self) -> None:
        """The build has 64 socket handles, two per call, given back half a second late; without one it aborts."""
        recent = self._clock.monotonic() - _HANDLES_BACK_S
        while self._ends and self._ends[0] <= recent:
            self._ends.popleft()
        if len(self._ends) >= _MAX_RECENT_ENDS:
            raise PhoneError(PhoneFailure.NO_SLOT, f"{len(self._ends)} legs ended within {_HANDLES_BACK_S:.0f} s")

    def _judge(self, refused: list[Hop]) -> None:
        """A path may be refused because a leg is just ending; any other refusal is an error."""
        for hop in refused:
            legs = [self._find(port.partition(":")[2]) for port in hop if port.startswith("leg:")]
            if all(leg is not None and not leg.ending and leg.call.isActive() for leg in legs):
                raise PhoneError(PhoneFailure.STACK, f"no path {hop[0]} to {hop[1]}")


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """PJSIP's refusals as PhoneError, without the frames that would keep native objects alive."""
    try:
        yield
    except pj.Error as error:
        detail = error.reason or error.title
        full = error.status == _PJ_ETOOMANY
    else:
        return
    raise PhoneError(PhoneFailure.NO_SLOT if full else PhoneFailure.STACK, detail)


def _silence_startup() -> None:
    """libCreate prints to stdout before its log settings apply; the level is a global of the library."""
    for library in Path(pj.__file__).parent.glob("_pjsua2*"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(str(library)).pj_log_set_level(1)
