"""The rules at work in one contact: talk, feeling, hold and passing time go in, rules that fire come out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from assist.history import CustomerProfile, Issue
from assist.inputs import ContactRang
from assist.rules import RuleSpec, RuleTable
from assist.sightings import Sighting
from assist.spotting import Spotter, tokenise
from transcription.utterances import UtteranceFinal

MISSING = "missing"
"""The part of a rule that is not to be missing."""
START = 0
"""Sequence parts are numbered from here."""
PACE_WORDS = 12
"""Fewer words than this say little about how fast somebody talks."""
_SPANS = 8


@dataclass(frozen=True, slots=True)
class Fired:
    """``rule`` met at media second ``at_s``. ``sighting``: the words that set it off; ``shown``: what else did."""

    rule: RuleSpec
    at_s: float
    sighting: Sighting[object] | None = None
    shown: str = ""


@dataclass(slots=True)
class _State:
    """One rule something happened to: its cards so far, and what was said for it, by part."""

    fired: list[float] = field(default_factory=list)
    met: dict[str, float] = field(default_factory=dict)
    parts: list[tuple[float, str]] = field(default_factory=list)
    below_since: float | None = None
    caused_by: str = ""


class RuleWatch:
    """Follows one contact. ``advance`` first, then the event; both return what fired, in the order of the rules. Only
    rules that something happened to have a state here: contacts are many, and rules may be thousands.
    """

    def __init__(self, rules: Mapping[str, RuleSpec]) -> None:
        self._rules = rules if isinstance(rules, RuleTable) else RuleTable(rules)
        self._states: dict[str, _State] = {}
        self._dues: dict[str, tuple[float, Sighting[object] | None]] = {}
        """Rules whose words were said and that wait for others: when they fall due, and what was said."""
        self._customer: CustomerProfile | None = None
        self._contact = ContactRang("", "", "")
        self._began: float | None = None
        self._last_speech: float | None = None
        self._held_at: float | None = None
        self._agent_since: float | None = None
        self._spans: list[tuple[str, float, float]] = []
        self._overs: list[float] = []
        self._name: Spotter[str] | None = None

    def rang(self, contact: ContactRang) -> None:
        """What the contact is like."""
        self._contact = contact

    def found(self, customer: CustomerProfile | None, at_s: float) -> tuple[Fired, ...]:
        """Who is calling."""
        self._customer = customer
        if customer is not None:
            self._name = Spotter((part, "name") for part in {customer.called.split()[0], customer.name.split()[-1]})
        return self._all(at_s, "customer")

    def talking(self, party: str, start_s: float, end_s: float) -> tuple[Fired, ...]:
        """Somebody speaks (on every partial and final): the talk has begun, silence is over."""
        fired: tuple[Fired, ...] = ()
        if self._began is None:
            self._began = start_s
            fired = self._all(start_s, "start")
        self._last_speech = max(end_s, self._last_speech or 0.0)
        if party == "caller":
            self._agent_since = None
        elif self._agent_since is None:
            self._agent_since = start_s
        return fired

    def said(self, rule_id: str, part: str, sighting: Sighting[object]) -> tuple[Fired, ...]:
        """A phrase of a rule was said; ``part`` is ``said``, ``missing`` or the number of a part of its sequence."""
        rule, state = self._rules[rule_id], self._state(rule_id)
        if part == MISSING:
            state.met[sighting.utterance_id] = sighting.at_s
            self._dues.pop(rule_id, None)
            return ()
        spec = rule.said if part == "said" else rule.sequence.parts[int(part)] if rule.sequence is not None else None
        if spec is not None and spec.by_s is not None and sighting.at_s > (self._began or 0.0) + spec.by_s:
            return ()
        if part == "said":
            if state.caused_by == sighting.utterance_id:
                return ()  # the final of words that were believed already
            state.caused_by = sighting.utterance_id
            return self._consider(rule, sighting.at_s, sighting)
        return self._in_sequence(rule, int(part), sighting)

    def withdrawn(self, rule_id: str, part: str, utterance_id: str) -> bool:
        """Those words were not said after all; True where a card of the rule has lost its reason."""
        state = self._state(rule_id)
        if part == MISSING:
            state.met.pop(utterance_id, None)
            return False
        self._dues.pop(rule_id, None)
        lost = state.caused_by == utterance_id
        if lost and state.fired:
            state.fired.pop()
        return lost

    def heard(self, event: UtteranceFinal) -> tuple[Fired, ...]:
        """A settled utterance: the name in it, how fast it was, whether it cut in."""
        if not event.text.strip():
            return ()
        start_s = event.words[0].start_s if event.words else event.start_s
        end_s = event.words[-1].end_s if event.words else event.end_s
        fired: list[Fired] = []
        if event.party == "agent":
            self._name_said(event)
            fired += self._pace(event, start_s, end_s)
            fired += self._cut_in(start_s)
        self._spans = [*self._spans[-_SPANS:], (event.party, start_s, end_s)]
        return tuple(fired)

    def felt(self, level: float, at_s: float) -> None:
        """The caller's level after an utterance."""
        for rule in self._rules.of("sentiment"):
            if rule.sentiment is not None:
                state = self._state(rule.id)
                if level > rule.sentiment.below:
                    state.below_since = None
                elif state.below_since is None:
                    state.below_since = at_s

    def held(self, at_s: float) -> None:
        """The caller was put on hold."""
        self._held_at = at_s

    def resumed(self, at_s: float) -> None:
        """The caller is back."""
        self._held_at, self._last_speech = None, at_s

    def advance(self, to_s: float) -> tuple[Fired, ...]:
        """Time has passed up to media second ``to_s``: what fell due until then."""
        due = sorted(
            (self._rules.place(rule.id), rule, at_s, sighting)
            for rule, at_s, sighting in self._awaited()
            if at_s <= to_s
        )
        fired: list[Fired] = []
        for _, rule, at_s, sighting in due:
            fired += self._fire(rule, at_s, sighting)
        return tuple(sorted(fired, key=lambda each: each.at_s))

    def over(self) -> tuple[Fired, ...]:
        """The contact has ended: what was still waited for after somebody's words will not be said any more."""
        fired: list[Fired] = []
        for rule_id in sorted(self._dues, key=self._rules.place):
            if self._rules[rule_id].trigger in ("said", "sequence"):
                fired += self._fire(self._rules[rule_id], *self._dues[rule_id])
        return tuple(fired)

    def applies(self, rule_id: str) -> bool:
        """Whether the rule is about a contact like this one."""
        return self._fits(self._rules[rule_id])

    def met(self, rule_id: str) -> bool:
        """Whether what the rule would miss has been said."""
        return rule_id in self._states and bool(self._states[rule_id].met)

    def named_in(self, utterance_id: str) -> set[str]:
        """Rules that miss the customer's name, if it was said in that utterance."""
        return {rule.id for rule in self._rules.named if utterance_id in self._state(rule.id).met}

    def next_due(self) -> float | None:
        """The media second at which ``advance`` has something to say if nothing else happens; None: never."""
        return min((at_s for _, at_s, _ in self._awaited()), default=None)

    def _state(self, rule_id: str) -> _State:
        state = self._states.get(rule_id)
        if state is None:
            state = self._states[rule_id] = _State()
        return state

    def _awaited(self) -> Iterator[tuple[RuleSpec, float, Sighting[object] | None]]:
        """What falls due when, if nothing else happens."""
        for rule_id, (at_s, sighting) in self._dues.items():
            yield self._rules[rule_id], at_s, sighting
        for rule in self._rules.lasting:
            if rule.id not in self._dues and (lasted := self._lasted(rule)) is not None:
                yield rule, lasted, None

    def _lasted(self, rule: RuleSpec) -> float | None:
        """The media second at which what the rule is about will have lasted long enough."""
        state = self._states.get(rule.id)
        at_s: float | None = None
        if rule.silence_s is not None and self._held_at is None and self._last_speech is not None:
            at_s = self._last_speech + rule.silence_s
        elif rule.hold_s is not None and self._held_at is not None:
            at_s = self._held_at + rule.hold_s
        elif rule.monologue_s is not None and self._agent_since is not None and self._held_at is None:
            at_s = self._agent_since + rule.monologue_s
            at_s = at_s if at_s <= (self._last_speech or 0.0) else None
        elif rule.sentiment is not None and state is not None and state.below_since is not None:
            at_s = state.below_since + rule.sentiment.for_s
        if at_s is None or not self._allowed(rule, at_s) or not self._fits(rule):
            return None
        since = self._since(rule, at_s)
        fired = state.fired if state is not None else ()
        return None if fired and since is not None and fired[-1] >= since else at_s

    def _since(self, rule: RuleSpec, at_s: float) -> float | None:
        """When the condition that lasts began; it fires once until it has ended."""
        for seconds in (rule.silence_s, rule.hold_s, rule.monologue_s):
            if seconds is not None:
                return at_s - seconds
        return at_s - rule.sentiment.for_s if rule.sentiment is not None else None

    def _all(self, at_s: float, trigger: str) -> tuple[Fired, ...]:
        fired: list[Fired] = []
        for rule in self._rules.of(trigger):
            fired += self._consider(rule, at_s, None)
        return tuple(fired)

    def _consider(self, rule: RuleSpec, at_s: float, sighting: Sighting[object] | None) -> tuple[Fired, ...]:
        if not self._fits(rule) or not self._allowed(rule, at_s):
            return ()
        if rule.missing is not None:
            since = 0.0 if rule.missing.ever else at_s
            if any(met >= since for met in self._state(rule.id).met.values()):
                return ()
            if rule.missing.within_s > 0.0:
                self._dues.setdefault(rule.id, (at_s + rule.missing.within_s, sighting))
                return ()
        return self._fire(rule, at_s, sighting)

    def _fire(
        self, rule: RuleSpec, at_s: float, sighting: Sighting[object] | None, shown: str = ""
    ) -> tuple[Fired, ...]:
        self._dues.pop(rule.id, None)
        if not self._fits(rule) or not self._allowed(rule, at_s):
            return ()
        self._state(rule.id).fired.append(at_s)
        return (Fired(rule, at_s, sighting, shown),)

    def _allowed(self, rule: RuleSpec, at_s: float) -> bool:
        state = self._states.get(rule.id)
        fired = state.fired if state is not None else ()
        return len(fired) < rule.most and (not fired or at_s >= fired[-1] + rule.cooldown_s)

    def _fits(self, rule: RuleSpec) -> bool:
        wanted, customer = rule.attributes, self._customer
        named = rule.missing is None or not rule.missing.name or self._name is not None
        if wanted is None:
            return named
        issues = [issue for issue in customer.issues if issue.open] if customer is not None else []
        return (
            named
            and wanted.known in (None, customer is not None)
            and (not wanted.queue or self._contact.queue in wanted.queue)
            and wanted.direction in (None, self._contact.direction)
            and all(self._contact.tag(name) in values for name, values in wanted.tags.items())
            and (not wanted.style or (customer is not None and customer.style in wanted.style))
            and (not wanted.value or (customer is not None and customer.value in wanted.value))
            and (not wanted.open_issue or bool(issues_with(wanted.open_issue, issues)))
        )

    def _in_sequence(self, rule: RuleSpec, part: int, sighting: Sighting[object]) -> tuple[Fired, ...]:
        state = self._state(rule.id)
        if rule.sequence is None or any(uttered == sighting.utterance_id for _, uttered in state.parts):
            return ()
        if state.parts and sighting.at_s - state.parts[0][0] > rule.sequence.within_s:
            state.parts.clear()
        if part != START + len(state.parts):
            return ()
        state.parts.append((sighting.at_s, sighting.utterance_id))
        if len(state.parts) < len(rule.sequence.parts):
            return ()
        state.parts.clear()
        return self._consider(rule, sighting.at_s, sighting)

    def _name_said(self, event: UtteranceFinal) -> None:
        if self._name is None or not self._name.find(event.text):
            return
        for rule in self._rules.named:
            self._state(rule.id).met[event.utterance_id] = event.start_s
            self._dues.pop(rule.id, None)

    def _pace(self, event: UtteranceFinal, start_s: float, end_s: float) -> Iterable[Fired]:
        words = len(tokenise(event.text))
        if words < PACE_WORDS or end_s <= start_s:
            return
        pace = 60.0 * words / (end_s - start_s)
        for rule in self._rules.of("words_per_minute"):
            if rule.words_per_minute is not None and pace >= rule.words_per_minute:
                yield from self._fire(rule, end_s, None, f"{pace:.0f} words a minute")

    def _cut_in(self, start_s: float) -> Iterable[Fired]:
        for rule in self._rules.of("talk_over"):
            over = rule.talk_over
            if over is None:
                continue
            cut = any(party == "caller" and begun < start_s <= end - over.seconds for party, begun, end in self._spans)
            if not cut:
                continue
            self._overs = [at for at in self._overs if at > start_s - over.over_s and at != start_s] + [start_s]
            if len(self._overs) >= over.count:
                yield from self._fire(rule, start_s, None, f"{len(self._overs)} times in {over.over_s:.0f} seconds")


def issues_with(phrases: tuple[str, ...], issues: Iterable[Issue]) -> list[Issue]:
    """Those whose titles hold one of ``phrases``."""
    spotter = Spotter((phrase, phrase) for phrase in phrases)
    return [issue for issue in issues if spotter.find(issue.title)]
