"""``[station]``: what one agent's softphone is told at its start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, field_validator

from hardware.hid.transport import DeviceIdentity
from voice.phone import PhoneConfig, SipAccount, Srtp
from voice.relay.core import Server, Transport
from voice.settings import Section
from voice.station_state import StationPolicy

CLOCK_RATE: Final = 8000
"""Hz of headset rings, phone sources and phone sinks of a station."""

AUTO: Final = "auto"
PBX_LINES: Final = 2
_PBX: Final = re.compile(
    r"sip:(?P<user>[A-Za-z0-9_.+-]{1,64})@(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]{1,253})(?::(?P<port>\d{1,5}))?"
    r"(?:;transport=(?P<transport>udp|tcp|tls))?"
)
_PORTS: Final = {Transport.UDP: 5060, Transport.TCP: 5060, Transport.TLS: 5061}


@dataclass(frozen=True, slots=True)
class Pbx:
    """Our extension at a foreign PBX: ``sip:USER@HOST[:PORT][;transport=udp|tcp|tls]``."""

    user: str
    server: Server

    @classmethod
    def parse(cls, text: str) -> Pbx:
        """Raises ValueError."""
        found = _PBX.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not sip:USER@HOST[:PORT][;transport=udp|tcp|tls]")
        transport = Transport(found["transport"] or "udp")
        port = int(found["port"] or _PORTS[transport])
        return cls(found["user"], Server.parse(f"{transport.value}://{found['host']}:{port}"))


class StationSettings(Section):
    """``[station]``: one agent's softphone.

    ``server`` is the floor's base address; ``front`` the SIP front or PBX: ``tls://HOST:PORT``, ``tcp://…``, ``udp://…``
    or HOST:PORT for UDP; ``ca`` a PEM file of who signed the front's certificate, where the system does not know.
    ``host``: the address audio and the way to the front are bound to; ``auto``: the one that packets to the front leave
    from, followed where it changes. ``sound``: PulseAudio (or PipeWire) where it
    runs, else PortAudio; ``microphone`` and ``ear``: their names there, else the defaults when the station starts.
    ``headset``: whose buttons: ``auto`` (the first there is), ``none``, or ``VENDOR:PRODUCT[:SERIAL]``. ``pbx``: this
    station is an extension of a foreign PBX (``sip:USER@HOST``, with ``pbx_secret``) and not of our front, and holds
    and transfers by SIP itself. ``srtp``: encryption of the sound. ``transcription``: the server (``ws://HOST:PORT``,
    ``wss://``) that hears the calls of a PBX, which are then recorded under ``state``, where its token lies
    (``keys/transcription``); ``notice``: an 8 kHz WAV that tells callers so first.
    """

    agent: str = Field(pattern=r"^[a-z0-9._-]{1,32}$")
    secret: str = Field(min_length=8, max_length=128, repr=False)
    server: str = "http://127.0.0.1:8080"
    front: str = "127.0.0.1:5060"
    domain: str = "callfloor"
    ca: Path | None = None
    host: str = AUTO
    headset: str = "auto"
    sound: Literal["auto", "pulse", "portaudio"] = "auto"
    microphone: str | None = None
    ear: str | None = None
    noise_suppression: bool = False
    pbx: str | None = None
    pbx_secret: str = Field(default="", max_length=128, repr=False)
    srtp: Srtp = "off"
    transcription: str = Field(default="", pattern=r"^(wss?://[^/\s]+)?$")
    state: Path = Path("~/.local/share/callfloor")
    notice: Path | None = None

    @property
    def phone(self) -> PhoneConfig:
        """The SIP stack: SIP on loopback behind the relay, audio on ``host``, ports from the kernel."""
        return PhoneConfig(rtp_host=self.host, clock_rate=CLOCK_RATE, srtp=self.srtp, replaceable=self.pbx is not None)

    @property
    def policy(self) -> StationPolicy:
        """What the station does itself."""
        if self.pbx is None:
            return StationPolicy(domain=self.domain)
        capture = bool(self.transcription)
        return StationPolicy(
            lines=PBX_LINES,
            sip_calls=True,
            domain=self._extension.server.host,
            capture=capture,
            notice=capture and self.notice is not None,
        )

    @property
    def sip_server(self) -> Server:
        """Where the relay connects to."""
        return Server.parse(self.front) if self.pbx is None else self._extension.server

    @property
    def _extension(self) -> Pbx:
        assert self.pbx is not None
        return Pbx.parse(self.pbx)

    @field_validator("pbx")
    @classmethod
    def _is_pbx(cls, value: str | None) -> str | None:
        if value is not None:
            Pbx.parse(value)
        return value

    @field_validator("front")
    @classmethod
    def _is_server(cls, value: str) -> str:
        Server.parse(value)
        return value

    @field_validator("headset")
    @classmethod
    def _is_headset(cls, value: str) -> str:
        if value not in ("auto", "none"):
            DeviceIdentity.parse(value)
        return value

    @property
    def account(self) -> SipAccount:
        """Who the softphone is to the front or the PBX."""
        if self.pbx is not None:
            user, host = self._extension.user, self._extension.server.host
            return SipAccount(f"sip:{user}@{host}", user=user, secret=self.pbx_secret, register=True)
        return SipAccount(
            uri=f"sip:{self.agent}@{self.domain}",
            user=self.agent,
            secret=self.secret,
            register=True,
        )
