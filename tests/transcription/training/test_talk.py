from pathlib import Path

import pytest

from transcription.training.errors import TrainingError
from transcription.training.lexicon import dictionary_file, read_dictionary
from transcription.training.talk import read_talk, spoken_words

CONTENT = Path(__file__).parents[3] / "assist" / "content"


def pack(directory: Path) -> Path:
    files = {
        "examples/bill.txt": "# what callers say\nMy bill’s wrong!\nyou took 60 instead of 30\nMy bill’s wrong!\n",
        "knowledge/late.md": "---\naliases:\n  - what if i pay late\n---\nThe first is free. Then five are added.\n",
        "playbooks/bill.yaml": "steps:\n  - id: thank\n    say: Thank you, {name}.\n  - say: I see. It is our fault!\n",
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def test_sentences_of_every_kind_of_file_once_each(tmp_path: Path) -> None:
    assert read_talk(pack(tmp_path)) == [
        "my bill's wrong",
        "what if i pay late",
        "the first is free",
        "then five are added",
        "i see",
        "it is our fault",
    ]


def test_a_directory_without_sentences_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no sentences"):
        read_talk(tmp_path)


def test_words_are_written_as_the_recogniser_writes_them() -> None:
    assert spoken_words("Well - I CAN'T, 'really'.") == "well i can't really"


def test_the_shipped_pack_can_be_pronounced() -> None:
    dictionary = read_dictionary(dictionary_file())
    talk = read_talk(CONTENT)
    assert len(talk) > 6000
    spoken = sum(all(word in dictionary for word in sentence.split()) for sentence in talk)
    assert spoken > 0.97 * len(talk), "what is left are names of people and places"


def test_a_written_call_is_read_without_its_marks(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(
        "## my box\nC- [parcel~] {falling}: where's it gone\nA [parcel]: Your box.\nC=: yes\n"
    )
    assert read_talk(tmp_path) == ["where's it gone", "your box", "yes"]
