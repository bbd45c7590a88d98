from __future__ import annotations

import json

import pytest

from assist.desk import restore
from assist.desk_events import ContactAssigned, CustomerIdentified
from ivr.contacts import ContactEnded
from tests.assist_web.goldens import CASES, CODEC, FOLDER, ZERO, final, fold, golden, partial
from tests.fakes import contact_script as script


@pytest.mark.parametrize("name", CASES)
def test_golden_files_hold(name: str) -> None:
    written = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert golden(CASES[name]()) == written


@pytest.mark.parametrize("name", CASES)
def test_events_that_crossed_the_wire_make_the_same_desk(name: str) -> None:
    written = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    envelopes = [CODEC.decode({**message, "source": "floor"}) for message in written["messages"]]
    assert fold((e.contact_id, e.at, e.event) for e in envelopes).snapshot() == written["desk"]


@pytest.mark.parametrize("name", CASES)
def test_a_snapshot_comes_back_whole(name: str) -> None:
    desk = fold(CASES[name]())
    assert restore(json.loads(json.dumps(desk.snapshot()))) == desk


def test_a_final_settles_where_its_partial_stood() -> None:
    desk = fold(CASES["transcript_order"]())
    assert desk.contact
    assert [line.id for line in desk.contact.transcript] == ["c", "a", "x"]
    assert desk.contact.transcript[1].text == "i was charged twice"
    assert all(line.final for line in desk.contact.transcript)


def test_a_partial_that_comes_late_undoes_nothing() -> None:
    contact = fold(CASES["partials_overtake"]()).contact
    assert contact
    assert [(line.text, line.final) for line in contact.transcript] == [("let me see", True), ("i was charged", False)]


def test_the_first_end_counts() -> None:
    contact = fold(CASES["transcript_order"]()).contact
    assert contact
    assert (contact.phase, contact.ended_reason, contact.talk_s) == ("ended", "completed", 18.0)


def test_a_card_withdrawn_returns_when_it_is_shown_again_and_not_by_an_update() -> None:
    contact = fold(CASES["cards_come_and_go"]()).contact
    assert contact
    cards = {entry.card.id: entry for entry in contact.cards}
    assert (cards[script.HISTORY.id].outcome, cards[script.HISTORY.id].card.title) == ("", "Said again")
    assert cards[script.FALLING.id].outcome == "retracted"
    assert cards[script.FALLING.id].reason == "the final words were others"
    assert cards[script.BILLING.id].outcome == "accepted"
    assert cards[script.BILLING.id].card.title == "Updated while followed"


def test_ready_clears_the_desk_and_remembers_the_contact_without_its_words() -> None:
    desk = fold(list(CASES["contacts_in_turn"]())[:-1])
    assert desk.contact is None
    assert desk.previous
    assert (desk.previous.id, desk.previous.note, desk.previous.transcript) == ("c2", "wants a call back", ())


def test_what_concerns_another_contact_changes_nothing() -> None:
    desk = fold([("c1", ZERO, ContactAssigned(script.AGENT, "talking", "100", "billing", ZERO))])
    for event in (final("u", "caller", "words", 1.0), CustomerIdentified(None), ContactEnded("failed", "", 0.0, 0.0)):
        assert desk.apply(event, "c2", ZERO) is desk
        assert desk.apply(event, None, ZERO) is desk
    assert desk.apply(partial("u", "caller", "words", 1.0, 1), "c1", ZERO) != desk
