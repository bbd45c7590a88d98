"""What a station reads in an INVITE. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def asks_for_answer(headers: Mapping[str, str]) -> bool:
    """Whether an INVITE asks to be answered at once: Answer-Mode (RFC 5373), or what PBXs say in Alert-Info."""
    if headers.get("answer-mode", "").split(";")[0].strip().lower() == "auto":
        return True
    hint = f"{headers.get('alert-info', '')} {headers.get('call-info', '')}".lower().replace(" ", "")
    return any(sign in hint for sign in ("answer-after=0", "info=alert-autoanswer", "alert-autoanswer"))


def user_of(uri: str) -> str:
    """The user part of a SIP URI: the number, where there is one."""
    return uri.split(":", 1)[-1].split("@", 1)[0].split(";", 1)[0] if "@" in uri else ""
