"""What is wrong with a flow's languages, before a caller finds out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr.announcements import WORDINGS
from ivr.languages import VARIABLE, Spoken, offered
from ivr.spoken_digits import LANGUAGES
from ivr.verbs import Problem, Set, Verb


def language_problems(
    own: str, languages: Mapping[str, Spoken], nodes: Mapping[str, Verb], banners: Iterable[str]
) -> Iterator[Problem]:
    """Sentences and phrases without translation, translations of nothing, languages that nobody offers or that cannot
    announce places and waits, or tell digits.
    """
    said = {text for node in nodes.values() for _, text in node.texts()} | set(banners)
    phrases = {phrase for node in nodes.values() for phrase in node.said_by_callers()}
    for language, spoken in languages.items():
        at = ("languages", language)
        if language == own:
            yield Problem(at, f"{language} is the flow's own language", "remove it")
        yield from _unlike(said, spoken.texts, (*at, "texts"), "sentence")
        if spoken.speech:
            yield from _unlike(phrases, spoken.phrases, (*at, "phrases"), "phrase")
    listening = (own, *(language for language, spoken in languages.items() if spoken.speech))
    for name, node in nodes.items():
        for language in listening if node.hears_number else ():
            if language.split("-")[0] not in LANGUAGES:
                what = f"node {name!r}: digits said in {language} are not understood"
                yield Problem(("nodes", name), what, f"let them be keyed, or said in {', '.join(LANGUAGES)}")
        for language in (own, *languages):
            if any(node.announcements("en")) and language.split("-")[0] not in WORDINGS:
                what = f"node {name!r}: places and waits cannot be announced in {language}"
                yield Problem(("nodes", name), what, f"announce them in {', '.join(WORDINGS)} alone")
        value = node.variables.get(VARIABLE, "${}") if isinstance(node, Set) else "${}"
        if "${" not in value and offered(value, (own, *languages)) is None:
            fix = f"use one of {', '.join((own, *languages))}"
            yield Problem(("nodes", name, "variables", VARIABLE), f"node {name!r}: no text is in {value!r}", fix)


def _unlike(ours: set[str], theirs: Mapping[str, str], at: tuple[str, ...], kind: str) -> Iterator[Problem]:
    for text in sorted(ours - theirs.keys()):
        yield Problem(at, f"{'.'.join(at)} lacks the {kind} {text!r}", "write it with its translation")
    for text in sorted(theirs.keys() - ours):
        yield Problem((*at, text), f"{'.'.join(at)} translates {text!r}, which is no {kind} here", "remove it")
