from __future__ import annotations

from voice.sip.digits import DigitFilter, DigitMethod

RTP, INFO = DigitMethod.RFC4733, DigitMethod.INFO


def accepted(*events: tuple[DigitMethod, str, float]) -> str:
    presses = DigitFilter(window_s=1.0)
    return "".join(digit for method, digit, at in events if presses.accept(method, digit, at))


def test_one_method_alone_passes_everything() -> None:
    assert accepted((RTP, "1", 0.0), (RTP, "1", 0.1), (RTP, "2", 0.2)) == "112"
    assert accepted((INFO, "1", 0.0), (INFO, "1", 0.1)) == "11"


def test_the_copy_of_a_press_is_dropped_whichever_comes_first() -> None:
    assert accepted((RTP, "1", 0.0), (INFO, "1", 0.1), (INFO, "2", 0.5), (RTP, "2", 0.6)) == "12"


def test_each_press_pairs_with_one_copy() -> None:
    assert accepted((RTP, "1", 0.0), (RTP, "1", 0.2), (INFO, "1", 0.25), (INFO, "1", 0.3), (INFO, "1", 0.35)) == "111"


def test_after_the_window_it_is_a_new_press() -> None:
    assert accepted((RTP, "1", 0.0), (INFO, "1", 1.1)) == "11"


def test_another_digit_is_no_copy() -> None:
    assert accepted((RTP, "1", 0.0), (INFO, "2", 0.1)) == "12"
