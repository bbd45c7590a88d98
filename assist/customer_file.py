"""Customers from a CSV file (RFC 4180; commas, semicolons or tabs; UTF-8), every bad line named. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assist.store.customers import CustomerRecord
from assist.store.numbers import e164
from voice.errors import CallfloorError

NEEDED = ("name", "phone")
KNOWN = (*NEEDED, "external_id", "preferred_name", "since", "value", "style", "open_issues")
STYLES = ("", "quick", "caring")
LONGEST = 200
SEPARATOR = "|"
"""Between open issues."""
MOST_ISSUES = 20
MAX_NAMED = 1000
"""Bad lines that are named one by one; a file with more is another file."""


class CustomerFileError(CallfloorError):
    """The file is not a list of customers at all."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """``line``: in the file, from 1; ``what``: is wrong with it."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """What a file holds."""

    records: tuple[CustomerRecord, ...]
    bad: tuple[BadLine, ...]


def read_customers(data: bytes, region: str = "") -> CustomerFile:
    """The customers of a file. Its first line names the columns (``KNOWN``, in any order). ``region``: see
    ``store.numbers.e164``. Raises CustomerFileError.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CustomerFileError(f"line {line}: not UTF-8. Fix: save the file as UTF-8") from None
    rows = _rows(text)
    columns = next(rows, (0, []))[1]
    _check_columns(columns)
    records: list[CustomerRecord] = []
    bad: list[BadLine] = []
    for line, row in rows:
        found = _record(dict(zip(columns, row, strict=False)), region) if len(row) == len(columns) else None
        if isinstance(found, CustomerRecord):
            records.append(found)
        elif len(bad) < MAX_NAMED:
            bad.append(BadLine(line, found or f"{len(row)} fields where the first line names {len(columns)}"))
    return CustomerFile(tuple(records), tuple(bad))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield reader.line_num, [field.strip() for field in row]
    except csv.Error as error:
        raise CustomerFileError(f"line {reader.line_num}: {error}") from None


def _check_columns(columns: list[str]) -> None:
    for name in NEEDED:
        if name not in columns:
            raise CustomerFileError(
                f"line 1: there is no column {name!r}. Fix: name the columns, of {', '.join(KNOWN)}"
            )
    for name in columns:
        if name not in KNOWN or columns.count(name) > 1:
            what = "stands twice" if name in KNOWN else "is not known"
            raise CustomerFileError(f"line 1: column {name!r} {what}. Fix: use each once, of {', '.join(KNOWN)}")


def _record(fields: dict[str, str], region: str) -> CustomerRecord | str:
    """The customer of a line, or what is wrong."""
    issues = open_issues(fields.pop("open_issues")) if "open_issues" in fields else None
    problem = unfit(fields, issues or ())
    if problem:
        return problem
    if not fields["name"]:
        return "name: it is empty"
    number = e164(fields["phone"], region)
    if number is None:
        return f"phone: {fields['phone']!r} is no number that can be called" + (
            "" if region else " (set [customers] region?)"
        )
    if fields.get("style", "") not in STYLES:
        return f"style: {fields['style']!r} is none of quick, caring"
    since = None
    if fields.get("since"):
        try:
            since = date.fromisoformat(fields["since"])
        except ValueError:
            return f"since: {fields['since']!r} is no date such as 2021-05-17"
    return CustomerRecord(
        fields["name"], number, fields.get("external_id", ""), fields.get("preferred_name", ""), since,
        fields.get("value", ""), fields.get("style", ""), issues,
    )  # fmt: skip


def open_issues(written: str) -> tuple[str, ...]:
    """Issues written into one text."""
    return tuple(issue for part in written.split(SEPARATOR) if (issue := part.strip()))


def unfit(fields: Mapping[str, str], issues: Sequence[str]) -> str:
    """What is wrong with texts that are to be kept of a customer; empty for nothing."""
    for name, text in (*fields.items(), *(("open_issues", issue) for issue in issues)):
        if len(text) > LONGEST or "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            return f"{name}: at most {LONGEST} characters, none of them NUL or half of one"
    return f"open_issues: at most {MOST_ISSUES}" if len(issues) > MOST_ISSUES else ""
