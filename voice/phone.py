"""The Phone protocol: what the contact worker, the station and the demo's customer need of a SIP stack.

``voice.sip.SipPhone`` is the real one (pjsua2); ``tests.fakes.phone.FakePhone`` passes the same contract suite.
All coroutines are called on one asyncio loop, and ``on_event`` is called on that loop; only FrameSource and AudioSink
objects are called on the media thread, where they must return within a fraction of a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, Protocol

from voice.audio import AudioSink
from voice.errors import CallfloorError

REFERRAL_PATIENCE_S: Final = 1.0
"""How long a REFER waits for ``Phone.answer_referral``; then it is declined."""

PROBE_S: Final = 1.5
"""How long ``Phone.probe`` waits: by then a datagram that was lost has been sent again twice (T1 of RFC 3261)."""

Srtp = Literal["off", "optional", "mandatory"]
"""RFC 4568 (SDES): never; taken, and offered as RTP/AVP with keys; offered and taken as RTP/SAVP only, else 488."""


class PhoneFailure(Enum):
    """Why the phone refused."""

    NO_SUCH_LEG = "no such leg"
    NO_SUCH_PORT = "no such audio port"
    NO_SLOT = "all call slots are in use"
    BAD_ADDRESS = "not a SIP address"
    BAD_ARGUMENT = "not a usable argument"
    NOT_STARTED = "the phone is not running"
    STACK = "the SIP stack refused"


class PhoneError(CallfloorError):
    """The phone refused; ``failure`` says why in a form the program can act on."""

    def __init__(self, failure: PhoneFailure, detail: str = "") -> None:
        self.failure = failure
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """One phone.

    ``host``/``port``: the UDP address SIP binds to (port 0: from the kernel). ``peer``: the one address SIP is taken
    from, the kernel dropping whatever comes from elsewhere (a relay on loopback); None: from everywhere. ``rtp_host``,
    ``rtp_first_port``, ``rtp_ports``: where audio binds. ``clock_rate``: Hz of the conference bridge, and of sources
    and sinks that name no rate of their own. ``srtp`` trusts that whoever carries the SIP encrypts it (a relay's TLS).
    ``replaceable``: an INVITE with Replaces (RFC 3891) may take a leg's place; only where all SIP comes from a server
    that is trusted.
    ``quality_s``: seconds between two LegQuality of a leg.
    """

    host: str = "127.0.0.1"
    port: int = 0
    peer: tuple[str, int] | None = None
    rtp_host: str = "127.0.0.1"
    rtp_first_port: int = 0
    rtp_ports: int = 32
    clock_rate: int = 8000
    user_agent: str = "callfloor"
    codecs: tuple[str, ...] = ("PCMU/8000", "PCMA/8000", "G722/16000")
    srtp: Srtp = "off"
    replaceable: bool = False
    quality_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SipAccount:
    """Who we are towards a server: ``uri`` is our address of record, ``proxy`` where every request goes first
    (``sip:host:port;transport=udp;lr``); with ``register`` we register there, answering digest challenges.
    """

    uri: str
    proxy: str | None = None
    user: str = ""
    secret: str = field(default="", repr=False)
    register: bool = False
    expires_s: int = 300


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Base of what a phone reports."""


@dataclass(frozen=True, slots=True)
class IncomingLeg(PhoneEvent):
    """An INVITE arrived (100 has been sent, no more): answer or hang up ``leg_id``. Header names are lower case."""

    leg_id: str
    call_id: str
    from_uri: str
    from_display: str
    to_uri: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LegProgressed(PhoneEvent):
    """A provisional response (180, 183) to a leg we dialled. Early media is sound on the leg's port from then on."""

    leg_id: str
    code: int


@dataclass(frozen=True, slots=True)
class LegConnected(PhoneEvent):
    """The leg is answered and confirmed, and its audio port exists. Reported once. ``encrypted``: by SRTP."""

    leg_id: str
    codec: str
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class LegDisconnected(PhoneEvent):
    """The leg is over: ``code`` and ``reason`` are the SIP status line's. Reported once; the id is then free."""

    leg_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class LegDigit(PhoneEvent):
    """A telephone-event or INFO digit, ``0-9*#A-D``, reported once when it begins."""

    leg_id: str
    digit: str


@dataclass(frozen=True, slots=True)
class LegHoldChanged(PhoneEvent):
    """Who holds the leg now, after a negotiation that changed it. ``held``: we do, ``held_by_peer``: the far end."""

    leg_id: str
    held: bool
    held_by_peer: bool


@dataclass(frozen=True, slots=True)
class LegHoldRefused(PhoneEvent):
    """The far end did not take our hold or resume, so the leg is as it was."""

    leg_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class LegReferred(PhoneEvent):
    """The far end asks us to call ``target`` instead (REFER, RFC 3515); with ``replaces`` (RFC 3891) to take its place
    in a call of its own there. Answer by ``Phone.answer_referral`` within REFERRAL_PATIENCE_S, else it is declined.
    """

    leg_id: str
    target: str
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class LegReplaced(PhoneEvent):
    """Another caller takes the place of a leg: ``new_leg_id`` connects, ``leg_id`` ends; audio paths do not follow."""

    leg_id: str
    new_leg_id: str


@dataclass(frozen=True, slots=True)
class TransferProgressed(PhoneEvent):
    """How far the far end is with our REFER; ``code`` is of its own call (or of the REFER, where it was refused).
    After ``final`` nothing follows; whoever asked for the transfer hangs up its leg.
    """

    leg_id: str
    code: int
    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class LegQuality(PhoneEvent):
    """How a leg sounds, every ``PhoneConfig.quality_s`` seconds, over that time. See ``voice.quality``.

    ``received`` packets; ``loss`` 0..1 of those we should have received (lost or too late); ``rtt_ms`` is 0.0 until
    RTCP has answered; ``buffer_ms`` is the jitter buffer's mean delay; ``mos`` 1.0..4.5 is of what we hear, ``far_mos``
    (with ``far_loss``) of what the far end hears by its own reports.
    """

    leg_id: str
    received: int
    loss: float
    jitter_ms: float
    rtt_ms: float
    buffer_ms: float
    mos: float
    far_loss: float = 0.0
    far_mos: float = 4.4


@dataclass(frozen=True, slots=True)
class RegistrationChanged(PhoneEvent):
    """The answer to a REGISTER; ``active`` is whether we are registered now."""

    active: bool
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class AudioPath:
    """Sound flowing from port ``source`` to port ``sink`` at ``gain`` (linear, 0..2; 1.0 leaves it unchanged).

    A port is ``leg:<leg_id>`` or the name given to ``add_source`` / ``add_sink``.
    """

    source: str
    sink: str
    gain: float = 1.0


class FrameSource(Protocol):
    """Pulled by the media thread, 20 ms at a time, while at least one path leaves it."""

    def read(self, samples: int) -> bytes | None:
        """``samples`` int16 little-endian samples, or None for silence."""


class PhoneListener(Protocol):
    """Receives what the phone reports."""

    def __call__(self, event: PhoneEvent, /) -> None:
        """Called on the asyncio loop; must not block."""


class Phone(Protocol):
    """See the module docstring. Every method may raise PhoneError."""

    async def start(self) -> tuple[str, int]:
        """Bind and run; returns the SIP host and port really bound."""

    async def add_account(self, account: SipAccount) -> None:
        """Set who we are for ``dial`` and for matching incoming calls; the answer to a REGISTER comes as an event."""

    async def dial(self, leg_id: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """Send an INVITE; progress comes as events under ``leg_id`` (chosen by the caller, unique while it lives)."""

    async def answer(self, leg_id: str, code: int = 200) -> None:
        """Answer an incoming leg: 180 or 183 to ring, 200 to take it."""

    async def hang_up(self, leg_id: str, code: int = 0) -> None:
        """End a leg: BYE, CANCEL, or the final response ``code`` (0: 603 decline) where it was never answered."""

    async def send_digits(self, leg_id: str, digits: str) -> None:
        """Send digits by RFC 4733, or by INFO where the far end takes no telephone-event."""

    async def hold(self, leg_id: str) -> None:
        """Ask the far end (re-INVITE, sendonly) to stop sending; what we send it, music say, it hears. The outcome
        comes as LegHoldChanged or LegHoldRefused; glare is retried. Nothing where it is held already.
        """

    async def resume(self, leg_id: str) -> None:
        """Undo ``hold``."""

    async def transfer(self, leg_id: str, target: str) -> None:
        """Ask the far end to call ``target`` (REFER); how it fares comes as TransferProgressed."""

    async def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        """Ask the far end of one leg to take our place in another (REFER with Replaces)."""

    async def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        """Answer a LegReferred: 202, and its target is dialled as ``new_leg_id``, or (None) 603."""

    async def quality(self, leg_id: str) -> LegQuality:
        """How a connected leg has sounded since it began; ``loss`` is only what never came."""

    async def probe(self, leg_id: str) -> bool:
        """Whether the far end of a connected leg still has the call: it is asked by OPTIONS within the dialog (RFC 3261
        11 and 12.2), and False where it says that it has not (481 and the like) or nothing within PROBE_S. Who does not
        take OPTIONS says so (405, 501), and is there. A leg that gets a 481, or after 32 s still no answer, is ended by
        the SIP stack.
        """

    async def add_source(self, name: str, source: FrameSource, rate: int | None = None) -> None:
        """Create an audio port that speaks, at ``rate`` Hz (None: the bridge's)."""

    async def add_sink(self, name: str, sink: AudioSink, batch_ms: int = 20, rate: int | None = None) -> None:
        """Create an audio port that hears: frames of ``batch_ms`` (a multiple of 20) at ``rate`` Hz (None: the
        bridge's). A port keeps the rate it was created with.
        """

    async def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """Make these the audio paths, and no others. Paths of a leg that has no sound yet begin when it has."""

    async def close(self) -> None:
        """Hang up everything and free the stack."""
