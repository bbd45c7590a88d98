"""vosk-server's websocket protocol: what clients send, and replies in the very layout of libvosk's own strings. Pure.

Client: ``{"config": {...}}``, binary int16 little-endian mono samples (or a whole WAV file), ``{"reset" : 1}``,
``{"eof" : 1}``. Server: one text for each binary message (``partial``, or ``text`` with ``result``), for a reset and
for the end. Some clients look for substrings of it, so spaces and line breaks are part of the protocol.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from transcription.recogniser import ALTERNATIVES_MAX, RATE_MAX, RATE_MIN, Alternative
from transcription.utterances import Word
from transcription.wire import WireError

DEFAULT_RATE = 8000
PHRASES_MAX = 5000


@dataclass(frozen=True, slots=True)
class Configuration:
    """What one client asked for. ``rate`` Hz; ``words``: list words with times; ``alternatives``: readings wanted
    instead of one text (0: one text); ``phrases``: all that may be said; ``model``: an installed model's name.
    """

    rate: int = DEFAULT_RATE
    words: bool = True
    alternatives: int = 0
    phrases: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Eof:
    """No more audio: the last words, then the connection is closed."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The words so far as if the utterance had ended; the connection goes on."""


def decode_text(text: str, current: Configuration) -> Configuration | Eof | Reset:
    """What a text message means. Unknown keys are ignored, as vosk-server does. Raises WireError."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}"[:120]) from None
    if not isinstance(message, dict):
        raise WireError("a text message is a JSON object")
    if "config" in message:
        return _configured(message["config"], current)
    if message.get("eof"):
        return Eof()
    if message.get("reset"):
        return Reset()
    raise WireError("a text message holds config, eof or reset")


def _configured(config: object, current: Configuration) -> Configuration:
    if not isinstance(config, dict):
        raise WireError("config is a JSON object")
    changed = current
    if "sample_rate" in config:
        changed = replace(changed, rate=int(_number(config, "sample_rate", RATE_MIN, RATE_MAX)))
    if "words" in config:
        changed = replace(changed, words=bool(config["words"]))
    if "max_alternatives" in config:
        changed = replace(changed, alternatives=int(_number(config, "max_alternatives", 0, ALTERNATIVES_MAX)))
    if "phrase_list" in config:
        changed = replace(changed, phrases=_phrases(config["phrase_list"]))
    if "model" in config:
        if not isinstance(config["model"], str):
            raise WireError("model is the name of an installed model")
        changed = replace(changed, model=config["model"])
    return changed


def _number(config: dict[str, Any], key: str, least: int, most: int) -> float:
    """libvosk hangs on a rate of 0 and aborts on negative ones and NaN."""
    value = config[key]
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not least <= number <= most:
        raise WireError(f"{key} is a number of {least} to {most}, not {json.dumps(value)[:40]}")
    return number


def _phrases(value: object) -> tuple[str, ...]:
    """libvosk crashes on grammars that are not lists of texts."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > PHRASES_MAX or not all(isinstance(phrase, str) for phrase in value):
        raise WireError(f"phrase_list is a list of at most {PHRASES_MAX} texts")
    return tuple(phrase for phrase in value if phrase.strip())


NOTHING_HEARD = '{"text": ""}'
NO_ALTERNATIVES = '{"alternatives" : [{"text": "", "confidence" : 1.0}] }'


def nothing(configuration: Configuration) -> str:
    """libvosk's answer where it was given no audio since the last result; its layout differs from all the others."""
    return NO_ALTERNATIVES if configuration.alternatives else NOTHING_HEARD


def partial(text: str) -> str:
    """A running hypothesis."""
    return dumps({"partial": text})


def result(words: Sequence[Word], configuration: Configuration) -> str:
    """The words of an utterance."""
    listed = [{"conf": w.confidence, "end": w.end_s, "start": w.start_s, "word": w.text} for w in words]
    return dumps(_text(words, listed, configuration))


def ranked(readings: Sequence[Alternative], configuration: Configuration) -> str:
    """The readings of an utterance, best first."""
    found = []
    for reading in readings[: configuration.alternatives]:
        listed = [{"end": w.end_s, "start": w.start_s, "word": w.text} for w in reading.words]
        found.append({"confidence": float(reading.score), **_text(reading.words, listed, configuration)})
    return dumps({"alternatives": found})


def _text(words: Sequence[Word], listed: list[dict[str, Any]], configuration: Configuration) -> dict[str, Any]:
    text = {"text": " ".join(word.text for word in words)}
    return {"result": listed, **text} if listed and configuration.words else text


def dumps(value: Any, depth: int = 0) -> str:
    """JSON as libvosk lays it out: members of objects on lines of their own, elements of lists not; six decimals."""
    if isinstance(value, dict):
        pad = "  " * (depth + 1)
        members = ",\n".join(f"{pad}{json.dumps(key)} : {dumps(held, depth + 1)}" for key, held in value.items())
        return f"{{\n{members}\n{pad[2:]}}}"
    if isinstance(value, list):
        return f"[{', '.join(dumps(held, depth + 1) for held in value)}]"
    if isinstance(value, float):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False)
