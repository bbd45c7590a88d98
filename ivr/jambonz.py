"""Import of jambonz applications: a JSON array of verbs becomes a flow in YAML, the verbs linked one after the other.

Read: say, play, gather, pause, enqueue, dial, sip:refer, redirect, tag, hangup (docs.jambonz.org, verbs). What jambonz
decides by a web hook (``actionHook``) this does by naming nodes, so a gather's ways out lead to the verb after it, with
a comment to say so; redirect's hook becomes a tag; sip:refer becomes a transfer. A verb or key that has no counterpart
is refused by name, never dropped, save those that only tune jambonz' own synthesisers and recognisers
(``synthesizer``, ``recognizer``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from voice.errors import DocumentError

Node = dict[str, Any]
_TUNING = frozenset({"verb", "id", "synthesizer", "recognizer"})
_GATHER = {
    "numDigits": "numDigits",
    "minDigits": "minDigits",
    "maxDigits": "maxDigits",
    "finishOnKey": "finishOnKey",
    "timeout": "timeout",
    "interDigitTimeout": "interDigitTimeout",
    "dtmfBargein": "bargein",
    "bargein": "bargein",
    "minBargeinWordCount": "minBargeinWordCount",
    "speechTimeout": "speechTimeout",
}


def import_application(file: Path, name: str) -> str:
    """The flow as YAML, to be checked with ``flow check``. Raises DocumentError: what cannot be imported, by verb."""
    return _Import(file).flow(name)


class _Import:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._readers: dict[str, Callable[[Node, str, str], Node]] = {
            "say": self._say,
            "play": self._play,
            "gather": self._gather,
            "pause": self._pause,
            "enqueue": self._enqueue,
            "dial": self._dial,
            "sip:refer": self._refer,
            "redirect": self._redirect,
            "tag": self._tag,
            "hangup": self._hangup,
        }

    def flow(self, name: str) -> str:
        named = [(self._name(verb, number), verb) for number, verb in enumerate(self._read(), start=1)]
        named = [part for own, verb in named for part in self._parts(own, verb)]
        names = [own for own, _ in named]
        nodes = {
            own: self._readers[verb["verb"]](verb, own, following)
            for (own, verb), following in zip(named, [*names, "end"][1:], strict=True)
        }
        nodes["end"] = {"verb": "hangup"}
        start = names[0] if names else "end"
        head = f"# Imported from {self._file.name}. A gather goes on at the verb after it: give it choices.\n"
        return head + yaml.safe_dump(
            {"flow": name, "speech": False, "start": start, "nodes": _reached(nodes, start)},
            sort_keys=False,
            allow_unicode=True,
        )

    def _read(self) -> list[Node]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except OSError as error:
            raise DocumentError(self._file, None, f"cannot be read ({error.strerror})", "check the path") from None
        except ValueError as error:
            line = getattr(error, "lineno", None)
            raise DocumentError(self._file, line, f"not JSON: {error}", "check brackets and commas") from None
        if not isinstance(found, list) or not all(isinstance(verb, dict) for verb in found):
            raise self._error(None, "an application is an array of verbs", "write [{...}, ...]")
        return found

    def _name(self, verb: Node, number: int) -> str:
        if verb.get("verb") not in self._readers:
            what = f"verb {number}: {verb.get('verb')!r} is not imported"
            raise self._error(None, what, f"only {', '.join(self._readers)} are")
        return f"{verb['verb'].replace('sip:', '')}_{number}"

    def _parts(self, own: str, verb: Node) -> list[tuple[str, Node]]:
        """A play of several recordings is as many nodes."""
        urls = verb.get("url")
        if verb["verb"] != "play" or not isinstance(urls, list) or not urls:
            return [(own, verb)]
        names = [own, *(f"{own}_{number}" for number in range(2, len(urls) + 1))]
        return [(name, {**verb, "url": url}) for name, url in zip(names, urls, strict=True)]

    def _error(self, own: str | None, what: str, fix: str) -> DocumentError:
        return DocumentError(self._file, None, f"{own}: {what}" if own else what, fix)

    def _known(self, verb: Node, own: str, *keys: str) -> None:
        unknown = sorted(verb.keys() - _TUNING - set(keys))
        if unknown:
            raise self._error(own, f"{unknown[0]!r} is not imported", "remove it, and write it into the flow by hand")

    def _text(self, verb: Node, own: str) -> str | list[str]:
        text = verb.get("text")
        given = text if isinstance(text, list) else [text]
        texts = [each for each in given if isinstance(each, str) and each]
        if not texts or len(texts) != len(given):
            raise self._error(own, "text is missing", "write what is said")
        if any(re.search(r"<[a-z]", each) for each in texts):
            raise self._error(own, "SSML is not imported", "write plain text")
        return texts if len(texts) > 1 else texts[0]

    def _say(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "text")
        return {"verb": "say", "text": self._text(verb, own), "next": following}

    def _play(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "url")
        url = verb.get("url")
        recording = re.sub(r"[^a-z0-9_-]+", "-", Path(url).stem.lower()).strip("-") if isinstance(url, str) else ""
        if not recording:
            raise self._error(own, "url is missing", "write what is played")
        return {"verb": "play", "recording": recording, "next": following}

    def _gather(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "input", "say", "actionHook", *_GATHER)
        given = verb.get("input", ["digits"])
        if not isinstance(given, list) or not given or set(given) - {"digits", "speech"}:
            raise self._error(own, f"input {given!r} is not imported", "write digits, speech or both")
        if not isinstance(verb.get("say"), dict):
            raise self._error(own, "say is missing", "write what is asked")
        node: Node = {"verb": "gather", "say": self._text(verb["say"], own)}
        if "speech" in given:
            node["input"] = given
        node |= {ours: verb[theirs] for theirs, ours in _GATHER.items() if theirs in verb}
        return node | {"next": following, "noInput": following}

    def _pause(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "length")
        return {"verb": "pause", "length": verb.get("length"), "next": following}

    def _enqueue(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "name", "actionHook", "waitHook", "priority")
        node: Node = {"verb": "enqueue", "queue": re.sub(r"[^a-z0-9_-]+", "-", str(verb.get("name", "")).lower())}
        # Theirs counts from 0, the first served, to 999; ours from 9 to 0.
        priority = verb.get("priority")
        if priority is not None:
            if not isinstance(priority, int) or not 0 <= priority <= 999:
                raise self._error(own, f"priority {priority!r} is not 0 to 999", "write a number, 0 is served first")
            node["priority"] = max(0, 9 - priority)
        return node | {"next": following}

    def _dial(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "target", "timeout", "timeLimit", "answerOnBridge", "actionHook")
        targets = verb.get("target")
        if not isinstance(targets, list) or len(targets) != 1 or not isinstance(targets[0], dict):
            raise self._error(own, "only one target is imported", "ring one after the other, with a dial for each")
        node: Node = {"verb": "dial"}
        match targets[0]:
            case {"type": "phone", "number": str(number)}:
                node["number"] = number
            case {"type": "user", "name": str(name)}:
                node["agent"] = name.split("@", 1)[0]
            case other:
                raise self._error(own, f"target {other.get('type')!r} is not imported", "write a phone or a user")
        node |= {key: verb[key] for key in ("timeout", "timeLimit") if key in verb}
        return node | {"next": following, "failed": following}

    def _refer(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "referTo", "actionHook")
        return {"verb": "transfer", "number": str(verb.get("referTo", "")), "failed": following}

    def _redirect(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "actionHook")
        hook = str(verb.get("actionHook", ""))[:200]
        return {"verb": "tag", "data": {"redirect": hook}, "next": "end"}

    def _tag(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own, "data")
        data = verb.get("data")
        if not isinstance(data, dict) or not data:
            raise self._error(own, "data is missing", "write what is noted")
        return {"verb": "tag", "data": {key: str(value) for key, value in data.items()}, "next": following}

    def _hangup(self, verb: Node, own: str, following: str) -> Node:
        self._known(verb, own)
        return {"verb": "hangup"}


def _reached(nodes: dict[str, Node], start: str) -> dict[str, Node]:
    """Without what nobody gets to (verbs after a hangup), which a flow does not allow."""
    seen: dict[str, None] = {}
    name: str | None = start
    while name is not None and name not in seen:
        seen[name] = None
        name = nodes[name].get("next") or nodes[name].get("failed")
    return {name: nodes[name] for name in nodes if name in seen}
