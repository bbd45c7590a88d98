"""The programs a house is made of: which command line, which sockets and which environment each is given."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assist.child import ChildSpec
from transcription.settings import TranscriptionSettings
from voice.rundir import RunDirectory
from voice.settings import FrontSettings


@dataclass(frozen=True)
class Sockets:
    """What listens, bound before any program runs: SIP on the network (``sip_tls``: None without TLS) and ``inner``
    for the workers, the transcription server, the page.
    """

    sip_udp: socket.socket
    sip_tcp: socket.socket
    sip_tls: socket.socket | None
    inner: socket.socket
    words: socket.socket
    web: socket.socket


@dataclass(frozen=True)
class Programs:
    """``file``: the settings. ``models``: what queues have of their own."""

    file: Path
    where: RunDirectory
    front: FrontSettings
    words: TranscriptionSettings
    models: Sequence[str]
    sockets: Sockets

    def all(self) -> tuple[ChildSpec, ...]:
        """In the order in which they are started; they are stopped in the opposite one."""
        return self._keeper(), self._zygote(), self._front(), self._transcription(), self._floor()

    @property
    def _settings(self) -> tuple[str, str]:
        return "--settings", str(self.file)

    @property
    def _ports(self) -> Mapping[str, str]:
        """What the kernel gave where the settings say 0, and the state directory, absolute."""
        bound = {"FRONT": self.sockets.sip_udp, "TRANSCRIPTION": self.sockets.words, "WEB": self.sockets.web}
        ports = {f"CALLFLOOR_{section}_PORT": str(each.getsockname()[1]) for section, each in bound.items()}
        return ports | {"CALLFLOOR_RUN_STATE_DIR": str(self.where.state)}

    def _keeper(self) -> ChildSpec:
        words = self.words.model_copy(update={"port": self.sockets.words.getsockname()[1]})
        trusted = ("--ca", words.certificate) if words.certificate else ()
        return ChildSpec(
            "keeper", ("-m", "transcription.keeper", "--state", str(self.where.state), "--url", words.url, *trusted)
        )

    def _zygote(self) -> ChildSpec:
        return ChildSpec(
            "zygote",
            ("-m", "voice.zygote", "--listen", str(self.where.zygote), "--worker", "ivr.contact_process:run",
             "--preload", "voice.sip",
             "--warm", str(self.front.warm_workers), "--max", str(self.front.max_contacts),
             "--run-dir", str(self.where.run),
             "--front-inner", "{}:{}".format(*self.sockets.inner.getsockname()), *self._settings),
            environment={**self._ports, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def _front(self) -> ChildSpec:
        bound = {"udp": self.sockets.sip_udp, "tcp": self.sockets.sip_tcp, "inner": self.sockets.inner}
        if self.sockets.sip_tls is not None:
            bound["tls"] = self.sockets.sip_tls
        inherited = [part for name, each in bound.items() for part in (f"--{name}-fd", str(each.fileno()))]
        return ChildSpec(
            "front",
            ("-m", "voice.front", *inherited, "--zygote", str(self.where.zygote), "--bus", str(self.where.hub),
             "--claims", *self._settings),
            tuple(bound.values()), self._ports,
        )  # fmt: skip

    def _transcription(self) -> ChildSpec:
        words, listener = self.words, self.sockets.words
        return ChildSpec(
            "transcription",
            ("-m", "transcription", "--fd", str(listener.fileno()), "--engine", words.engine, "--model", words.model,
             *(("--domain", words.domain) if words.domain else ()),
             "--max-streams", str(words.max_streams), "--idle", str(words.idle_s),
             "--certificate", words.certificate, "--key", words.key, "--redact", ",".join(words.redact),
             *(part for model in self.models for part in ("--also", model)),
             "--bus", str(self.where.hub), "--spool", str(self.where.spool),
             "--token-file", str(self.where.state / "keys" / "transcription")),
            (listener,), self._ports,
        )  # fmt: skip

    def _floor(self) -> ChildSpec:
        web = self.sockets.web
        argv = ("-m", "assist.floor_process", "--fd", str(web.fileno()), *self._settings)
        return ChildSpec("floor", argv, (web,), self._ports)
