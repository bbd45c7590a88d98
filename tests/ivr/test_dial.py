"""``dial`` and ``transfer``, as a caller meets them: who may be rung, and where each outcome leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.effects import DialAnswered, DialEnded, DialFailed, DialOut, HangUp
from tests.ivr.test_flow import Caller, caller_in

ENDS = """
  thanks: {verb: say, text: Thanks., next: bye}
  sorry: {verb: say, text: Sorry., next: bye}
  bye: {verb: hangup}
"""


def rung(caller: Caller) -> list[DialOut]:
    return [effect for effect in caller.seen if isinstance(effect, DialOut)]


def dialling(tmp_path: Path, node: str) -> Caller:
    return caller_in(tmp_path, f"\n  first: {node}\n{ENDS}")


NUMBER = '{verb: dial, number: "+353 (1) 555-0100", timeout: 20, timeLimit: 60, next: thanks, failed: sorry}'


def test_a_number_is_rung_and_the_flow_goes_on_after_the_talk(tmp_path: Path) -> None:
    caller = dialling(tmp_path, NUMBER)
    assert rung(caller) == [DialOut("number", "+35315550100", 20.0, 60.0)]
    assert caller.hears == ["hold"], "while it rings"
    caller.press("1")
    caller.give(DialAnswered())
    assert caller.hears == []
    caller.give(DialEnded())
    assert caller.hears == ["Thanks."]


def test_who_does_not_answer_leads_to_failed(tmp_path: Path) -> None:
    caller = dialling(tmp_path, NUMBER)
    caller.give(DialFailed("busy"))
    assert caller.hears == ["Sorry."]


def test_what_is_said_before_is_heard_out_before_it_rings(tmp_path: Path) -> None:
    caller = dialling(tmp_path, "{verb: dial, agent: anna, say: One moment., next: thanks, failed: sorry}")
    assert caller.hears == ["One moment."]
    assert rung(caller) == []
    caller.hear_out()
    assert rung(caller) == [DialOut("agent", "anna", 30.0)]


@pytest.mark.parametrize(
    ("allow", "called"),
    [('["2025"]', "2025550142"), ('["+353"]', None), ('["+353", "202"]', "2025550142"), ('["0"]', None)],
)
def test_a_callers_number_is_rung_only_where_it_is_allowed(tmp_path: Path, allow: str, called: str | None) -> None:
    caller = dialling(tmp_path, f'{{verb: dial, number: "${{caller}}", allow: {allow}, next: thanks, failed: sorry}}')
    assert [effect.target for effect in rung(caller)] == ([called] if called else [])
    assert caller.hears == (["hold"] if called else ["Sorry."])


def test_a_transfer_ends_with_the_talk_and_comes_back_only_where_it_failed(tmp_path: Path) -> None:
    node = '{verb: transfer, number: "+35315550100", failed: sorry}'
    nodes = f"\n  first: {node}\n  sorry: {{verb: say, text: Sorry., next: bye}}\n  bye: {{verb: hangup}}\n"
    caller = caller_in(tmp_path, nodes)
    assert rung(caller) == [DialOut("number", "+35315550100", 30.0, handover=True)]
    caller.give(DialAnswered())
    caller.give(DialEnded())
    assert caller.seen[-1] == HangUp("completed")
    caller = caller_in(tmp_path, nodes)
    caller.give(DialFailed("no answer"))
    assert caller.hears == ["Sorry."]
