from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from transcription.engines.vosk import VoskEngine
from transcription.expansion import expanded
from transcription.models import find_model, grammar_model, installed
from voice.errors import DocumentError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_model("demo-en-8k").path, tmp_path / "my-model"))


def test_shipped_models_are_found_by_name() -> None:
    assert "demo-en-8k" in installed()
    model = find_model("demo-en-8k")
    assert (model.card.rate, model.chunk, model.takes_grammars) == (8000, 9, True)
    assert "poor on people" in model.card.advice
    assert {"refund", "supervisor"} <= model.vocabulary
    assert "<eps>" not in model.vocabulary


@pytest.mark.parametrize("name", installed())
def test_every_shipped_model_has_a_card_that_says_what_was_measured(name: str) -> None:
    card = find_model(name).card
    assert card.name == name
    assert card.wer is not None
    assert card.wer_people is not None
    assert card.wer_people_on
    assert card.licence != "unknown"
    assert (find_model(name).path / "MODEL_CARD.md").is_file()


def test_the_grammar_model_is_the_model_itself_or_the_one_its_card_names(tmp_path: Path) -> None:
    model = find_model("demo-en-8k")
    assert grammar_model(model) is model
    with expanded(model) as place:
        static = find_model(shutil.copytree(place, tmp_path / "static"))
    assert grammar_model(static) is None
    shutil.copytree(model.path, tmp_path / "beside")
    (tmp_path / "static" / "card.json").write_text('{"name": "static", "rate": 8000, "grammar_model": "beside"}')
    found = grammar_model(find_model(tmp_path / "static"))
    assert found is not None
    assert found.path == tmp_path / "beside"
    assert "refund" in VoskEngine(find_model(tmp_path / "static")).grammar_words()


def test_a_model_without_a_card_is_unmeasured(copy: Path) -> None:
    (copy / "card.json").unlink()
    card = find_model(copy).card
    assert (card.name, card.rate, card.wer) == ("my-model", 8000, None)
    assert "Not measured" in card.advice


@pytest.mark.parametrize("part", ["am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/words.txt"])
def test_a_missing_or_empty_part_is_named(copy: Path, part: str) -> None:
    (copy / part).write_bytes(b"")
    with pytest.raises(DocumentError, match=part):
        find_model(copy)
    (copy / part).unlink()
    with pytest.raises(DocumentError, match=part):
        find_model(copy)


def test_no_such_model_lists_the_installed_ones(tmp_path: Path) -> None:
    for name in ("nothing", str(tmp_path / "nothing"), "../models/demo-en-8k"):
        with pytest.raises(DocumentError, match="demo-en-8k"):
            find_model(name)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("card.json", "{", r"card.json:1: not JSON"),
        ("card.json", '{"name": ""}', "name: String should have at least 1 character"),
        ("card.json", '{"name": "x", "rate": 16000}', "differs from conf/mfcc.conf"),
        ("conf/mfcc.conf", "--use-energy=false\n--sample-frequency=nan\n", r"mfcc.conf:2: --sample-frequency=nan"),
        ("conf/model.conf", "--frames-per-chunk=0\n", r"model.conf:1: --frames-per-chunk=0"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_place(copy: Path, file: str, text: str, message: str) -> None:
    (copy / file).write_text(text)
    with pytest.raises(DocumentError, match=message) as error:
        find_model(copy)
    assert "\n" not in str(error.value)


def test_garbage_that_libvosk_refuses_is_a_clear_error(copy: Path) -> None:
    (copy / "am" / "final.mdl").write_bytes(b"garbage")
    with pytest.raises(DocumentError, match="libvosk cannot load it"):
        VoskEngine(find_model(copy))


@pytest.mark.parametrize(
    ("keep", "why"),
    [(0, "not a file of OpenFst's"), (30, "cut off in its header"), (500, "cut off"), (100_000, "cut off")],
)
def test_a_damaged_grammar_graph_is_refused_since_libvosk_would_crash_at_the_first_grammar(
    copy: Path, keep: int, why: str
) -> None:
    graph = copy / "graph" / "HCLr.fst"
    graph.write_bytes(graph.read_bytes()[:keep] or b"garbage")
    with pytest.raises(DocumentError, match=rf"HCLr\.fst: {why}"):
        VoskEngine(find_model(copy))
