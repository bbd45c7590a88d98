import platform
from pathlib import Path

import pytest

from transcription.models import ModelCard
from transcription.training.assembly import model_conf, write_model
from transcription.training.assess import Heard
from transcription.training.corpus import Utterance
from transcription.training.modelcard import Measured, table, write_card
from transcription.training.profiles import SMALL
from transcription.training.stages import Plan
from transcription.training.voices import Manner


def heard(reference: str, text: str, kind: str, line: str) -> Heard:
    return Heard(reference, text, kind, line, "espeak", "en-us+f4")


FREE = [
    heard("my bill is wrong", "my bill is wrong", "domain", "clean"),
    heard("my bill is wrong", "my bill was wrong", "domain", "noisy"),
    heard("one two", "one two", "digits", "clean"),
    heard("one two", "nine you", "digits", "noisy"),
]
GRAMMAR = [heard("one two", "one two", "digits", line) for line in ("clean", "noisy")]


def written(tmp_path: Path, measured: Measured) -> Path:
    model = tmp_path / "tiny"
    graph: dict[str, bytes | str] = {"HCLr.fst": b"graph", "Gr.fst": b"language", "words.txt": "bill 1\n"}
    write_model(model, b"a" * 200_000, model_conf(0.45), {"bill": (("B", "IH", "L"),)}, graph)
    write_card(model, 120, measured, SMALL, "0123456789ab")
    return model


def test_the_card_states_what_was_measured_and_on_what(tmp_path: Path) -> None:
    path = written(tmp_path, Measured(FREE, GRAMMAR, people=0.6, people_grammar=0.2))
    model = ModelCard.model_validate_json((path / "card.json").read_text())
    assert (model.wer, model.wer_people, model.words) == (0.125, 0.6, 120)
    assert model.wer_people_on.endswith("open vocabulary; 20% with a digits grammar")


def test_without_recordings_of_people_nothing_is_said_of_them(tmp_path: Path) -> None:
    measured = Measured(FREE, GRAMMAR)
    model = written(tmp_path, measured)
    card = ModelCard.model_validate_json((model / "card.json").read_text())
    assert (card.wer_people, card.wer_people_on) == (None, "")
    assert not any("real people" in what for what, _ in table(measured))


def test_the_text_has_a_row_for_each_line_and_the_scale_that_was_chosen(tmp_path: Path) -> None:
    model = written(tmp_path, Measured(FREE, GRAMMAR, people=0.6, people_grammar=0.2))
    text = (model / "MODEL_CARD.md").read_text()
    assert "| call-centre sentences, clean line | 0.0 % |" in text
    assert "| call-centre sentences, 300-3400 Hz and noise at 15 dB | 25.0 % |" in text
    assert "| digit strings, open vocabulary, 300-3400 Hz and noise at 15 dB | 100.0 % |" in text
    assert "scale (0.45)" in text
    assert "120 call-centre words, 0.2 MB" in text
    assert f"Corpus 0123456789ab, drawn by Python {platform.python_version()}, seed 7" in text


def test_a_corpus_is_known_by_what_is_said_and_by_whom() -> None:
    def digest(text: str, voice: str) -> str:
        said = Utterance(text, "domain", "train", Manner("flite", voice))
        return Plan([said], [text], {"bill": (("B", "IH", "L"),)}, {}).digest

    assert digest("my bill", "slt") == digest("my bill", "slt")
    assert len({digest("my bill", "slt"), digest("a bill", "slt"), digest("my bill", "awb")}) == 3


@pytest.mark.parametrize("people", [(0.6, None), (None, 0.2)])
def test_figures_of_people_are_named_apart(people: tuple[float | None, float | None]) -> None:
    rows = [what for what, _ in table(Measured(FREE, GRAMMAR, *people)) if "real people" in what]
    assert len(rows) == 1
    assert ("grammar" in rows[0]) == (people[1] is not None)
