"""The native objects with callbacks: PJSIP's threads run these, so they copy plain fields, post a notice and return.

A notice is handled by ``Reports`` on the command thread, in the order posted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from voice.phone import REFERRAL_PATIENCE_S, PhoneConfig, SipAccount, Srtp
from voice.sip.digits import DigitMethod
from voice.sip.legs import MAX_LEGS
from voice.sip.notices import (
    CallArrived,
    CallReferred,
    CallReplaced,
    CallStateChanged,
    DigitHeard,
    MediaChanged,
    Post,
    ProbeAnswered,
    ReferArrived,
    RegistrationAnswered,
    ReinviteAnswered,
    TransferAnswered,
)
from voice.sip.referral import Referral

log = logging.getLogger(__name__)

_DTMF_IS_UPDATE = 1  # PJMEDIA_STREAM_DTMF_IS_UPDATE: the event has been reported before
_ACCEPTED = 202
_DECLINED = 603
_SRTP: dict[Srtp, int] = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}


class NativeCall(pj.Call):  # type: ignore[misc]
    """A ``pj.Call`` that forwards. Dropping the last reference to a live one hangs it up."""

    def __init__(self, account: Any, call_id: int, serial: int, post: Post) -> None:
        self._serial = serial
        self._post = post
        self._account = account
        super().__init__(account, call_id)

    def onCallState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Its state, copied at once."""
        try:  # here, for later it may be too late: a disconnected call's slot is given away
            info = self.getInfo()
            notice = CallStateChanged(self._serial, info.state, info.lastStatusCode, info.lastReason)
        except pj.Error:
            notice = CallStateChanged(self._serial, pj.PJSIP_INV_STATE_DISCONNECTED, 0, "call is gone")
        self._post(notice)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Its sound has changed; what it is now is asked on the command thread."""
        self._post(MediaChanged(self._serial))

    def onDtmfEvent(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """A digit, once: not its updates."""
        if prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO:
            self._post(DigitHeard(self._serial, prm.digit, DigitMethod.INFO))
        elif not prm.flags & _DTMF_IS_UPDATE:
            self._post(DigitHeard(self._serial, prm.digit, DigitMethod.RFC4733))

    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """The final answer to a re-INVITE or an OPTIONS of ours."""
        if prm.e.type != pj.PJSIP_EVENT_TSX_STATE:
            return
        transaction = prm.e.body.tsxState.tsx
        ours = transaction.role == pj.PJSIP_ROLE_UAC and transaction.state == pj.PJSIP_TSX_STATE_COMPLETED
        succeeded = transaction.state == pj.PJSIP_TSX_STATE_TERMINATED and transaction.statusCode < 300
        if transaction.method == "INVITE" and transaction.role == pj.PJSIP_ROLE_UAC and (ours or succeeded):
            self._post(ReinviteAnswered(self._serial, transaction.statusCode, transaction.statusText))
        elif transaction.method == "OPTIONS" and ours:
            self._post(ProbeAnswered(self._serial, transaction.statusCode))

    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """A REFER: waits for the owner's answer, since PJSIP wants it before this returns."""
        referral = Referral()
        self._post(ReferArrived(self._serial, prm.dstUri, referral))
        accepted = referral.wait(REFERRAL_PATIENCE_S)
        if accepted is None:
            prm.statusCode = _DECLINED
            return
        leg_id, serial = accepted
        call = NativeCall(self._account, pj.PJSUA_INVALID_ID, serial, self._post)
        self._post(CallReferred(leg_id, serial, call))
        prm.newCall = call
        prm.opt.audioCount, prm.opt.videoCount = 1, 0
        prm.statusCode = _ACCEPTED

    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """How a transfer of ours goes on (NOTIFY)."""
        self._post(TransferAnswered(self._serial, prm.statusCode, prm.reason, prm.finalNotify))

    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """An INVITE with Replaces for this call: the new call takes its place, where that is allowed."""
        if not self._account.replaceable:
            prm.statusCode = _DECLINED  # pjsua2 would put a stranger in the place of the leg that Replaces names
            return
        serial = self._account.next_serial()
        call = NativeCall(self._account, pj.PJSUA_INVALID_ID, serial, self._post)
        self._post(CallReplaced(self._serial, serial, call))
        prm.newCall = call
        prm.opt.audioCount, prm.opt.videoCount = 1, 0


class NativeAccount(pj.Account):  # type: ignore[misc]
    """A ``pj.Account`` that forwards. ``next_serial`` must be callable from any thread."""

    def __init__(self, post: Post, next_serial: Callable[[], int], *, replaceable: bool = False) -> None:
        self._post = post
        self.next_serial = next_serial
        self.replaceable = replaceable
        self.refusing = False  # set by the command thread; from then on an INVITE gets pjsua2's own 500
        super().__init__()

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """An INVITE: the native call must be made here, or the caller gets 500."""
        if self.refusing:
            return
        serial = self.next_serial()
        call = NativeCall(self, prm.callId, serial, self._post)
        self._post(CallArrived(serial, call, prm.rdata.wholeMsg))

    def onIncomingSubscribe(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """Declined."""
        prm.code = 603  # pjsua2 would accept; we have nothing to notify of

    def onRegState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        """The answer to a REGISTER, or that none came."""
        active = prm.status == 0 and prm.code // 100 == 2 and prm.expiration > 0
        self._post(RegistrationAnswered(active, prm.code, prm.reason))


class PjLog(pj.LogWriter):  # type: ignore[misc]
    """PJSIP's errors into Python's logging, on any thread; INFO, for those that matter reach callers as PhoneError."""

    def write(self, entry: Any) -> None:
        """One line of PJSIP's log."""
        log.info("%s", entry.msg.rstrip())


def endpoint_config(config: PhoneConfig, writer: PjLog) -> Any:
    """No sound device, no echo canceller, no silence suppression: this is a bridge, and taps want every frame."""
    made = pj.EpConfig()
    made.logConfig.level = made.logConfig.consoleLevel = 1
    made.logConfig.msgLogging = 0
    made.logConfig.writer = writer
    made.uaConfig.userAgent = config.user_agent
    made.uaConfig.threadCnt = 1
    made.uaConfig.maxCalls = MAX_LEGS
    made.uaConfig.mwiUnsolicitedEnabled = False
    made.medConfig.clockRate = config.clock_rate
    made.medConfig.sndClockRate = config.clock_rate
    made.medConfig.audioFramePtime = 20
    made.medConfig.threadCnt = 1
    made.medConfig.noVad = True
    made.medConfig.ecTailLen = 0
    return made


def account_config(config: PhoneConfig, account: SipAccount, transport: int) -> Any:
    """An account bound to our one transport: no ICE, no address rewriting, no keep-alives of PJSIP's own.

    Session timers (RFC 4028) of 30 minutes where the far end knows them; PJSIP refreshes by UPDATE.
    """
    made = pj.AccountConfig()
    made.idUri = account.uri
    made.sipConfig.transportId = transport
    made.natConfig.contactRewriteUse = 0
    made.natConfig.viaRewriteUse = 0
    made.natConfig.sipOutboundUse = 0
    made.natConfig.iceEnabled = False
    made.natConfig.udpKaIntervalSec = 0
    made.mediaConfig.srtpUse = _SRTP[config.srtp]
    made.mediaConfig.srtpSecureSignaling = 0  # our hop is UDP on loopback; the relay's is TLS
    made.callConfig.holdType = pj.PJSUA_CALL_HOLD_TYPE_RFC3264
    made.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    made.callConfig.timerMinSESec, made.callConfig.timerSessExpiresSec = 90, 1800
    made.mediaConfig.transportConfig.boundAddress = config.rtp_host
    made.mediaConfig.transportConfig.port = config.rtp_first_port
    made.mediaConfig.transportConfig.portRange = config.rtp_ports if config.rtp_first_port else 0
    if account.proxy is not None:
        proxy = account.proxy if ";lr" in account.proxy else f"{account.proxy};lr"
        made.sipConfig.proxies.append(proxy)
    if account.user:
        made.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", account.user, 0, account.secret))
    if account.register:
        made.regConfig.registrarUri = "sip:" + account.uri.split(":", 1)[1].rpartition("@")[2]
        made.regConfig.timeoutSec = account.expires_s
        made.regConfig.firstRetryIntervalSec = made.regConfig.retryIntervalSec = 3
        made.regConfig.randomRetryIntervalSec = 1
        made.regConfig.unregWaitMsec = 300
    return made


def set_codecs(endpoint: Any, names: tuple[str, ...]) -> list[str]:
    """Offer ``names`` in that order and nothing else; returns the names this build does not have."""
    built = [info.codecId for info in endpoint.codecEnum2()]
    for codec in built:
        endpoint.codecSetPriority(codec, 0)
    missing = []
    for rank, name in enumerate(names):
        found = [codec for codec in built if codec.rpartition("/")[0] == name]
        if not found:
            missing.append(name)
        for codec in found:
            endpoint.codecSetPriority(codec, 255 - rank)
    return missing


def parameters(code: int = 0, headers: dict[str, str] | None = None) -> Any:
    """``pj.CallOpParam`` for one audio stream with extra ``headers`` (checked)."""
    made = pj.CallOpParam(True)
    made.opt.audioCount, made.opt.videoCount = 1, 0
    made.statusCode = code
    vector = pj.SipHeaderVector()
    for name, value in (headers or {}).items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        vector.append(header)
    made.txOption.headers = vector
    return made


def rfc4733(digits: str) -> Any:
    """Parameters that send ``digits`` as telephone-events of PJSIP's usual length."""
    made = pj.CallSendDtmfParam()
    made.method = pj.PJSUA_DTMF_METHOD_RFC2833
    made.digits = digits
    return made


def options() -> Any:
    """Parameters of an OPTIONS within the dialog."""
    made = pj.CallSendRequestParam()
    made.method = "OPTIONS"
    return made


def by_info(digits: str) -> Any:
    """Parameters that send ``digits`` by INFO (application/dtmf-relay)."""
    made = pj.CallSendDtmfParam()
    made.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
    made.digits = digits
    return made
