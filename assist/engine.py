"""The assist engine of one contact: what happens and what is said go in, card effects come out.

Pure and deterministic: no clock, no I/O, no randomness. The same inputs at the same times give the same cards with the
same ids, so a recorded contact replays.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from assist import checklist, history, watch
from assist.advice import Advisor
from assist.cards import CardSettled, StepTicked
from assist.checklist import Checklist, ItemSaid
from assist.content import Content, HardTriggered, PlaybookTriggered, RuleKey, RuleSaid, StepSaid
from assist.deck import Deck
from assist.effects import DraftSummary, Effect, LookUpCustomer, RetractCard, ShowCard, UpdateCard
from assist.history import CustomerFound, CustomerProfile, history_card
from assist.inputs import ContactOver, ContactRang, HoldChanged, Input, TimePassed
from assist.lexicon import HardTriggerSpec
from assist.playbook import PlaybookRun
from assist.sentiment import Reading
from assist.sightings import MIN_CONFIDENCE, Settled, Sighting, SightingTracker, sighted
from assist.subjects import SubjectReading, SubjectTrack
from assist.summary import GENERAL, Wrap, summarise
from assist.watch import SentimentWatch
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial

__all__ = [
    "ContactAssistant", "ContactOver", "ContactRang", "CustomerFound", "DraftSummary", "Effect", "HoldChanged", "Input",
    "LookUpCustomer", "RetractCard", "ShowCard", "TimePassed", "UpdateCard",
]  # fmt: skip

_WITHDRAWN = "the final words were different"


class ContactAssistant:
    """One contact, one agent. Feed it everything in order; before ``ContactRang`` nothing comes out. ``votes``: what
    agents thought of knowledge articles so far (accepted less dismissed).
    """

    def __init__(self, content: Content, agent: str, votes: Mapping[str, int] | None = None) -> None:
        self._content = content
        self._agent = agent
        self._rang: ContactRang | None = None
        self._rang_at = 0.0
        self._over: tuple[ContactOver, float] | None = None
        self._deck = Deck("")
        self._votes = votes
        self._advisor = Advisor(content, self._deck, content.day(0.0), votes)
        self._checklist = Checklist(None, self._deck, content.version, "")
        self._customer: CustomerProfile | None = None
        self._tracker: SightingTracker[RuleKey] = SightingTracker(content.rules)
        self._watch = SentimentWatch(content)
        self._subjects = SubjectTrack(content.subjects) if content.subjects is not None else None
        self._runs: dict[str, PlaybookRun] = {}
        self._finals: dict[str, UtteranceFinal] = {}
        self._gaps: dict[str, TranscriptionGap] = {}

    def handle(self, event: Input, now: float) -> tuple[Effect, ...]:
        """What ``event`` leads to. ``now``: Unix seconds when it happened (the envelope's ``at``)."""
        if isinstance(event, ContactRang):
            return self._ring(event, now)
        if self._rang is None:
            return ()
        match event:
            case CustomerFound():
                return self._found(event)
            case UtterancePartial():
                return self._partial(event)
            case UtteranceFinal():
                return self._final(event)
            case TranscriptionGap():
                self._gaps[event.gap_id] = event
                return ()
            case CardSettled():
                self._deck.settle(event.card_id, event.outcome)
                return ()
            case StepTicked():
                return self._ticked(event)
            case TimePassed(at_s):
                return self._advisor.advance(at_s) if self._over is None else ()
            case HoldChanged(held, at_s):
                return self._advisor.held(at_s) if held else self._advisor.resumed(at_s)
            case ContactOver():
                self._over = (event, now)
                return self._advisor.over() + self._draft()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """How the caller's words felt, utterance by utterance."""
        return self._watch.readings

    def next_due(self) -> float | None:
        """The media second at which ``TimePassed`` leads to something if nothing else happens; None: never."""
        return self._advisor.next_due() if self._over is None else None

    @property
    def _name(self) -> str | None:
        return self._customer.called if self._customer is not None else None

    def _ring(self, event: ContactRang, now: float) -> tuple[Effect, ...]:
        if self._rang is not None:
            return ()
        self._rang, self._rang_at = event, now
        self._deck = Deck(event.contact_id)
        self._advisor = Advisor(self._content, self._deck, self._content.day(now), self._votes)
        self._advisor.rang(event)
        self._checklist = Checklist(self._content.checklist, self._deck, self._content.version, event.queue)
        return (LookUpCustomer(event.caller_number), *self._checklist.present())

    def _found(self, found: CustomerFound) -> tuple[Effect, ...]:
        if self._over is not None:
            return ()
        self._customer = found.customer
        today = self._content.day(self._rang_at)
        version = self._content.version
        shown = self._deck.present(history.RULE, lambda card_id: history_card(found, today, card_id, version))
        shown += self._advisor.found(found.customer) + self._present({watch.RULE, *self._runs})
        return shown + self._checklist.called(self._name)

    def _partial(self, event: UtterancePartial) -> tuple[Effect, ...]:
        if self._over is not None:
            return ()
        touched: set[str] = set()
        effects = self._advisor.talking(event)
        for sighting in self._tracker.partial(event):
            match sighting.key:
                case RuleSaid() as key:
                    effects += self._advisor.said(key, sighting)
                case ItemSaid() as key:
                    effects += self._checklist.said(key, sighting.utterance_id)
                case HardTriggered(trigger_id):
                    self._watch.believe(event, self._content.hard[trigger_id], sighting)
                    self._deck.renew(watch.RULE)
                    touched.add(watch.RULE)
                case key:
                    touched |= self._sighted(key, sighting)
        return effects + self._present(touched)

    def _final(self, event: UtteranceFinal) -> tuple[Effect, ...]:
        if event.utterance_id in self._finals:
            return ()
        self._finals[event.utterance_id] = event
        over = self._over is not None
        effects: tuple[Effect, ...] = () if over else self._advisor.talking(event)
        settled = self._tracker.final(event)
        touched = self._withdraw(settled, event.utterance_id)
        found = (*settled.confirmed, *settled.new)
        reading = self._reading(event)
        touched |= self._situations(found, reading)
        subject = self._subject(event, settled, reading)
        touched |= subject
        if event.party == "caller":
            touched.add(watch.RULE)
            if self._feel(event, settled):
                self._deck.renew(watch.RULE)
        if over:
            return self._draft()
        effects += self._present(touched) + self._ruled(settled, event.utterance_id)
        effects += self._checklist.settled(found, settled.withdrawn, event.utterance_id)
        playbook = bool(subject) or any(isinstance(each.key, PlaybookTriggered) for each in found)
        return effects + self._advisor.heard(event, self._watch.level, playbook=playbook)

    def _ruled(self, settled: Settled[RuleKey], utterance_id: str) -> tuple[Effect, ...]:
        """What settled words mean for the rules."""
        effects: tuple[Effect, ...] = ()
        for key in settled.withdrawn:
            if isinstance(key, RuleSaid):
                effects += self._advisor.withdrawn(key, utterance_id)
        for sighting in (*settled.confirmed, *settled.new):
            if isinstance(sighting.key, RuleSaid):
                effects += self._advisor.said(sighting.key, sighting)
        return effects

    def _feel(self, event: UtteranceFinal, settled: Settled[RuleKey]) -> bool:
        """Lets the sentiment hear a caller's utterance; True for news the agent has not been shown from a partial."""
        known, new = self._hard(settled.confirmed), self._hard(settled.new)
        return self._watch.hear(event, known + new) and not known

    def _hard(self, sightings: tuple[Sighting[RuleKey], ...]) -> tuple[tuple[HardTriggerSpec, Sighting[RuleKey]], ...]:
        return tuple(
            (self._content.hard[sighting.key.trigger_id], sighting)
            for sighting in sightings
            if isinstance(sighting.key, HardTriggered)
        )

    def _reading(self, event: UtteranceFinal) -> SubjectReading | None:
        """What a caller's words, read as a whole, are about."""
        return self._subjects.read(event.text, self._runs) if self._subjects and event.party == "caller" else None

    def _situations(self, sightings: tuple[Sighting[RuleKey], ...], reading: SubjectReading | None) -> set[str]:
        """What settled words start or tick. A playbook that others cover comes after them."""
        touched: set[str] = set()
        for sighting in sorted(sightings, key=lambda each: (self._covered(each), -each.weight)):
            if not self._misheard(sighting.key, reading):
                touched |= self._sighted(sighting.key, sighting)
        return touched

    def _misheard(self, key: RuleKey, reading: SubjectReading | None) -> bool:
        """Whether a trigger stands in words that are otherwise about something else; not asked of one at work."""
        if reading is None or not isinstance(key, PlaybookTriggered) or key.playbook_id in self._runs:
            return False
        return reading.unlike(key.playbook_id)

    def _subject(self, event: UtteranceFinal, settled: Settled[RuleKey], reading: SubjectReading | None) -> set[str]:
        """Starts the playbook that the caller's words, none of which need be a trigger, speak for together; not where
        a do-not-trigger phrase of it stands among them.
        """
        if reading is None or event.confidence < MIN_CONFIDENCE:
            return set()
        subject = reading.settled(self._runs)
        if subject is None:
            return set()
        key = PlaybookTriggered(subject.playbook_id)
        if key in settled.kept_quiet:
            return set()
        return self._sighted(key, sighted(key, event, subject.start, subject.end))

    def _covered(self, sighting: Sighting[RuleKey]) -> bool:
        key = sighting.key
        return isinstance(key, PlaybookTriggered) and bool(self._content.playbooks[key.playbook_id].not_during)

    def _sighted(self, key: RuleKey, sighting: Sighting[RuleKey]) -> set[str]:
        """Takes a playbook's trigger or step in; returns the rules whose cards it touches."""
        match key:
            case PlaybookTriggered(playbook_id):
                spec = self._content.playbooks[playbook_id]
                if playbook_id not in self._runs and not self._runs.keys().isdisjoint(spec.not_during):
                    return set()
                run = self._runs.setdefault(playbook_id, PlaybookRun(spec))
                run.triggered(sighting)
                return {playbook_id}
            case StepSaid(playbook_id, step_id) if playbook_id in self._runs:
                self._runs[playbook_id].said(step_id, sighting.utterance_id)
                return {playbook_id}
        return set()

    def _withdraw(self, settled: Settled[RuleKey], utterance_id: str) -> set[str]:
        touched: set[str] = set()
        for key in settled.withdrawn:
            if isinstance(key, HardTriggered):
                touched.add(watch.RULE)
            elif isinstance(key, PlaybookTriggered | StepSaid) and key.playbook_id in self._runs:
                touched.add(key.playbook_id)
                run = self._runs[key.playbook_id]
                if isinstance(key, StepSaid):
                    run.withdraw_said(key.step_id, utterance_id)
                else:
                    run.withdraw_trigger(utterance_id)
        return touched

    def _ticked(self, event: StepTicked) -> tuple[Effect, ...]:
        rule = self._deck.rule_of(event.card_id)
        if self._over is not None:
            return ()
        if rule == checklist.RULE:
            return self._checklist.tick(event.step_id, event.done)
        if rule is None or rule not in self._runs:
            return ()
        self._runs[rule].tick(event.step_id, event.done)
        return self._present({rule})

    def _present(self, rules: set[str]) -> tuple[Effect, ...]:
        effects: list[Effect] = []
        for rule in sorted(rules):
            shown = self._runs[rule].active if rule in self._runs else self._watch.visible
            if shown:
                maker = self._runs.get(rule, self._watch)
                effects += self._deck.present(rule, partial(maker.card, version=self._content.version, name=self._name))
            else:
                effects += self._deck.retract(rule, _WITHDRAWN)
                self._runs.pop(rule, None)
        self._advisor.note(effects)
        return tuple(effects)

    def _draft(self) -> tuple[Effect, ...]:
        if self._rang is None or self._over is None:
            return ()
        over, ended_at = self._over
        run = next(iter(self._runs.values()), None)
        open_steps = tuple(step.text for step in run.on_card(self._name) if not step.done) if run is not None else ()
        wrap = Wrap(
            contact_id=self._rang.contact_id,
            agent=self._agent,
            customer_id=self._customer.customer_id if self._customer is not None else None,
            customer=self._customer.name if self._customer is not None else "",
            number=self._rang.caller_number,
            queue=self._rang.queue,
            reason=over.reason,
            started_at=self._rang_at,
            day=self._content.day(self._rang_at),
            ended_at=ended_at,
            duration_s=over.duration_s,
            talk_s=over.talk_s,
            talk=over.talk,
            finals=tuple(self._finals.values()),
            readings=self._watch.readings,
            gaps=self._gaps,
            cards=self._deck.counts(),
            subject=run.spec.name.lower() if run is not None else "",
            disposition=run.disposition if run is not None else GENERAL,
            steps_open=open_steps,
            version=self._content.version,
        )
        return (DraftSummary(summarise(wrap)),)
