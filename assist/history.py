"""Who is calling: a customer as the store knows her, and the card shown while the agent's phone still rings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assist.cards import Card, CardKind, Evidence
from assist.wording import day

RULE = "history"
SOURCE = "customers.db"
_SHOWN_CONTACTS = 3
_FELT = {"negative": "ended badly", "neutral": "ended evenly", "positive": "ended well"}
_STYLES = {
    "caring": "Style: caring. Let the caller finish, then act",
    "quick": "Style: quick. Answer first, details on request",
}
_NUMBER_DIGITS = 7
"""Fewer digits than this in the caller's number mean it is withheld or an internal extension."""


@dataclass(frozen=True, slots=True)
class PastContact:
    """``on``: the day where the house is; ``sentiment``: how it ended, ``negative``, ``neutral`` or ``positive``."""

    contact_id: str
    on: date
    queue: str
    summary: str
    sentiment: str
    disposition: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Something of the customer's that is not settled while ``open``."""

    issue_id: int
    title: str
    opened_on: date
    open: bool


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """``text`` completes "we promised ..."; it is broken when ``due_on`` has passed and it was not ``kept``."""

    promise_id: int
    text: str
    made_on: date
    due_on: date | None
    kept: bool

    def broken(self, today: date) -> bool:
        """Whether the day has passed without the promise being kept."""
        return not self.kept and self.due_on is not None and self.due_on < today


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """A customer. ``phone``: digits, with a leading ``+`` where known to be E.164; ``value``: as the shop words it;
    ``style``: ``quick``, ``caring`` or empty. Contacts, issues and promises are newest first.
    """

    customer_id: int
    name: str
    preferred_name: str
    phone: str
    since: date
    value: str
    style: str
    past_contacts: tuple[PastContact, ...] = ()
    issues: tuple[Issue, ...] = ()
    promises: tuple[PromiseMade, ...] = ()

    @property
    def called(self) -> str:
        """What to call her."""
        return self.preferred_name or self.name


@dataclass(frozen=True, slots=True)
class CustomerFound:
    """The answer to ``LookUpCustomer``. ``customer`` is None when nobody has ``number``, or when several have it: the
    ``candidates``.
    """

    customer: CustomerProfile | None
    number: str
    candidates: tuple[CustomerProfile, ...] = ()


def history_card(found: CustomerFound, today: date, card_id: str, version: str) -> Card:
    """The card for whoever calls. ``today`` is the day of the call where the house is."""
    if found.customer is None:
        return _stranger(found, card_id, version)
    return _customer(found.customer, today, card_id, version)


def _customer(customer: CustomerProfile, today: date, card_id: str, version: str) -> Card:
    title, why, reasons = _what_matters(customer, today)
    evidence = (Evidence(f"{SOURCE}: customer {customer.customer_id}"), *reasons, *_rows_behind(customer, reasons))
    lines = (
        f"{customer.name}, customer since {customer.since.year}" + (f", {customer.value}" if customer.value else ""),
        *(f"Open: {issue.title} ({day(issue.opened_on, today)})" for issue in customer.issues if issue.open),
        *(_promise_line(promise, today) for promise in customer.promises if not promise.kept),
        *(
            f"Last time, {day(past.on, today)}: {past.summary}; {_FELT.get(past.sentiment, past.sentiment)}"
            if index == 0
            else f"Before, {day(past.on, today)}: {past.summary}; {_FELT.get(past.sentiment, past.sentiment)}"
            for index, past in enumerate(customer.past_contacts[:_SHOWN_CONTACTS])
        ),
        *((_STYLES.get(customer.style, f"Style: {customer.style}"),) if customer.style else ()),
    )
    return Card(card_id, CardKind.HISTORY, title, why, evidence, RULE, version, "call", lines, priority=400)


def _rows_behind(customer: CustomerProfile, reasons: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Where the other lines of the card come from."""
    rows = (
        *(f"issue {issue.issue_id}" for issue in customer.issues if issue.open),
        *(f"promise {promise.promise_id}" for promise in customer.promises if not promise.kept),
        *(f"contact {past.contact_id}" for past in customer.past_contacts[:_SHOWN_CONTACTS] if past.contact_id),
    )
    named = {reason.source for reason in reasons}
    others = [row for row in rows if f"{SOURCE}: {row}" not in named]
    return (Evidence(f"{SOURCE}: {', '.join(others)}"),) if others else ()


def _what_matters(customer: CustomerProfile, today: date) -> tuple[str, str, tuple[Evidence, ...]]:
    """Title, why and evidence of the one thing to know first: our broken word, then what is open, then a bad ending."""
    for promise in customer.promises:
        if promise.broken(today) and promise.due_on is not None:
            quote = Evidence(f"{SOURCE}: promise {promise.promise_id}", promise.text)
            why = f"We promised {promise.text}, due {day(promise.due_on, today)}, and did not keep it"
            return f"Apologise to {customer.called} for our broken promise", why, (quote,)
    issue = next((issue for issue in customer.issues if issue.open), None)
    if issue is not None:
        why = f"Open since {issue.opened_on:%-d %b}: {issue.title}"
        found = Evidence(f"{SOURCE}: issue {issue.issue_id}", issue.title)
        return f"Greet {customer.called}, then raise the open issue", why, (found,)
    if customer.past_contacts and customer.past_contacts[0].sentiment == "negative":
        last = customer.past_contacts[0]
        found = Evidence(f"{SOURCE}: contact {last.contact_id}", last.summary)
        why = f"The last contact, {day(last.on, today)}, ended badly: {last.summary}"
        return f"Greet {customer.called} with extra care", why, (found,)
    return f"Greet {customer.called} by name", f"Customer since {customer.since.year}, nothing open", ()


def _promise_line(promise: PromiseMade, today: date) -> str:
    if promise.due_on is None:
        return f"Promised {day(promise.made_on, today)}: {promise.text}"
    state = "not kept" if promise.broken(today) else "still to come"
    return f"Promised {promise.text}, due {day(promise.due_on, today)}: {state}"


def _stranger(found: CustomerFound, card_id: str, version: str) -> Card:
    ask = ["Full name as it stands on the account", "Account number or postcode, never a card number"]
    if found.candidates:
        title, why = "Ask who is calling: several share this number", f"{len(found.candidates)} customers have it"
        ask = [f"Perhaps {one.name}" for one in found.candidates[:4]]
    elif sum(character.isdigit() for character in found.number) < _NUMBER_DIGITS:
        title, why = "Number withheld: ask who is calling", "The call brought no number to look up"
    else:
        title, why = "New number: ask who is calling", f"No customer has the number {found.number}"
        ask.append("Whether this is the best number to call back")
    evidence = (Evidence(f"{SOURCE}: no single customer for {found.number or 'a withheld number'}"),)
    return Card(card_id, CardKind.HISTORY, title, why, evidence, RULE, version, "call", tuple(ask), priority=400)
