from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import GOLDEN, RATE, golden, quiet
from transcription.engines.vosk import VoskEngine
from transcription.evaluate import align
from transcription.evaluation import evaluate, percentile, references
from transcription.models import find_model
from voice.audio import write_wav
from voice.errors import DocumentError

PEOPLE = Path(__file__).parents[3] / "shared" / "speech"


def listed(directory: Path, *pairs: tuple[str, str]) -> Path:
    for name, _ in pairs:
        write_wav(directory / name, quiet(0.5) + golden(Path(name).stem)[0], RATE)
    entries = [{"file": name, "text": text, "source": "made here"} for name, text in pairs]
    (directory / "references.json").write_text(json.dumps(entries))
    return directory


def test_words_latency_and_cpu_of_each_file_and_of_all(tmp_path: Path) -> None:
    directory = listed(
        tmp_path, ("refund.wav", "I want a refund, please!"), ("supervisor.wav", "i want your supervisor")
    )
    seen: list[tuple[int, int, str]] = []
    found = evaluate(directory, VoskEngine(find_model("demo-en-8k")), lambda *progress: seen.append(progress))
    assert seen == [(0, 2, "refund.wav"), (1, 2, "supervisor.wav"), (2, 2, "")]
    first, second = found.files
    assert (first.errors.rate, first.heard) == (0, "i want a refund please")
    assert second.errors.insertions == 3
    total = found.total
    assert total.errors.words == 9
    assert total.errors.rate == pytest.approx(3 / 9)
    assert total.seconds == pytest.approx(first.seconds + second.seconds)
    assert 0 < total.rtf < 1
    assert total.final_p50 is not None
    assert total.first_partial_p50 is not None
    assert 0.1 < total.first_partial_p50 < 2
    assert 0.3 < total.final_p50 < 2, "the end-pointer's 360 ms after the last word, not the end of the file"


def test_json_tells_what_was_heard_instead_of_each_word(tmp_path: Path) -> None:
    found = json.loads(
        evaluate(listed(tmp_path, ("refund.wav", "alpha gamma alpha")), ScriptedEngine(["alpha", "beta"])).json()
    )
    assert (found["engine"], found["model"]) == ("scripted", "script")
    (file,) = found["files"]
    assert file["alignment"][0] == {"said": "alpha", "heard": "alpha"}
    assert {"said": "gamma", "heard": "beta"} in file["alignment"]
    assert found["total"]["wer"] == file["wer"] > 0


def test_alignment() -> None:
    assert [(pair.said, pair.heard) for pair in align("One two, three.", "one tree five")] == [
        ("one", "one"),
        ("two", "tree"),
        ("three", "five"),
    ]
    assert [(pair.said, pair.heard) for pair in align("a b", "b")] == [("a", ""), ("b", "b")]
    assert [(pair.said, pair.heard) for pair in align("", "oh")] == [("", "oh")]
    assert align("", "") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("[", "Invalid JSON"),
        ("{}", "should be a valid array"),
        ("[]", "names no recording"),
        ('[{"file": "x.wav"}]', "0.text: Field required"),
        ('[{"file": "x.wav", "text": "a"}]', r"no such file: x\.wav"),
    ],
)
def test_bad_references_are_one_line(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "references.json").write_text(text)
    with pytest.raises(DocumentError, match=message) as error:
        references(tmp_path)
    assert "\n" not in str(error.value)


def test_percentiles() -> None:
    assert percentile([], 50) is None
    assert percentile([3.0], 95) == 3.0
    assert percentile([float(number) for number in range(101)], 95) == pytest.approx(95)


def test_recordings_of_people_are_read_where_they_are_at_hand() -> None:
    if PEOPLE.is_dir():
        assert len(references(PEOPLE)) >= 10
    assert (GOLDEN / "refund.wav").is_file()
