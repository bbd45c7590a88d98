"""The items of a report descriptor (HID 1.11, 6.2.2.2 and 6.2.2.3): prefix, data; long items are stepped over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

_LONG_ITEM: Final = 0xFE


class Item(NamedTuple):
    """One short item. ``at``: the byte it begins at; ``kind``: 0 main, 1 global, 2 local; ``size``: bytes of data."""

    at: int
    kind: int
    tag: int
    size: int
    data: int

    @property
    def signed(self) -> int:
        """Its data as two's complement."""
        bits = 8 * self.size
        return self.data - (1 << bits) if bits and self.data >> (bits - 1) else self.data


class Damaged(Exception):  # noqa: N818 - control flow of the parser: stop reading, keep what we have
    """The bytes make no sense from here on."""


def items(data: bytes) -> Iterator[Item]:
    """In order. Raises Damaged."""
    at = 0
    while at < len(data):
        prefix = data[at]
        if prefix == _LONG_ITEM:
            size = data[at + 1] if at + 1 < len(data) else 0
            at += 3 + size
            continue
        size = (0, 1, 2, 4)[prefix & 3]
        value = data[at + 1 : at + 1 + size]
        if len(value) < size:
            raise Damaged(f"byte {at}: the item is cut short")
        yield Item(at, prefix >> 2 & 3, prefix >> 4, size, int.from_bytes(value, "little"))
        at += 1 + size
