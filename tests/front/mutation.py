"""Mutants of SIP messages, the same ones in every run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from voice.front.content import clean_request
from voice.front.flows import Side
from voice.front.message import Request, SipParseError, parse

_BITS = (
    b"",
    b"\0",
    b"\r\n",
    b"<",
    b">",
    b'"',
    b";",
    b",",
    b":",
    b"%00",
    b"\xff",
    b"9" * 30,
    b"=",
    b"\t",
    b"  ",
    b"A" * 60,
)


def mutant(data: bytes, chance: random.Random) -> bytes:
    """``data`` with one to four places cut out, doubled or replaced."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 0, 1, 2, 8, 40)))
        middle = chance.choice((b"", data[start:end] * 2, chance.randbytes(3)))
        data = data[:start] + chance.choice(_BITS) + middle + data[end:]
    return data


def passing(seeds: Iterable[Request], chance: random.Random, each: int) -> Iterator[Request]:
    """For each of ``seeds`` as many mutants that the front lets through: changed, but of the same dialog."""
    for seed in seeds:
        data, found = seed.to_bytes(), 0
        while found < each:
            try:
                changed = parse(mutant(data, chance))
                clean = isinstance(changed, Request) and clean_request(changed, Side.OUTER, trunk=True)
            except SipParseError:
                continue
            if clean and clean.to_bytes() != data and _same_dialog(clean, seed):
                found += 1
                yield clean


def _same_dialog(one: Request, other: Request) -> bool:
    return _place(one) == _place(other)


def _place(request: Request) -> tuple[object, ...]:
    parties = (request.from_.tag, request.to.tag)
    return request.method, request.call_id, parties, request.cseq, request.via.host, request.headers.all("Route")
