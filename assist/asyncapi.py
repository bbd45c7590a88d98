"""The websockets of pages, boards and stations as an AsyncAPI 3.0 document, made from the types.

``python -m assist.asyncapi docs/asyncapi.json`` writes it; ``--check`` fails where the file is not what the types say.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from assist.api.messages import (
    COMMANDS,
    AckMessage,
    CommandMessage,
    FeedHello,
    StationHello,
    StationReply,
    StationState,
)
from assist.api.ports import StationReport, StationVerb
from assist.board.rows import Changes
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
    "and a consumer they cannot be kept for is closed with 1013. Close codes: 4400 malformed, 4401 no valid token "
    "(any more), 4403 wrong origin, 4405 not allowed, 4409 replaced by a newer connection of the station, 1012 the "
    "floor is started again, 1013 come back; a handshake too many is answered 429."
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
    sockets = {"feed": (sent, taken), "board": _board(schemas), "station": _station(schemas)}
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name, (outwards, inwards) in sockets.items():
        messages |= outwards | inwards
        operations[f"tell_{name}"] = _operation(name, "send", outwards)
        operations[f"take_{name}"] = _operation(name, "receive", inwards)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "callfloor", "version": "1", "description": _OVERVIEW},
        "channels": {name: _channel(name, (*out, *taken)) for name, (out, taken) in sockets.items()},
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas, "x-commands": commands},
    }


def _board(schemas: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a supervisor's board is told and says. Keys differ from the feed's: a message is defined once in all."""
    hello = _body(
        "hello", "The first message; `resume_from` and `desk` mean nothing here.", _schema(FeedHello, schemas)
    )
    news = "What has changed, at most four times a second; everything (`whole`) first. The latest counts."
    rows = _body("board", news, _schema(Changes, schemas, "serialization"))
    beat = _message("beat", "Every five seconds.", {"at": _MOMENT})
    welcome = _message("welcome", "The answer to hello.", {"at": _MOMENT, "data": {"type": "object"}})
    return {"board.welcome": welcome, "board": rows, "board.beat": beat}, {"board.hello": hello}


def _station(schemas: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an agent's station is told and says; its ``state`` is a StationReport."""
    fields = {"id": _TEXT, "command": {"enum": list(get_args(StationVerb))}, "leg_id": _TEXT, "argument": _TEXT}
    told = {"station.command": _message("command", "Answered by a reply within five seconds.", fields)}
    schemas["StationReport"] = _schema(StationReport, schemas)
    taken = {
        "station.hello": _body(
            "hello", "The first message, with a token of the agent's.", _schema(StationHello, schemas)
        ),
        "station.report": _body(
            "state", "The station, whole, at each change: StationReport.", _schema(StationState, schemas)
        ),
        "station.reply": _body("reply", "The answer to a command.", _schema(StationReply, schemas)),
    }
    return told, taken


def _channel(name: str, messages: Iterable[str]) -> dict[str, Any]:
    listed = {each: {"$ref": f"#/components/messages/{each}"} for each in messages}
    return {"address": f"/api/{name}", "messages": listed}


def _operation(channel: str, action: str, messages: dict[str, Any]) -> dict[str, Any]:
    named = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": named}


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
