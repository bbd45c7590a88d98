from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import vosk

from tests.transcription.speech import golden
from transcription.engines.vosk import VoskEngine, load
from transcription.expansion import expanded, expands
from transcription.models import DEMO_MODEL, find_model
from voice.errors import DocumentError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_model(DEMO_MODEL).path, tmp_path / "m"))


def words(native: vosk.Model) -> str:
    recogniser = vosk.KaldiRecognizer(native, 8000.0)
    recogniser.AcceptWaveform(golden("refund")[0] + bytes(8000))
    return str(recogniser.FinalResult())


def test_a_static_graph_takes_the_place_of_what_it_is_made_of_and_leaves_nothing_behind() -> None:
    with expanded(find_model(DEMO_MODEL)) as place:
        found = find_model(place)
        assert (found.takes_grammars, expands(found)) == (False, False)
        assert found.vocabulary == find_model(DEMO_MODEL).vocabulary
        assert not (place / "graph" / "HCLr.fst").exists()
    assert not place.exists()


def test_both_graphs_hear_the_same_words() -> None:
    model = find_model(DEMO_MODEL)
    composed_while_decoding = vosk.Model(str(model.path))
    assert words(load(model)) == words(composed_while_decoding)


def test_a_model_of_others_is_loaded_as_it_is_and_once(copy: Path) -> None:
    (copy / "graph" / "lexicon.txt").unlink()
    model = find_model(copy)
    assert not expands(model)
    engine = VoskEngine(model)
    assert engine._free is engine._constrained
    engine.open(8000, ["refund", "[unk]"]).close()


@pytest.mark.parametrize(
    ("file", "spoil", "why"),
    [
        ("Gr.fst", lambda content: content[:-1], "not a const FST"),
        ("lexicon.txt", lambda content: content.replace(b"\nrefund ", b"\nrefunds "), "refund"),
        ("words.txt", lambda content: content.replace(b"\nrefund ", b"\nrefund X "), "too many values"),
    ],
)
def test_what_does_not_fit_together_is_one_line(copy: Path, file: str, spoil: object, why: str) -> None:
    assert callable(spoil)
    damaged = copy / "graph" / file
    damaged.write_bytes(spoil(damaged.read_bytes()))
    with pytest.raises(DocumentError, match=f"no graph comes of it: .*{why}") as error:
        VoskEngine(find_model(copy))
    assert "\n" not in str(error.value)
