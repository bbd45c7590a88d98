from pathlib import Path

import pytest

from transcription.training import phones
from transcription.training.assembly import write_lexicon
from transcription.training.errors import TrainingError
from transcription.training.lexicon import (
    dictionary_file,
    parse_pronunciation,
    pronounce,
    read_dictionary,
    read_lexicon,
)
from transcription.training.sentences import TEXTS, read_grammar

DICTIONARY = "read R EH D\nread(2) R IY D\n'bout B AW T\nodd AA1 X\n"


def test_variants_are_collected_and_lines_with_unknown_phones_left_out(tmp_path: Path) -> None:
    file = tmp_path / "d"
    file.write_text(DICTIONARY, encoding="utf-8")
    dictionary = read_dictionary(file)
    assert dictionary["read"] == (("R", "EH", "D"), ("R", "IY", "D"))
    assert "odd" not in dictionary
    assert pronounce(["read"], dictionary, most=1) == {"read": (("R", "EH", "D"),)}
    with pytest.raises(TrainingError, match="no pronunciation for: odd, weird"):
        pronounce(["weird", "read", "odd"], dictionary)


def test_possessives_follow_from_the_word(tmp_path: Path) -> None:
    file = tmp_path / "d"
    file.write_text("boss B AO S\nroute R UW T\ndriver D R AY V ER\ndriver's D R AY V ER S\n", encoding="utf-8")
    dictionary = read_dictionary(file)
    assert dictionary["boss's"] == (("B", "AO", "S", "IH", "Z"),)
    assert dictionary["route's"] == (("R", "UW", "T", "S"),)
    assert dictionary["driver's"] == (("D", "R", "AY", "V", "ER", "S"),)  # the dictionary knows better
    assert dictionary["app's"] == (("AE", "P", "S"),)


def test_a_given_pronunciation_is_checked() -> None:
    assert parse_pronunciation("z eh1 n") == ("Z", "EH", "N")
    with pytest.raises(TrainingError, match="'Q' is no phone"):
        parse_pronunciation("K Q")
    with pytest.raises(TrainingError, match="empty"):
        parse_pronunciation(" ")


def test_a_written_lexicon_reads_back(tmp_path: Path) -> None:
    lexicon = {"read": (("R", "EH", "D"), ("R", "IY", "D")), "a": (("AH",),)}
    (tmp_path / "l").write_text(write_lexicon(lexicon), encoding="utf-8")
    assert read_lexicon(tmp_path / "l") == lexicon
    with pytest.raises(TrainingError, match="only models made by this project"):
        read_lexicon(tmp_path / "none")


@pytest.mark.parametrize("file", ["contact_centre.yaml", "helpdesk.yaml"])
def test_every_word_of_the_shipped_texts_has_a_pronunciation(file: str) -> None:
    words = read_grammar(TEXTS / file).vocabulary()
    assert set(pronounce(words, read_dictionary(dictionary_file()))) == words


def test_phones_are_numbered_by_position() -> None:
    assert phones.word_phones(("AA",)) == (5,)
    assert phones.word_phones(("AA", "AE", "AA")) == (2, 8, 3)
    assert [phones.unit_of_number(number) for number in (1, 2, 5, 6, phones.PHONE_COUNT)] == [
        0,
        1,
        1,
        2,
        phones.UNITS - 1,
    ]
    boundaries = phones.word_boundaries().splitlines()
    assert boundaries[:5] == ["1 nonword", "2 begin", "3 end", "4 internal", "5 singleton"]
    assert len(boundaries) == phones.PHONE_COUNT
