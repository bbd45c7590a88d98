"""What a desk shows of a customer and of a summary, in lines ready to read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from assist.content import Content
from assist.desk_events import CustomerChoice, CustomerLine, SummaryDrafted, WrapUpSaved, WrapUpTask
from assist.history import CustomerProfile
from assist.summary import ABANDONED, GENERAL, ContactSummary, FollowUp


def customer_line(customer: CustomerProfile) -> CustomerLine:
    """What the top left of the desk says of a customer."""
    last = customer.past_contacts[0] if customer.past_contacts else None
    return CustomerLine(
        name=customer.name,
        preferred_name=customer.preferred_name,
        number=customer.phone,
        since=str(customer.since.year),
        value=customer.value,
        style=customer.style,
        open_issues=tuple(issue.title for issue in customer.issues if issue.open),
        last_contact=f"{last.on:%-d %b}: {last.summary}" if last else "",
        last_contact_bad=last is not None and last.sentiment == "negative",
    )


def choices(candidates: Iterable[CustomerProfile]) -> tuple[CustomerChoice, ...]:
    """Customers who share a number, for the agent to choose from: nothing a caller should be asked to prove."""
    return tuple(
        CustomerChoice(one.customer_id, one.name, ", ".join(filter(None, (f"since {one.since.year}", one.value))))
        for one in candidates
    )


def drafted(summary: ContactSummary, choices: Iterable[str] = ()) -> SummaryDrafted:
    """The wrap-up panel's view of a summary."""
    minutes, seconds = divmod(round(summary.talk_s), 60)
    facts = [("Talk time", f"{minutes}:{seconds:02d}"), ("Queue", summary.queue), ("Ended", summary.reason)]
    if summary.gap_s:
        facts.append(("Not transcribed", f"{summary.gap_s:.0f} s"))
    return SummaryDrafted(
        headline=summary.text.splitlines()[0],
        lines=tuple(f"Open: {step}" for step in summary.steps_open),
        disposition=summary.disposition,
        promises=tuple(follow_up.text for follow_up in summary.follow_ups),
        facts=tuple(facts),
        sentiment_start=summary.sentiment_start,
        sentiment_end=summary.sentiment_end,
        talk_ratio=summary.talk_ratio if summary.talk_ratio is not None else 0.0,
        text=summary.text,
        tasks=tuple(
            WrapUpTask(follow_up.text, follow_up.due_on.isoformat() if follow_up.due_on else "")
            for follow_up in summary.follow_ups
        ),
        choices=tuple(choices),
    )


def dispositions(content: Content) -> tuple[str, ...]:
    """Every disposition an agent may choose, in alphabetical order."""
    found = {GENERAL, ABANDONED}
    for playbook in content.playbooks.values():
        found |= {playbook.disposition.done, playbook.disposition.open}
    return tuple(sorted(found))


def edited(summary: ContactSummary, by: WrapUpSaved) -> ContactSummary:
    """The summary as the agent has it: what she left as it was keeps the words it came from."""
    drawn = {(known.text, known.due_on): known for known in summary.follow_ups}
    tasks = ((task.text, date.fromisoformat(task.due_on) if task.due_on else None) for task in by.tasks)
    follow_ups = tuple(drawn.get(task) or FollowUp(*task, "", summary.talk_s) for task in tasks)
    disposition = by.disposition or summary.disposition
    return replace(summary, text=by.text, disposition=disposition, follow_ups=follow_ups)
