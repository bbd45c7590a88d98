from __future__ import annotations

import json
from typing import Any

import pytest
import vosk

from tests.transcription.speech import golden
from transcription import vosk_wire
from transcription.engines.vosk import load
from transcription.models import find_model
from transcription.recogniser import Alternative
from transcription.utterances import Word
from transcription.vosk_wire import Configuration, Eof, Reset
from transcription.wire import WireError

DEFAULTS = Configuration()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('{"eof" : 1}', Eof()),
        ('{"eof": 1}', Eof()),
        ('{"eof":true}', Eof()),
        ('{"reset" : 1}', Reset()),
        ('{ "config" : { "sample_rate" : 16000 } }', Configuration(rate=16000)),
        ('{"config": {"sample_rate": 16000.0}}', Configuration(rate=16000)),
        ('{"config": {"sample_rate": "8000"}}', DEFAULTS),
        ('{"config": {"words": 0}}', Configuration(words=False)),
        ('{"config": {"words": true, "max_alternatives": 20}}', Configuration(alternatives=20)),
        ('{"config": {"max_alternatives": "3"}}', Configuration(alternatives=3)),
        ('{"config": {"phrase_list": ["a b", " ", "[unk]"]}}', Configuration(phrases=("a b", "[unk]"))),
        ('{"config": {"phrase_list": []}}', DEFAULTS),
        ('{"config": {"phrase_list": null, "spk": 1, "whatever": {}}}', DEFAULTS),
        ('{"config": {"model": "demo"}}', Configuration(model="demo")),
        ('{"config": {}}', DEFAULTS),
    ],
)
def test_what_clients_send(text: str, meaning: object) -> None:
    assert vosk_wire.decode_text(text, DEFAULTS) == meaning


def test_a_configuration_adds_to_the_one_before() -> None:
    first = vosk_wire.decode_text('{"config": {"sample_rate": 16000, "words": 0}}', DEFAULTS)
    assert isinstance(first, Configuration)
    second = vosk_wire.decode_text('{"config": {"max_alternatives": 2}}', first)
    assert second == Configuration(rate=16000, words=False, alternatives=2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "JSON object"),
        ("{}", "config, eof or reset"),
        ('{"eof": 0}', "config, eof or reset"),
        ('{"config": 7}', "config is"),
        ('{"config": {"sample_rate": 0}}', "sample_rate is a number of 8000 to 48000, not 0"),
        ('{"config": {"sample_rate": -8000}}', "sample_rate"),
        ('{"config": {"sample_rate": NaN}}', "sample_rate"),
        ('{"config": {"sample_rate": 1e400}}', "sample_rate"),
        ('{"config": {"sample_rate": true}}', "sample_rate"),
        ('{"config": {"sample_rate": [8000]}}', "sample_rate"),
        ('{"config": {"sample_rate": null}}', "sample_rate"),
        ('{"config": {"max_alternatives": -1}}', "max_alternatives"),
        ('{"config": {"max_alternatives": 100000}}', "max_alternatives"),
        ('{"config": {"phrase_list": "one two"}}', "phrase_list"),
        ('{"config": {"phrase_list": [1]}}', "phrase_list"),
        ('{"config": {"phrase_list": [["a"]]}}', "phrase_list"),
        (json.dumps({"config": {"phrase_list": ["a"] * 5001}}), "phrase_list"),
        ('{"config": {"model": 5}}', "model"),
    ],
)
def test_what_libvosk_would_hang_or_crash_on_is_refused(text: str, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        vosk_wire.decode_text(text, DEFAULTS)


@pytest.fixture(scope="module")
def native() -> Any:
    vosk.SetLogLevel(-1)
    return load(find_model("demo-en-8k"))


@pytest.mark.parametrize("alternatives", [0, 1, 3])
@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("sound", ["card", "nothing", "silence"])
def test_the_layout_is_libvosks_own_to_the_byte(native: Any, alternatives: int, words: bool, sound: str) -> None:
    recogniser = vosk.KaldiRecognizer(native, 8000.0)
    recogniser.SetWords(words)
    recogniser.SetMaxAlternatives(alternatives)
    if sound != "nothing":
        recogniser.AcceptWaveform(golden("card")[0] if sound == "card" else bytes(16000))
        running = recogniser.PartialResult()
        assert vosk_wire.partial(json.loads(running)["partial"]) == running
    text = recogniser.FinalResult()
    found = json.loads(text)
    configuration = Configuration(words=words, alternatives=alternatives)
    if sound == "nothing":
        assert vosk_wire.nothing(configuration) == text
    elif alternatives:
        readings = [
            Alternative(_words(reading), reading["confidence"]) if words else _bare(reading)
            for reading in found["alternatives"]
        ]
        assert vosk_wire.ranked(readings, configuration) == text
    else:
        heard = _words(found) if words else _bare(found).words
        assert vosk_wire.result(heard, configuration) == text


def _words(found: dict[str, Any]) -> tuple[Word, ...]:
    return tuple(Word(w["word"], w["start"], w["end"], w.get("conf", 1.0)) for w in found.get("result", ()))


def _bare(found: dict[str, Any]) -> Alternative:
    return Alternative(tuple(Word(w, 0, 0, 1.0) for w in found["text"].split()), found.get("confidence", 0.0))


def test_quotes_and_other_scripts_survive() -> None:
    assert vosk_wire.partial('näh "x" \\ \n') == '{\n  "partial" : "näh \\"x\\" \\\\ \\n"\n}'
