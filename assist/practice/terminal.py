"""Practice in a terminal: what there is, a call by typing, the debrief."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from assist.content import load_content
from assist.desk import Desk
from assist.practice.debrief import Debrief, Judge, debrief
from assist.practice.persona import Persona, load_persona, scenarios
from assist.practice.rehearsal import Rehearsal
from assist.quality.principles import Scorecard
from assist.quality.spec import load_scorecard
from assist.store.seed import demo_customer

_PROMPT = "you> "


def listing(console: Console) -> None:
    """What comes with callfloor, the easy ones first."""
    table = Table("scenario", "level", "what it is about", box=None)
    each = [(name, load_persona(file)) for name, file in scenarios().items()]
    for name, persona in sorted(each, key=lambda pair: (pair[1].level, pair[0])):
        table.add_row(name, f"{persona.level} of 6", persona.title)
    console.print(table)


class Status:
    """An audience that is told what goes on, but not what is said: that is on the page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def status(self, text: str) -> None:
        """One line."""
        self._console.print(text, highlight=False)

    def desk(self, desk: Desk) -> None:
        """The trainee has her own page."""


def rehearse(persona: Persona, console: Console) -> Debrief:
    """A call by typing, lines from standard input; its end is the agent's hanging up."""
    now, content = datetime.now(UTC), load_content()
    judge = Judge(content, load_scorecard(content), demo_customer(persona.number, now.date()))
    call = Rehearsal(persona, content, now.timestamp(), judge.customer)
    console.print(f"{persona.name} calls from {persona.number}. You have answered. Ctrl-D hangs up.", highlight=False)
    shown: set[str] = set()
    while not call.over:
        if sys.stdin.isatty():
            sys.stdout.write(_PROMPT)
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            call.hang_up()
            break
        said = call.agent_says(line.strip()) if line.strip() else call.wait(persona.patience_s)
        for each in said:
            console.print(f"  {persona.name}: {each}", highlight=False, markup=False)
        for card in call.cards.values():
            if card.title not in shown:
                shown.add(card.title)
                console.print(f"{'':34}▸ {card.title}", style="dim", highlight=False, markup=False)
    assert call.summary is not None
    return debrief(call.mind, call.log, call.summary, judge)


def show(found: Debrief, console: Console) -> None:
    """The debrief for people."""
    ended = "content" if found.content else "helped, but not happy" if found.helped else "not helped"
    console.print(f"\n[bold]{found.title}[/bold] (level {found.level} of 6)", highlight=False)
    table = Table(show_header=False, box=None)
    table.add_row("The customer wanted", found.goal)
    table.add_row("The customer was", ended)
    table.add_row("The mood", f"{found.mood_start:+.2f} → {found.mood_end:+.2f} (-1..1)")
    table.add_row("The words", f"{found.sentiment_start:+.2f} → {found.sentiment_end:+.2f}, as the software read them")
    for felt in found.course:
        table.add_row("", f"{felt.at:6.1f} s  {felt.change:+.2f}  {felt.why}")
    for measure in found.measures:
        value = "-" if measure.value is None else f"{measure.value:.1f} {measure.unit}".rstrip()
        table.add_row(measure.title, value)
    for steps in found.steps:
        left = f"; open: {', '.join(steps.open)}" if steps.open else ""
        table.add_row(f"Steps of {steps.playbook}", f"{steps.done} of {steps.of}{left}")
    for advised in found.advice:
        table.add_row("You were advised", f"{advised.title} ({advised.why})")
    for promise in found.promises:
        table.add_row("You promised", promise)
    console.print(table, highlight=False)
    if found.scorecard is not None:
        _scores(found.scorecard, found.exercise, console)


def _scores(card: Scorecard, exercise: str, console: Console) -> None:
    table = Table("principle", "of 100", "because", box=None)
    for score in card.scores:
        because = [
            f"{each.text}: “{each.quote}”" if each.quote else each.text for m in score.marks for each in m.moments
        ]
        table.add_row(score.principle.label, "-" if score.value is None else f"{score.value:.0f}", "; ".join(because))
    table.add_row("all of them", "-" if card.overall is None else f"{card.overall:.0f}", "")
    console.print(table, highlight=False)
    if exercise:
        console.print(f"Practise: {exercise}", highlight=False, markup=False)
