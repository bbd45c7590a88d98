from __future__ import annotations

import pytest

from transcription.written import written


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("my order is four four seven one", "my order is 4471"),
        ("order double four seven oh please", "order 4470 please"),
        ("it is triple two one", "it is 2221"),
        ("forty five dollars and ninety cents", "$45.90"),
        ("forty five dollars ninety", "$45.90"),
        ("i paid forty five dollars on monday", "i paid $45 on monday"),
        ("five pounds and two pence", "£5.02"),
        ("one hundred and twenty three euros", "€123"),
        ("twelfth of march", "12 March"),
        ("on the twelfth of march nineteen eighty four", "on 12 March 1984"),
        ("march the second", "2 March"),
        ("march twelfth", "12 March"),
        ("twelve march twenty twenty five", "12 March 2025"),
        ("the twenty first of may", "21 May"),
        ("ten percent off", "10% off"),
        ("two percent", "2%"),
        ("two thousand and five", "2005"),
        ("one moment please", "one moment please"),
        ("i have called three times", "i have called three times"),
        ("it is for two of us", "it is for two of us"),
        ("you may call and march in", "you may call and march in"),
        ("the first time", "the first time"),
        ("twenty minutes and a second", "20 minutes and a second"),
        ("my card is [card] and it is twenty", "my card is [card] and it is 20"),
        ("hundred times", "hundred times"),
        ("", ""),
    ],
)
def test_as_one_would_write_it(said: str, text: str) -> None:
    assert written(said.split()) == text
