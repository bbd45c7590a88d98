from __future__ import annotations

from voice.sip.holding import GLARE, MAX_GLARE, Holding, Next


def test_a_wish_is_sent_once_and_agreed() -> None:
    holding = Holding(incoming=False)
    assert holding.want(True) is Next.SEND
    assert holding.want(True) is Next.NOTHING
    assert holding.negotiated(held=True, held_by_peer=False)
    assert holding.answered(200) is Next.NOTHING
    assert holding.want(True) is Next.NOTHING
    assert holding.want(False) is Next.SEND


def test_a_change_of_mind_waits_for_the_answer() -> None:
    holding = Holding(incoming=False)
    holding.want(True)
    assert holding.want(False) is Next.NOTHING
    holding.negotiated(held=True, held_by_peer=False)
    assert holding.answered(200) is Next.SEND
    assert not holding.wanted


def test_glare_is_retried_and_then_given_up() -> None:
    holding = Holding(incoming=True)
    holding.want(True)
    assert [holding.answered(GLARE) for _ in range(MAX_GLARE)] == [Next.RETRY] * MAX_GLARE
    assert holding.answered(GLARE) is Next.REFUSED
    assert (holding.open, holding.wanted) == (False, False)
    assert holding.want(True) is Next.SEND  # a new wish begins anew
    assert holding.answered(GLARE) is Next.RETRY


def test_a_refusal_leaves_it_as_it_was() -> None:
    holding = Holding(incoming=False)
    holding.want(True)
    assert holding.answered(407) is Next.NOTHING  # the stack sends it again with credentials
    assert holding.answered(488) is Next.REFUSED
    assert (holding.held, holding.wanted, holding.open) == (False, False, False)


def test_what_is_not_ours_means_nothing() -> None:
    holding = Holding(incoming=False)
    assert holding.answered(200) is Next.NOTHING
    assert holding.answered(488) is Next.NOTHING
    assert holding.negotiated(held=False, held_by_peer=True)
    assert not holding.negotiated(held=False, held_by_peer=True)


def test_who_made_the_call_waits_longer_after_glare() -> None:
    assert all(2.1 <= Holding(incoming=False).retry_s() <= 4.0 for _ in range(50))
    assert all(0.0 <= Holding(incoming=True).retry_s() <= 2.0 for _ in range(50))


def test_a_new_address_is_offered_once_held_or_not() -> None:
    holding = Holding(incoming=False)
    assert holding.move() is Next.SEND
    holding.sent()
    assert holding.answered(200) is Next.NOTHING
    assert not holding.moving
    assert holding.want(False) is Next.NOTHING


def test_an_address_that_changes_while_a_hold_is_under_way_is_offered_after_it() -> None:
    holding = Holding(incoming=False)
    holding.want(True)
    holding.sent()
    assert holding.move() is Next.NOTHING
    holding.negotiated(held=True, held_by_peer=False)
    assert holding.answered(200) is Next.SEND
    holding.sent()
    assert holding.answered(GLARE) is Next.RETRY
    assert holding.moving
    holding.sent()
    assert holding.answered(200) is Next.NOTHING
    assert (holding.moving, holding.wanted) == (False, True)


def test_a_new_address_that_is_refused_is_told() -> None:
    holding = Holding(incoming=False)
    holding.move()
    holding.sent()
    assert holding.answered(488) is Next.REFUSED
    assert not holding.moving
