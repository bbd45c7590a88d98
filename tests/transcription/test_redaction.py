from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.numbers import digit_runs
from transcription.redaction import Redacted, Redactor
from transcription.sensitive import KINDS
from transcription.utterances import Word


def said(text: str, at: float = 0.0) -> tuple[Word, ...]:
    """Half a second a word."""
    return tuple(Word(word, at + 0.5 * i, at + 0.5 * i + 0.5, 0.9) for i, word in enumerate(text.split()))


def final(text: str, *, redactor: Redactor | None = None, party: str = "caller", at: float = 0.0) -> str:
    return (redactor or Redactor()).final(party, said(text, at)).text


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four four seven one", [4]),
        ("double four seven oh", [4]),
        ("triple two one", [4]),
        ("forty one eleven", [4]),
        ("forty one one one", [4]),
        ("twenty oh five", [4]),
        ("nineteen ninety nine", [4]),
        ("4111-1111 1111 1111", [16]),
        ("4111 um 1111 and 1111", [12]),
        ("five for two", [3]),
        ("one to three won four", [5]),
        ("I want to go for two", [1]),
        ("i was double charged", []),
        ("one hundred and twenty three", [3]),
        ("four one one one the two two two two", [8]),
        ("twelve order four four seven one", [2, 4]),
        ("", []),
        ("hundred thousand", []),
    ],
)  # fmt: skip
def test_digits_are_found_and_counted(text: str, digits: list[int]) -> None:
    assert [run.digits for run in digit_runs(text.split())] == digits


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("my order number is four four seven one", "my order number is four four seven one"),
        ("call five five five one two three four please", "call [digits] please"),
        ("call five five five one two three", "call five five five one two three"),
        ("it is 4111 1111 1111 1111 thanks", "it is [digits] thanks"),
        ("4111-1111-1111-1111", "[digits]"),
        ("double four double four double four one", "[digits]"),
        ("forty one eleven eleven eleven", "[digits]"),
        ("four one one one uh one one one one", "[digits]"),
        ("four one one one one one one won", "[digits]"),
        ("my card number is four one", "my card number is [card]"),
        ("the security code is one two three", "the security code is [code]"),
        ("one two three is the security code", "[code] is the security code"),
        ("my pin is nineteen eighty four", "my pin is [code]"),
        ("i paid forty five dollars on the twelfth", "i paid forty five dollars on the twelfth"),
        ("it shows my number on the card 41 ok", "it shows my number on the card [card] ok"),
    ],
)  # fmt: skip
def test_finals(text: str, shown: str) -> None:
    assert final(text) == shown


def test_the_span_to_mute_is_wider_than_the_words_by_a_quarter_second() -> None:
    redacted = Redactor().final("caller", said("hello one two three four five six seven bye", at=10.0))
    (span,) = redacted.redactions
    assert (span.kind, span.start_s, span.end_s) == ("digits", 10.5 - 0.25, 14.0 + 0.25)
    hidden = redacted.words[1]
    assert (hidden.text, hidden.start_s, hidden.end_s) == ("[digits]", 10.5, 14.0)


def test_partials_show_three_digits_at_most() -> None:
    redactor = Redactor()
    shown = [redactor.partial("caller", "my number is " + "four " * count, 0.0) for count in range(1, 18)]
    assert shown[2] == "my number is four four four"
    assert set(shown[3:]) == {"my number is four four four [digits]"}


def test_partials_after_a_cue_show_no_digit() -> None:
    redactor = Redactor()
    final("what is your security code", redactor=redactor, party="agent")
    assert redactor.partial("caller", "it is one", 5.0) == "it is [code]"
    assert final("it is one two three", redactor=redactor, at=5.0) == "it is [code]"


def test_a_cue_heard_only_in_a_partial_counts() -> None:
    redactor = Redactor()
    redactor.partial("agent", "and the security code please", 3.0)
    assert final("one two three", redactor=redactor, at=4.0) == "[code]"


def test_the_cue_outlives_a_hesitation_but_not_the_turn_after_the_digits() -> None:
    redactor = Redactor()
    final("can i have the card number please", redactor=redactor, party="agent")
    final("yes one moment let me find it", redactor=redactor, at=4.0)
    assert final("four one", redactor=redactor, at=9.0) == "[card]"
    assert final("one one", redactor=redactor, at=12.0) == "[card]"
    assert final("thank you", redactor=redactor, party="agent", at=13.0) == "thank you"
    assert final("two two", redactor=redactor, at=14.0) == "[card]"
    final("that was all of it", redactor=redactor, at=16.0)
    assert final("order four four seven one", redactor=redactor, at=20.0) == "order four four seven one"


def test_the_cue_ends_by_itself() -> None:
    redactor = Redactor()
    final("card number please", redactor=redactor, party="agent")
    assert final("order four four seven one", redactor=redactor, at=62.0) == "order four four seven one"


def test_a_number_said_in_pieces_never_shows_more_than_six_digits() -> None:
    redactor = Redactor()
    shown = [
        final(piece, redactor=redactor, at=10.0 * index)
        for index, piece in enumerate(
            ["four one one one", "one one one one", "and then one one one one", "one one one one"]
        )
    ]
    assert shown == ["four one one one", "[digits]", "and then [digits]", "[digits]"]


def test_partials_know_what_the_piece_before_held() -> None:
    redactor = Redactor()
    final("four one one one", redactor=redactor)
    assert redactor.partial("caller", "two", 3.0) == "[digits]"


def test_words_in_between_end_the_carried_number() -> None:
    redactor = Redactor()
    final("order four four seven one", redactor=redactor)
    final("that is right", redactor=redactor, at=3.0)
    assert final("five five two one", redactor=redactor, at=6.0) == "five five two one"


def test_the_other_partys_words_do_not() -> None:
    redactor = Redactor()
    final("four one one one", redactor=redactor)
    final("okay go on please", redactor=redactor, party="agent", at=3.0)
    assert final("one one one one", redactor=redactor, at=5.0) == "[digits]"


def test_a_resumed_contact_begins_wary() -> None:
    assert final("three four five", redactor=Redactor(wary=True)) == "[card]"


def test_no_words_change_nothing() -> None:
    redactor = Redactor()
    final("four one one one", redactor=redactor)
    assert redactor.final("caller", ()) == Redacted((), ())
    assert final("one one one one", redactor=redactor, at=4.0) == "[digits]"


@pytest.mark.parametrize(
    ("asked", "said_then", "shown"),
    [
        ("what is your account number", "it is one two three four five six", "it is [account]"),
        ("what is your account number", "i called three times", "i called three times"),
        ("and the sort code please", "twelve thirty four fifty six", "[sort_code]"),
        ("and the sort code please", "12-34-56 thanks", "[sort_code] thanks"),
        ("the expiry date", "twelve twenty seven", "[expiry]"),
        ("when does it expire expiry date", "12/27", "[expiry]"),
        ("your phone number please", "oh seven seven double oh nine", "[phone]"),
        ("your phone number please", "it ends in four two", "it ends in four two"),
        ("your phone number please", "+44 7700 900123", "[phone]"),
        ("your date of birth", "the twelfth of march nineteen eighty", "the [birth_date]"),
        ("your date of birth", "march second seventy one thanks", "[birth_date] thanks"),
        ("your date of birth", "12/03/1980 okay", "[birth_date] okay"),
        ("your email address", "john dot smith at example dot com", "[email]"),
        ("your email", "it's j o underscore four two at mail dot example dot co dot uk yes", "it's [email] yes"),
        ("hello", "write to john.smith@example.com please", "write to [email] please"),
        ("hello", "it is at the point of sale dot", "it is at the point of sale dot"),
        ("hello", "i looked at example dot com", "i [email]"),  # rather once too often
        ("hello", "you will receive a confirmation email tomorrow", "you will receive a confirmation email tomorrow"),
        ("hello", "my card number is 4111 1111 1111 1111 and the expiry date is 12/27 and the security code 123",
         "my card number is [card] and the expiry date is [expiry] and the security code [code]"),
        ("hello", "reach me on +44 7700 900123", "reach me on [phone]"),
        ("hello", "the twelfth of march nineteen eighty", "the twelfth of march nineteen eighty"),
    ],
)  # fmt: skip
def test_each_kind_by_its_cue_or_its_form(asked: str, said_then: str, shown: str) -> None:
    redactor = Redactor()
    final(asked, redactor=redactor, party="agent")
    assert final(said_then, redactor=redactor, at=5.0) == shown


@pytest.mark.parametrize(
    ("asked", "said_then", "shown"),
    [
        ("and the three digit code on the back", "one two three", "[code]"),
        ("and the three numbers on the back of the card", "one two three", "[code]"),
        ("can you read the number on the back of your card", "sure one two three", "sure [code]"),
        ("when does the card expire", "oh three twenty seven", "[expiry]"),
        ("when does it expire", "03/27", "[expiry]"),
        ("and what is it valid until", "march twenty seven", "[expiry]"),
        ("the expiry date please", "the end of december twenty twenty seven", "the end of [expiry]"),
        ("can i have your email", "anna at acme dot shop", "[email]"),
        ("what's your e mail", "it's anna at acme dot family thanks", "it's [email] thanks"),
        ("spell your email please", "a n n a underscore b", "[email]"),
        ("can i have your email", "anna at gmail", "[email]"),
        ("can i have your email", "acme.shop i guess", "acme.shop i guess"),
        ("my email address is", "anna at acme dot museum and my phone number is oh seven seven double oh nine",
         "[email] and my phone number is [phone]"),
        ("hello", "john.smith(at)example.com", "[email]"),
        ("hello", "write to anna at example.com please", "write to [email] please"),
        ("what is your birth day", "the fifth of may", "the [birth_date]"),
        ("and your d o b", "five five eighty two", "[birth_date]"),
        ("and your dob", "05/05/1982", "[birth_date]"),
        ("hello", "i was born 5/5/1982", "i was born [birth_date]"),
        ("what year were you born", "nineteen eighty two", "[birth_date]"),
        ("can i have your account", "one two three four five six", "[account]"),
        ("your account please", "it is 123456", "it is [account]"),
    ],
)  # fmt: skip
def test_what_is_asked_for_in_other_words_is_withheld_spoken_and_written(
    asked: str, said_then: str, shown: str
) -> None:
    redactor = Redactor()
    final(asked, redactor=redactor, party="agent")
    assert final(said_then, redactor=redactor, at=5.0) == shown


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("hello", "march twenty seven"),
        ("hello", "it comes on the fifth of may and my order is four four seven one"),
        ("hello", "anna at acme dot shopping"),
        ("hello", "we met at the dot on the map"),
        ("i got your email yesterday", "order four four seven one at nine"),
        ("i cannot log into your account", "order four four seven one two"),
        ("when does the offer end", "in twenty seven days"),
        ("what is your date of birth", "may i put you through"),
        ("when does the card expire", "just a second please"),
        ("there was a code in the letter", "four four seven one"),
        ("the numbers on the bill are wrong", "forty five dollars"),
        ("did you get my email", "yes at nine and i looked at point two"),
    ],
)
def test_what_was_not_asked_for_shows(before: str, words: str) -> None:
    redactor = Redactor()
    final(before, redactor=redactor, party="agent")
    assert final(words, redactor=redactor, at=5.0) == words


@pytest.mark.parametrize("left_out", [{"digits"}, {"digits", "phone"}, {"digits", "account", "expiry"}])
def test_without_digits_a_card_number_nobody_named_still_shows_six_at_most(left_out: set[str]) -> None:
    policy = set(KINDS) - left_out
    pan = "four one one one " * 4
    for pieces in ([pan], [pan[: len(pan) // 2]] * 2, ["four one one one one one", "one one one one", "one one"]):
        redactor = Redactor(kinds=policy)
        shown = [final(piece, redactor=redactor, at=10.0 * index) for index, piece in enumerate(pieces)]
        assert sum(word in DIGITS for word in " ".join(shown).split()) <= 6
    for count in range(1, len(pan.split()) + 1):
        partial = Redactor(kinds=policy).partial("caller", " ".join(pan.split()[:count]), 0.0)
        assert sum(word in DIGITS for word in partial.split()) <= 3


def test_a_kind_that_may_show_shows_twelve_digits_after_its_cue_and_three_in_a_partial() -> None:
    policy = set(KINDS) - {"phone", "account"}
    twelve = "my phone number is " + " ".join(["four one one one"] * 3)
    redactor = Redactor(kinds=policy)
    assert redactor.partial("caller", twelve, 0.0) == "my phone number is four one one [digits]"
    assert final(twelve, redactor=redactor) == twelve
    assert final("one one one one", redactor=redactor, at=9.0) == "[digits]", "the card number goes on"
    assert final("my account number is " + "four one one one " * 4, redactor=Redactor(kinds=policy)).endswith(
        "[digits]"
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("phone", "my phone number is oh seven seven double oh nine hundred one two three"),
        ("account", "account number one two three four five six seven eight"),
        ("sort_code", "sort code 12-34-56"),
        ("expiry", "expiry date twelve twenty seven"),
        ("email", "john dot smith at example dot com"),
        ("birth_date", "my birthday is the twelfth of march"),
    ],
)
def test_a_kind_out_of_the_policy_shows(kind: str, words: str) -> None:
    assert f"[{kind}]" in final(words)
    assert final(words, redactor=Redactor(kinds=set(KINDS) - {kind})) == words


def test_without_a_policy_nothing_is_withheld() -> None:
    words = "my card number is 4111 1111 1111 1111 and my email is a@b.com"
    redactor = Redactor(kinds=())
    assert redactor.partial("caller", words, 0.0) == words
    assert final(words, redactor=redactor) == words


def test_a_phone_number_that_may_show_does_not_show_a_card_number() -> None:
    policy = set(KINDS) - {"phone"}
    pan = "four one one one " * 4
    redactor = Redactor(kinds=policy)
    final("can i have the card number", redactor=redactor, party="agent")
    final("wait my phone number first", redactor=redactor, at=3.0)
    assert final("double four one two three four five", redactor=redactor, at=5.0) == "[card]"
    assert final("my phone number is " + pan, redactor=Redactor(kinds=policy)) == "my phone number is [digits]"
    only_card = Redactor(kinds={"card"})
    assert final(pan, redactor=only_card) == "[card]"
    shown = Redactor(kinds={"card"}).partial("caller", pan, 0.0)
    assert shown.endswith("[digits]")


def test_an_address_being_spelt_is_masked_before_its_domain_is_said() -> None:
    redactor = Redactor()
    final("what is your email address", redactor=redactor, party="agent")
    spelt = ["it", "is", "john", "dot", "smith", "at", "example", "dot", "com"]
    shown = [redactor.partial("caller", " ".join(spelt[:count]), 5.0) for count in range(3, len(spelt) + 1)]
    assert shown[0] == "it is john", "not known to be part of it yet"
    assert set(shown[1:]) == {"it is [email]"}


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh")
NUMBER = st.sampled_from(DIGITS)
CHATTER = st.sampled_from(("um", "and", "yes", "okay"))


@given(st.lists(NUMBER, min_size=7, max_size=19), st.lists(st.tuples(st.integers(0, 18), CHATTER), max_size=4))
def test_no_long_number_shows_whatever_is_murmured_in_between(
    number: list[str], murmurs: list[tuple[int, str]]
) -> None:
    words = list(number)
    for place, murmur in murmurs:
        words.insert(min(place, len(words)), murmur)
    assert set(DIGITS).isdisjoint(final(" ".join(words)).split())
    for count in range(1, len(words) + 1):
        shown = Redactor().partial("caller", " ".join(words[:count]), 0.0).split()
        assert sum(word in DIGITS for word in shown) <= 3
