"""Who is who: what the front is told once, at its start."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from voice.front.guard import Limits
from voice.front.trunks import Trunks, TrunkSettings, address_of
from voice.settings import AgentSettings, FrontSettings, SettingsFile


@dataclass(frozen=True)
class Access:
    """Agents by user name with their secrets, and the trunks, whose INVITEs are calls from outside.

    ``domain`` and ``host`` (the address the front is bound to) both mean this installation in a URI a worker dials.
    ``registrar``: (host, port) of the proxy before us that stations register with; None: they register here.
    ``calls_per_s``: INVITEs accepted in all. ``limits``: what a stranger may send. ``keepalive_s``:
    how often a station over UDP is asked whether it is there; 0: never.
    """

    realm: str
    domain: str
    host: str
    secrets: Mapping[str, str]
    trunks: Trunks = field(default_factory=lambda: Trunks(()))
    registrar: tuple[str, int] | None = None
    calls_per_s: float = 50.0
    limits: Limits = field(default_factory=Limits)
    keepalive_s: float = 0.0

    def one_trunk(self, host: str, other: str) -> bool:
        """Whether both addresses are of the same trunk: its gateways may share a call."""
        trunk = self.trunks.at(host)
        return trunk is not None and trunk is self.trunks.at(other)

    def is_proxy(self, host: str) -> bool:
        """Whether the address is that of the proxy before us."""
        return self.registrar is not None and self.registrar[0] == host

    def lets_in(self, host: str) -> bool:
        """Whether stations and callers may come from there: with a proxy before us, from it and the trunks alone."""
        return self.registrar is None or self.is_proxy(host) or self.is_trunk(host)

    def is_trunk(self, host: str) -> bool:
        """Whether the address is a trunk's."""
        return self.trunks.at(host) is not None


def read_access(settings: SettingsFile) -> Access:
    """From the sections front, trunk and agent. Raises DocumentError."""
    front = settings.section("front", FrontSettings)
    secrets = {agent.user: agent.secret for agent in settings.many("agent", AgentSettings)}
    trunks = list(settings.many("trunk", TrunkSettings))
    if front.trunks:
        try:
            networks = tuple(str(ipaddress.ip_network(network)) for network in front.trunks)
        except ValueError as error:
            what = f"front.trunks: {error}"
            raise settings.error(("front", "trunks"), what, "write networks like 192.0.2.0/24") from None
        trunks.append(TrunkSettings(name="front", networks=networks, calls_per_s=front.calls_per_s))
    try:
        registrar = address_of(front.registrar) if front.registrar else None
    except ValueError as error:
        what = f"front.registrar: {error}"
        raise settings.error(("front", "registrar"), what, "write ADDRESS or ADDRESS:PORT") from None
    limits = Limits(front.messages_per_s, front.ban_s)
    return Access(
        front.realm,
        front.domain,
        front.host,
        secrets,
        Trunks(trunks),
        registrar,
        front.calls_per_s,
        limits,
        front.keepalive_s,
    )
