from __future__ import annotations

import pytest

from tests.front.desk import STATION, Desk
from voice.front.digest import NONCE_LIFE_S, Digest, Verdict, digest_response, parse_credentials
from voice.front.message import Request

RFC_7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_section_3_9_1(algorithm: str, expected: str) -> None:
    credentials = parse_credentials(RFC_7616.format(algorithm=algorithm))
    assert digest_response(credentials, "GET", "Circle of Life") == expected


@pytest.mark.parametrize("value", ["Basic abc", "Digest", 'Digest a="1", a="2"', 'Digest a="open', "Digest a b"])
def test_unsound_credentials_are_none(value: str) -> None:
    assert parse_credentials(value) == {}


class Client:
    def __init__(self) -> None:
        self.digest = Digest("callfloor", {"anna": "open sesame"}, b"key", 1000.0)
        self.desk = Desk()

    def request(self, nonce: str, count: int, algorithm: str = "SHA-256", secret: str = "open sesame") -> Request:
        fields = {
            "username": "anna",
            "realm": "callfloor",
            "nonce": nonce,
            "uri": "sip:callfloor",
            "algorithm": algorithm,
            "qop": "auth",
            "nc": f"{count:08x}",
            "cnonce": "x",
        }
        fields["response"] = digest_response(fields, "REGISTER", secret)
        request = self.desk.request("REGISTER", STATION, "r")
        value = "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items())
        return Request(request.headers.put("Authorization", value), method="REGISTER", uri="sip:callfloor")

    def nonce(self, now: float) -> str:
        return parse_credentials(self.digest.challenge(now)[0][1])["nonce"]


def test_both_algorithms_are_offered_sha_first_and_both_work() -> None:
    client = Client()
    offers = [parse_credentials(value)["algorithm"] for _, value in client.digest.challenge(1000.0)]
    assert offers == ["SHA-256", "MD5"]
    for algorithm in offers:
        checked = client.digest.check(client.request(client.nonce(1000.0), 1, algorithm), 1001.0)
        assert (checked.verdict, checked.user) == (Verdict.GOOD, "anna")


def test_a_nonce_count_serves_one_transaction() -> None:
    client = Client()
    nonce = client.nonce(1000.0)
    first = client.request(nonce, 1)
    assert client.digest.check(first, 1001.0).verdict is Verdict.GOOD
    assert client.digest.check(first, 1001.5).verdict is Verdict.GOOD  # a retransmission
    assert client.digest.check(client.request(nonce, 1), 1002.0).verdict is Verdict.WRONG  # a replay
    assert client.digest.check(client.request(nonce, 2), 1002.0).verdict is Verdict.GOOD


def test_nonces_age_and_are_ours() -> None:
    client = Client()
    nonce = client.nonce(1000.0)
    assert client.digest.check(client.request(nonce, 1), 1001.0 + NONCE_LIFE_S).verdict is Verdict.STALE
    assert client.digest.check(client.request("made-up-nonce", 1), 1001.0).verdict is Verdict.STALE
    assert client.digest.check(client.request(client.nonce(999.0), 1), 1001.0).verdict is Verdict.STALE  # before start
    assert client.digest.check(client.request(nonce, 1, secret="guess guess"), 1001.0).verdict is Verdict.WRONG
