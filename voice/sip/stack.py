"""The life of the one pjsua2 endpoint of a process: created, configured, quiesced, destroyed, in that order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pjsua2 as pj

from voice.phone import PhoneConfig, PhoneError, PhoneFailure, SipAccount
from voice.sip.natives import NativeAccount, PjLog, account_config, endpoint_config, set_codecs
from voice.sip.notices import Post

_PJ_ETOOMANY = 70010  # pj/errno.h


class Stack:
    """Endpoint, UDP transport, account and the clock that moves audio. Used by the command thread only."""

    _taken: ClassVar[bool] = False  # a second pj.Endpoint() while one lives would terminate the process

    def __init__(self, config: PhoneConfig, post: Post, next_serial: Callable[[], int]) -> None:
        self._config = config
        self._account: SipAccount | None = None
        self._post = post
        self._next_serial = next_serial
        self._endpoint: Any = None
        self._log: Any = None
        self._transport = 0
        self.account: Any = None
        self.silence: Any = None

    @property
    def running(self) -> bool:
        """Whether pjsua2 may be called."""
        return self._endpoint is not None

    def start(self) -> tuple[str, int]:
        """Returns the bound SIP host and port. Raises PhoneError, after which ``destroy`` must follow."""
        if Stack._taken:
            raise PhoneError(PhoneFailure.STACK, "one phone per process, and another one is running")
        Stack._taken = True
        _silence_startup()
        self._endpoint = pj.Endpoint()
        with refusals():
            self._endpoint.libCreate()
            self._log = PjLog()
            self._endpoint.libInit(endpoint_config(self._config, self._log))
            self._endpoint.audDevManager().setNullDev()
            self.silence = pj.ToneGenerator()  # told to play nothing, it costs no callback into Python
            self.silence.createToneGenerator(self._config.clock_rate, 1)
            if missing := set_codecs(self._endpoint, self._config.codecs):
                raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"codecs not in this build: {', '.join(missing)}")
            return self._bind()

    def _bind(self) -> tuple[str, int]:
        transport = pj.TransportConfig()
        transport.boundAddress, transport.port = self._config.host, self._config.port
        self._transport = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self._endpoint.libStart()
        host, _, port = self._endpoint.transportGetInfo(self._transport).localName.rpartition(":")
        if self._config.peer is not None:
            listen_only_to((host, int(port)), self._config.peer)
        self.set_account(SipAccount(f"sip:callfloor@{host}:{port}"))  # for calls that come before a real account
        return host, int(port)

    def set_account(self, account: SipAccount) -> None:
        """The account, changed in place from the second time on, since calls may hang on it."""
        self._account = account
        made = account_config(self._config, account, self._transport)
        with refusals():
            if self.account is not None:
                self.account.modify(made)
                return
            self.account = NativeAccount(self._post, self._next_serial, replaceable=self._config.replaceable)
            self.account.create(made, True)

    def move(self, rtp_host: str) -> None:
        """Calls made from now on, and those that renegotiate, have their sound at ``rtp_host``. Raises PhoneError."""
        self._config = replace(self._config, rtp_host=rtp_host)
        if self._account is not None:
            self.set_account(self._account)

    def quiesce(self) -> None:
        """No callback after this brings a new call: one that outlived the stack would abort the process."""
        if self.account is not None:
            self.account.refusing = True
        if self._endpoint is not None:
            self._endpoint.libStopWorkerThreads()

    def destroy(self, drop_ports: Callable[[], None]) -> None:
        """Free everything; calls must be gone. ``drop_ports`` lets go of audio ports once no clock can call them."""
        if self._endpoint is None:
            return
        with contextlib.suppress(pj.Error):
            self._endpoint.audDevManager().setNoDev()
        drop_ports()
        self.silence = self.account = None
        with contextlib.suppress(pj.Error):
            self._endpoint.libDestroy()
        self._endpoint = self._log = None
        Stack._taken = False


def listen_only_to(own: tuple[str, int], peer: tuple[str, int]) -> None:
    """Have the kernel drop every datagram for our UDP socket bound to ``own`` that does not come from ``peer``.

    pjsua2 gives its socket to nobody, so it is found among the process's own; connecting it is what POSIX calls
    limiting whom it hears, and PJSIP's sendto still works. Raises PhoneError where it is not found.
    """
    for entry in os.listdir("/dev/fd"):
        try:
            found = socket.socket(fileno=os.dup(int(entry)))
        except OSError:  # no socket, or the descriptor of this very listing
            continue
        with found:
            if found.type == socket.SOCK_DGRAM and found.family == socket.AF_INET and found.getsockname() == own:
                found.connect(peer)
                return
    raise PhoneError(PhoneFailure.STACK, "its SIP socket cannot be found, so it cannot be guarded")


@contextlib.contextmanager
def refusals() -> Iterator[None]:
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
