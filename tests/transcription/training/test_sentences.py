import random
from pathlib import Path

import pytest

from transcription.training.sentences import TEXTS, Grammar, draw_distinct, read_grammar
from voice.errors import DocumentError


def grammar(tmp_path: Path, text: str) -> Grammar:
    file = tmp_path / "g.yaml"
    file.write_text(text, encoding="utf-8")
    return read_grammar(file)


def test_everything_that_can_be_said_is_drawn(tmp_path: Path) -> None:
    made = grammar(tmp_path, "slots:\n  who: [you, no]\nsentences:\n  - 'i {see|hear [well]} <who>'\n")
    assert set(draw_distinct(made, 100, seed=1)) == {
        f"i {what} {who}" for what in ("see", "hear", "hear well") for who in ("you", "no")
    }
    assert made.vocabulary() == {"i", "see", "hear", "well", "you", "no"}


def test_the_same_seed_draws_the_same_and_excluded_sentences_never_come() -> None:
    made = read_grammar(TEXTS / "contact_centre.yaml")
    first = draw_distinct(made, 50, seed=3)
    assert first == draw_distinct(made, 50, seed=3)
    assert not set(first) & set(draw_distinct(made, 200, seed=3, exclude=frozenset(first)))


def test_a_weight_makes_a_sentence_frequent(tmp_path: Path) -> None:
    made = grammar(tmp_path, "sentences: [often @ 9, seldom]\n")
    rng = random.Random(1)
    drawn = [made.draw(rng) for _ in range(500)]
    assert 400 < drawn.count("often") < 490


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sentences: ['a {b|c']", "'{' is not closed"),
        ("sentences: ['a [b']", r"'\[' is not closed"),
        ("sentences: ['a b}']", "'}' is not expected"),
        ("sentences: ['a | b']", r"'\|' is not expected"),
        ("sentences: ['a <b']", "'<' is not expected"),
        ("sentences: ['a <b>']", "no slot <b>"),
        ("sentences: ['a {b|<c>}']", "no slot <c>"),
        ("slots: {}", "no sentences"),
        ("sentences: [a", "not YAML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        grammar(tmp_path, text)


@pytest.mark.parametrize(("file", "least"), [("contact_centre.yaml", 1000), ("helpdesk.yaml", 100)])
def test_shipped_texts_are_large_enough(file: str, least: int) -> None:
    assert len(read_grammar(TEXTS / file).vocabulary()) >= least
