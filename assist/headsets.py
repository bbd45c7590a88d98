"""``callfloor headset``: what a person at an agent's machine asks about a headset."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assist.headset_live import plain_console, verdict
from hardware.audio.engine import SoundDevice
from hardware.audio.pulse import PulseDevice, pulse_ends, pulse_is_here
from hardware.diagnostics import Finding, judge, judge_devices, measure
from hardware.discovery import UDEV_FILE, FoundHeadset, find_headsets, find_sound, udev_rules
from hardware.errors import HidError, HidFailure, SoundError
from hardware.hid.telephony import describe
from voice.errors import DocumentError

MAX_DESCRIPTOR = 4096
"""Bytes; the kernel's own limit (HID_MAX_DESCRIPTOR_SIZE)."""


def show_descriptor(file: Path, *, as_json: bool) -> None:
    """Print the telephony layout of a report descriptor. Raises DocumentError where the file cannot be one."""
    try:
        descriptor = file.read_bytes()
    except OSError as error:
        raise DocumentError(file, None, f"cannot be read ({error.strerror})", "name a file that exists") from None
    if len(descriptor) > MAX_DESCRIPTOR:
        what = f"{len(descriptor)} bytes, more than a report descriptor can have"
        raise DocumentError(
            file, None, what, "give the raw bytes, as in /sys/class/hidraw/hidraw0/device/report_descriptor"
        )
    table = describe(descriptor)
    if as_json:
        plain_console().print(json.dumps(table))
        return
    _print_layout(table)


def show_headsets(*, as_json: bool) -> None:
    """Print the headsets and sound devices of this machine, and what to do about those that cannot be opened."""
    headsets = find_headsets()
    console = plain_console()
    if as_json:
        console.print(json.dumps([_plain(found) for found in headsets]))
        return
    if not headsets:
        console.print("No headset with call control buttons found.")
    for found in headsets:
        console.print(f"{found.identity}  {found.path}  (choose it as {found.identity.key})")
        if found.table is not None:
            _print_layout(found.table)
        if found.trouble is not None:
            console.print(f"  {found.trouble}")
    _print_rules(console, headsets)
    _print_sound(console)


async def check_headset(seconds: float, device: SoundDevice) -> bool:
    """Listen, measure, print the verdict; whether all is well. Raises SoundError where there is no sound."""
    console = plain_console()
    console.print(f"Speak as you do to a customer, for {seconds:.0f} seconds. You will hear one chirp.")
    findings = judge(await measure(device, seconds))
    headsets = _buttons()
    if isinstance(device, PulseDevice):
        findings += judge_devices(device.ear or "", device.microphone or "", [found.identity for found in headsets])
    blocked = [found for found in headsets if found.trouble is not None]
    findings += [Finding(False, str(found.trouble)) for found in blocked]
    for finding in findings:
        console.print(verdict(finding.good, finding.what))
    _print_rules(console, blocked)
    fit = all(finding.good for finding in findings)
    console.print("This headset is ready." if fit else "This headset is NOT ready.")
    return fit


def _print_rules(console: Console, headsets: list[FoundHeadset]) -> None:
    """What to install so that the ones without permission can be opened."""
    blocked = {
        found.identity.vendor
        for found in headsets
        if found.trouble is not None and found.trouble.failure is HidFailure.NO_PERMISSION
    }
    if blocked:
        console.print(f"To allow it, write this to {UDEV_FILE} and plug the headset in again:")
        console.print(udev_rules(blocked), end="")


def _buttons() -> list[FoundHeadset]:
    try:
        return find_headsets()
    except HidError:  # without hidapi a headset still speaks
        return []


def _print_sound(console: Console) -> None:
    """The sound server's devices where it runs, else PortAudio's; by the names ``choose`` takes."""
    table = Table("Sound device", "microphone", "ear", "default", box=None)
    try:
        if pulse_is_here():
            for end in pulse_ends():
                sides = ("yes", "") if end.microphone else ("", "yes")
                table.add_row(end.name, *sides, "yes" if end.default else "")
        else:
            for device in find_sound():
                sides = ("yes" if device.inputs else "", "yes" if device.outputs else "")
                table.add_row(device.name, *sides, "yes" if device.default else "")
    except SoundError as error:
        console.print(f"Sound: {error}")
        return
    console.print(table if table.row_count else "No sound device found.")


def _print_layout(layout: dict[str, dict[str, dict[str, int]]]) -> None:
    table = Table("direction", "report", "control", "bit", box=None)
    for direction, reports in layout.items():
        for report_id, controls in reports.items():
            for name, bit in controls.items():
                table.add_row(direction, report_id, name, str(bit))
    Console().print(table if table.row_count else "No telephony collection: sound only.")


def _plain(found: FoundHeadset) -> dict[str, object]:
    identity = found.identity
    return {
        "vendor": f"{identity.vendor:04x}",
        "product": f"{identity.product:04x}",
        "serial": identity.serial,
        "interface": identity.interface,
        "name": identity.name,
        "path": found.path,
        "layout": found.table,
        "trouble": str(found.trouble) if found.trouble else None,
    }
