from __future__ import annotations

import pytest

from assist.demo.measure import card_moments, measure, overall_wer, turn_of, turn_results, utterance_results
from assist.demo.observed import Observed
from tests.demo.calls import FINALS, SCRIPT, card, final, observed, row, said, told
from voice.events import Envelope


def test_what_was_recognised_is_held_against_the_turn_it_belongs_to() -> None:
    agent, caller, sorry = turn_results(observed(), SCRIPT)
    assert (agent.index, agent.speaker, agent.recognised, agent.wer) == (0, "agent", "hello how can i help", 0.0)
    assert (caller.reference, caller.recognised) == ("i was charged twice on my bill", "i was charged twice on my pill")
    assert caller.wer == pytest.approx(1 / 7, abs=1e-4)
    assert sorry.wer == 0.0


def test_the_overall_rate_counts_words_and_not_turns() -> None:
    assert overall_wer(turn_results(observed(), SCRIPT)) == pytest.approx(1 / 18)


def test_a_turn_nobody_heard_is_all_errors() -> None:
    seen = observed()
    seen.envelopes = [envelope for envelope in seen.envelopes if envelope.event is not FINALS[3]]
    assert turn_results(seen, SCRIPT)[2].wer == 1.0


def test_each_utterance_has_the_words_that_lie_in_it_as_reference() -> None:
    results = {result.utterance_id: result for result in utterance_results(observed(), SCRIPT)}
    assert (results["u1"].reference, results["u1"].wer) == ("i was charged twice", 0.0)
    assert results["u2"].reference == "on my bill"
    assert results["u2"].wer == pytest.approx(1 / 3, abs=1e-4)
    assert "u4" not in results  # without words


def test_an_utterance_out_of_nowhere_belongs_to_no_turn() -> None:
    seen = observed()
    ghost = final(9, "caller", "hum", 300.0, 301.0)
    seen.envelopes.append(Envelope("e99", seen.envelopes[0].at + 301, "w1", 99, ghost, "c1"))
    assert turn_of(seen, SCRIPT, "caller", 300.0, 301.0) is None
    (result,) = (result for result in utterance_results(seen, SCRIPT) if result.utterance_id == "u9")
    assert (result.turn, result.reference) == (None, "")
    assert overall_wer(turn_results(seen, SCRIPT)) == pytest.approx(1 / 18)


def test_words_of_the_other_party_at_the_same_time_are_not_mixed_up() -> None:
    assert turn_of(observed(), SCRIPT, "agent", 14.5, 15.5) is None
    assert turn_of(observed(), SCRIPT, "caller", 14.5, 15.5) == 1


def test_a_spoken_trigger_counts_from_the_end_of_its_last_word() -> None:
    seen = observed()
    evidence = said("u1", "caller", "i was charged twice", 14.0, "charged twice")
    seen.told = [told("card.shown", 16.5, card("next_step", "partial", evidence))]
    (moment,) = card_moments(seen, SCRIPT)
    # "twice" is the fourth word of the turn that began at 14.0: it ends 1.9 s into it.
    assert (moment.word, moment.update, moment.engine_ms) == ("twice", False, 0.7)
    assert moment.latency_ms == pytest.approx(600.0, abs=5)
    assert moment.evidence == ("i was charged twice",)


def test_an_update_counts_from_its_new_evidence_and_not_from_what_was_known() -> None:
    seen = observed()
    old = said("u1", "caller", "i was charged twice", 14.0, "charged twice")
    new = said("u3", "agent", "i am sorry", 20.0, "sorry")
    seen.told = [
        told("card.shown", 16.5, card("next_step", "partial", old)),
        told("card.updated", 22.0, card("next_step", "partial", old, new)),
        told("card.updated", 29.0, card("next_step", "partial", old, new)),
    ]
    first, second, third = card_moments(seen, SCRIPT)
    assert first.word == "twice"
    assert (second.word, second.update) == ("sorry", True)
    assert second.latency_ms == pytest.approx(1000 * (22.0 - 21.4), abs=5)
    assert (third.word, third.latency_ms) == ("", None)


def test_the_same_words_on_another_card_are_news_to_it() -> None:
    seen = observed()
    evidence = said("u1", "caller", "i was charged twice", 14.0, "charged twice")
    seen.told = [
        told("card.shown", 16.5, card("next_step", "partial", evidence)),
        told("card.shown", 16.6, card("sentiment", "final", evidence, card_id="c1:sentiment:1")),
    ]
    assert [moment.word for moment in card_moments(seen, SCRIPT)] == ["twice", "twice"]


def test_a_call_card_counts_from_the_ringing() -> None:
    seen = observed()
    seen.told = [told("card.shown", 4.02, card("history", "call", row("customers: 7")))]
    (moment,) = card_moments(seen, SCRIPT)
    assert (moment.word, moment.evidence) == ("", ("customers: 7",))
    assert moment.latency_ms == pytest.approx(20.0, abs=5)


def test_words_that_are_not_in_the_script_have_no_latency() -> None:
    seen = observed()
    seen.told = [
        told("card.shown", 16.5, card("next_step", "final", said("u1", "caller", "gibberish", 14.0))),
        told("card.shown", 17.0, card("next_step", "final", said("u8", "caller", "charged twice", 90.0))),
        told("card.settled", 17.1, card("next_step", "final")),
    ]
    assert [moment.latency_ms for moment in card_moments(seen, SCRIPT)] == [None, None]


def test_a_call_that_never_came_to_anything_measures_nothing() -> None:
    results = measure(Observed(), SCRIPT)
    assert (results.turns, results.utterances, results.cards, results.wer) == ((), (), (), 0.0)


def test_measuring_everything() -> None:
    results = measure(observed(), SCRIPT)
    assert len(results.turns) == 3
    assert len(results.utterances) == 4
    assert results.wer == round(1 / 18, 4)
