"""The front's sockets, bound before anything runs."""

from __future__ import annotations

import itertools
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

_BIND_TRIES = 20


@dataclass(frozen=True)
class Sockets:
    """Bound sockets: the network's UDP and TCP, the workers' UDP on 127.0.0.1, and the network's TCP for TLS."""

    udp: socket.socket
    tcp: socket.socket
    inner: socket.socket
    tls: socket.socket | None = None

    @property
    def outer_address(self) -> tuple[str, int]:
        """(host, port) the network sees."""
        host, port = self.udp.getsockname()[:2]
        return host, port

    @property
    def inner_address(self) -> tuple[str, int]:
        """(host, port) the workers see."""
        host, port = self.inner.getsockname()[:2]
        return host, port

    @property
    def tls_address(self) -> tuple[str, int] | None:
        """(host, port) the network sees for TLS."""
        if self.tls is None:
            return None
        host, port = self.tls.getsockname()[:2]
        return host, port


def bind_outer(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """UDP and TCP on the same port; 0: one the kernel finds free for both. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in itertools.count(1):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        tcp = socket.socket(family, socket.SOCK_STREAM)
        try:
            udp.bind((host, port))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((host, udp.getsockname()[1]))
        except OSError:
            udp.close()
            tcp.close()
            if port or attempt == _BIND_TRIES:
                raise
        else:
            return udp, tcp
    raise AssertionError("unreachable")


def bind_tls(host: str, port: int) -> socket.socket:
    """TCP for TLS; 0: a port of the kernel's. Raises OSError."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with that certificate. Raises OSError (ssl.SSLError is one)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def bind_inner() -> socket.socket:
    """UDP for the workers, on a port of the kernel's."""
    inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inner.bind(("127.0.0.1", 0))
    return inner
