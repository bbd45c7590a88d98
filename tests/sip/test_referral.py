from __future__ import annotations

import threading

from voice.sip.referral import Referral


def test_nobody_answers() -> None:
    referral = Referral()
    assert referral.wait(0.0) is None
    assert not referral.answer(("leg", 7))


def test_the_first_answer_counts() -> None:
    referral = Referral()
    answering = threading.Thread(target=referral.answer, args=(("leg", 7),))
    answering.start()
    assert referral.wait(10.0) == ("leg", 7)
    answering.join()
    assert not referral.answer(None)
    assert referral.wait(0.0) == ("leg", 7)
