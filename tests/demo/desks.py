"""A desk at the end of a call."""

from __future__ import annotations

from assist.cards import Card, CardKind, CardStep, Evidence
from assist.desk import AgentLine, Desk
from assist.desk_contact import DeskCard, DeskContact, Utterance
from assist.desk_events import SummaryDrafted

CARD = Card(
    "c1:billing:1", CardKind.NEXT_STEP, "Say sorry [now]", "[/] disputed", (Evidence("speech", "charged twice"),),
    "billing", "1", "partial",
    steps=(CardStep("a", "Apologise", "Sorry.", True), CardStep("b", "Refund", "I will.", False)),
)  # fmt: skip
LINES = (
    Utterance("u1", "caller", "i was charged twice [again]", 14.0, 16.0, final=True),
    Utterance("u2", "agent", "i am so", 20.0, 21.0, final=False),
)
SUMMARY = SummaryDrafted("James called about: billing.", sentiment_start=-0.5, sentiment_end=0.5, talk_ratio=0.4)
CONTACT = DeskContact(
    "c1",
    "ended",
    "+12025550142",
    "billing",
    1.0,
    transcript=LINES,
    cards=(DeskCard(CARD, 0.7, 1.0, 1.0),),
    summary=SUMMARY,
)
DESK = Desk(AgentLine("anna", "Anna"), contact=CONTACT)
