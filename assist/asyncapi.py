"""The page's websocket as an AsyncAPI 3.0 document, made from the types.

``python -m assist.asyncapi docs/asyncapi.json`` writes it; ``--check`` fails where the file is not what the types say.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from assist.api.messages import COMMANDS, AckMessage, CommandMessage, FeedHello
from assist.desk import Desk
from assist.desk_events import FEED_EVENTS
from voice.events import Event

_REF = "#/components/schemas/{model}"
_TEXT: dict[str, Any] = {"type": "string"}
_MOMENT = {"type": "number", "description": "Unix seconds"}
_OVERVIEW = (
    "One socket a page. The first message is `hello` with a token of `POST /api/login`; the answer `welcome` says "
    "whether the feed goes on after `resume_from` without loss or duplicate, or begins with a `snapshot` of the whole "
    "desk. `seq` rises by one with each message; `resume_from` in the next hello acknowledges all up to it. "
    "A page that sends `ack` now and then is closed with 1013 when 500 messages are on their way unacknowledged. "
    "Live messages (partials) of one utterance replace each other for a slow consumer; all others are never dropped, "
    "and a consumer they cannot be kept for is closed with 1013. Close codes: 4400 malformed, 4401 no valid token, "
    "4403 wrong origin."
)


def document() -> dict[str, Any]:
    """The AsyncAPI document as JSON values."""
    schemas: dict[str, Any] = {}
    sent = {kind.type: _event(kind, schemas) for kind in FEED_EVENTS}
    sent |= {"snapshot": _envelope("snapshot", "The whole desk.", _schema(Desk, schemas, "serialization"))}
    sent |= {"welcome": _welcome(), "beat": _message("beat", "Every five seconds.", {"at": _MOMENT}), "reply": _reply()}
    taken = {
        "hello": _body("hello", "The first message.", _schema(FeedHello, schemas)),
        "ack": _body("ack", "What the page has received; see the overview.", _schema(AckMessage, schemas)),
        "command": _body("command", f"One of: {', '.join(COMMANDS)}.", _schema(CommandMessage, schemas)),
    }
    commands = {name: _schema_of(adapter, schemas) for name, adapter in COMMANDS.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "callfloor feed", "version": "1", "description": _OVERVIEW},
        "channels": {"feed": {"address": "/api/feed", "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in (*sent, *taken)
        }}},
        "operations": {"tell": _operation("send", sent), "take": _operation("receive", taken)},
        "components": {"messages": sent | taken, "schemas": schemas, "x-commands": commands},
    }  # fmt: skip


def _operation(action: str, messages: dict[str, Any]) -> dict[str, Any]:
    named = [{"$ref": f"#/channels/feed/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": "#/channels/feed"}, "messages": named}


def _event(kind: type[Event], schemas: dict[str, Any]) -> dict[str, Any]:
    lives = "" if kind.durable else " Live: coalesced, never resent."
    summary = " ".join(inspect.cleandoc(kind.__doc__ or "").split()) + lives
    return _envelope(kind.type, summary, _schema(kind, schemas, "serialization"))


def _envelope(name: str, summary: str, data: dict[str, Any]) -> dict[str, Any]:
    contact = {"type": ["string", "null"]}
    fields = {"id": _TEXT, "contact_id": contact, "seq": {"type": "integer"}, "at": _MOMENT, "data": data}
    return _message(name, summary, fields)


def _welcome() -> dict[str, Any]:
    data = {
        "type": "object",
        "properties": {"user": _TEXT, "name": _TEXT, "schema": {"type": "integer"}, "resumed": {"type": "boolean"}},
    }
    return _message("welcome", "The answer to hello.", {"id": _TEXT, "at": _MOMENT, "data": data})


def _reply() -> dict[str, Any]:
    return _message("reply", "The answer to a command.", {"id": _TEXT, "ok": {"type": "boolean"}, "reason": _TEXT})


def _message(name: str, summary: str, fields: dict[str, Any]) -> dict[str, Any]:
    properties = {"type": {"const": name}, **fields}
    return _body(name, summary, {"type": "object", "properties": properties, "required": list(properties)})


def _body(name: str, summary: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "summary": summary, "payload": payload}


def _schema(kind: type[Any], schemas: dict[str, Any], mode: str = "validation") -> dict[str, Any]:
    return _schema_of(TypeAdapter(kind), schemas, mode)


def _schema_of(adapter: TypeAdapter[Any], schemas: dict[str, Any], mode: str = "validation") -> dict[str, Any]:
    """The JSON schema of a type; what it is made of goes into ``schemas``."""
    made = adapter.json_schema(ref_template=_REF, mode="serialization" if mode == "serialization" else "validation")
    schemas.update(made.pop("$defs", {}))
    return made


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(prog="python -m assist.asyncapi", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    text = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if not given.check:
        given.file.write_text(text, encoding="utf-8")
        return 0
    if given.file.exists() and given.file.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{given.file} is not what the types say. Fix: python -m assist.asyncapi {given.file}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
