"""The telephony layout of a headset: which bit of which report is the hook switch, the mute light, and so on.

Only fields under an application collection ``0B:05`` (Headset) or ``0B:01`` (Phone) count: vendors clone the same
usages in private collections, where writing does something else or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hardware.hid.descriptor import FieldFlags, HidField, ReportDescriptor, ReportKind, parse
from hardware.hid.usages import (
    BUTTON_1,
    BUTTON_PAGE,
    INPUT_NAMES,
    OUTPUT_NAMES,
    PROGRAMMABLE_BUTTON,
    TELEPHONY_APPLICATIONS,
    Usage,
)

_MAX_CONTROL_BITS: Final = 32


class ControlStyle(Enum):
    """How an on/off control speaks, by its flags (HID 1.11, 6.2.2.5; Usage Tables, 3.4.1)."""

    LEVEL = "absolute, no preferred state: the value is the position of a switch"
    MOMENTARY = "absolute, preferred state: 1 while pressed"
    TOGGLE = "relative, preferred state: each 1 is a request to change over"
    ON_OFF = "relative, no preferred state: 1 asks for on, -1 for off"


@dataclass(frozen=True, slots=True)
class Control:
    """A named control: ``size`` bits (nearly always 1) at ``bit`` of the payload of report ``report_id``."""

    name: str
    report_id: int
    bit: int
    size: int
    style: ControlStyle

    def read(self, payload: bytes) -> int:
        """Its value: 0 or 1, or -1 where the style is ON_OFF."""
        value = int.from_bytes(payload, "little") >> self.bit & ((1 << self.size) - 1)
        if self.style is ControlStyle.ON_OFF and self.size > 1 and value >> (self.size - 1):
            return -1
        return 1 if value else 0


@dataclass(frozen=True, slots=True)
class TelephonyLayout:
    """The controls of a headset by report id and name, and how long its output reports are.

    ``output_bytes`` is the payload length of each output report, id not counted. ``numbered`` is whether reports
    carry an id. Both maps are empty for a device without a telephony collection.
    """

    inputs: Mapping[int, Mapping[str, Control]]
    outputs: Mapping[int, Mapping[str, Control]]
    output_bytes: Mapping[int, int]
    numbered: bool

    @property
    def has_hook(self) -> bool:
        """Whether calls can be answered on the device itself."""
        return any("hook" in controls for controls in self.inputs.values())

    def decode(self, report: bytes) -> Mapping[str, int] | None:
        """The controls an input report (id included where reports are numbered) gives; None: not a telephony report.

        A report cut short gives the controls it still holds.
        """
        if not report:
            return None
        controls = self.inputs.get(report[0] if self.numbered else 0)
        if controls is None:
            return None
        payload = report[1:] if self.numbered else report
        bits = 8 * len(payload)
        return {name: control.read(payload) for name, control in controls.items() if control.bit + control.size <= bits}

    def style(self, name: str) -> ControlStyle | None:
        """How the input control ``name`` speaks; None where the device has none."""
        for controls in self.inputs.values():
            if name in controls:
                return controls[name].style
        return None

    def encode(self, lit: Iterable[str], driven: frozenset[str]) -> dict[int, bytes]:
        """Whole output reports by report id, with the controls in ``lit`` on and everything else off.

        Only reports holding a control in ``driven`` are given. Each begins with its id byte, 0 where reports are not
        numbered, as hidapi wants it.
        """
        wanted = frozenset(lit)
        reports = {}
        for report_id, controls in self.outputs.items():
            if driven.isdisjoint(controls):
                continue
            value = sum(1 << control.bit for name, control in controls.items() if name in wanted)
            reports[report_id] = bytes([report_id]) + value.to_bytes(self.output_bytes[report_id], "little")
        return reports

    def table(self) -> dict[str, dict[str, dict[str, int]]]:
        """``{"input": {"02": {"hook": 0, ...}}, "output": {...}}``: report id in hex → name → bit after the id."""
        return {
            direction: {
                f"{report_id:02X}": {name: control.bit for name, control in by_bit(controls)}
                for report_id, controls in sorted(reports.items())
            }
            for direction, reports in (("input", self.inputs), ("output", self.outputs))
        }


def by_bit(controls: Mapping[str, Control]) -> list[tuple[str, Control]]:
    """The controls of a report in order of their bits."""
    return sorted(controls.items(), key=lambda entry: entry[1].bit)


def telephony_layout(descriptor: ReportDescriptor) -> TelephonyLayout:
    """The layout of a parsed descriptor. Where a name occurs twice in a report, the first bit counts."""
    inputs: dict[int, dict[str, Control]] = {}
    outputs: dict[int, dict[str, Control]] = {}
    for field in descriptor.fields:
        if field.application not in TELEPHONY_APPLICATIONS or field.kind is ReportKind.FEATURE:
            continue
        is_input = field.kind is ReportKind.INPUT
        reports = inputs if is_input else outputs
        for control in _controls(field, INPUT_NAMES if is_input else OUTPUT_NAMES):
            reports.setdefault(control.report_id, {}).setdefault(control.name, control)
    return TelephonyLayout(
        inputs=inputs,
        outputs=outputs,
        output_bytes={
            report_id: (bits + 7) // 8
            for (kind, report_id), bits in descriptor.report_bits.items()
            if kind is ReportKind.OUTPUT
        },
        numbered=descriptor.numbered,
    )


def _controls(field: HidField, names: Mapping[Usage, str]) -> Iterable[Control]:
    if not 0 < field.size <= _MAX_CONTROL_BITS:
        return
    if not field.flags.variable and field.size > 1:
        return  # an array of indices (a keypad); arrays of single bits are switches flagged carelessly (EPOS: 81 40)
    for index, usage in enumerate(field.usages[: field.count]):
        named, modifier = _resolve(field, index, usage)
        name = names.get(named)
        if name is None or (named == PROGRAMMABLE_BUTTON and modifier not in (None, BUTTON_1)):
            continue
        yield Control(name, field.report_id, field.offset + index * field.size, field.size, _style(field.flags))


def _resolve(field: HidField, index: int, usage: Usage) -> tuple[Usage, Usage | None]:
    """The usage that names the element, and the button number beside it: ``0B:07`` is programmable button ``09:n``."""
    following = field.usages[index + 1] if index + 1 < len(field.usages) else None
    if usage == PROGRAMMABLE_BUTTON and following is not None and following.page == BUTTON_PAGE:
        return usage, following
    if usage.page == BUTTON_PAGE and field.collections and field.collections[-1] == PROGRAMMABLE_BUTTON:
        return PROGRAMMABLE_BUTTON, usage
    return usage, None


def _style(flags: FieldFlags) -> ControlStyle:
    if flags.relative:
        return ControlStyle.ON_OFF if flags.no_preferred else ControlStyle.TOGGLE
    return ControlStyle.LEVEL if flags.no_preferred else ControlStyle.MOMENTARY


def describe(descriptor: bytes) -> dict[str, dict[str, dict[str, int]]]:
    """The table of a report descriptor (see ``TelephonyLayout.table``); both halves empty without telephony. Never
    raises.
    """
    return telephony_layout(parse(descriptor)).table()
