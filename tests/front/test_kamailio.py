"""The configuration made for Kamailio; that it works is a scenario (``tests/scenarios/test_kamailio.py``)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from assist.cli import app
from tests.fakes.kamailio import KAMAILIO, kamailio, own_address
from tests.fakes.sip_peer import Handler, SipPeer
from voice.errors import DocumentError
from voice.front.kamailio import KamailioSettings, render
from voice.front.message import Request
from voice.settings import AgentSettings, FrontSettings

ANNA = AgentSettings(user="anna", name="Anna", secret="open sesame")
FRONT_ANSWERS_S = 2.0
"""What a front is given to answer an INVITE (fr_timer)."""
FRONTS = ("192.0.2.3:5060", "[2001:db8::3]:5070")
FILE = f"""
[kamailio]
host = "{own_address()}"
fronts = ["192.0.2.3:5060"]
trunks = ["198.51.100.0/24"]
gateway = "198.51.100.7"
[[agent]]
user = "anna"
name = "Anna"
secret = "open sesame"
"""


def test_what_is_filled_in(tmp_path: Path) -> None:
    settings = KamailioSettings(fronts=FRONTS, trunks=("198.51.100.0/24", "2001:db8:1::/64"), gateway="198.51.100.7")
    files = render(settings, FrontSettings(), (ANNA,), tmp_path)
    text = files["kamailio.cfg"]
    assert not re.search(r"@[A-Z]+@", text)
    assert "open sesame" not in text
    assert '$sht(agents=>anna) = "8f58eaa9bd235b97f746de679be45d0d";' in text  # MD5 of anna:callfloor:open sesame
    assert 'is_in_subnet("$si", "198.51.100.0/24") || is_in_subnet("$si", "2001:db8:1::/64")' in text
    assert '|| is_in_subnet("$si", "198.51.100.7/32")) {' in text
    assert '$du = "sip:198.51.100.7:5060";' in text
    lines = [line for line in files["dispatcher.list"].splitlines() if not line.startswith("#")]
    assert lines == ["1 sip:192.0.2.3:5060 0 0", "1 sip:[2001:db8::3]:5070 0 0"]


def test_without_trunks_nobody_is_one_and_without_a_gateway_nothing_is_dialled(tmp_path: Path) -> None:
    text = render(KamailioSettings(fronts=FRONTS), FrontSettings(), (), tmp_path)["kamailio.cfg"]
    assert 'else if ($si == "")' in text
    assert text.count('sl_send_reply("404", "Not Found");') == 1


@pytest.mark.parametrize(
    "wrong", [{"fronts": ()}, {"fronts": ("a.example:5060",)}, {"trunks": ("198.51.100.1/24",)}, {"gateway": "x"}]
)
def test_what_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KamailioSettings.model_validate({"fronts": FRONTS, **wrong})


@pytest.mark.live
@pytest.mark.skipif(KAMAILIO is None, reason="Kamailio is not installed (Debian: kamailio)")
def test_kamailio_takes_what_the_command_writes(tmp_path: Path) -> None:
    file, out = tmp_path / "callfloor.toml", tmp_path / "kamailio"
    file.write_text(FILE)
    result = CliRunner().invoke(app, ["kamailio", "config", "--settings", str(file), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert (out / "kamailio.cfg").stat().st_mode & 0o777 == 0o600

    async def check() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            *(str(KAMAILIO), "-c", "-f", str(out / "kamailio.cfg"), "-Y", str(out)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode, said

    code, said = asyncio.run(check())
    assert code == 0, said.decode(errors="replace")


def test_without_fronts_the_command_says_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "callfloor.toml"
    file.write_text('[kamailio]\nhost = "127.0.0.1"\n')
    result = CliRunner().invoke(app, ["kamailio", "config", "--settings", str(file), "--out", str(tmp_path / "k")])
    assert isinstance(result.exception, DocumentError)
    assert "fronts" in str(result.exception)


def invited(status: int) -> Handler:
    """A front that answers INVITEs with ``status``."""
    return lambda front, request: front.answer(request, status if request.method == "INVITE" else 200)


@pytest.mark.live
@pytest.mark.skipif(KAMAILIO is None, reason="Kamailio is not installed (Debian: kamailio)")
@pytest.mark.parametrize("elsewhere", [482, 404])
def test_a_bridge_is_asked_for_at_one_front_after_the_other_and_by_fronts_alone(elsewhere: int) -> None:
    async def main() -> None:
        host = own_address()
        async with (
            SipPeer.open("127.0.0.3", answer=invited(elsewhere)) as calling,
            SipPeer.open("127.0.0.6") as other,
            SipPeer.open("127.0.0.2") as outside,
        ):
            fronts = tuple("{}:{}".format(*front.address) for front in (calling, other))
            settings = KamailioSettings(host=host, fronts=fronts, trunks=("127.0.0.2/32",), children=2)
            async with kamailio(settings, FrontSettings(), (ANNA,)) as server:
                for number in range(2):  # whichever front's turn it is
                    invite = bridge_call(calling, f"b-{number}")
                    calling.send(invite, server)
                    answer = await calling.final()
                    assert answer.status == 200
                    asked = await other.next_request("INVITE")
                    assert asked.headers.get("X-Callfloor-Supervise") == "c0ffee"
                    calling.send(calling.within(answer, "ACK", 1), server)
                    assert (await other.next_request("ACK")).call_id == invite.call_id
                outside.send(bridge_call(outside, "sneaks"), server)
                assert (await outside.final()).status == 403
                left = [other.requests.get_nowait().method for _ in range(other.requests.qsize())]
                assert "INVITE" not in left

    asyncio.run(main())


def deaf_within(front: SipPeer, request: Request) -> None:
    """Takes calls, and then answers nothing in them; Kamailio's own OPTIONS it does."""
    if request.method != "OPTIONS" or not request.to.tag:
        front.accept(request)


@pytest.mark.live
@pytest.mark.skipif(KAMAILIO is None, reason="Kamailio is not installed (Debian: kamailio)")
def test_kamailio_does_not_give_up_a_question_within_a_call_before_who_asked() -> None:
    async def main() -> None:
        async with (
            SipPeer.open("127.0.0.3", answer=invited(482)) as calling,
            SipPeer.open("127.0.0.6", answer=deaf_within) as other,
        ):
            fronts = tuple("{}:{}".format(*front.address) for front in (calling, other))
            settings = KamailioSettings(host=own_address(), fronts=fronts, children=2)
            async with kamailio(settings, FrontSettings(), (ANNA,)) as server:
                calling.send(bridge_call(calling, "b-1"), server)
                answer = await calling.final()
                assert answer.status == 200
                calling.send(calling.within(answer, "ACK", 1), server)
                calling.send(calling.within(answer, "OPTIONS", 2), server)
                await other.next_request("ACK")
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(FRONT_ANSWERS_S + 1.0):
                        raise AssertionError(await calling.responses.get())

    asyncio.run(main())


def bridge_call(peer: SipPeer, call_id: str) -> Request:
    return peer.request("INVITE", "sip:bridge-w1x1@callfloor", call_id, X_Callfloor_Supervise="c0ffee")
