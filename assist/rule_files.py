"""Rule packs read from files: what can be wrong with them beyond their shape, and the phrases they wait for."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assist.content_checks import check_phrases, check_text, check_title
from assist.rules import RulePack, RuleSpec, SaidSpec
from voice.documents import Document, Key


def check_rules(document: Document, pack: RulePack, taken: Collection[str]) -> None:
    """Raises DocumentError for an id that is ``taken`` or used twice, a phrase that cannot match or a long title."""
    seen = set(taken)
    for index, rule in enumerate(pack.rules):
        at: Key = ("rules", index)
        if rule.id in seen:
            raise document.error((*at, "id"), f"id {rule.id!r} is taken", "choose another")
        seen.add(rule.id)
        check_title(document, (*at, "title"), rule.title)
        check_text(document, (*at, "why"), rule.why)
        check_text(document, (*at, "say"), rule.say)
        if rule.said is not None:
            _check_said(document, (*at, "said"), rule.said)
        if rule.missing is not None:
            check_phrases(document, (*at, "missing", "phrases"), rule.missing.phrases)
        for part, said in enumerate(rule.sequence.parts if rule.sequence is not None else ()):
            _check_said(document, (*at, "sequence", "parts", part), said)
        if rule.attributes is not None:
            check_phrases(document, (*at, "attributes", "open_issue"), rule.attributes.open_issue)


def rule_phrases(rule: RuleSpec) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """(part, party, phrases, unless) of everything a rule waits to hear; parts as in ``RuleWatch.said``."""
    if rule.said is not None:
        yield "said", rule.said.speaker, rule.said.phrases, rule.said.unless
    if rule.missing is not None and rule.missing.phrases:
        yield "missing", rule.missing.speaker, rule.missing.phrases, ()
    for number, part in enumerate(rule.sequence.parts if rule.sequence is not None else ()):
        yield str(number), part.speaker, part.phrases, part.unless


def _check_said(document: Document, at: Key, said: SaidSpec) -> None:
    check_phrases(document, (*at, "phrases"), said.phrases)
    check_phrases(document, (*at, "unless"), said.unless)
