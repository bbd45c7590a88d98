"""Forms and their score, and the agreement of two reviewers."""

from pathlib import Path

import pytest

from assist.quality.calibration import Apart, calibrate, kappa, latest
from assist.quality.forms import Form, FormSpec, QaAnswer, QaReviewed, Question, ReviewError, load_forms, review, scored
from voice.errors import DocumentError

FORM = Form(
    FormSpec(
        id="short",
        title="Short",
        questions=(
            Question(id="polite", section="a", text="Polite", kind="yes_no", weight=10),
            Question(id="clear", section="a", text="Clear", kind="scale", weight=30),
            Question(
                id="checked", section="a", text="Checked", kind="yes_no", weight=20, optional=True, auto_fail=True
            ),
        ),
    ),
    "v1",
)


def answers(**values: int | None) -> tuple[QaAnswer, ...]:
    return tuple(QaAnswer(question, value) for question, value in values.items())


@pytest.mark.parametrize(
    ("given", "score", "failed"),
    [
        ({"polite": 1, "clear": 5, "checked": 1}, 100.0, ()),
        ({"polite": 1, "clear": 3, "checked": 1}, 75.0, ()),  # (10 + 30 × 2/4 + 20) ÷ 60
        ({"polite": 1, "clear": 3, "checked": None}, 62.5, ()),  # (10 + 15) ÷ 40
        ({"polite": 0, "clear": 1}, 0.0, ()),
        ({"polite": 1, "clear": 5, "checked": 0}, 0.0, ("checked",)),
    ],
)
def test_the_score_is_the_weighted_share(given: dict[str, int | None], score: float, failed: tuple[str, ...]) -> None:
    made = review(FORM, "sara", "anna", answers(**given), "well done")

    assert (made.score, made.failed, made.form_version) == (score, failed, "v1")
    assert [answer.question for answer in made.answers] == ["polite", "clear", "checked"]


def test_a_form_of_which_nothing_applies_has_no_score() -> None:
    assert scored(FORM.spec, answers(polite=None, clear=None)) == (None, ())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answers(polite=1), "clear: an answer is needed"),
        (answers(polite=2, clear=3), "polite: answer 0 to 1, not 2"),
        (answers(polite=1, clear=0), "clear: answer 1 to 5, not 0"),
        (answers(polite=1, clear=1, kind=1), "kind: no such question"),
        ((*answers(polite=1, clear=1), QaAnswer("polite", 0)), "answered twice"),
        ((QaAnswer("polite", 1, "x" * 2001), QaAnswer("clear", 1)), "at most 2000"),
    ],
)
def test_what_does_not_fit_the_form_is_refused(given: tuple[QaAnswer, ...], said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        review(FORM, "sara", "anna", given)


def test_the_built_in_form_is_there() -> None:
    form = load_forms()["service"]

    assert sum(question.weight for question in form.spec.questions) == 110
    assert [question.id for question in form.spec.questions if question.auto_fail] == ["identity", "secrets"]


GOOD = "id: x\ntitle: X\nquestions:\n  - {id: a, section: s, text: t, kind: yes_no, weight: 1}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("id: x", "id: y"), "not the name of the file"),
        (GOOD + "  - {id: a, section: s, text: t, kind: scale, weight: 1}\n", "stands here twice"),
        (GOOD.replace("weight: 1", "weight: 0"), "greater than 0"),
        (GOOD.replace("kind: yes_no", "kind: maybe"), "kind"),
    ],
)
def test_a_form_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "quality" / "forms" / "x.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD, "utf-8")
    assert set(load_forms(tmp_path)) == {"x"}
    file.write_text(text, "utf-8")

    with pytest.raises(DocumentError, match=said):
        load_forms(tmp_path)


def pairs(both_yes: int, first_only: int, second_only: int, both_no: int) -> list[tuple[int, int]]:
    return [(1, 1)] * both_yes + [(1, 0)] * first_only + [(0, 1)] * second_only + [(0, 0)] * both_no


@pytest.mark.parametrize(
    ("counts", "value"),
    [
        ((20, 5, 10, 15), 0.4),  # po 0.7, pe 0.5
        ((45, 15, 25, 15), 0.1304),  # po 0.6, pe 0.54
        ((25, 35, 5, 35), 0.2593),  # po 0.6, pe 0.46
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((10, 0, 0, 0), None),
        ((0, 0, 0, 0), None),
    ],
)
def test_cohens_kappa(counts: tuple[int, int, int, int], value: float | None) -> None:
    """The first three are the examples usually worked for two raters of 50 and 100 grant proposals."""
    assert kappa(pairs(*counts)) == value


def by(reviewer: str, polite: int, clear: int, version: str = "v1") -> QaReviewed:
    return review(Form(FORM.spec, version), reviewer, "anna", answers(polite=polite, clear=clear))


def test_calibration_takes_the_contacts_both_reviewed() -> None:
    reviews = {
        "c1": [by("sara", 1, 5), by("carl", 1, 4)],
        "c2": [by("sara", 0, 1), by("carl", 1, 1), by("sara", 1, 1)],  # sara thought again
        "c3": [by("sara", 1, 1)],
        "c4": [by("sara", 0, 3), by("carl", 0, 3, "v2")],  # the form has changed meanwhile
        "c5": [by("sara", 0, 3), by("carl", 0, 3)],
    }
    found = calibrate(reviews, "short", "sara", "carl")

    assert found.contacts == 3
    assert {each.question: (each.contacts, each.agreement, each.kappa) for each in found.questions} == {
        "polite": (3, 100.0, 1.0),
        "clear": (3, 66.7, 0.5714),  # po 2/3, pe 2/9: (6 - 2) ÷ (9 - 2)
        "checked": (3, 100.0, None),
    }
    assert found.agreement == 88.9
    assert found.difference == 6.3  # 100 and 81.2; twice no distance
    assert found.apart == (Apart("c1", "clear", 5, 4),)


def test_without_a_contact_in_common_nothing_is_said() -> None:
    found = calibrate({"c1": [by("sara", 1, 5)]}, "short", "sara", "carl")

    assert (found.contacts, found.agreement, found.kappa, found.difference, found.questions) == (
        0,
        None,
        None,
        None,
        (),
    )


def test_the_last_review_of_each_reviewer_counts() -> None:
    assert [each.score for each in latest([by("sara", 0, 1), by("carl", 1, 5), by("sara", 1, 5)])] == [100.0, 100.0]
