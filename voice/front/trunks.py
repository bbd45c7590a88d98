"""Trunks: which addresses are a carrier or a PBX, what each may call here, and what workers may dial through it. Pure.

Nobody dials outside unless a trunk says so: ``dial`` names the beginnings of the numbers it takes for us, ``never`` the
exceptions (premium rates). The longest beginning wins, so an expensive prefix can have a trunk of its own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field, field_validator, model_validator

from voice.front.pacing import TokenBucket
from voice.settings import Section

_NUMBER = re.compile(r"\+?[0-9*]{2,32}")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrunkSettings(Section):
    """``[[trunk]]``: one carrier, PBX or proxy.

    ``networks``: who it is, by source address. ``numbers``: beginnings of what it may call; "" is everything.
    ``gateway``: ADDRESS or ADDRESS:PORT, where outside numbers go (UDP). ``dial`` and ``never``: beginnings of the
    numbers that may, and may not, be dialled through it; ``prefix`` is put before them; ``identity`` is our number as
    it is asserted to the carrier (P-Asserted-Identity). ``calls_per_s``: INVITEs taken from it, and as many sent to it.
    """

    name: str = Field(pattern=r"^[a-z0-9._-]{1,32}$")
    networks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ("",)
    gateway: str = ""
    dial: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    prefix: str = Field(default="", pattern=r"^[0-9*+]{0,8}$")
    identity: str = Field(default="", pattern=r"^(\+?[0-9]{2,20})?$")
    calls_per_s: float = Field(default=20.0, gt=0, le=1000)

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for network in written:
            ipaddress.ip_network(network)
        return written

    @field_validator("gateway")
    @classmethod
    def _is_address(cls, written: str) -> str:
        if written:
            address_of(written)
        return written

    @model_validator(mode="after")
    def _has_a_way_out(self) -> TrunkSettings:
        if self.dial and not self.gateway:
            raise ValueError("dial needs a gateway")
        if not self.networks and not self.gateway:
            raise ValueError("a trunk needs networks or a gateway")
        return self


def address_of(text: str) -> tuple[str, int]:
    """``192.0.2.1``, ``192.0.2.1:5080``, ``2001:db8::1`` or ``[2001:db8::1]:5080`` as (host, port).

    5060 where no port is given. Raises ValueError: names are not resolved, a call must not wait for DNS.
    """
    host, _, port = text.rpartition(":") if "]:" in text or text.count(":") == 1 else (text, "", "5060")
    host = host.strip("[]")
    ipaddress.ip_address(host)
    if not port.isdecimal() or not 0 < int(port[:6]) <= 65535:
        raise ValueError(f"{text!r} has no port between 1 and 65535")
    return host, int(port)


def is_number(user: str) -> bool:
    """Whether the user part of a URI is a telephone number (digits, ``*``, a leading ``+``)."""
    return _NUMBER.fullmatch(user) is not None


@dataclass(frozen=True)
class Trunk:
    """One trunk, ready for use. ``gateway`` is (host, port), None where it dials nothing for us."""

    settings: TrunkSettings
    networks: tuple[Network, ...]
    gateway: tuple[str, int] | None
    incoming: TokenBucket
    outgoing: TokenBucket

    @classmethod
    def of(cls, settings: TrunkSettings) -> Trunk:
        """From what was written. A gateway's own address belongs to its networks."""
        gateway = address_of(settings.gateway) if settings.gateway else None
        networks = [ipaddress.ip_network(network) for network in settings.networks]
        if gateway is not None:
            networks.append(ipaddress.ip_network(gateway[0]))
        burst = max(1, round(settings.calls_per_s))
        buckets = (TokenBucket(settings.calls_per_s, burst), TokenBucket(settings.calls_per_s, burst))
        return cls(settings, tuple(networks), gateway, *buckets)

    def may_call(self, user: str) -> bool:
        """Whether it may call ``user`` of ours."""
        return user.startswith(self.settings.numbers)

    def reach(self, number: str) -> int:
        """How many characters of ``number`` its dial plan knows; -1: it does not take that number."""
        if self.gateway is None or (self.settings.never and number.startswith(self.settings.never)):
            return -1
        return max((len(start) for start in self.settings.dial if number.startswith(start)), default=-1)


class Trunks:
    """All trunks, in the order they were written."""

    def __init__(self, trunks: Iterable[TrunkSettings]) -> None:
        self._trunks = tuple(map(Trunk.of, trunks))

    def at(self, host: str) -> Trunk | None:
        """The first trunk with that source address."""
        address = ipaddress.ip_address(host)
        return next((trunk for trunk in self._trunks if any(address in network for network in trunk.networks)), None)

    def for_number(self, number: str) -> Trunk | None:
        """The trunk a worker reaches ``number`` through; None: nobody may dial it."""
        best = max(self._trunks, key=lambda trunk: trunk.reach(number), default=None)
        return best if best is not None and best.reach(number) >= 0 else None
