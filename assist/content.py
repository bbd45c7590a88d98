"""The content directory: playbooks and the lexicon, validated as a whole and compiled once for all contacts.

::

    DIR/lexicon.yaml              how callers' words feel
    DIR/playbooks/<id>.yaml       one playbook each
    DIR/rules/<pack>.yaml         rules of one kind of card (optional)
    DIR/checklist.yaml            what every contact begins and ends with (optional)
    DIR/knowledge/<id>.md         one article each (optional)
    DIR/examples/<playbook>.txt   what callers say who want it, and none.txt (optional)
    DIR/feelings/<feeling>.txt    how callers sound: bad, neutral, good (optional)
    DIR/calls/<any name>.txt      whole calls, each line marked with what it is about and how it feels (optional)
    DIR/models.npz                models of the examples, by `callfloor content build` (optional)

``version`` is a short hash over every file, and stands on every card: whoever edits a phrase can tell which cards it
made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from pathlib import Path

from assist import checklist
from assist.checklist import ChecklistSpec, ItemSaid, load_checklist
from assist.content_checks import check_phrase, check_phrases, check_steps, check_text, check_title
from assist.example_files import load_models, read_examples
from assist.governance import BUDGET
from assist.knowledge import Library, load_articles
from assist.lexicon import HardTriggerSpec, LexiconSpec
from assist.playbook import PlaybookSpec
from assist.rule_files import check_rules, rule_phrases
from assist.rules import RulePack, RuleSpec, RuleTable
from assist.sentiment import Scorer, SentimentSettings, VaderScorer
from assist.sightings import CompiledRules, Rule
from assist.spotting import phrase_words
from assist.subjects import SubjectReader
from assist.valence import Feelings
from assist.wording import day_of
from voice.documents import Document, Key, load_yaml, validate
from voice.errors import DocumentError

BUILT_IN = Path(__file__).parent / "content"
RESERVED = frozenset({"history", "sentiment", "promise", checklist.RULE})
"""Rules of the built-in cards; card ids are made of rules, so a playbook may not be called like one."""


@dataclass(frozen=True, slots=True)
class PlaybookTriggered:
    """Somebody said what starts a playbook."""

    playbook_id: str


@dataclass(frozen=True, slots=True)
class StepSaid:
    """The agent said what does a step."""

    playbook_id: str
    step_id: str


@dataclass(frozen=True, slots=True)
class HardTriggered:
    """The caller said something that counts without smoothing."""

    trigger_id: str


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """Somebody said words of a rule; ``part`` as in ``RuleWatch.said``."""

    rule_id: str
    part: str


RuleKey = PlaybookTriggered | StepSaid | HardTriggered | RuleSaid | ItemSaid


@dataclass(frozen=True)
class Content:
    """Everything the assist engine knows, ready to use. Immutable: share it between contacts. ``scorer`` goes by the
    lexicon; ``feelings`` adds what its examples teach, where there are any.
    ``zone``: whose days "tomorrow" is said of. ``budget``: cards a minute.
    """

    version: str
    playbooks: Mapping[str, PlaybookSpec]
    lexicon: LexiconSpec
    hard: Mapping[str, HardTriggerSpec]
    rules: CompiledRules[RuleKey]
    scorer: Scorer
    feelings: Feelings | None
    sentiment: SentimentSettings
    advice: RuleTable
    kinds: Mapping[str, str]
    checklist: ChecklistSpec | None
    library: Library
    subjects: SubjectReader | None
    zone: tzinfo = UTC
    budget: int = BUDGET

    def day(self, unix_s: float) -> date:
        """The day of a time stamp where the agents are."""
        return day_of(unix_s, self.zone)

    @property
    def hold_limit_s(self) -> float | None:
        """After so long on hold the first rule speaks up; None where no rule is about that."""
        return min((rule.hold_s for rule in self.advice.of("hold_s") if rule.hold_s is not None), default=None)

    def in_zone(self, zone: tzinfo) -> Content:
        """The same for agents in another zone."""
        return replace(self, zone=zone)

    def with_budget(self, cards_per_minute: int) -> Content:
        """The same for agents who are shown more, or less."""
        return replace(self, budget=cards_per_minute)

    def with_hold_limit(self, seconds: float | None) -> Content:
        """The rules that speak up first about a hold do so after ``seconds``; later ones stay. None: as it stands."""
        first = self.hold_limit_s
        if seconds is None or first is None:
            return self
        rules = {
            rule_id: rule.model_copy(update={"hold_s": seconds}) if rule.hold_s == first else rule
            for rule_id, rule in self.advice.items()
        }
        return replace(self, advice=RuleTable(rules))


def load_content(directory: Path = BUILT_IN, scorer: Scorer | None = None) -> Content:
    """Read and compile a content directory; ``scorer`` replaces the one made from its lexicon.

    Raises DocumentError for the first thing wrong in any file; nothing is half-loaded.
    """
    lexicon_file = directory / "lexicon.yaml"
    playbook_files = _files(directory / "playbooks", ".yaml", "playbook", required=True)
    rule_files = _files(directory / "rules", ".yaml", "rule pack")
    article_files = _files(directory / "knowledge", ".md", "article")
    checklist_file = directory / checklist.FILE
    files = [lexicon_file, *playbook_files, *rule_files, *article_files]
    lexicon = read_lexicon(load_yaml(lexicon_file))
    playbooks: dict[str, PlaybookSpec] = {}
    for file in playbook_files:
        playbook = read_playbook(load_yaml(file))
        playbooks[playbook.id] = playbook
    _check_not_during(playbook_files, playbooks)
    advice, kinds = _advice(rule_files, {*playbooks, *RESERVED})
    items = load_checklist(checklist_file, advice)
    files += [checklist_file] if items is not None else []
    examples = read_examples(directory, playbooks)
    subjects, feelings = load_models(directory, examples)
    return Content(
        version=_version(directory, [*files, *examples.files]),
        playbooks=playbooks,
        lexicon=lexicon,
        hard={trigger.id: trigger for trigger in lexicon.hard},
        rules=CompiledRules(_rules(playbooks, lexicon, advice, items)),
        scorer=scorer or VaderScorer(lexicon.words, lexicon.phrases),
        feelings=Feelings(feelings) if feelings is not None else None,
        sentiment=SentimentSettings(lexicon.alpha, lexicon.turn),
        advice=RuleTable(advice),
        kinds=kinds,
        checklist=items,
        library=Library(load_articles(article_files, {*playbooks, *advice, *RESERVED})),
        subjects=subjects,
    )


def _check_not_during(files: list[Path], playbooks: Mapping[str, PlaybookSpec]) -> None:
    for file in files:
        for other in playbooks[file.stem].not_during:
            if other not in playbooks:
                raise DocumentError(file, None, f"not_during: no playbook {other!r}", "name a playbook that is there")


def _advice(files: list[Path], taken: set[str]) -> tuple[dict[str, RuleSpec], dict[str, str]]:
    advice: dict[str, RuleSpec] = {}
    kinds: dict[str, str] = {}
    for file in files:
        document = load_yaml(file)
        pack = validate(document, RulePack)
        check_rules(document, pack, {*taken, *advice})
        advice |= {rule.id: rule for rule in pack.rules}
        kinds |= {rule.id: pack.category for rule in pack.rules}
    return advice, kinds


def _rules(
    playbooks: dict[str, PlaybookSpec],
    lexicon: LexiconSpec,
    advice: dict[str, RuleSpec],
    items: ChecklistSpec | None,
) -> Iterator[Rule[RuleKey]]:
    for hard in lexicon.hard:
        yield Rule(HardTriggered(hard.id), "caller", hard.phrases, hard.unless)
    for playbook in playbooks.values():
        trigger = playbook.trigger
        yield Rule(PlaybookTriggered(playbook.id), trigger.speaker, trigger.phrases, trigger.unless)
        for step in playbook.steps:
            yield Rule(StepSaid(playbook.id, step.id), "agent", step.done_when, step.unless)
    for rule in advice.values():
        for part, party, phrases, unless in rule_phrases(rule):
            yield Rule(RuleSaid(rule.id, part), party, phrases, unless)
    for item in (*items.opening, *items.closing) if items is not None else ():
        yield Rule(ItemSaid(item.id), "agent", item.done_when, item.unless)


def _files(directory: Path, suffix: str, what: str, *, required: bool = False) -> list[Path]:
    if not directory.is_dir():
        if not required:
            return []
        raise DocumentError(directory, None, "no such directory", f"create it and put a {what} in")
    files = sorted(file for file in directory.iterdir() if not file.name.startswith("."))
    for file in files:
        if file.suffix != suffix:
            raise DocumentError(file, None, f"not a {what}", f"name it <id>{suffix} or move it elsewhere")
    return files


def _version(directory: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(directory).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:8]


def read_playbook(document: Document) -> PlaybookSpec:
    """One playbook. Raises DocumentError."""
    playbook = validate(document, PlaybookSpec)
    if playbook.id != document.file.stem:
        fix = f"rename the file to {playbook.id}.yaml or the id to {document.file.stem}"
        raise document.error(("id",), f"id {playbook.id!r} is not the name of the file", fix)
    if playbook.id in RESERVED:
        raise document.error(("id",), f"id {playbook.id!r} is the name of a built-in card", "choose another")
    check_phrases(document, ("trigger", "phrases"), playbook.trigger.phrases)
    check_phrases(document, ("trigger", "unless"), playbook.trigger.unless)
    check_text(document, ("why",), playbook.why)
    check_title(document, ("closing",), playbook.closing)
    check_steps(document, ("steps",), playbook.steps)
    return playbook


def read_lexicon(document: Document) -> LexiconSpec:
    """The lexicon. Raises DocumentError."""
    _check_quoted(document)
    lexicon = validate(document, LexiconSpec)
    for name in ("falling", "rising", "settled"):
        check_title(document, ("titles", name), getattr(lexicon.titles, name))
    seen: set[str] = set()
    for index, hard in enumerate(lexicon.hard):
        at: Key = ("hard", index)
        if hard.id in seen:
            raise document.error((*at, "id"), f"hard trigger {hard.id!r} stands here twice", "give each its own id")
        seen.add(hard.id)
        check_title(document, (*at, "title"), hard.title)
        check_phrases(document, (*at, "phrases"), hard.phrases)
        check_phrases(document, (*at, "unless"), hard.unless)
    for word in lexicon.words:
        if len(phrase_words(word)) != 1:
            raise document.error(("words", word), f"{word!r} is not one word", "move it to phrases")
    for phrase in lexicon.phrases:
        check_phrase(document, ("phrases", phrase), phrase)
    return lexicon


def _check_quoted(document: Document) -> None:
    """YAML reads a bare ``yes``, ``no``, ``on``, ``off`` or ``true`` as a truth value, not as the word."""
    words = document.data.get("words") if isinstance(document.data, dict) else None
    for word in words if isinstance(words, dict) else ():
        if not isinstance(word, str):
            line_key: Key = ("words", word)
            raise document.error(line_key, f"words: YAML reads this key as {word!r}, not as a word", "put it in quotes")
