"""Advice in one contact: rules, knowledge and promises become cards, within the budget. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial

from assist.cards import Card, CardKind, Evidence
from assist.content import Content, RuleSaid
from assist.deck import Deck
from assist.effects import Effect, NoteGap, NoteNotActed, ShowCard
from assist.governance import Governor
from assist.history import SOURCE, CustomerProfile
from assist.inputs import ContactRang
from assist.knowledge import Found, is_question, stems
from assist.promises import SpokenPromise, promises_in
from assist.rule_watch import MISSING, Fired, RuleWatch, issues_with
from assist.rules import AttributesSpec
from assist.sightings import Sighting
from assist.wording import day, fill
from transcription.utterances import UtteranceFinal, UtterancePartial

PROMISE = "promise"
WITHDRAWN = "the final words were different"
_KNOWLEDGE_PRIORITY = 550
_PROMISE_PRIORITY = 520
_PATIENCE_S = 20.0
"""How long advice may wait for room before it is no longer about what is being said."""
_KNOWLEDGE_EXPIRY_S = 90.0
_MOST_GAPS = 20
_ANSWERED = 0.5
"""Share of an answer's words that matter from which on it was given."""


class Advisor:
    """Advises one agent. ``votes``: accepted less dismissed of each article, from earlier contacts."""

    def __init__(self, content: Content, deck: Deck, today: date, votes: Mapping[str, int] | None = None) -> None:
        self._content = content
        self._deck = deck
        self._today = today
        self._votes = votes or {}
        self._watch = RuleWatch(content.advice)
        self._governor = Governor(content.budget)
        self._customer: CustomerProfile | None = None
        self._contact = ContactRang("", "", "")
        self._promises: list[tuple[SpokenPromise, UtteranceFinal]] = []
        self._expiries: dict[str, float] = {}
        self._now = 0.0
        self._gaps = 0
        self._acted: set[str] = set()
        """Rules that missed something that was said since their card was shown."""
        self._told: dict[str, set[str]] = {}
        """What the agent said since the card of an article was shown: words that matter, without their endings."""

    def rang(self, contact: ContactRang) -> None:
        """What the contact is like."""
        self._contact = contact
        self._watch.rang(contact)

    def found(self, customer: CustomerProfile | None) -> tuple[Effect, ...]:
        """Who is calling."""
        self._customer = customer
        return self._fire(self._watch.found(customer, self._now))

    def talking(self, event: UtterancePartial | UtteranceFinal) -> tuple[Effect, ...]:
        """Somebody speaks; call it before what is in the words."""
        effects = self.advance(event.start_s)
        effects += self._fire(self._watch.talking(event.party, event.start_s, event.end_s))
        self._now = max(self._now, event.end_s)
        return effects

    def said(self, key: RuleSaid, sighting: Sighting[object]) -> tuple[Effect, ...]:
        """Words of a rule were said."""
        if key.part == MISSING and sighting.trigger == "final":
            self._acted.add(key.rule_id)
        return self._fire(self._watch.said(key.rule_id, key.part, sighting))

    def withdrawn(self, key: RuleSaid, utterance_id: str) -> tuple[Effect, ...]:
        """They were not said after all."""
        if not self._watch.withdrawn(key.rule_id, key.part, utterance_id):
            return ()
        self._governor.forget(key.rule_id)
        return self._deck.retract(key.rule_id, WITHDRAWN)

    def heard(self, event: UtteranceFinal, level: float, *, playbook: bool) -> tuple[Effect, ...]:
        """A settled utterance, after which the caller's level is ``level``; ``playbook``: it started one."""
        effects = self._fire(self._watch.heard(event))
        if event.party == "agent":
            self._acted |= self._watch.named_in(event.utterance_id)
            for words in self._told.values():
                words |= stems(event.text)
            effects += self._promised(event)
        else:
            self._watch.felt(level, event.end_s)
            effects += self._answer(event, playbook=playbook)
        return effects + self.advance(event.end_s)

    def held(self, at_s: float) -> tuple[Effect, ...]:
        """The caller was put on hold."""
        effects = self.advance(at_s)
        self._watch.held(at_s)
        return effects

    def resumed(self, at_s: float) -> tuple[Effect, ...]:
        """The caller is back."""
        effects = self.advance(at_s)
        self._watch.resumed(at_s)
        return effects

    def over(self) -> tuple[Effect, ...]:
        """The agent's part is over: which of the cards she accepted she did not act on, as far as that is heard."""
        return self._not_acted()

    def _not_acted(self, slot: str = "") -> tuple[Effect, ...]:
        accepted = (card for card in self._deck.accepted() if slot in ("", card.rule))
        return tuple(NoteNotActed(card.id) for card in accepted if self._idle(card))

    def _idle(self, card: Card) -> bool:
        if (article := self._content.library.articles.get(card.rule)) is not None:
            words = stems(article.answer)
            return len(words & self._told.get(article.id, set())) < _ANSWERED * len(words)
        rule = self._content.advice.get(card.rule)
        return rule is not None and rule.missing is not None and card.rule not in self._acted

    def note(self, effects: Iterable[Effect]) -> None:
        """Cards that others showed count in the budget."""
        for effect in effects:
            if isinstance(effect, ShowCard):
                self._governor.note(self._now)

    def advance(self, to_s: float) -> tuple[Effect, ...]:
        """Time has passed: rules fall due, cards expire, waiting ones find room."""
        self._now = max(self._now, to_s)
        effects = self._fire(self._watch.advance(self._now))
        for slot in sorted(slot for slot, at_s in self._expiries.items() if at_s <= self._now):
            del self._expiries[slot]
            effects += self._deck.expire(slot)
        while (waiting := self._governor.next(self._now)) is not None:
            effects += self._show(waiting.slot, waiting.build, waiting.expiry_s)
        return effects

    def next_due(self) -> float | None:
        """The media second at which ``advance`` leads to something; None: never."""
        dues = [self._watch.next_due(), self._governor.next_due(), *self._expiries.values()]
        return min((max(due, self._now) for due in dues if due is not None), default=None)

    def _fire(self, fired: tuple[Fired, ...]) -> tuple[Effect, ...]:
        effects: tuple[Effect, ...] = ()
        for each in fired:
            rule = each.rule
            build = partial(self._rule_card, each)
            if rule.critical or self._governor.room(self._now):
                effects += self._show(rule.id, build, rule.expiry_s)
            else:
                self._governor.wait(rule.id, build, rule.priority, self._now + _PATIENCE_S, rule.expiry_s)
        return effects

    def _show(self, slot: str, build: Callable[[str], Card], expiry_s: float) -> tuple[Effect, ...]:
        effects = self._not_acted(slot) + self._deck.again(slot, build)
        self.note(effects)
        self._acted.discard(slot)
        if slot in self._content.library.articles:
            self._told[slot] = set()
        if expiry_s > 0.0:
            self._expiries[slot] = self._now + expiry_s
        return effects

    def _rule_card(self, fired: Fired, card_id: str) -> Card:
        rule, sighting = fired.rule, fired.sighting
        name = self._customer.called if self._customer is not None else None
        evidence = _known_of(rule.attributes, self._contact, self._customer)
        if sighting is not None:
            spoken = Evidence(
                "transcript", sighting.quote, sighting.utterance_id, sighting.party, sighting.at_s, sighting.phrase
            )
            evidence = (spoken, *evidence)
        elif rule.trigger != "customer" or not evidence:
            measured = f"{rule.trigger} at {fired.at_s:.0f} s" + (f": {fired.shown}" if fired.shown else "")
            evidence = (Evidence(measured), *evidence)
        lines = (f"Say: {fill(rule.say, name)}",) if rule.say else ()
        return Card(
            card_id, CardKind(self._content.kinds[rule.id]), fill(rule.title, name), fill(rule.why, name), evidence,
            rule.id, self._content.version, sighting.trigger if sighting is not None else "call", lines,
            priority=rule.priority, critical=rule.critical,
        )  # fmt: skip

    def _answer(self, event: UtteranceFinal, *, playbook: bool) -> tuple[Effect, ...]:
        asked = is_question(event.text, polite=not playbook)
        found = self._content.library.find(event.text, self._votes) if asked else ()
        if not found:
            if not asked or playbook or self._gaps >= _MOST_GAPS:
                return ()
            self._gaps += 1
            return (NoteGap(event.text, event.utterance_id, event.start_s),)
        best = found[0]
        build = partial(self._article_card, best, event)
        if self._deck.seen(best.article.id):
            return ()
        if self._governor.room(self._now):
            return self._show(best.article.id, build, _KNOWLEDGE_EXPIRY_S)
        until_s = self._now + _PATIENCE_S
        self._governor.wait(best.article.id, build, _KNOWLEDGE_PRIORITY, until_s, _KNOWLEDGE_EXPIRY_S)
        return ()

    def _article_card(self, found: Found, event: UtteranceFinal, card_id: str) -> Card:
        article = found.article
        review = article.spec.review
        why = f"{article.spec.owner}, to be reviewed by {review:%-d %b %Y}"
        if article.stale(self._today):
            why = f"Stale: {article.spec.owner} should have reviewed it by {review:%-d %b %Y}"
        evidence = (
            Evidence("transcript", event.text, event.utterance_id, event.party, event.start_s),
            Evidence(f"knowledge/{article.id}.md, asked as “{found.alias}”"),
        )
        details = tuple(line.lstrip("-* ").strip() for line in article.details.splitlines() if line.strip())
        return Card(
            card_id, CardKind.KNOWLEDGE, article.spec.title, why, evidence, article.id, self._content.version, "final",
            (article.answer, *details), priority=_KNOWLEDGE_PRIORITY,
        )  # fmt: skip

    def _promised(self, event: UtteranceFinal) -> tuple[Effect, ...]:
        found = promises_in(event.text, self._today)
        self._promises += [(promise, event) for promise in found]
        if not found:
            return ()
        shown = self._deck.present(PROMISE, self._promise_card)
        self.note(shown)
        return shown

    def _promise_card(self, card_id: str) -> Card:
        last = self._promises[-1][0]
        title = f"Promised, due {day(last.due_on, self._today)}" if last.due_on else "Say by when you will do it"
        lines = tuple(
            f"{promise.text} ({day(promise.due_on, self._today) if promise.due_on else 'no day named'})"
            for promise, _ in self._promises
        )
        evidence = tuple(
            Evidence("transcript", event.text, event.utterance_id, event.party, event.start_s, promise.text)
            for promise, event in self._promises[-3:]
        )
        why = "Becomes a task at the end of the call"
        return Card(
            card_id, CardKind.PROMISE, title, why, evidence, PROMISE, self._content.version, "final", lines,
            priority=_PROMISE_PRIORITY,
        )  # fmt: skip


def _known_of(
    wanted: AttributesSpec | None, contact: ContactRang, customer: CustomerProfile | None
) -> tuple[Evidence, ...]:
    """What was known of contact and customer that a rule asks for."""
    if wanted is None:
        return ()
    found = [Evidence(f"flow: {name} {contact.tag(name)}") for name in wanted.tags]
    if customer is None:
        return tuple(found)
    issues = [issue for issue in customer.issues if issue.open]
    found += [Evidence(f"{SOURCE}: issue {one.issue_id}", one.title) for one in issues_with(wanted.open_issue, issues)]
    row = f"{SOURCE}: customer {customer.customer_id}"
    found += [Evidence(f"{row}, style {customer.style}")] if wanted.style else []
    return (*found, Evidence(f"{row}, value {customer.value}")) if wanted.value else tuple(found)
