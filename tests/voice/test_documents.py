"""What people may write into a YAML file: whatever it is, one line says where it is wrong, soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.documents import load_front_matter, load_yaml
from voice.errors import DocumentError

DOUBLED = "a0: &a0 [1, 2]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &a\n  - *a\n", ": not YAML: nested too deeply"),
        ("[" * 5000, ": not YAML: nested too deeply"),
        (DOUBLED, "more than 300000 values. Fix: look for aliases of aliases"),
        ("a: 1\nb: 2027-13-45\n", ":2: '2027-13-45': month must be in 1..12. Fix: correct it, or put it in quotes"),
        ("a: 1\nb: !!int x\n", ":2: 'x': invalid literal"),
        ("a: 1\nb: !!bool x\n", ":2: 'x': is not of the kind"),
        ("a: !!python/object:os.system x\n", ":1: not YAML: could not determine a constructor"),
        ("a: 1\nb: \0\n", ":2: not YAML: special characters are not allowed"),
        ('a: 1\nb: "\\ud800"\n', ":2: "),
        ("", ":1: the file is empty"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_yaml(file)
    assert str(caught.value).startswith(str(file))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_aliases_and_dates_are_plain_values(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: &words [one, two]\nb: *words\nc: 2027-01-02\n")
    found = load_yaml(file)
    assert (found.data["a"], found.data["b"], str(found.data["c"])) == (["one", "two"], ["one", "two"], "2027-01-02")
    assert found.line(("c",)) == 3


def test_front_matter_is_as_safe(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("---\nreview: 2027-13-45\n---\nAn answer.\n")
    with pytest.raises(DocumentError, match=r"a\.md:2: '2027-13-45'"):
        load_front_matter(file)


def test_an_editors_byte_order_mark_is_no_word(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("\ufeff---\nreview: 2027-01-02\n---\nAn answer.\n")
    assert load_front_matter(file)[1] == "An answer."
