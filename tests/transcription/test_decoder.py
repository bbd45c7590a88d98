from __future__ import annotations

from tests.fakes.recogniser import ScriptedRecogniser
from tests.transcription.speech import RATE, loud, quiet, sounds
from transcription.decoder import MARGIN_MS, STANDS_MS, ChannelDecoder, Decided, FinalHeard, Heard, PartialHeard
from transcription.redaction import MUTE_MARGIN_S
from transcription.segmenter import Segmenter, VoiceRun


def decoder() -> ChannelDecoder:
    return ChannelDecoder(Segmenter(RATE, sounds), ScriptedRecogniser(RATE, list("abcdefghi")))


def feed(target: ChannelDecoder, pcm: bytes, *, start: int = 0, step: int = 800) -> list[Heard]:
    heard: list[Heard] = []
    for offset in range(0, len(pcm) // 2, step):
        heard += target.feed(start + offset, pcm[2 * offset : 2 * (offset + step)])
    return heard


def test_partials_only_when_the_text_changed_then_one_final() -> None:
    target = decoder()
    heard = feed(target, quiet(1) + loud(1) + quiet(1))
    texts = [item.text for item in heard if isinstance(item, PartialHeard)]
    assert texts == ["a", "a b", "a b c", "a b c d", "a b c d e", "a b c d e f", "a b c d e f g"]
    (final,) = [item for item in heard if isinstance(item, FinalHeard)]
    assert (final.start, final.end) == (760 * 8, 2360 * 8)
    assert final.words[0].start_s == 0.76
    assert heard.index(final) > max(i for i, item in enumerate(heard) if isinstance(item, PartialHeard))


def test_what_stands_is_said_once_more() -> None:
    recogniser = ScriptedRecogniser(RATE, ["wait"] * 2)
    recogniser.partial = lambda: "wait"  # type: ignore[method-assign]
    target = ChannelDecoder(Segmenter(RATE, sounds), recogniser)
    heard = feed(target, loud(2), step=400)
    partials = [item for item in heard if isinstance(item, PartialHeard)]
    assert [(item.text, item.stands) for item in partials] == [("wait", False), ("wait", True)]
    first, second = partials
    assert STANDS_MS * RATE / 1000 <= second.end - first.end < 2 * STANDS_MS * RATE / 1000


def test_what_stood_in_one_segment_says_nothing_of_the_next() -> None:
    recogniser = ScriptedRecogniser(RATE, ["wait"])
    recogniser.partial = lambda: "wait"  # type: ignore[method-assign]
    target = ChannelDecoder(Segmenter(RATE, sounds), recogniser)
    heard = feed(target, loud(0.3) + quiet(1) + loud(0.3) + quiet(1), step=400)
    partials = [item for item in heard if isinstance(item, PartialHeard)]
    assert [(item.start, item.stands) for item in partials if not item.stands] == [
        (item.start, False) for item in heard if isinstance(item, FinalHeard)
    ]


def test_partials_can_be_left_out() -> None:
    target = decoder()
    heard = target.feed(0, loud(2), partials=False)
    assert [type(item) for item in heard] == [Decided]


def test_nothing_that_a_redaction_may_still_reach_is_decided() -> None:
    assert MARGIN_MS >= MUTE_MARGIN_S * 1000
    target = decoder()
    heard = feed(target, quiet(5) + loud(3) + quiet(2))
    decided = 0
    for item in heard:
        if isinstance(item, Decided):
            assert item.sample >= decided
            decided = item.sample
        elif isinstance(item, FinalHeard):
            assert decided <= item.start - MUTE_MARGIN_S * RATE
    assert decided > 8 * RATE


def test_the_end_decides_everything() -> None:
    target = decoder()
    feed(target, loud(1))
    final, decided = target.finish()
    assert isinstance(final, FinalHeard)
    assert decided == Decided(RATE, ())


def test_raw_voice_comes_with_the_decisions() -> None:
    target = decoder()
    (decided,) = target.feed(0, quiet(1) + loud(0.04) + quiet(1))
    assert isinstance(decided, Decided)
    assert decided.voiced == (VoiceRun(RATE, RATE + 320),)
