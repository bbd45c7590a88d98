from __future__ import annotations

from transcription.decoder import FinalHeard, PartialHeard
from transcription.models import ModelCard
from transcription.recogniser import EngineInfo
from transcription.redaction import Redactor
from transcription.reporter import Origin, Reporter
from transcription.utterances import Word

ENGINE = EngineInfo("script", "2", ModelCard(name="m", rate=8000))


def reporter(redactor: Redactor | None = None, channel: int = 1) -> Reporter:
    return Reporter(Origin("c1", channel, "caller", 8000, 100.0), redactor or Redactor(), ENGINE)


def test_times_are_the_contacts_and_the_final_replaces_its_partials() -> None:
    made = reporter()
    partials = [made.partial(PartialHeard(8000, 16000, text)) for text in ("i", "i want", "i want")]
    final = made.final(FinalHeard(8000, 24000, (Word("i", 1.0, 1.2, 0.5), Word("want", 1.2, 1.5, 1.0))), 0.25)
    first, second, third = partials
    assert first is not None
    assert second is not None
    assert third is None, "the same text is not shown twice"
    assert (first.revision, second.revision) == (1, 2)
    assert {first.utterance_id, second.utterance_id, final.utterance_id} == {"c1.1.101000"}
    assert (final.start_s, final.end_s, final.confidence, final.lateness_s) == (101.0, 103.0, 0.75, 0.25)
    assert [word.start_s for word in final.words] == [101.0, 101.2]
    assert (final.engine, final.model) == ("script 2", "m")
    again = made.partial(PartialHeard(24000, 32000, "i want"))
    assert again is not None
    assert again.revision == 1


def test_words_that_stand_are_said_again_as_the_next_revision() -> None:
    made = reporter()
    made.partial(PartialHeard(8000, 16000, "i want"))
    stands = made.partial(PartialHeard(8000, 18000, "i want", stands=True))
    assert stands is not None
    assert (stands.text, stands.revision, stands.end_s) == ("i want", 2, 102.25)


def test_channels_of_a_contact_share_what_was_asked_for() -> None:
    shared = Redactor()
    agent, caller = reporter(shared, 0), reporter(shared, 1)
    asked = tuple(Word(word, 1.0, 1.5, 1.0) for word in ["your", "security", "code", "please"])
    agent.final(FinalHeard(0, 16000, asked))
    answered = tuple(Word(word, 3.0, 3.5, 1.0) for word in ["one", "two", "three"])
    final = caller.final(FinalHeard(16000, 32000, answered))
    assert (final.text, final.written) == ("[code]", "[code]")


def test_words_of_a_grammar_below_the_floor_are_not_understood() -> None:
    heard = FinalHeard(0, 800, (Word("sales", 0.1, 0.5, 0.49), Word("billing", 0.5, 0.9, 0.5)))
    final = Reporter(Origin("c1", 1, "caller", 8000), Redactor(), ENGINE, floor=0.5).final(heard)
    assert final.text == "[unk] billing"


def test_no_words() -> None:
    final = reporter().final(FinalHeard(0, 800, ()))
    assert (final.text, final.words, final.confidence) == ("", (), 0.0)


def test_how_it_was_said_goes_with_the_words_but_not_the_pace_of_what_is_withheld() -> None:
    spoken = ["where", "is", "my", "parcel", "now"]
    said = tuple(Word(word, 0.5 * n, 0.5 * n + 0.4, 1.0) for n, word in enumerate(spoken))
    final = reporter().final(FinalHeard(0, 24000, said, level_db=-21.5))
    assert (final.level_db, final.words_per_s) == (-21.5, 2.5)
    number = tuple(Word("four", 0.5 * n, 0.5 * n + 0.4, 1.0) for n in range(16))
    final = reporter().final(FinalHeard(0, 64000, number, level_db=-21.5))
    assert final.redactions
    assert (final.level_db, final.words_per_s) == (-21.5, None)


def test_what_a_grammar_does_not_know_has_no_pace() -> None:
    heard = FinalHeard(0, 16000, tuple(Word("sales", 0.5 * n, 0.5 * n + 0.4, 0.2) for n in range(5)))
    assert Reporter(Origin("c1", 1, "caller", 8000), Redactor(), ENGINE, floor=0.5).final(heard).words_per_s is None
