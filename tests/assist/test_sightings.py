from __future__ import annotations

from assist.sightings import CompiledRules, Rule, SightingTracker
from tests.assist.dialogue import final, partial


def tracker() -> SightingTracker[str]:
    return SightingTracker(
        CompiledRules(
            [
                Rule("dispute", "caller", ("charged twice",), ("not charged twice",)),
                Rule("sorry", "agent", ("sorry",)),
                Rule("name", "either", ("sarah",)),
            ]
        )
    )


def test_the_last_words_of_a_partial_are_not_believed_yet() -> None:
    assert tracker().partial(partial("u1", "caller", "i was charged twice", 1)) == ()


def test_believed_when_words_follow() -> None:
    (sighting,) = tracker().partial(partial("u1", "caller", "i was charged twice on", 1, start_s=3.0))
    assert (sighting.key, sighting.trigger, sighting.at_s) == ("dispute", "partial", 3.0)


def test_believed_when_it_stands_in_two_revisions() -> None:
    follow = tracker()
    assert follow.partial(partial("u1", "caller", "charged twice", 1)) == ()
    assert [s.key for s in follow.partial(partial("u1", "caller", "was charged twice", 2))] == ["dispute"]


def test_the_same_revision_again_confirms_nothing() -> None:
    follow = tracker()
    follow.partial(partial("u1", "caller", "charged twice", 1))
    assert follow.partial(partial("u1", "caller", "charged twice", 1)) == ()


def test_a_word_that_went_away_between_revisions_starts_over() -> None:
    follow = tracker()
    follow.partial(partial("u1", "caller", "charged twice", 1))
    follow.partial(partial("u1", "caller", "charge", 2))
    assert follow.partial(partial("u1", "caller", "charged twice", 3)) == ()


def test_believed_once_then_confirmed_by_the_final_with_the_time_of_the_word() -> None:
    follow = tracker()
    follow.partial(partial("u1", "caller", "charged twice on my", 1))
    assert follow.partial(partial("u1", "caller", "charged twice on my bill", 2)) == ()
    settled = follow.final(final("u1", "caller", "i was charged twice on my bill", start_s=10.0))
    assert [s.key for s in settled.confirmed] == ["dispute"]
    assert settled.confirmed[0].at_s == 10.7
    assert (settled.new, settled.withdrawn) == ((), ())


def test_withdrawn_when_the_final_says_otherwise() -> None:
    follow = tracker()
    follow.partial(partial("u1", "caller", "charged twice on", 1))
    assert follow.final(final("u1", "caller", "charged rice on")).withdrawn == ("dispute",)


def test_withdrawn_when_a_do_not_trigger_phrase_turns_up() -> None:
    follow = tracker()
    follow.partial(partial("u1", "caller", "charged twice on", 1))
    assert follow.final(final("u1", "caller", "i was not charged twice on that")).withdrawn == ("dispute",)


def test_only_the_named_party_counts() -> None:
    settled = tracker().final(final("u1", "agent", "sorry sarah you were charged twice"))
    assert {s.key for s in settled.new} == {"sorry", "name"}


def test_words_barely_heard_set_nothing_off() -> None:
    assert tracker().final(final("u1", "caller", "charged twice", confidence=0.3)).new == ()


def test_a_redelivered_final_and_a_late_partial_say_nothing() -> None:
    follow = tracker()
    follow.final(final("u1", "caller", "charged twice"))
    assert follow.final(final("u1", "caller", "charged twice")).new == ()
    assert follow.partial(partial("u1", "caller", "charged twice on", 9)) == ()


def test_a_long_utterance_is_quoted_around_the_phrase() -> None:
    text = " ".join(f"w{n}" for n in range(20)) + " charged twice " + " ".join(f"x{n}" for n in range(20))
    (sighting,) = tracker().final(final("u1", "caller", text)).new
    assert sighting.quote.startswith("… w16 w17 w18 w19 charged twice x0")
    assert sighting.quote.endswith(" …")
    assert len(sighting.quote.split()) == 18
