"""A flow as a picture: Mermaid's text, which its own tools, code hosts and editors draw."""

from __future__ import annotations

import re

from ivr.schema import Flow
from ivr.verbs import Verb
from ivr.verbs.base import Key

_LONGEST = 60


def mermaid(flow: Flow) -> str:
    """``flow`` as a Mermaid flowchart: a box per node, an arrow per way out, in the order of the file."""
    ids = {name: f"n{number}" for number, name in enumerate(flow.nodes)}
    lines = ["flowchart TD", f'    start(["{_quoted(flow.name)}"]) --> {ids[flow.start]}']
    for name, node in flow.nodes.items():
        opening, closing = ("([", "])") if node.terminal else ("{", "}") if node.verb == "branch" else ("[", "]")
        lines.append(f'    {ids[name]}{opening}"{_label(name, node)}"{closing}')
    for name, node in flow.nodes.items():
        for key, target in node.targets():
            named = _quoted(way(key))
            label = f'|"{named}"|' if named else ""
            lines.append(f"    {ids[name]} -->{label} {ids[target]}")
    return "\n".join(lines) + "\n"


def _label(name: str, node: Verb) -> str:
    return "<br/>".join(filter(None, (f"{_quoted(node.verb)}: {_quoted(name)}", _quoted(said_first(node, _LONGEST)))))


def said_first(node: Verb, longest: int) -> str:
    """The first sentence a node says, cut to ``longest`` letters."""
    said = next((text for _, text in node.texts()), "")
    return said if len(said) <= longest else said[: longest - 1] + "…"


def way(key: Key) -> str:
    """What leads there: the digit of a choice, the number of a case, else the key's own name; nothing for ``next``."""
    match key:
        case ("next",):
            return ""
        case ("choices", choice):
            return str(choice)
        case ("cases", int(index), *_):
            return f"case {index + 1}"
        case _:
            return str(key[0])


def _quoted(text: str) -> str:
    """Mermaid's own escapes: anything that could end a label or begin markup, as a character code."""
    return re.sub(r"[^\w \-.,:!?/’…]", lambda found: f"#{ord(found[0])};", text)
