"""What is done to one leg's native call, and what is read from it. Used by the command thread only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pjsua2 as pj

from voice.quality import StreamCounters
from voice.sip.legs import Leg
from voice.sip.natives import parameters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MediaState:
    """``port`` is the leg's audio port while any sound may flow. ``held``: by us; ``held_by_peer``: nothing we say is
    wanted.
    """

    port: Any | None
    held: bool
    held_by_peer: bool


def read_media(leg: Leg) -> MediaState:
    """The leg's audio as negotiated last; notes its codec. Raises pj.Error where the call has just ended."""
    info = leg.call.getInfo()  # held: its media list is a view into it, and dies with it
    for media in info.media:
        if media.type != pj.PJMEDIA_TYPE_AUDIO or media.status in (pj.PJSUA_CALL_MEDIA_NONE, pj.PJSUA_CALL_MEDIA_ERROR):
            continue
        held = media.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
        held_by_peer = not media.dir & pj.PJMEDIA_DIR_ENCODING
        if media.audioConfSlot < 0:
            return MediaState(None, held, held_by_peer)
        leg.stream = media.index
        stream = leg.call.getStreamInfo(media.index)
        leg.codec = f"{stream.codecName}/{stream.codecClockRate}"
        return MediaState(leg.call.getAudioMedia(media.index), held, held_by_peer)
    return MediaState(None, held=False, held_by_peer=False)


def is_encrypted(leg: Leg) -> bool:
    """Whether the leg's sound goes by SRTP; PJSIP tells only in words."""
    return "SRTP status: Active" in leg.call.dump(True, "")


def read_counters(leg: Leg) -> StreamCounters:
    """The leg's RTCP and jitter buffer counters. Raises pj.Error where it has no sound."""
    stat = leg.call.getStreamStat(leg.stream)
    received, sent, buffer = stat.rtcp.rxStat, stat.rtcp.txStat, stat.jbuf
    return StreamCounters(
        received=received.pkt,
        lost=received.loss,
        discarded=received.discard + buffer.discard,
        sent=sent.pkt,
        far_lost=sent.loss,
        jitter_ms=received.jitterUsec.mean / 1000,
        far_jitter_ms=sent.jitterUsec.mean / 1000,
        rtt_ms=stat.rtcp.rttUsec.mean / 1000,
        buffer_ms=float(buffer.avgDelayMsec),
    )


def send_hold(leg: Leg) -> bool:
    """A re-INVITE that holds, resumes, or says where our sound is now; False where another transaction of the dialog is
    open.
    """
    made, holding = parameters(), leg.holding
    if not holding.wanted:
        made.opt.flag = pj.PJSUA_CALL_UNHOLD
    if holding.moving:
        made.opt.flag |= pj.PJSUA_CALL_REINIT_MEDIA
    try:
        if holding.wanted and not holding.held:
            leg.call.setHold(made)
        else:
            leg.call.reinvite(made)
    except pj.Error as error:
        log.debug("leg %s: no re-INVITE now: %s", leg.leg_id, error.reason)
        return False
    holding.sent()
    return True


def is_born(leg: Leg) -> bool:
    """Whether PJSIP has a call for it yet: not so at first where PJSIP itself makes the call, for a REFER or Replaces;
    to touch it then aborts the process.
    """
    return bool(leg.call.getId() != pj.PJSUA_INVALID_ID)


def hang_up(leg: Leg, code: int) -> None:
    """BYE, CANCEL or the final response, once; for a call that is not born yet, as soon as it is (call again then)."""
    leg.ending = True
    if leg.hung_up or not is_born(leg):
        return
    leg.hung_up = True
    if leg.referral is not None:  # its callback holds the lock that hanging up needs
        leg.referral.answer(None)
    try:
        leg.call.hangup(parameters(code))
    except pj.Error as error:  # it ended by itself in this very moment; DISCONNECTED is on its way
        log.debug("hanging up leg %s: %s", leg.leg_id, error.reason)
        leg.ending = leg.hung_up = not leg.call.isActive()
