"""The scorecard of one part of a contact. Pure: the same log, content and customer give the same numbers.

A principle's score is the mean of its *marks*, each 0..100; what could not be judged (no hold, no complaint)
gives no mark, and a principle without marks has no score (None).

- A *rule's mark* is 100 less the points ``quality/scorecard.yaml`` takes for each finding of the rule, not below 0. The
  rules are those of the live cards (``assist.quality.findings``); a card not shown for lack of budget is a finding.
- A *measure's mark* is the formula in its docstring (``assist.quality.measures``).
- Breaking a rule marked ``critical`` makes the whole principle 0.

==================  ==========================================================================================
listening           interrupting, long_talk, not_confirmed; talk over each other, the agent's share of the talk
empathy             no_empathy, low_for_long; how far a caller who was upset recovered
patience            no_blame, goes_round, dead_air; the share of silence
clarity             jargon, fast_talk
personalisation     name_unused
ownership           hold_check_in; the share of hold, transfers, steps of playbooks done
follow-up           no_expectation, no_further_help; promises with a day, those that were kept
compliance          every rule of the compliance pack
==================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean

from assist.content import Content
from assist.history import CustomerProfile
from assist.quality.findings import Finding, by_rule, find
from assist.quality.measures import MEASURES, Call, Judged, Owed
from assist.quality.parts import Part, parts_of
from assist.quality.principles import Mark, Moment, Principle, Score, Scorecard
from assist.quality.spec import ScorecardSpec
from assist.wording import fill
from voice.events import Envelope


def score_contact(
    contact_id: str, envelopes: Iterable[Envelope], content: Content, spec: ScorecardSpec,
    customer: CustomerProfile | None = None, calls: tuple[Call, ...] = (), now: float = 0.0,
    tasks: tuple[Owed, ...] = (),
) -> tuple[Scorecard, ...]:  # fmt: skip
    """The scorecards of a contact, one for each agent who had it, from its events in the order of the log.
    ``customer``: who called, where known; ``calls``, ``now`` and ``tasks``: what came of promises (see ``Judged``).
    """
    parts = parts_of(contact_id, envelopes)
    return tuple(
        score(Judged(part, find(part, content, customer), calls, now, tasks, content.zone), content, spec, customer)
        for part in parts
    )


def score(judged: Judged, content: Content, spec: ScorecardSpec, customer: CustomerProfile | None) -> Scorecard:
    """The scorecard of one part."""
    name = customer.called if customer is not None else None
    scores = tuple(_score(principle, judged, spec, name) for principle in Principle)
    part = judged.part
    answered_at = part.offered_at + part.start_s
    return Scorecard(part.contact_id, part.agent, part.queue, answered_at, content.version, scores)


def _score(principle: Principle, judged: Judged, spec: ScorecardSpec, name: str | None) -> Score:
    found = by_rule(judged.found.findings)
    marks = []
    for rule, points in spec.principles[principle].rules.items():
        if rule in judged.found.judged:
            marks.append(_rule_mark(principle, rule, points, found.get(rule, ()), judged.part, name))
    for measure in MEASURES.get(principle, ()):
        if (mark := measure(judged)) is not None:
            marks.append(mark)
    failed = any(finding.rule.critical for rule in spec.principles[principle].rules for finding in found.get(rule, ()))
    value = 0.0 if failed else round(fmean(mark.value for mark in marks), 1) if marks else None
    return Score(principle, value, tuple(marks))


def _rule_mark(
    principle: Principle, rule: str, points: float, findings: Iterable[Finding], part: Part, name: str | None
) -> Mark:
    moments = tuple(
        Moment(
            part.contact_id, principle, rule, round(finding.at_s, 2),
            fill(finding.rule.why, name) + (f" ({finding.shown})" if finding.shown else ""), finding.quote,
            finding.utterance.utterance_id if finding.utterance is not None else "", points,
        )
        for finding in findings
    )  # fmt: skip
    return Mark(rule, max(0.0, 100.0 - points * len(moments)), moments)
