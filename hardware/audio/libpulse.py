"""libpulse (PulseAudio's and PipeWire's client library) by ctypes: the few calls ``pulse`` makes, and their constants.

Names and numbers are those of pulse/def.h, sample.h and stream.h; all are part of libpulse's stable interface.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_uint8, c_uint32, c_void_p
from functools import cache
from typing import Any, Final

CONTEXT_NOAUTOSPAWN: Final = 0x0001
CONTEXT_READY: Final = 4
CONTEXT_FAILED: Final = 5  # and above: terminated
STREAM_READY: Final = 2
STREAM_FAILED: Final = 3  # and above: terminated
STREAM_DONT_MOVE: Final = 0x0200
STREAM_ADJUST_LATENCY: Final = 0x2000
SUBSCRIPTION_SINKS_AND_SOURCES: Final = 0x0001 | 0x0002
EVENT_TYPE_MASK: Final = 0x0030
EVENT_NEW: Final = 0x0000
SAMPLE_S16LE: Final = 3
SERVER_CHOOSES: Final = 0xFFFFFFFF


class SampleSpec(ctypes.Structure):
    """pa_sample_spec."""

    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


class BufferAttributes(ctypes.Structure):
    """pa_buffer_attr, in bytes."""

    _fields_ = tuple((name, c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


class DeviceHead(ctypes.Structure):
    """How pa_sink_info and pa_source_info begin."""

    _fields_ = (("name", c_char_p), ("index", c_uint32), ("description", c_char_p))


class ServerHead(ctypes.Structure):
    """How pa_server_info begins."""

    _fields_ = (
        *((name, c_char_p) for name in ("user", "host", "version", "server")),
        ("spec", SampleSpec),
        ("sink", c_char_p),
        ("source", c_char_p),
    )


Notify = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
"""State of a context or stream changed."""

Request = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)
"""So many bytes are wanted, or there."""

Subscribed = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_uint32, c_void_p)
"""Something of the server changed."""

DeviceInfo = ctypes.CFUNCTYPE(None, c_void_p, POINTER(DeviceHead), c_int, c_void_p)
"""One sink or source of a list, or its end (eol not 0)."""

ServerInfo = ctypes.CFUNCTYPE(None, c_void_p, POINTER(ServerHead), c_void_p)
"""What the server says of itself."""

_CALLS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "threaded_mainloop_new": (c_void_p, ()),
    "threaded_mainloop_free": (None, (c_void_p,)),
    "threaded_mainloop_start": (c_int, (c_void_p,)),
    "threaded_mainloop_stop": (None, (c_void_p,)),
    "threaded_mainloop_lock": (None, (c_void_p,)),
    "threaded_mainloop_unlock": (None, (c_void_p,)),
    "threaded_mainloop_wait": (None, (c_void_p,)),
    "threaded_mainloop_signal": (None, (c_void_p, c_int)),
    "threaded_mainloop_get_api": (c_void_p, (c_void_p,)),
    "context_new": (c_void_p, (c_void_p, c_char_p)),
    "context_connect": (c_int, (c_void_p, c_char_p, c_int, c_void_p)),
    "context_disconnect": (None, (c_void_p,)),
    "context_unref": (None, (c_void_p,)),
    "context_get_state": (c_int, (c_void_p,)),
    "context_errno": (c_int, (c_void_p,)),
    "context_set_state_callback": (None, (c_void_p, Notify, c_void_p)),
    "context_set_subscribe_callback": (None, (c_void_p, Subscribed, c_void_p)),
    "context_subscribe": (c_void_p, (c_void_p, c_int, c_void_p, c_void_p)),
    "context_get_sink_info_list": (c_void_p, (c_void_p, DeviceInfo, c_void_p)),
    "context_get_source_info_list": (c_void_p, (c_void_p, DeviceInfo, c_void_p)),
    "context_get_server_info": (c_void_p, (c_void_p, ServerInfo, c_void_p)),
    "operation_unref": (None, (c_void_p,)),
    "strerror": (c_char_p, (c_int,)),
    "stream_new": (c_void_p, (c_void_p, c_char_p, POINTER(SampleSpec), c_void_p)),
    "stream_unref": (None, (c_void_p,)),
    "stream_connect_playback": (c_int, (c_void_p, c_char_p, POINTER(BufferAttributes), c_int, c_void_p, c_void_p)),
    "stream_connect_record": (c_int, (c_void_p, c_char_p, POINTER(BufferAttributes), c_int)),
    "stream_disconnect": (c_int, (c_void_p,)),
    "stream_get_state": (c_int, (c_void_p,)),
    "stream_get_device_name": (c_char_p, (c_void_p,)),
    "stream_set_state_callback": (None, (c_void_p, Notify, c_void_p)),
    "stream_set_write_callback": (None, (c_void_p, Request, c_void_p)),
    "stream_set_read_callback": (None, (c_void_p, Request, c_void_p)),
    "stream_write": (c_int, (c_void_p, c_char_p, c_size_t, c_void_p, c_int64, c_int)),
    "stream_peek": (c_int, (c_void_p, POINTER(c_void_p), POINTER(c_size_t))),
    "stream_drop": (c_int, (c_void_p,)),
}


class LibPulse:
    """``lib.stream_write(...)`` is ``pa_stream_write(...)``, with its types checked."""

    def __init__(self) -> None:
        """Raises OSError where libpulse is not installed."""
        library = ctypes.CDLL("libpulse.so.0")
        for name, (result, arguments) in _CALLS.items():
            function = getattr(library, f"pa_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"pa_{name} is not among the calls bound here")

    def error_of(self, context: Any) -> str:
        """Why the last call on ``context`` failed."""
        return str(self.strerror(self.context_errno(context)).decode(errors="replace"))

    def read(self, stream: Any) -> bytes:
        """What a recording stream has next; silence for a hole, empty for nothing."""
        data, size = c_void_p(), c_size_t()
        if self.stream_peek(stream, byref(data), byref(size)) < 0 or not size.value:
            return b""
        pcm = ctypes.string_at(data.value, size.value) if data.value else bytes(size.value)
        self.stream_drop(stream)
        return pcm


@cache
def load() -> LibPulse:
    """The library, once. Raises OSError."""
    return LibPulse()
