from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assist.content import Content
from assist.knowledge import Library, is_question, load_articles
from voice.errors import DocumentError

GOOD = """---
title: Twelve characters, one number
owner: Online team
review: 2026-03-01
aliases:
  - rules for the password
---
At least twelve characters
with one number.

- No special characters.
"""


def written(tmp_path: Path, text: str, name: str = "password_rules.md") -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def test_the_answer_comes_first_and_the_review_is_a_day(tmp_path: Path) -> None:
    (article,) = load_articles([written(tmp_path, GOOD)])
    assert article.answer == "At least twelve characters with one number."
    assert article.details == "- No special characters."
    assert not article.stale(date(2026, 3, 1))
    assert article.stale(date(2026, 3, 2))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("---\n", ""), "1: no front matter"),
        (("owner: Online team\n", ""), "owner: field required"),
        (("rules for the password", "what is it"), "6: alias 'what is it' has fewer than 2 words"),
        (("Twelve characters, one number", "a b c d e f g h i j"), "2: a title of 10 words"),
        (("2026-03-01", "soon"), "4: review"),
        (("At least twelve characters\nwith one number.\n", ""), "an answer of 0 characters"),
    ],
)
def test_a_wrong_article_names_file_and_line(tmp_path: Path, change: tuple[str, str], what: str) -> None:
    text = GOOD.replace(*change) if change[0] != "---\n" else GOOD.replace("---\n", "")
    if "answer" in what:
        text = text.split("---\n")[0] + "---\n" + text.split("---\n")[1] + "---\n"
    with pytest.raises(DocumentError) as caught:
        load_articles([written(tmp_path, text)])
    assert what in str(caught.value)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="is taken"):
        load_articles([written(tmp_path, GOOD)], {"password_rules"})


def test_it_is_found_by_how_customers_say_it(content: Content) -> None:
    def best(text: str) -> str:
        found = content.library.find(text)
        return found[0].article.id if found else ""

    assert best("so when is my bill due this month") == "bill_dates"
    assert best("what does the red light on the router mean") == "router_lights"
    assert best("can i get large print bills") == "accessibility"
    assert best("the weather is nice today") == ""
    assert Library().find("when is my bill due") == ()


def test_feedback_moves_articles_that_are_close(tmp_path: Path) -> None:
    first = load_articles([written(tmp_path, GOOD, "a.md")])
    second = load_articles([written(tmp_path, GOOD, "b.md")])
    library = Library((*first, *second))
    assert [found.article.id for found in library.find("what are the rules for the password")] == ["a", "b"]
    assert [found.article.id for found in library.find("rules for the password", {"b": 1})] == ["b", "a"]


def test_the_pack_has_forty_articles_with_an_owner_and_a_date(content: Content) -> None:
    assert len(content.library.articles) >= 40
    assert len(content.playbooks) == 12


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("how long does it take", True),
        ("do i have to be at home", True),
        ("i would like to change my email", True),
        ("i have paid the bill on monday", False),
        ("what", False),
    ],
)
def test_a_question_is_known_by_its_words(text: str, asks: bool) -> None:
    assert is_question(text) is asks


def test_every_alias_is_answered_by_its_article(content: Content) -> None:
    asked = [(alias, article.id) for article in content.library.articles.values() for alias in article.spec.aliases]
    answers = [(alias, answer.article if (answer := content.library.answer(alias)) else "") for alias, _ in asked]
    assert answers == asked


@pytest.mark.parametrize(
    ("asked", "article"),
    [
        ("how can i pay my bill please", "payment_methods"),
        ("hello when do i have to pay my bill", "bill_dates"),
        ("bill pay", ""),
        ("when and how do i have to pay my bill and how can i pay my bill", ""),
    ],
)
def test_question_words_tell_two_questions_about_one_thing_apart(content: Content, asked: str, article: str) -> None:
    answer = content.library.answer(asked)
    assert (answer.article if answer else "") == article
