"""FakePhone: the Phone protocol in memory. Phones on one FakeNetwork call each other; ``tick`` moves 20 ms of audio."""

from __future__ import annotations

import array
import asyncio
import collections
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.clock import VirtualClock
from voice.audio import AudioSink
from voice.clock import Clock
from voice.phone import (
    AudioPath,
    FrameSource,
    IncomingLeg,
    LegConnected,
    LegDigit,
    LegDisconnected,
    LegHoldChanged,
    LegHoldRefused,
    LegProgressed,
    LegQuality,
    LegReferred,
    LegReplaced,
    PhoneConfig,
    PhoneError,
    PhoneEvent,
    PhoneFailure,
    PhoneListener,
    RegistrationChanged,
    SipAccount,
    TransferProgressed,
)
from voice.sip.bridge import check_paths
from voice.sip.headers import check_digits, check_final_code, check_headers, check_uri
from voice.sip.media import Batcher

MAX_LEGS = 4


class FakeNetwork:
    """Connects FakePhones. ``routes`` maps a URI to a phone (a proxy's work); else registered, then bound addresses.

    ``register_answer`` is what every REGISTER gets: code and reason.
    """

    def __init__(self) -> None:
        self.phones: list[FakePhone] = []
        self.routes: dict[str, FakePhone] = {}
        self.register_answer = (200, "OK")
        self._ports = itertools.count(40000)
        self._call_ids = itertools.count(1)

    def phone(
        self, on_event: PhoneListener, clock: Clock | None = None, config: PhoneConfig | None = None
    ) -> FakePhone:
        """A phone on this network, not started."""
        return FakePhone(config or PhoneConfig(), on_event, clock or VirtualClock(), self)

    async def tick(self, frames: int = 1) -> None:
        """Move ``frames`` times 20 ms of audio between all phones, letting tasks run in between."""
        for _ in range(frames):
            for phone in self.phones:
                phone._speak()
            for phone in self.phones:
                phone._hear()
            await asyncio.sleep(0)

    def next_port(self) -> int:
        return next(self._ports)

    def next_call_id(self) -> str:
        return f"fake-{next(self._call_ids)}"

    def find(self, uri: str) -> FakePhone | None:
        """The phone that answers for ``uri``."""
        if uri in self.routes:
            return self.routes[uri]
        address = uri.split(":", 1)[1].split(";")[0]
        host = address.rpartition("@")[2]
        for phone in self.phones:
            if phone.registered_as.split(":", 1)[-1] == address or f"{phone.host}:{phone.port}" == host:
                return phone
        return None


@dataclass(eq=False)
class _End:
    """One phone's end of a call; ``peer`` is the other phone's."""

    phone: FakePhone
    leg_id: str
    incoming: bool
    peer: _End | None = None
    answered: bool = False
    early: bool = False  # a 183 lets sound pass before the answer
    over: bool = False
    referral: _Referral | None = None  # the REFER that led to this call
    held: bool = False
    received: int = 0  # packets
    reported: int = 0  # of them, with the last LegQuality
    arriving: bytes | None = None  # the frame heard in this tick
    travelling: bytes | None = None  # the frame that will be heard in the next

    @property
    def audible(self) -> bool:
        return self.answered or self.early


@dataclass(frozen=True)
class _Referral:
    """``by`` is the transferor's end; ``replaced`` the third party's end of the transferor's other call."""

    by: _End
    replaced: _End | None


@dataclass
class FakePhone:
    """See the module docstring. ``dialled``, ``digits_sent`` and ``faults`` are for tests to look at.

    ``unheard``: legs whose packets no longer arrive. ``refuse_hold``: the code every hold of ours is refused with.
    ``dead``: legs whose far end no longer answers OPTIONS.
    """

    config: PhoneConfig
    on_event: PhoneListener
    clock: Clock
    network: FakeNetwork
    host: str = ""
    port: int = 0
    registered_as: str = ""
    account: SipAccount | None = None
    paths: frozenset[AudioPath] = frozenset()
    dialled: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    digits_sent: list[tuple[str, str]] = field(default_factory=list)
    faults: collections.Counter[str] = field(default_factory=collections.Counter)
    unheard: set[str] = field(default_factory=set)
    refuse_hold: int = 0
    dead: set[str] = field(default_factory=set)
    _running: bool = False
    _ticks: int = 0
    _referred: dict[str, tuple[_End, str, _End | None]] = field(default_factory=dict)
    _ends: dict[str, _End] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _sources: dict[str, FrameSource] = field(default_factory=dict)
    _sinks: dict[str, Batcher] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    # ---- the protocol --------------------------------------------------------------------------------------------

    async def start(self) -> tuple[str, int]:
        self._running = True
        self.host, self.port = self.config.host, self.config.port or self.network.next_port()
        self.network.phones.append(self)
        return self.host, self.port

    async def add_account(self, account: SipAccount) -> None:
        self._require_started()
        check_uri(account.uri)
        self.account = account
        if account.register:
            code, reason = self.network.register_answer
            active = code // 100 == 2
            self.registered_as = account.uri if active else ""
            self._emit(RegistrationChanged(active, code, reason))

    async def dial(self, leg_id: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        await self._dial(leg_id, uri, headers or {}, None)

    async def _dial(self, leg_id: str, uri: str, headers: Mapping[str, str], referral: _Referral | None) -> None:
        self._require_started()
        check_uri(uri)
        check_headers(headers)
        if leg_id in self._ends:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} exists already")
        if len(self._ends) >= MAX_LEGS:
            raise PhoneError(PhoneFailure.NO_SLOT)
        self.dialled.append((leg_id, uri, dict(headers)))
        end = _End(self, leg_id, incoming=False, referral=referral)
        self._ends[leg_id] = end
        called = self.network.find(uri)
        if called is None or not called._running:
            self._finish(end, 404, "Not Found")
        elif len(called._ends) >= MAX_LEGS:
            self._finish(end, 486, "Busy Here")
        else:
            called._ring(end, uri, headers)

    async def answer(self, leg_id: str, code: int = 200) -> None:
        end = self._require_leg(leg_id)
        if code not in (180, 183, 200) or not end.incoming or end.answered:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not waiting for an answer {code}")
        peer = _peer(end)
        if code != 200:
            end.early = peer.early = end.early or code == 183
            peer.phone._emit(LegProgressed(peer.leg_id, code))
            return
        end.answered = peer.answered = True
        for side in (peer, end):
            side.phone._emit(LegConnected(side.leg_id, "PCMU/8000"))
        peer.phone._tell_transferor(peer, 200, "OK")

    async def hang_up(self, leg_id: str, code: int = 0) -> None:
        self._require_started()
        check_final_code(code)
        if leg_id not in self._ends:
            if leg_id not in self._ended:
                raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)
            return
        end = self._ends[leg_id]
        if end.answered:
            self._both(end, (200, "OK"), (200, "Normal call clearing"))
        elif end.incoming:
            refusal = (code or 603, "Decline")
            self._both(end, refusal, refusal)
        else:
            self._both(end, (487, "Request Terminated"), (487, "Request Terminated"))

    async def send_digits(self, leg_id: str, digits: str) -> None:
        end = self._require_connected(leg_id)
        check_digits(digits)
        self.digits_sent.append((leg_id, digits))
        peer = _peer(end)
        for digit in digits.upper():
            peer.phone._emit(LegDigit(peer.leg_id, digit))

    async def hold(self, leg_id: str) -> None:
        self._set_hold(leg_id, held=True)

    async def resume(self, leg_id: str) -> None:
        self._set_hold(leg_id, held=False)

    async def transfer(self, leg_id: str, target: str) -> None:
        end = self._require_connected(leg_id)
        check_uri(target)
        self._refer(end, target, None)

    async def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        end, other = self._require_connected(leg_id), self._require_connected(other_leg_id)
        if end is other:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, "a leg cannot be transferred to itself")
        there = _peer(other).phone
        self._refer(end, f"sip:end@{there.host}:{there.port}", _peer(other))

    async def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        self._require_leg(leg_id)
        if leg_id not in self._referred:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} was not referred")
        by, target, replaced = self._referred.pop(leg_id)
        if new_leg_id is None:
            by.phone._emit(TransferProgressed(by.leg_id, 603, "Decline", True))
            return
        by.phone._emit(TransferProgressed(by.leg_id, 202, "Accepted", False))
        await self._dial(new_leg_id, target, {}, _Referral(by, replaced))

    async def quality(self, leg_id: str) -> LegQuality:
        end = self._require_connected(leg_id)
        return _quality(leg_id, end.received)

    async def probe(self, leg_id: str) -> bool:
        self._require_connected(leg_id)
        return leg_id not in self.dead

    async def add_source(self, name: str, source: FrameSource, rate: int | None = None) -> None:
        self._check_port(name, name in self._sinks)
        assert rate in (None, self.config.clock_rate), "this bridge does not resample"
        self._sources[name] = source

    async def add_sink(self, name: str, sink: AudioSink, batch_ms: int = 20, rate: int | None = None) -> None:
        self._check_port(name, name in self._sources)
        assert rate in (None, self.config.clock_rate), "this bridge does not resample"
        if batch_ms % 20 or not 20 <= batch_ms <= 1000:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"batch of {batch_ms} ms")
        self._sinks[name] = Batcher(sink, self.config.clock_rate, batch_ms, self.clock)

    async def set_paths(self, paths: frozenset[AudioPath]) -> None:
        self._require_started()
        check_paths(paths)
        for path in paths:
            if path.source not in self._sources and not self._knows_leg(path.source):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, path.source)
            if path.sink not in self._sinks and not self._knows_leg(path.sink):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, path.sink)
        gone = {f"leg:{leg_id}" for leg_id in self._ended - self._ends.keys()}
        self.paths = frozenset(path for path in paths if path.source not in gone and path.sink not in gone)

    async def close(self) -> None:
        for leg_id in list(self._ends):
            await self.hang_up(leg_id)
        self._running = False
        if self in self.network.phones:
            self.network.phones.remove(self)

    # ---- for tests -----------------------------------------------------------------------------------------------

    @property
    def legs(self) -> set[str]:
        """Ids of the legs that live."""
        return set(self._ends)

    def hears(self, sink: str) -> set[str]:
        """Ports whose sound reaches ``sink`` by the paths set now."""
        return {path.source for path in self.paths if path.sink == sink and path.gain > 0}

    def drop(self, leg_id: str, code: int = 503, reason: str = "Service Unavailable") -> None:
        """The network loses the call: both ends are told."""
        self._both(self._ends[leg_id], (code, reason), (code, reason))

    # ---- signalling ----------------------------------------------------------------------------------------------

    def _ring(self, caller: _End, uri: str, headers: Mapping[str, str]) -> None:
        end = _End(self, f"in-{next(self._numbers)}", incoming=True, peer=caller)
        caller.peer = end
        self._ends[end.leg_id] = end
        replaced = caller.referral.replaced if caller.referral else None
        if replaced is not None:
            self._take_place(end, replaced)
            return
        account = caller.phone.account
        from_uri = account.uri if account else f"sip:callfloor@{caller.phone.host}:{caller.phone.port}"
        call_id = self.network.next_call_id()
        seen = {"from": f"<{from_uri}>", "to": f"<{uri}>", "call-id": call_id}
        seen |= {name.lower(): value for name, value in headers.items()}
        self._emit(IncomingLeg(end.leg_id, call_id, from_uri, "", uri, seen))

    def _take_place(self, end: _End, replaced: _End) -> None:
        caller = _peer(end)
        if not self.config.replaceable or replaced.over:
            self._both(end, (603, "Decline"), (603, "Decline"))
            return
        end.answered = caller.answered = True
        self._emit(LegReplaced(replaced.leg_id, end.leg_id))
        for side in (end, caller):
            side.phone._emit(LegConnected(side.leg_id, "PCMU/8000"))
        caller.phone._tell_transferor(caller, 200, "OK")
        self._both(replaced, (200, "OK"), (200, "Normal call clearing"))

    def _set_hold(self, leg_id: str, *, held: bool) -> None:
        end = self._require_connected(leg_id)
        if end.held == held:
            return
        if self.refuse_hold:
            self._emit(LegHoldRefused(leg_id, self.refuse_hold, "as the test wants"))
            return
        end.held = held
        for side in (end, _peer(end)):
            side.phone._emit(LegHoldChanged(side.leg_id, side.held, _peer(side).held))

    def _refer(self, end: _End, target: str, replaced: _End | None) -> None:
        peer = _peer(end)
        peer.phone._referred[peer.leg_id] = (end, target, replaced)
        peer.phone._emit(LegReferred(peer.leg_id, target, replaced is not None))

    def _tell_transferor(self, end: _End, code: int, reason: str) -> None:
        """Our call of a REFER came out so; its transferor learns of it while its own leg lives."""
        if end.referral is not None and not end.referral.by.over:
            by = end.referral.by
            by.phone._emit(TransferProgressed(by.leg_id, code, reason, True))
        end.referral = None

    def _both(self, end: _End, here: tuple[int, str], there: tuple[int, str]) -> None:
        peer = end.peer
        self._finish(end, *here)
        if peer is not None:
            peer.phone._finish(peer, *there)

    def _finish(self, end: _End, code: int, reason: str) -> None:
        if end.over:
            return
        end.over = True
        del self._ends[end.leg_id]
        self._ended.add(end.leg_id)
        self._referred.pop(end.leg_id, None)
        self._tell_transferor(end, code, reason)
        port = f"leg:{end.leg_id}"
        self.paths = frozenset(path for path in self.paths if port not in (path.source, path.sink))
        self._emit(LegDisconnected(end.leg_id, code, reason))

    def _emit(self, event: PhoneEvent) -> None:
        asyncio.get_running_loop().call_soon(self.on_event, event)

    # ---- sound ---------------------------------------------------------------------------------------------------

    def _speak(self) -> None:
        """Mix what every port hears in this tick; a leg's mix travels to its peer."""
        samples = self.config.clock_rate // 50
        spoken = {name: self._pull(name, samples) for name in {path.source for path in self.paths}}
        for end in self._ends.values():
            if end.audible and not _peer(end).held:
                _peer(end).travelling = self._mix(f"leg:{end.leg_id}", spoken, samples)
        for name, batcher in self._sinks.items():
            mixed = self._mix(name, spoken, samples)
            try:
                if mixed is None:
                    batcher.flush()
                else:
                    batcher.take(mixed)
            except Exception:  # noqa: BLE001 - what the real media thread does with a sink that fails
                self.faults[name] += 1

    def _hear(self) -> None:
        self._ticks += 1
        due = self._ticks % round(self.config.quality_s * 50) == 0
        for end in self._ends.values():
            end.arriving, end.travelling = end.travelling, None
            if end.leg_id in self.unheard or not end.audible:
                end.arriving = None
                continue
            end.received += not end.held
        for end in list(self._ends.values()) if due else ():
            if end.answered:
                self._emit(_quality(end.leg_id, end.received - end.reported))
                end.reported = end.received

    def _pull(self, name: str, samples: int) -> bytes | None:
        if name not in self._sources:
            end = self._ends.get(name.partition(":")[2])
            return end.arriving if end is not None and end.audible else None
        try:
            pcm = self._sources[name].read(samples)
        except Exception:  # noqa: BLE001 - what the real media thread does with a source that fails
            self.faults[name] += 1
            return None
        if pcm is not None and len(pcm) != 2 * samples:
            self.faults[name] += 1
            return None
        return pcm

    def _mix(self, sink: str, spoken: Mapping[str, bytes | None], samples: int) -> bytes | None:
        """None where no path reaches ``sink``; silence where only silence does."""
        inputs = [path for path in self.paths if path.sink == sink and self._live(path)]
        if not inputs:
            return None
        total = [0] * samples
        for path in inputs:
            for index, value in enumerate(array.array("h", spoken[path.source] or b"")):
                total[index] += int(value * path.gain)
        return array.array("h", [max(-32768, min(32767, value)) for value in total]).tobytes()

    def _live(self, path: AudioPath) -> bool:
        legs = [port.partition(":")[2] for port in (path.source, path.sink) if port.startswith("leg:")]
        return all(leg_id in self._ends and self._ends[leg_id].audible for leg_id in legs)

    # ---- checks --------------------------------------------------------------------------------------------------

    def _require_started(self) -> None:
        if not self._running:
            raise PhoneError(PhoneFailure.NOT_STARTED)

    def _require_leg(self, leg_id: str) -> _End:
        self._require_started()
        if leg_id not in self._ends:
            raise PhoneError(PhoneFailure.NO_SUCH_LEG, leg_id)
        return self._ends[leg_id]

    def _require_connected(self, leg_id: str) -> _End:
        end = self._require_leg(leg_id)
        if not end.answered:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"leg {leg_id!r} is not connected")
        return end

    def _knows_leg(self, port: str) -> bool:
        prefix, _, leg_id = port.partition(":")
        return prefix == "leg" and (leg_id in self._ends or leg_id in self._ended)

    def _check_port(self, name: str, other_kind: bool) -> None:
        self._require_started()
        if not name or name.startswith("leg:") or other_kind:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{name!r} cannot name this port")


def _peer(end: _End) -> _End:
    assert end.peer is not None, "a leg that rings nowhere has ended"
    return end.peer


def _quality(leg_id: str, received: int) -> LegQuality:
    return LegQuality(leg_id, received, 0.0, 0.0, 0.0, 20.0, 4.4)
