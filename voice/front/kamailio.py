"""Kamailio before the fronts: its configuration, made from our settings by the template beside this file."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, field_validator

from voice.front.trunks import address_of
from voice.settings import AgentSettings, FrontSettings, Section

TEMPLATE = Path(__file__).with_name("kamailio.cfg")


class KamailioSettings(Section):
    """``[kamailio]``: ``host`` and ``port`` are where it faces the network, ``fronts`` (ADDRESS:PORT) those behind it,
    ``trunks`` the networks whose calls are from outside, ``gateway`` who is sent what workers dial ("": nobody) and one
    of the trunks.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=5060, ge=1, le=65535)
    fronts: tuple[str, ...] = Field(min_length=1)
    trunks: tuple[str, ...] = ()
    gateway: str = ""
    children: int = Field(default=4, ge=1, le=64)

    @field_validator("fronts")
    @classmethod
    def _are_addresses(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for address in written:
            address_of(address)
        return written

    @field_validator("trunks")
    @classmethod
    def _are_networks(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for network in written:
            ipaddress.ip_network(network)
        return written

    @field_validator("gateway", "host")
    @classmethod
    def _is_address(cls, written: str) -> str:
        if written:
            address_of(written)
        return written


def render(
    settings: KamailioSettings, front: FrontSettings, agents: Sequence[AgentSettings], directory: Path
) -> dict[str, str]:
    """Files by name, to be written to ``directory`` for nobody else to read: the agents' digest hashes are in there."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    gateway, trunks = 'sl_send_reply("404", "Not Found");', list(settings.trunks)
    if settings.gateway:
        trunks.append(str(ipaddress.ip_network(address_of(settings.gateway)[0])))
        gateway = f'$du = "{_uri(settings.gateway)}";\n\tt_relay();'
    values = {
        "CHILDREN": str(settings.children),
        "DOMAIN": front.domain,
        "REALM": front.realm,
        "LISTEN": "\n".join(f"listen={kind}:{host}:{settings.port}" for kind in ("udp", "tcp")),
        "RUN": str(directory),
        "DISPATCHER": str(directory / "dispatcher.list"),
        "MESSAGES": str(max(1, round(2 * front.messages_per_s)) if front.messages_per_s else 1_000_000),
        "AGENTS": "\n".join(f'\t$sht(agents=>{agent.user}) = "{_ha1(agent, front.realm)}";' for agent in agents),
        "TRUNKS": " || ".join(f'is_in_subnet("$si", "{network}")' for network in trunks) or '$si == ""',
        "GATEWAY": gateway,
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    dispatcher = "# made with kamailio.cfg: the fronts, group 1\n"
    dispatcher += "".join(f"1 {_uri(address)} 0 0\n" for address in settings.fronts)
    return {"kamailio.cfg": text, "dispatcher.list": dispatcher}


def write(files: dict[str, str], directory: Path) -> None:
    """Write what ``render`` made. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(text)


def _uri(address: str) -> str:
    host, port = address_of(address)
    return f"sip:[{host}]:{port}" if ":" in host else f"sip:{host}:{port}"


def _ha1(agent: AgentSettings, realm: str) -> str:
    # RFC 3261 22.4 and Kamailio's auth module know MD5; whoever reads this file could register as the agent anyway.
    return hashlib.md5(f"{agent.user}:{realm}:{agent.secret}".encode(), usedforsecurity=False).hexdigest()
