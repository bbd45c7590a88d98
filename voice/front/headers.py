"""Header fields: their names in canonical spelling, compact forms undone, and their order (RFC 3261 7.3). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

_COMPACT = {
    "i": "Call-ID",
    "m": "Contact",
    "e": "Content-Encoding",
    "l": "Content-Length",
    "c": "Content-Type",
    "f": "From",
    "s": "Subject",
    "k": "Supported",
    "t": "To",
    "v": "Via",
    "r": "Refer-To",
    "b": "Referred-By",
    "x": "Session-Expires",
    "o": "Event",
}
_KNOWN = {name.lower(): name for name in _COMPACT.values()} | {
    name.lower(): name
    for name in ("Route", "Record-Route", "CSeq", "Max-Forwards", "Expires", "Authorization", "Proxy-Authorization")
}
_LISTS = {"Via", "Route", "Record-Route", "Contact"}


def canonical(name: str) -> str:
    """``name`` as we write it; unknown names stay as they are."""
    lower = name.lower()
    return _COMPACT.get(lower) or _KNOWN.get(lower) or name


def is_list(name: str) -> bool:
    """Whether the values of this header (canonical name) may be joined by commas and are ours to split."""
    return name in _LISTS


class Headers:
    """Header fields in order, names in their canonical spelling. Immutable: every change gives new Headers."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    def get(self, name: str) -> str | None:
        """The first value of ``name``."""
        return next((value for key, value in self._fields if key == name), None)

    def all(self, name: str) -> list[str]:
        """Every value of ``name``, topmost first."""
        return [value for key, value in self._fields if key == name]

    def put(self, name: str, *values: str) -> Headers:
        """``name`` with exactly ``values``, where its first field stood; on top if there was none."""
        fields: list[tuple[str, str]] = []
        new = [(name, value) for value in values]
        placed = False
        for key, value in self._fields:
            if key != name:
                fields.append((key, value))
            elif not placed:
                fields.extend(new)
                placed = True
        return Headers(fields if placed else new + fields)

    def push(self, name: str, *values: str) -> Headers:
        """``values`` on top of the others of ``name``."""
        return self.put(name, *values, *self.all(name))

    def without(self, unwanted: Callable[[str], bool]) -> Headers:
        """Without the fields whose name is ``unwanted``."""
        return Headers((key, value) for key, value in self._fields if not unwanted(key))
