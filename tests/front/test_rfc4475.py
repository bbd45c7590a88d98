"""The torture tests of RFC 4475: each message, sent by a trunk, gets the answer its heading says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.front.desk import TRUNK, Desk, statuses
from tests.front.texts import GOLDEN
from voice.front.flows import Side
from voice.front.message import SipParseError, parse

_SDP = """v=0
o=mhandley 29739 7272939 IN IP4 {0}
s=-
c=IN IP4 {0}
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC"""
ALL = 49
REACHING_A_WORKER = 3


@dataclass(frozen=True)
class Torture:
    name: str
    section: str
    outcome: str
    wire: bytes


def tortures() -> list[Torture]:
    text = (GOLDEN / "rfc4475.txt").read_text()
    found = []
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        heading, _, message = part.partition("\n")
        name, section, outcome = heading.split()
        found.append(Torture(name, section, outcome, expand(message)))
    return found


def expand(message: str) -> bytes:
    """The RFC's notation (its section 2) as bytes on the wire."""
    message = re.sub(r"<repeat count=(\d+)>(.*?)</repeat>", lambda m: int(m[1]) * m[2], message)
    message = re.sub(r"<sdp>(.*?)</sdp>", lambda m: _SDP.format(m[1]), message)
    message = re.sub(r"<allOneLine>\n(.*?)\n</allOneLine>", lambda m: m[1].replace("\n", ""), message, flags=re.DOTALL)
    parts = re.split(r"<hex>(.*?)</hex>", message, flags=re.DOTALL)
    texts = [part.replace("\n", "\r\n").encode() for part in parts[::2]]
    blobs = [bytes.fromhex(part) for part in parts[1::2]]
    return b"".join(piece for pair in zip(texts, [*blobs, b""], strict=True) for piece in pair)


def what_happens(desk: Desk, wire: bytes) -> str:
    try:
        message = parse(wire)
    except SipParseError as error:
        effects = desk.proxy.refuse(error, TRUNK, desk.now)
        assert len(effects) <= 1
        return str(desk.take(effects)[0].message.status) if effects else "silence"  # type: ignore[union-attr]
    sends = desk.put(message, TRUNK)
    if any(send.flow.side is Side.INNER for send in sends):
        return "worker"
    return str(statuses(sends)[-1]) if sends else "drop"


@pytest.mark.parametrize("torture", tortures(), ids=lambda torture: f"{torture.section}-{torture.name}")
def test_the_right_answer_or_the_right_silence(torture: Torture) -> None:
    desk = Desk()
    assert what_happens(desk, torture.wire) == torture.outcome
    assert len(desk.assigned) == (torture.outcome == "worker")


def test_all_of_them_are_here_and_one_after_the_other_they_break_nothing() -> None:
    desk = Desk(workers=4)
    outcomes = [what_happens(desk, torture.wire) for torture in tortures()]
    assert len(outcomes) == ALL
    assert outcomes.count("worker") == REACHING_A_WORKER
    assert outcomes == [torture.outcome for torture in tortures()]
    call = desk.call("good")
    assert call.ok.status == 200
