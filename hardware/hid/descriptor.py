"""USB HID report descriptors (Device Class Definition for HID 1.11, section 6.2.2): bytes in, fields out.

Pure and total: any bytes give a ``ReportDescriptor``, in time linear in their number; what is wrong with them is
listed in ``problems``, and what was read before the damage is kept. Usage pages follow Linux rather than the letter
of the standard, because devices were built against the hosts' parsers: a page is bound when a usage is declared, and
the trailing short usages are bound again at the main item until one is met that already sits on the page then
current. One exception, found on real devices: a programmable button (``0B:07``) stays one when the Button page
follows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from hardware.hid.items import Damaged, Item, items
from hardware.hid.usages import BUTTON_PAGE, PROGRAMMABLE_BUTTON, Usage

MAX_BITS: Final = 8 * 16384  # Linux: HID_MAX_BUFFER_SIZE; a longer report is damage
MAX_USAGES: Final = 12288  # Linux: HID_MAX_USAGES, per main item
MAX_ALL_USAGES: Final = 1 << 17  # of one descriptor: bounds time and memory whatever the bytes
MAX_DEPTH: Final = 64
MAX_FIELDS: Final = 4096

_APPLICATION: Final = 1


class ReportKind(Enum):
    """Which way a report travels, as the tag of its main item."""

    INPUT = 0x8
    OUTPUT = 0x9
    FEATURE = 0xB


@dataclass(frozen=True, slots=True)
class FieldFlags:
    """The bits of an Input, Output or Feature item that matter here (6.2.2.5)."""

    constant: bool
    variable: bool
    relative: bool
    no_preferred: bool
    null_state: bool

    @classmethod
    def of(cls, bits: int) -> FieldFlags:
        """The flags of a main item's data."""
        return cls(bool(bits & 1), bool(bits & 2), bool(bits & 4), bool(bits & 0x20), bool(bits & 0x40))


@dataclass(frozen=True, slots=True)
class HidField:
    """One main item that names usages: ``count`` elements of ``size`` bits, the first at ``offset`` bits after the
    report id.

    ``usages`` are in order of declaration; for a variable field element ``i`` has usage ``i`` (the last repeats).
    ``collections`` is outermost first; ``application`` is the innermost application collection that names a usage.
    """

    kind: ReportKind
    report_id: int
    offset: int
    size: int
    count: int
    flags: FieldFlags
    logical_minimum: int
    logical_maximum: int
    usages: tuple[Usage, ...]
    collections: tuple[Usage | None, ...]
    application: Usage | None


@dataclass(frozen=True, slots=True)
class ReportDescriptor:
    """What a descriptor says.

    ``report_bits`` is the payload of each report in bits, padding included, without the report id. ``numbered`` is
    whether reports begin with an id byte. ``applications`` are the usages of all application collections, empty ones
    too.
    """

    fields: tuple[HidField, ...]
    report_bits: dict[tuple[ReportKind, int], int]
    applications: tuple[Usage, ...]
    numbered: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Global:
    usage_page: int = 0
    logical_minimum: int = 0
    logical_maximum: int = 0
    maximum_item: Item | None = None
    report_size: int = 0
    report_count: int = 0
    report_id: int = 0


@dataclass(slots=True)
class _Local:
    usages: list[Usage] = field(default_factory=list)
    short: list[bool] = field(default_factory=list)
    minimum: tuple[int, bool] | None = None
    in_delimiter: bool = False
    delimiter_taken: bool = False


class _Parser:
    def __init__(self) -> None:
        self.globals = _Global()
        self.stack: list[_Global] = []
        self.local = _Local()
        self.open: list[tuple[int, Usage | None]] = []
        self.fields: list[HidField] = []
        self.bits: dict[tuple[ReportKind, int], int] = {}
        self.applications: list[Usage] = []
        self.numbered = False
        self.declared = 0
        self.problems: list[str] = []

    def item(self, item: Item) -> None:
        match item.kind:
            case 0:
                self._main(item)
                self.local = _Local()
            case 1:
                self._global(item)
            case 2:
                self._local(item)
            case _:
                self.problems.append(f"byte {item.at}: reserved item type")

    def _global(self, item: Item) -> None:
        now = self.globals
        match item.tag:
            case 0x0:
                self.globals = replace(now, usage_page=item.data & 0xFFFF)
            case 0x1:
                self.globals = replace(now, logical_minimum=item.signed)
            case 0x2:
                self.globals = replace(now, logical_maximum=item.data, maximum_item=item)
            case 0x7:
                self.globals = replace(now, report_size=item.data)
            case 0x8:
                if not 0 < item.data <= 255:
                    raise Damaged(f"byte {item.at}: report id {item.data} is outside 1..255")
                self.globals = replace(now, report_id=item.data)
                self.numbered = True
            case 0x9:
                self.globals = replace(now, report_count=item.data)
            case 0xA:
                if len(self.stack) >= MAX_DEPTH:
                    raise Damaged(f"byte {item.at}: more than {MAX_DEPTH} pushes")
                self.stack.append(now)
            case 0xB:
                if not self.stack:
                    raise Damaged(f"byte {item.at}: pop without push")
                self.globals = self.stack.pop()
            case _:
                pass  # physical range, unit, unit exponent: of no use for buttons and lights

    def _local(self, item: Item) -> None:
        local = self.local
        short = item.size <= 2
        match item.tag:
            case 0x0:
                if local.in_delimiter and local.delimiter_taken:
                    return  # alternatives of a delimited set: the first is the preferred one (6.2.2.8)
                local.delimiter_taken = local.in_delimiter
                self._declare(item.data, short)
            case 0x1:
                local.minimum = (item.data, short)
            case 0x2:
                self._declare_range(item)
            case 0xA:
                local.in_delimiter = bool(item.data)
                local.delimiter_taken = False
            case _:
                pass  # designators and strings

    def _declare(self, data: int, short: bool) -> None:
        page = self.globals.usage_page if short else data >> 16
        self.local.usages.append(Usage(page, data & 0xFFFF))
        self.local.short.append(short)
        self.declared += 1
        if len(self.local.usages) > MAX_USAGES or self.declared > MAX_ALL_USAGES:
            raise Damaged(f"more than {MAX_USAGES} usages in one item, or {MAX_ALL_USAGES} in all")

    def _declare_range(self, item: Item) -> None:
        low, short = self.local.minimum or (0, True)
        high = item.data
        self.local.minimum = None
        if not short and item.size <= 2:  # an extended minimum gives its page to a short maximum
            high |= low & 0xFFFF0000
        elif short and item.size > 2:
            low |= high & 0xFFFF0000
        short = short and item.size <= 2
        if not low <= high or high - low >= MAX_USAGES:
            self.problems.append(f"byte {item.at}: usage range {low:X}..{high:X}")
            return
        for data in range(low, high + 1):
            self._declare(data, short)

    def _main(self, item: Item) -> None:
        self._bind_again()
        match item.tag:
            case 0x8 | 0x9 | 0xB:
                self._field(ReportKind(item.tag), item)
            case 0xA:
                self._open(item)
            case 0xC:
                if self.open:
                    self.open.pop()
                else:
                    self.problems.append(f"byte {item.at}: end of a collection that was not opened")
            case _:
                self.problems.append(f"byte {item.at}: unknown main item {item.tag:X}")

    def _bind_again(self) -> None:
        page = self.globals.usage_page
        usages = self.local.usages
        for index in reversed(range(len(usages))):
            if not self.local.short[index]:
                continue
            if usages[index].page == page:
                break
            if usages[index] == PROGRAMMABLE_BUTTON and page == BUTTON_PAGE:
                break  # Jabra and Yealink write "09 07 05 09 81 02": programmable button, not button 7
            usages[index] = usages[index]._replace(page=page)

    def _open(self, item: Item) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise Damaged(f"byte {item.at}: collections nested deeper than {MAX_DEPTH}")
        usage = self.local.usages[0] if self.local.usages else None
        self.open.append((item.data, usage))
        if item.data == _APPLICATION and usage is not None:
            self.applications.append(usage)

    def _field(self, kind: ReportKind, item: Item) -> None:
        now = self.globals
        key = (kind, now.report_id)
        offset = self.bits.get(key, 0)
        bits = now.report_size * now.report_count
        if offset + bits > MAX_BITS:
            raise Damaged(f"byte {item.at}: report {now.report_id:02X} is longer than {MAX_BITS // 8} bytes")
        self.bits[key] = offset + bits
        if not self.local.usages or not bits:
            return  # padding; but a constant field that names a usage is a control on real devices
        if len(self.fields) >= MAX_FIELDS:
            raise Damaged(f"byte {item.at}: more than {MAX_FIELDS} fields")
        applications = [usage for kind_, usage in self.open if kind_ == _APPLICATION and usage is not None]
        maximum = now.logical_maximum
        if now.logical_minimum < 0 and now.maximum_item is not None:
            maximum = now.maximum_item.signed
        self.fields.append(
            HidField(
                kind=kind,
                report_id=now.report_id,
                offset=offset,
                size=now.report_size,
                count=now.report_count,
                flags=FieldFlags.of(item.data),
                logical_minimum=now.logical_minimum,
                logical_maximum=maximum,
                usages=tuple(self.local.usages),
                collections=tuple(usage for _, usage in self.open),
                application=applications[-1] if applications else None,
            )
        )


def parse(data: bytes) -> ReportDescriptor:
    """Read a report descriptor. Never raises: see ``problems`` of the result."""
    parser = _Parser()
    try:
        for item in items(data):
            parser.item(item)
    except Damaged as damage:
        parser.problems.append(str(damage))
    if parser.open:
        parser.problems.append(f"{len(parser.open)} collections are not closed")
    return ReportDescriptor(
        fields=tuple(parser.fields),
        report_bits=parser.bits,
        applications=tuple(parser.applications),
        numbered=parser.numbered,
        problems=tuple(parser.problems),
    )
