"""Telephone numbers as they are compared: E.164 (ITU-T) where they can be understood, their digits where not."""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers
from phonenumbers import MatchType, NumberParseException, PhoneNumberFormat

KEY_DIGITS = 9
"""Callers are looked up by the last nine digits, then compared as numbers: enough to tell people apart, few enough to
ignore how a trunk writes country codes and trunk prefixes (E.164 numbers are up to 15 digits)."""


def digits(number: str) -> str:
    """The digits of a number in any notation, without the international prefix ``00``."""
    return "".join(character for character in number if character in "0123456789").removeprefix("00")


def e164(number: str, region: str = "") -> str | None:
    """``number`` as ``+`` and digits. ``region``: the country (ISO 3166, two letters) of numbers that are written
    without one. None for what cannot be a number.
    """
    try:
        parsed = phonenumbers.parse(_international(number), region or None)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def phone_key(number: str, region: str = "") -> str:
    """What ``number`` is looked up by."""
    return digits(e164(number, region) or number)[-KEY_DIGITS:]


def same_number(number: str, other: str, region: str = "") -> bool:
    """Whether both are one number: as E.164 where they can be understood; else as far as they are written out, if that
    is far enough.
    """
    first, second = e164(number, region), e164(other, region)
    if first is not None and second is not None:
        return first == second
    if min(len(digits(number)), len(digits(other))) < KEY_DIGITS:
        return digits(number) == digits(other) != ""
    return bool(best_matches(number, [other], region))


def best_matches(number: str, candidates: Sequence[str], region: str = "") -> tuple[int, ...]:
    """Which of ``candidates`` (their indices) are ``number``: those that are it exactly; where there are none, those
    that may be it as far as they are written out.
    """
    wanted = e164(number, region) or _international(number)
    found: dict[int, list[int]] = {}
    for index, candidate in enumerate(candidates):
        match = phonenumbers.is_number_match(wanted, e164(candidate, region) or _international(candidate))
        found.setdefault(match, []).append(index)
    for match in (MatchType.EXACT_MATCH, MatchType.NSN_MATCH, MatchType.SHORT_NSN_MATCH):
        if match in found:
            return tuple(found[match])
    return ()


def _international(number: str) -> str:
    stripped = number.strip()
    return f"+{stripped[2:]}" if stripped.startswith("00") else stripped
