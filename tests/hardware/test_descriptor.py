from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.hid.descriptor import MAX_USAGES, ReportKind, parse
from hardware.hid.telephony import ControlStyle, describe, telephony_layout
from hardware.hid.usages import Usage
from hardware.simulator import EVOLVE_LINK
from tests.hardware.descriptors import (
    JABRA_IN,
    JABRA_OUT,
    PLAIN,
    PLAIN_TABLE,
    PUBLISHED,
    TWISTED,
    TWISTED_TABLE,
    assemble,
    published_files,
)

OWN = {
    "plain": (PLAIN, PLAIN_TABLE),
    "twisted": (TWISTED, TWISTED_TABLE),
    "evolve": (EVOLVE_LINK, {"input": JABRA_IN, "output": JABRA_OUT}),
}


@pytest.mark.parametrize("file", published_files(), ids=lambda file: str(file.stem))
def test_real_descriptors_give_the_published_tables(file: Path) -> None:
    assert describe(file.read_bytes()) == PUBLISHED[file.stem]
    assert parse(file.read_bytes()).problems == ()


@pytest.mark.parametrize("name", OWN)
def test_own_descriptors_give_their_tables(name: str) -> None:
    descriptor, table = OWN[name]
    assert describe(descriptor) == table
    assert parse(descriptor).problems == ()


def test_styles_follow_the_flags() -> None:
    layout = telephony_layout(parse(TWISTED))
    assert layout.style("hook") is ControlStyle.MOMENTARY
    assert layout.style("mute") is ControlStyle.TOGGLE
    assert telephony_layout(parse(PLAIN)).style("hook") is ControlStyle.LEVEL
    assert layout.style("voice_mail") is None


def test_an_on_off_control_reads_minus_one() -> None:
    layout = telephony_layout(parse(assemble("05 0B 09 05 A1 01 15 FF 25 01 75 02 95 01 09 2F 81 26 95 03 81 01 C0")))
    assert layout.style("mute") is ControlStyle.ON_OFF
    assert [layout.decode(bytes([value])) for value in (0, 1, 3)] == [{"mute": 0}, {"mute": 1}, {"mute": -1}]


def test_an_on_off_range_is_read_as_signed() -> None:
    (field,) = parse(assemble("05 0B 15 81 25 7F 75 08 95 01 09 20 81 26")).fields
    assert (field.logical_minimum, field.logical_maximum) == (-127, 127)
    (field,) = parse(assemble("05 0B 15 00 25 FF 75 08 95 01 09 20 81 26")).fields
    assert field.logical_maximum == 255


def test_a_long_item_is_stepped_over() -> None:
    assert describe(PLAIN[:7] + bytes([0xFE, 3, 0x55, 1, 2, 3]) + PLAIN[7:]) == PLAIN_TABLE


def test_a_usage_range_is_bound_to_the_page_at_the_main_item() -> None:
    (field,) = parse(assemble("05 0B 19 17 29 19 05 08 75 01 95 03 91 02")).fields
    assert field.kind is ReportKind.OUTPUT
    assert field.usages == (Usage(8, 0x17), Usage(8, 0x18), Usage(8, 0x19))


BROKEN = {
    "cut short": (PLAIN[:-2] + bytes([0x0B, 1]), "cut short"),
    "pop without push": (assemble("B4"), "pop without push"),
    "report id 0": (assemble("85 00"), "report id 0"),
    "report too long": (assemble("05 0B 09 20 75 FF 96 FF FF 81 02"), "longer than"),
    "collection not closed": (assemble("05 0B 09 05 A1 01"), "not closed"),
    "collection not opened": (assemble("C0"), "not opened"),
    "too deep": (assemble("A1 01") * 100, "nested deeper"),
    "usage range backwards": (assemble("19 09 29 01 81 02"), "usage range"),
    "too many usages": (bytes([0x09, 1]) * (MAX_USAGES + 1), "more than"),
    "reserved": (assemble("0C"), "reserved"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_damage_is_named(name: str) -> None:
    descriptor, problem = BROKEN[name]
    assert problem in " ".join(parse(descriptor).problems)


def test_what_stands_before_the_damage_is_kept() -> None:
    assert describe(PLAIN + bytes([0xB4])) == PLAIN_TABLE


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    table = describe(data)
    assert set(table) == {"input", "output"}


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_real_shapes_are_read(data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from([PLAIN, TWISTED, EVOLVE_LINK])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(seed) - 1))
        seed[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    layout = telephony_layout(parse(bytes(seed)))
    for report in (b"", b"\x02", bytes(64), bytes([2]) + bytes(63)):
        layout.decode(report)
    for report_id, raw in layout.encode(("ring", "mute"), frozenset({"ring", "off_hook"})).items():
        assert raw[0] == report_id
        assert len(raw) == 1 + layout.output_bytes[report_id]


def test_the_worst_bytes_take_bounded_time() -> None:
    widest = assemble("19 00 2A FE 2F 75 01 95 01 81 02") * 6000
    started = time.process_time()
    problems = parse(widest).problems
    assert problems
    assert time.process_time() - started < 5
