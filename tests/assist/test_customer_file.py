from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.customer_file import BadLine, CustomerFileError, read_customers
from assist.customers_cli import CustomersError
from assist.store.customers import CustomerRecord

GOOD = """name;phone;since;style;external_id
Ada Berg;21 23 45 67;2020-05-17;quick;k-1

"Dahl; Bo";+4722000000;;;
"""


def test_a_file_as_a_spreadsheet_writes_it() -> None:
    found = read_customers(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), "NO")
    assert found.bad == ()
    assert found.records == (
        CustomerRecord("Ada Berg", "+4721234567", "k-1", since=date(2020, 5, 17), style="quick"),
        CustomerRecord("Dahl; Bo", "+4722000000"),
    )


def test_what_is_open_with_a_customer_stands_in_one_field() -> None:
    lines = ["name,phone,open_issues", "Ada,+4721234567,Late delivery | Outage since 9 May", "Bo,+4722000000,",
             f"Cy,+4722000001,{'|'.join('x' * 21)}", f"Di,+4722000002,{'x' * 201}"]  # fmt: skip
    found = read_customers("\n".join(lines).encode())
    assert [record.open_issues for record in found.records] == [("Late delivery", "Outage since 9 May"), ()]
    assert [(bad.line, bad.what.split(",")[0]) for bad in found.bad] == [
        (4, "open_issues: at most 20"), (5, "open_issues: at most 200 characters"),
    ]  # fmt: skip


def test_every_bad_line_is_named_and_said_what_is_wrong() -> None:
    lines = ["name,phone,since,style", ",+4721234567,,", "Ada,12,,", "Ada,+4721234567,May,", "Ada,+4721234567,,calm",
             "Ada,+4721234567", f"{'x' * 201},+4721234567,,", "Ada,+4721234567,,"]  # fmt: skip
    found = read_customers("\n".join(lines).encode())
    assert [bad.line for bad in found.bad] == [2, 3, 4, 5, 6, 7]
    assert found.bad[1] == BadLine(3, "phone: '12' is no number that can be called (set [customers] region?)")
    for bad, word in zip(found.bad, ("name", "phone", "since", "style", "2 fields", "200"), strict=True):
        assert word in bad.what
    assert len(found.records) == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"name,phone\nAda,\xff", "line 2: not UTF-8"),
        (b"name;value\n", "no column 'phone'"),
        (b"name,phone,age\n", "'age' is not known"),
        (b"name,phone,name\n", "stands twice"),
        (b"", "no column"),
        (b'name,phone\n"Ada,1\n', "line 2"),
    ],
)
def test_what_is_no_list_of_customers_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(CustomerFileError, match=says):
        read_customers(data)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "s.toml"
    file.write_text(f'[run]\nstate_dir = "{tmp_path / "state"}"\n[customers]\nregion = "NO"\n')
    return file


def run(settings: Path, *arguments: object) -> str:
    asked = ["customers", *map(str, arguments), "--settings", str(settings)]
    return CliRunner().invoke(app, asked, catch_exceptions=False).output


def test_the_command_imports_all_or_nothing_finds_exports_and_erases(settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(GOOD + "Nobody;12;;;\n")
    with pytest.raises(CustomersError, match="nothing imported"):
        run(settings, "import", file)
    with pytest.raises(CustomersError, match="nobody has"):
        run(settings, "find", "21234567")
    assert "2 added, 0 brought up to date, 1 bad" in run(settings, "import", file, "--skip-bad")
    file.write_text(GOOD)
    assert "0 added, 2 brought up to date" in run(settings, "import", file)
    customer = run(settings, "find", "21234567").split()[0]
    given = tmp_path / "ada.json"
    given.touch(0o644)
    run(settings, "export", customer, "--out", given)
    assert "Ada Berg" in given.read_text()
    assert given.stat().st_mode & 0o777 == 0o600, "hers alone to read"
    assert "0 contacts, 0 events, 0 recordings" in run(settings, "erase", customer, "--yes")
    with pytest.raises(CustomersError, match="no customer"):
        run(settings, "erase", customer, "--yes")
