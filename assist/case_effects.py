"""What a case (``assist.casework``) wants done: values, performed by the floor."""

from __future__ import annotations

from dataclasses import dataclass

from assist.summary import ContactSummary
from voice.events import Event


@dataclass(frozen=True, slots=True)
class Tell:
    """Put an event on the desk of ``agent``."""

    agent: str
    event: Event


@dataclass(frozen=True, slots=True)
class Emit:
    """Publish an event of this contact on the bus, for the log and for supervisors."""

    event: Event


@dataclass(frozen=True, slots=True)
class LookUp:
    """Find the customer; answer with ``Case.customer_found``."""

    number: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the summary (again, when it was drafted again)."""

    summary: ContactSummary


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something of this customer's is to be settled, or of whoever called from ``number`` (``customer_id`` None)."""

    customer_id: int | None
    number: str
    title: str
    at: float


CaseEffect = Tell | Emit | LookUp | Keep | OpenTask
