"""A station from its settings: SIP phone behind its relay, headset, link to the floor."""

from __future__ import annotations

from importlib.util import find_spec

from hardware.audio.denoise import NoiseSuppressor
from hardware.audio.engine import PortAudioDevice, SoundDevice
from hardware.audio.pulse import PulseDevice, pulse_is_here
from hardware.busylight import BusyLight
from hardware.headset import Headset
from hardware.hid.transport import DeviceIdentity, HidapiTransport, HidTransport
from voice.audio import read_wav
from voice.clock import Clock
from voice.relay.addresses import RoutedAddresses
from voice.relay.core import Transport
from voice.relay.phone import RelayedPhone
from voice.relay.wire import client_tls
from voice.station import Station
from voice.station_link import WebsocketFloorLink, login
from voice.station_settings import AUTO, CLOCK_RATE, StationSettings
from voice.station_taps import CallCapture


def build_station(
    settings: StationSettings,
    clock: Clock,
    sound: SoundDevice | None = None,
    buttons: HidTransport | None = None,
    *,
    music: bytes = b"",
    capture: CallCapture | None = None,
    tone: bytes = b"",
) -> Station:
    """The whole station, to be ``run`` with ``settings.account``.

    ``sound`` and ``buttons`` stand in for the machine's own (the demo's simulated ones); ``music``: int16 mono at
    CLOCK_RATE, for whom we hold; ``tone``: the same, announces a supervisor; ``capture`` takes the calls of a PBX.
    Raises DocumentError (the notice), TlsError (``settings.ca``), FloorUnreachableError where ``settings.server`` is no
    address. Its ``run`` raises HardwareError where there is no sound, PhoneError where SIP cannot start.
    """
    from voice.sip import SipPhone  # here, so that what only wants the Station needs no pjsua2

    card = sound or _sound_device(settings)
    front = settings.sip_server
    tls = client_tls(settings.ca) if front.transport is Transport.TLS else None
    trusted = client_tls(settings.ca) if settings.server.startswith(("https:", "wss:")) else None
    keys = buttons or (_buttons(settings) if sound is None else None)
    light = BusyLight() if sound is None and find_spec("busylight_core") else None
    noise = NoiseSuppressor(card.rate) if settings.noise_suppression else None
    return Station(
        make_phone=lambda listener: RelayedPhone(
            lambda config, listen: SipPhone(config, listen, clock),
            settings.phone,
            front,
            listener,
            clock,
            tls=tls,
            local="" if settings.host == AUTO else settings.host,
            addresses=RoutedAddresses(front.host, front.port) if settings.host == AUTO else None,
        ),
        make_headset=lambda on_intent, on_trouble: Headset(card, keys, clock, on_intent, on_trouble, light, noise),
        link=WebsocketFloorLink(
            settings.server,
            settings.agent,
            login(settings.server, settings.agent, settings.secret, trusted),
            clock,
            trusted,
        ),
        policy=settings.policy,
        music=music,
        notice=read_wav(settings.notice, CLOCK_RATE) if settings.policy.notice and settings.notice else b"",
        capture=capture if settings.policy.capture else None,
        clock=clock,
        tone=tone,
    )


def _buttons(settings: StationSettings) -> HidTransport | None:
    """A headset with buttons, whether it is plugged in yet or not."""
    if settings.headset == "none":
        return None
    return HidapiTransport(None if settings.headset == "auto" else DeviceIdentity.parse(settings.headset))


def _sound_device(settings: StationSettings) -> SoundDevice:
    kind = settings.sound
    if kind == "auto":
        kind = "pulse" if pulse_is_here() else "portaudio"
    make = PulseDevice if kind == "pulse" else PortAudioDevice
    return make(CLOCK_RATE, settings.microphone, settings.ear)
