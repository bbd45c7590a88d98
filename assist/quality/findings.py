"""One part of a contact through the same rules as live, without what only spares the agent: no budget of cards, no
cool-down, no most per call. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from assist.content import Content, HardTriggered, RuleSaid
from assist.history import CustomerProfile
from assist.inputs import ContactRang
from assist.quality.parts import Part
from assist.rule_watch import PACE_WORDS, Fired, RuleWatch
from assist.rules import RuleSpec
from assist.sentiment import Reading
from assist.sightings import SightingTracker
from assist.spotting import tokenise
from assist.watch import SentimentWatch
from transcription.utterances import UtteranceFinal

JUDGED = frozenset({"compliance", "soft_skill"})
"""Packs whose rules speak of how the agent served; proactive ones only advise."""
_UNLIMITED = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """``rule`` was broken at second ``at_s`` of the contact. ``utterance``: the words that show it, None where nobody
    had spoken; ``quote``: theirs; ``shown``: what else does.
    """

    rule: RuleSpec
    at_s: float
    utterance: UtteranceFinal | None
    quote: str
    shown: str


@dataclass(frozen=True, slots=True)
class Found:
    """``findings`` in time; ``judged``: rules that had a chance to be broken; ``readings``: how the caller felt, with
    the utterances they were read from.
    """

    findings: tuple[Finding, ...]
    judged: frozenset[str]
    readings: tuple[tuple[Reading, UtteranceFinal], ...]


def find(part: Part, content: Content, customer: CustomerProfile | None) -> Found:
    """What the rules of ``content`` find in ``part``. ``customer``: who called, where known."""
    hearing = _Hearing(part, content, customer)
    timeline = [(final.start_s, 1, final) for final in part.utterances]
    holds = [(at_s, 0, held) for at_s, held in part.holds]
    for at_s, _, each in sorted([*timeline, *holds], key=lambda entry: entry[:2]):
        if isinstance(each, UtteranceFinal):
            hearing.hear(each)
        else:
            hearing.hold(at_s, held=bool(each))
    return hearing.result()


class _Hearing:
    def __init__(self, part: Part, content: Content, customer: CustomerProfile | None) -> None:
        rules = {
            rule_id: rule.model_copy(update={"once": False, "max_per_call": _UNLIMITED, "cooldown_s": 0.0})
            for rule_id, rule in content.advice.items()
            if content.kinds[rule_id] in JUDGED
        }
        self._part, self._content, self._rules = part, content, rules
        self._watch = RuleWatch(rules)
        self._tracker = SightingTracker(content.rules)
        self._feeling = SentimentWatch(content)
        self._fired: list[Fired] = []
        self._said: Counter[str] = Counter()
        self._readings: list[tuple[Reading, UtteranceFinal]] = []
        self._watch.rang(ContactRang(part.contact_id, part.caller, part.queue, part.direction, part.tags))
        self._fired += self._watch.found(customer, part.start_s)

    def hear(self, event: UtteranceFinal) -> None:
        """One utterance, as ``assist.engine`` hears a final."""
        watch = self._watch
        self._fired += watch.advance(event.start_s)
        self._fired += watch.talking(event.party, event.start_s, event.end_s)
        hard = []
        for sighting in self._tracker.final(event).new:
            match sighting.key:
                case RuleSaid(rule_id, part) if rule_id in self._rules:
                    self._said[rule_id] += part == "said"
                    self._fired += watch.said(rule_id, part, sighting)
                case HardTriggered(trigger_id):
                    hard.append((self._content.hard[trigger_id], sighting))
        self._fired += watch.heard(event)
        if event.party == "caller":
            self._feeling.hear(event, tuple(hard))
            self._readings.append((self._feeling.readings[-1], event))
            watch.felt(self._feeling.level, event.end_s)

    def hold(self, at_s: float, *, held: bool) -> None:
        """The caller was put on hold, or taken off it."""
        self._fired += self._watch.advance(at_s)
        if held:
            self._watch.held(at_s)
        else:
            self._watch.resumed(at_s)

    def result(self) -> Found:
        """At the end of the part."""
        self._fired += self._watch.advance(self._part.end_s)
        self._fired += self._watch.over()
        findings = sorted(map(self._finding, self._fired), key=lambda each: (each.at_s, each.rule.id))
        broken = {each.rule.id for each in findings}
        judged = {rule_id for rule_id, rule in self._rules.items() if rule_id in broken or self._chance(rule)}
        return Found(tuple(findings), frozenset(judged), tuple(self._readings))

    def _finding(self, fired: Fired) -> Finding:
        spoken, sighting = self._part.utterances, fired.sighting
        if sighting is not None:
            words = next((final for final in spoken if final.utterance_id == sighting.utterance_id), None)
            return Finding(fired.rule, sighting.at_s, words, sighting.quote, fired.shown)
        party = "agent" if fired.rule.trigger in ("monologue_s", "words_per_minute", "talk_over") else ""
        before = [final for final in spoken if final.start_s <= fired.at_s and party in ("", final.party)]
        last = before[-1] if before else None
        return Finding(fired.rule, fired.at_s, last, last.text if last is not None else "", fired.shown)

    def _chance(self, rule: RuleSpec) -> bool:
        """Whether the rule could have been broken: without a chance a clean record says nothing."""
        if not self._watch.applies(rule.id):
            return False
        part, agent = self._part, [final for final in self._part.utterances if final.party == "agent"]
        match rule.trigger:
            case "said" if rule.missing is not None or (rule.said is not None and rule.said.speaker == "caller"):
                return self._said[rule.id] > 0
            case "start" if rule.missing is not None:
                return self._watch.met(rule.id) or bool(agent and part.seconds >= rule.missing.within_s)
            case "hold_s":
                return bool(part.holds)
            case "silence_s":
                return part.seconds >= (rule.silence_s or 0.0)
            case "sentiment":
                low = rule.sentiment.below if rule.sentiment is not None else -1.0
                return any(reading.level <= low for reading, _ in self._readings)
            case "words_per_minute":
                return any(len(tokenise(final.text)) >= PACE_WORDS for final in agent)
            case "talk_over" | "sequence":
                return bool(agent and self._readings)
            case _:
                return bool(agent)


def by_rule(findings: tuple[Finding, ...]) -> Mapping[str, tuple[Finding, ...]]:
    """Findings by the id of their rule."""
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        found[finding.rule.id] = (*found.get(finding.rule.id, ()), finding)
    return found
