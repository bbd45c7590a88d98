from __future__ import annotations

from dataclasses import replace

from assist.cards import (
    Card,
    CardKind,
    CardNotActed,
    CardRetracted,
    CardSettled,
    CardShown,
    CardStep,
    CardUpdated,
    StepTicked,
)
from assist.deck import EXPIRED
from assist.outcomes import OutcomeBook, outcomes

OPEN, DONE = CardStep("a", "A", "", done=False), CardStep("a", "A", "", done=True)


def card(number: int, *steps: CardStep, rule: str = "r", kind: CardKind = CardKind.NEXT_STEP) -> Card:
    return Card(f"c:{rule}:{number}", kind, "t", "w", (), rule, "v", "final", steps=steps)


def test_each_card_has_one_outcome_and_the_first_counts() -> None:
    shown = [CardShown("anna", card(number), 0.0) for number in (1, 2, 3, 4, 5)]
    (rule,) = outcomes(
        [
            *shown, shown[0],
            CardSettled("anna", "c:r:1", "accepted"),
            CardSettled("anna", "c:r:1", "dismissed"),
            CardSettled("anna", "c:r:2", "dismissed"),
            CardRetracted("anna", "c:r:3", EXPIRED),
            CardRetracted("anna", "c:r:4", "the final words were different"),
            CardSettled("anna", "c:unknown:1", "accepted"),
        ]
    )  # fmt: skip
    assert (rule.shown, rule.accepted, rule.dismissed, rule.expired, rule.retracted) == (5, 1, 1, 1, 1)
    assert rule.ignored == 1


def test_accepted_but_not_acted() -> None:
    for after, not_acted in ((OPEN, 1), (DONE, 0)):
        (rule,) = outcomes(
            [
                CardShown("anna", card(1, OPEN), 0.0),
                CardSettled("anna", "c:r:1", "accepted"),
                CardUpdated("anna", card(1, after), 0.0),
            ]
        )
        assert rule.not_acted == not_acted


def test_accepted_but_nothing_said_of_what_it_asks_for() -> None:
    accepted = [CardShown("anna", card(1), 0.0), CardSettled("anna", "c:r:1", "accepted")]
    not_acted = CardNotActed("anna", "c:r:1")
    assert outcomes(accepted)[0].not_acted == 0, "nothing says so"
    assert outcomes([*accepted, not_acted, not_acted])[0].not_acted == 1, "a colleague's engine says it again"
    assert outcomes([CardShown("anna", card(1), 0.0), not_acted])[0].not_acted == 0, "it was not accepted"


def test_a_tick_taken_back_overrides_what_was_heard() -> None:
    (rule,) = outcomes([CardShown("anna", card(1, DONE), 0.0), StepTicked("anna", "c:r:1", "a", done=False)])
    assert rule.overridden == 1


def test_votes_are_of_articles_only() -> None:
    book = OutcomeBook()
    for article in (card(1, rule="bill_dates", kind=CardKind.KNOWLEDGE), replace(card(1), rule="r")):
        book.take(CardShown("anna", article, 0.0))
        book.take(CardSettled("anna", article.id, "dismissed"))
    assert book.votes() == {"bill_dates": -1}
