"""Phones and how the HMM numbers them, in Kaldi's terms.

Phone 1 is SIL; phone p of ``PHONES`` in word position B, E, I or S is ``2 + 4·index + position``. Every phone has one
emitting HMM state entered by a forward transition, which emits the unit's forward pdf, and held by a self-loop, which
emits its loop pdf (Kaldi's chain topology). A unit is a phone without its position: unit 0 is SIL, unit i the phone
``PHONES[i - 1]``.
"""

from __future__ import annotations

# fmt: off
PHONES = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K",
    "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)
# fmt: on
UNITS = len(PHONES) + 1
PDFS = 2 * UNITS
SIL = 1
PHONE_COUNT = 1 + 4 * len(PHONES)
TRANSITIONS = 2 * PHONE_COUNT
_POSITIONS = ("begin", "end", "internal", "singleton")
_UNIT = {phone: index + 1 for index, phone in enumerate(PHONES)}


def unit_of(phone: str) -> int:
    """The unit of a phone's name."""
    return _UNIT[phone]


def unit_of_number(number: int) -> int:
    """The unit of a numbered phone (1..PHONE_COUNT)."""
    return 0 if number == SIL else (number - 2) // 4 + 1


def word_phones(pronunciation: tuple[str, ...]) -> tuple[int, ...]:
    """The numbered phones of a word, with their positions in it."""
    last = len(pronunciation) - 1
    if last == 0:
        return (_number(pronunciation[0], 3),)
    return tuple(
        _number(phone, 0 if index == 0 else 1 if index == last else 2) for index, phone in enumerate(pronunciation)
    )


def loop_transition(number: int) -> int:
    """Transition id of the self-loop of a numbered phone."""
    return 2 * number - 1


def forward_transition(number: int) -> int:
    """Transition id of the way into a numbered phone."""
    return 2 * number


def word_boundaries() -> str:
    """``graph/phones/word_boundary.int``: which phones begin and end words."""
    lines = [f"{SIL} nonword"]
    for index in range(len(PHONES)):
        lines += [f"{2 + 4 * index + position} {name}" for position, name in enumerate(_POSITIONS)]
    return "\n".join(lines) + "\n"


def _number(phone: str, position: int) -> int:
    return 2 + 4 * (_UNIT[phone] - 1) + position
