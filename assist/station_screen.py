"""The terminal station's screen: a state as text. Pure; rich renders it."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from assist.station_keys import Keyboard
from voice.quality import MOS_WARNING
from voice.station_state import CallLine, Phase, StationState

_PHASES: Final = {
    Phase.IDLE: ("free", "dim"),
    Phase.RINGING: ("ringing", "bold yellow"),
    Phase.DIALLING: ("dialling", "yellow"),
    Phase.IN_CALL: ("talking", "bold green"),
    Phase.HELD: ("on hold", "cyan"),
}
_HELP: Final = (
    "a answer  d decline  b busy  h hang up  o hold/resume  s swap  m mute  0-9 * # digits",
    "n dial  r redial  t transfer  c consult  k complete  j join  x split  p pause rec  D do not disturb  q quit",
)


def screen(agent: str, state: StationState, keyboard: Keyboard, answer: str = "") -> RenderableType:
    """The whole screen; ``answer`` is what the station said to the last key."""
    parts: list[RenderableType] = [_headline(state), _lines(state)]
    if state.trouble:
        parts.append(Text(f"! {state.trouble}", "bold red"))
    if keyboard.verb:
        parts.append(Text(f"{keyboard.prompt}: {keyboard.typed}▏   (Enter, Esc)", "bold"))
    elif answer:
        parts.append(Text(answer, "yellow"))
    parts += [Text(line, "dim") for line in _HELP]
    return Panel(Group(*parts), title=f"callfloor · {agent}", title_align="left")


def _headline(state: StationState) -> Text:
    line = Text()
    line.append("registered" if state.registered else "NOT REGISTERED", "green" if state.registered else "bold red")
    line.append(f"   headset: {state.headset or 'no buttons'}")
    if state.muted:
        line.append(f"   MUTED{f' by the {state.mute_lock}' if state.mute_lock else ''}", "bold red")
    if state.do_not_disturb:
        line.append("   do not disturb", "bold magenta")
    return line


def _lines(state: StationState) -> RenderableType:
    if not state.lines:
        return Text("No call.", "dim")
    table = Table.grid(padding=(0, 2))
    for line in state.lines:
        name, style = _PHASES[line.phase]
        here = "▶" if line.leg_id == state.leg_id else " "
        table.add_row(here, Text(name, style), line.caller, _remarks(line), _quality(line))
    return table


def _remarks(line: CallLine) -> Text:
    remarks = [
        "consultation" if line.consult else "",
        "conference" if line.joined else "",
        "they hold us" if line.held_by_peer else "",
        "encrypted" if line.encrypted else "",
        ("recording paused" if line.paused else "recording") if line.slot >= 0 else "",
    ]
    return Text(", ".join(remark for remark in remarks if remark), "dim")


def _quality(line: CallLine) -> Text:
    if not line.mos:
        return Text("")
    poor = line.mos < MOS_WARNING
    return Text(f"MOS {line.mos:.1f}{' poor line' if poor else ''}", "bold red" if poor else "green")
