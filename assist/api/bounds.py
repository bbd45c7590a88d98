"""How much a command may hold, and that its words are ones every database can keep. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from assist.api.commands import AgentCommand, Coach, ForceState, RaiseHand, SetState, WrapUp

MAX_NOTE = 4000
MAX_REASON = 64
MAX_COACHING = 500
MAX_TASKS = 20
MAX_TASK = 300


def wrong(command: AgentCommand) -> str:
    """What is wrong with it; empty where nothing is."""
    texts = list(_texts(asdict(command)))
    if not all(_is_text(text) for text in texts):
        return "NUL, or half a character"
    if any(len(text) > MAX_NOTE for text in texts):
        return f"at most {MAX_NOTE} characters"
    match command:
        case Coach(text=text) | RaiseHand(text=text) if len(text) > MAX_COACHING:
            return f"at most {MAX_COACHING} characters"
        case SetState(reason=reason) | ForceState(reason=reason) if len(reason) > MAX_REASON:
            return f"a reason has at most {MAX_REASON} characters"
        case WrapUp():
            return _wrong_wrap_up(command)
    return ""


def _wrong_wrap_up(command: WrapUp) -> str:
    if len(command.disposition) > MAX_REASON:
        return f"at most {MAX_REASON} characters of disposition"
    if len(command.tasks) > MAX_TASKS or any(len(task.text) > MAX_TASK for task in command.tasks):
        return f"at most {MAX_TASKS} tasks of {MAX_TASK} characters"
    for task in command.tasks:
        try:
            date.fromisoformat(task.due_on or "2000-01-01")
        except ValueError:
            return f"{task.due_on[:20]!r} is not a date"
    return ""


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)


def _is_text(text: str) -> bool:
    """Half a surrogate pair is in no encoding (Unicode 15, section 3.9), and PostgreSQL keeps no NUL."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
