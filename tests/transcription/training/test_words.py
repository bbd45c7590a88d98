import json
from pathlib import Path

import numpy as np
import pytest

from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.training import ngrams, phones
from transcription.training.assembly import graph_files, model_conf, write_model
from transcription.training.errors import TrainingError
from transcription.training.kaldi import Layer, acoustic_model
from transcription.training.lexicon import Lexicon, read_lexicon
from transcription.training.words import add_words, parse_word
from voice.errors import DocumentError

LEXICON: Lexicon = {"my": (("M", "AY"),), "phone": (("F", "OW", "N"),), "bill": (("B", "IH", "L"),)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that hears nothing well: its network is noise, its graphs are real."""
    rng = np.random.default_rng(1)
    layer = Layer(rng.normal(size=(phones.PDFS, 32)).astype(np.float32), np.zeros(phones.PDFS, np.float32), (0,))
    acoustic = acoustic_model([layer])
    ids = {word: number for number, word in enumerate(sorted(LEXICON), start=1)}
    language = ngrams.acceptor(ngrams.estimate(["my phone", "my bill", "phone bill"], LEXICON), ids)
    words = {number: word for word, number in ids.items()}
    write_model(tmp_path / "m", acoustic, model_conf(0.5), LEXICON, graph_files(language, words, LEXICON))
    card = {"name": "m", "rate": 8000, "words": 3, "advice": "Poor."}
    (tmp_path / "m" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return tmp_path / "m"


def test_both_graphs_know_the_word_and_load(model: Path, tmp_path: Path) -> None:
    out = add_words(model, [parse_word("Zenbook = Z EH1 N B UH K", like="phone")], tmp_path / "out")
    added = find_model(out)
    assert added.vocabulary - find_model(model).vocabulary == {"zenbook"}
    assert read_lexicon(out / "graph" / "lexicon.txt")["zenbook"] == (("Z", "EH", "N", "B", "UH", "K"),)
    assert added.card.words == 4
    assert added.card.advice == "Poor. Words were added after these figures were measured: zenbook."
    engine = VoskEngine(added)
    for grammar in (None, ["my zenbook", "[unk]"]):
        recogniser = engine.open(8000, grammar)
        recogniser.accept(np.random.default_rng(2).integers(-3000, 3000, 8000).astype("<i2").tobytes())
        assert {word.text for word in recogniser.final()} <= {*LEXICON, "zenbook", "[unk]"}


def test_a_word_of_the_dictionary_needs_no_pronunciation(model: Path, tmp_path: Path) -> None:
    out = add_words(model, [parse_word("laptop", like="phone")], tmp_path / "out")
    assert ("L", "AE", "P", "T", "AA", "P") in read_lexicon(out / "graph" / "lexicon.txt")["laptop"]
    assert "laptop" in VoskEngine(find_model(out)).grammar_words()


def test_words_can_be_added_to_what_was_added_to(model: Path, tmp_path: Path) -> None:
    once = add_words(model, [parse_word("zen = Z EH N", like="phone")], tmp_path / "1")
    twice = add_words(once, [parse_word("ben = B EH N"), parse_word("len = L EH N", like="zen")], tmp_path / "2")
    assert find_model(twice).vocabulary >= {"my", "phone", "bill", "zen", "ben", "len"}


@pytest.mark.parametrize(
    ("text", "like", "message"),
    [
        ("phone = F OW N", None, "'phone' is known already"),
        ("zen = Z EH N", "laptop", "'laptop' is not known, so 'zen' cannot stand"),
        ("qqqzx", None, "no pronunciation for 'qqqzx'"),
    ],
)
def test_what_cannot_be_added_says_why_and_writes_nothing(
    model: Path, tmp_path: Path, text: str, like: str | None, message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        add_words(model, [parse_word(text, like)], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [("two words", "is no word"), ("", "is no word"), ("x2", "is no word"), ("a = Q", "'Q' is no phone")],
)
def test_what_is_no_word_is_refused(text: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        parse_word(text)


def test_models_of_others_are_refused(model: Path, tmp_path: Path) -> None:
    word = [parse_word("zen = Z EH N")]
    with pytest.raises(DocumentError, match="no such model"):
        add_words(tmp_path / "none", word, tmp_path / "out")
    with pytest.raises(TrainingError, match="exists"):
        add_words(model, word, tmp_path)
    (model / "graph" / "lexicon.txt").unlink()
    with pytest.raises(TrainingError, match="only models made by this project"):
        add_words(model, word, tmp_path / "out")
    (model / "graph" / "HCLG.fst").write_bytes(b"static")
    with pytest.raises(TrainingError, match="has no look-ahead graph"):
        add_words(model, word, tmp_path / "out")
