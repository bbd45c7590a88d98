"""Flows as files: a YAML graph of named nodes, checked whole before any call uses it.

flow: demo
start: greeting
nodes:
  greeting: {verb: say, text: "Thank you for calling.", next: goodbye}
  goodbye: {verb: hangup}
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ivr.effects import Prompt
from ivr.language_checks import language_problems
from ivr.languages import Engine, Language, Spoken, Voice
from ivr.prompts import RATE, PromptSource, PromptStore, directory_of
from ivr.verbs import VERBS, Answer, Enqueue, Problem, Verb
from ivr.verbs.base import Text
from voice.documents import Document, load_yaml, validate

UTC = ZoneInfo("UTC")
SLOW = 1.35
"""Stretch of what is repeated slowly."""


def _zone(name: object) -> object:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone, write one like Europe/Dublin") from None


class FlowHeader(BaseModel):
    """The top of a flow file. ``voice`` is one of ``engine``'s (see ``ivr.engines``), ``timezone`` that of its
    business hours.

    Accessibility: in every menu the key ``slower`` ("" for none) repeats the question slowly, unless a choice begins
    with it; tell callers so. With ``speech`` every menu must work by keys alone and by words alone; write ``speech:
    false`` only where no recogniser runs. ``banners``: notices of outages, by name, that a supervisor can raise.
    ``languages``: the others it speaks, see ``ivr.languages``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    flow: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    language: Language = "en"
    languages: dict[Language, Spoken] = Field(default_factory=dict)
    voice: Voice = "slt"
    engine: Engine = "flite"
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = UTC
    slower: Literal["", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*"] = "9"
    speech: bool = True
    banners: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")], Text] = Field(default_factory=dict)
    start: str
    nodes: dict[str, Any] = Field(min_length=1)


@dataclass(frozen=True)
class Flow:
    """A checked flow. ``version`` changes with the content: 12 hex digits of its SHA-256."""

    name: str
    version: str
    language: str
    voice: str
    start: str
    nodes: Mapping[str, Verb]
    timezone: ZoneInfo = UTC
    slower: str = ""
    speech: bool = False
    engine: str = "flite"
    banners: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, Spoken] = field(default_factory=dict)

    def source(self, text: str, slow: bool = False, language: str = "") -> PromptSource:
        """How ``text`` is spoken in this flow, in ``language`` where that is one of its others."""
        stretch = SLOW if slow else 1.0
        if (other := self.languages.get(language)) is not None:
            return PromptSource(other.texts.get(text, text), other.voice, stretch, other.engine)
        return PromptSource(text, self.voice, stretch, self.engine)

    def prompt(self, text: str, slow: bool = False, language: str = "") -> Prompt:
        """``text`` as it is said in ``language``, with the key of its audio."""
        source = self.source(text, slow, language)
        return Prompt(source.text, source.key)

    def sources(self, language: str = "") -> tuple[PromptSource, ...]:
        """Everything the flow may say in its own or another ``language``, each once, in the order of the file."""
        spoken = language or self.language
        raised = ((text, False) for text in self.banners.values())
        said = ((text, False) for node in self.nodes.values() for _, text in node.texts())
        slowly = ((text, True) for node in self.nodes.values() for _, text in node.slow_texts(self.slower))
        told = ((text, False) for node in self.nodes.values() for _, text in node.announcements(spoken))
        texts = dict.fromkeys((*raised, *said, *told, *slowly))
        return tuple(self.source(text, slow, language) for text, slow in texts)

    @property
    def answers(self) -> bool:
        """Whether it says answers of the knowledge base, all of which have to be recorded then."""
        return any(isinstance(node, Answer) for node in self.nodes.values())

    def queues(self) -> frozenset[str]:
        """The queues it may send a caller to."""
        return frozenset(node.queue for node in self.nodes.values() if isinstance(node, Enqueue))


def load_flow(file: Path, store: PromptStore | None = None) -> Flow:
    """Read and check a flow; with ``store`` also that everything it plays is there. Raises DocumentError."""
    document, flow = _read(file)
    if store is not None:
        _raise_first(document, _missing(flow, store, file))
    return flow


def load_with_prompts(
    file: Path, root: Path, answers: Iterable[str] = (), rate: int = RATE
) -> tuple[Flow, PromptStore]:
    """A flow and the prompts of its languages under ``root``, all of them there at ``rate`` Hz; ``answers``: those of
    the knowledge base too, if the flow says them. Raises DocumentError.
    """
    document, flow = _read(file)
    directories = dict.fromkeys(directory_of(root, language) for language in (flow.language, *flow.languages))
    store = PromptStore.joined(PromptStore.open(directory, rate) for directory in directories)
    _raise_first(document, _missing(flow, store, file))
    if flow.answers:
        _raise_first(document, _unrecorded(answers, flow, store, file))
    return flow, store


def _read(file: Path) -> tuple[Document, Flow]:
    document = load_yaml(file)
    if not isinstance(document.data, dict):
        raise document.error((), "a flow is a mapping of keys", "begin with flow: NAME")
    header = validate(document, FlowHeader)
    nodes = {name: _node(document, name) for name in header.nodes}
    digest = hashlib.sha256(json.dumps(document.data, sort_keys=True, default=str).encode()).hexdigest()[:12]
    flow = Flow(
        header.flow, digest, header.language, header.voice, header.start, nodes, header.timezone, header.slower,
        header.speech, header.engine, header.banners, header.languages,
    )  # fmt: skip
    for problems in (_broken(flow), _graph_problems(flow)):
        _raise_first(document, problems)
    return document, flow


def _node(document: Document, name: str) -> Verb:
    key = ("nodes", name)
    data = document.data["nodes"][name]
    if not isinstance(data, dict):
        raise document.error(key, f"node {name!r} is not a mapping", "write verb: and its keys")
    verb = data.get("verb")
    if not isinstance(verb, str) or verb not in VERBS:
        what = f"node {name!r} has no verb" if verb is None else f"node {name!r}: unknown verb {verb!r}"
        raise document.error((*key, "verb"), what, f"use one of {', '.join(VERBS)}")
    return validate(document, VERBS[verb], at=key)


def _raise_first(document: Document, problems: Iterable[Problem]) -> None:
    """Raise the problem nearest the top of the file: the one a person meets first."""
    errors = [document.error(problem.key, problem.what, problem.fix) for problem in problems]
    if errors:
        raise min(errors, key=lambda error: error.line or 0)


def _broken(flow: Flow) -> Iterator[Problem]:
    """Nodes that contradict themselves, and names of nodes that do not exist."""
    if flow.start not in flow.nodes:
        yield Problem(("start",), f"start names {flow.start!r}, which is no node", _nearest(flow, flow.start))
    for name, node in flow.nodes.items():
        unspeakable = node.unspeakable() if flow.speech else ()
        for problem in (*node.problems(), *node.phrase_problems(flow.slower), *unspeakable):
            yield Problem(("nodes", name, *problem.key), f"node {name!r}: {problem.what}", problem.fix)
        for key, target in node.targets():
            if target not in flow.nodes:
                what = f"node {name!r}: {'.'.join(map(str, key))} names {target!r}, which is no node"
                yield Problem(("nodes", name, *key), what, _nearest(flow, target))

    yield from language_problems(flow.language, flow.languages, flow.nodes, flow.banners.values())


def _nearest(flow: Flow, name: str) -> str:
    near = difflib.get_close_matches(name, flow.nodes, n=1)
    return f"did you mean {near[0]!r}?" if near else f"name one of {', '.join(flow.nodes)}"


def _graph_problems(flow: Flow) -> Iterator[Problem]:
    """Nodes no caller reaches, and nodes no caller gets out of (hence no circle of redirects)."""
    forward = {name: {target for _, target in node.targets()} for name, node in flow.nodes.items()}
    backward: dict[str, set[str]] = {name: set() for name in flow.nodes}
    for name, targets in forward.items():
        for target in targets:
            backward[target].add(name)
    reached = _closure(forward, {flow.start})
    ending = _closure(backward, {name for name, node in flow.nodes.items() if node.terminal})
    for name in flow.nodes:
        if name not in reached:
            yield Problem(("nodes", name), f"node {name!r} is never reached", "lead to it, or remove it")
        elif name not in ending:
            yield Problem(("nodes", name), f"node {name!r} leads to no end", "give it a way to a hangup or an enqueue")


def _closure(edges: Mapping[str, set[str]], start: set[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo.extend(edges[node])
    return seen


def _missing(flow: Flow, store: PromptStore, file: Path) -> Iterator[Problem]:
    """Sentences and recordings that the store lacks."""
    for language in (flow.language, *flow.languages):
        for name, text in flow.banners.items():
            if (lacks := _lacks(flow, store, text, False, language)) is not None:
                yield Problem(("banners", name), f"banner {name!r}: {lacks}", _build(store, file))
        for name, node in flow.nodes.items():
            said = [(key, text, False) for key, text in (*node.texts(), *node.announcements(language))]
            slowly = [(key, text, True) for key, text in node.slow_texts(flow.slower)]
            for key, text, slow in (*said, *slowly):
                if (lacks := _lacks(flow, store, text, slow, language)) is not None:
                    what = f"node {name!r}: {lacks}"
                    yield Problem(("nodes", name, *key), what, _build(store, file))
    for name, node in flow.nodes.items():
        for key, recording in node.audio():
            if recording not in store:
                fix = f"use one of {', '.join(store.names())}, or callfloor prompts add {recording} FILE.wav"
                yield Problem(("nodes", name, *key), f"node {name!r}: no recording named {recording!r}", fix)


def _lacks(flow: Flow, store: PromptStore, text: str, slow: bool, language: str) -> str | None:
    source = flow.source(text, slow, language)
    if source.key in store:
        return None
    return f"no recording of {_short(source.text)!r}{' slowly' if slow else ''} in voice {source.voice}"


def _unrecorded(answers: Iterable[str], flow: Flow, store: PromptStore, file: Path) -> Iterator[Problem]:
    """Answers that the store lacks."""
    for text in answers:
        if flow.prompt(text).audio not in store:
            what = f"no recording of the answer {_short(text)!r} in voice {flow.voice}"
            yield Problem(("nodes",), what, _build(store, file))


def _build(store: PromptStore, file: Path) -> str:
    return f"callfloor prompts build {'' if store.rate == RATE else '--wide '}{file}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
