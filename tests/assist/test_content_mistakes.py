"""What `callfloor content check` names: a mistake of each file, then of all together; and articles that are stale."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from assist.content import BUILT_IN, load_content
from assist.content_mistakes import mistakes, stale


def broken(file: Path, old: str, new: str) -> Path:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return file


def test_every_broken_file_is_named_once(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN, tmp_path, dirs_exist_ok=True)
    assert mistakes(tmp_path) == ()
    wrong = [
        broken(tmp_path / "lexicon.yaml", "titles:", "title:"),
        broken(tmp_path / "playbooks" / "refund_request.yaml", "closing:", "clozing:"),
        broken(tmp_path / "rules" / "soft_skill.yaml", "silence_s: 30", "silence_s: -1"),
        broken(tmp_path / "knowledge" / "late_fee.md", "owner: Billing team", "owner: 7"),
        broken(tmp_path / "knowledge" / "warranty.md", "review: 20", "review: x20"),
    ]
    (tmp_path / "playbooks" / ".swap.yaml").write_bytes(b"\0")
    found = mistakes(tmp_path)
    assert [mistake.file for mistake in found] == wrong
    assert all(mistake.line for mistake in found)


def test_what_is_wrong_with_files_together_is_named_when_each_is_good(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN, tmp_path, dirs_exist_ok=True)
    (tmp_path / "knowledge" / "warranty.md").rename(tmp_path / "knowledge" / "jargon.md")
    (mistake,) = mistakes(tmp_path)
    assert "id 'jargon' is taken" in str(mistake)
    (mistake,) = mistakes(tmp_path / "nowhere")
    assert "no such file" in str(mistake)


def test_articles_past_their_review_are_told_the_longest_due_first() -> None:
    content = load_content(BUILT_IN)
    first, *_, last = stale(content, date(2100, 1, 1))
    assert len(stale(content, date(2100, 1, 1))) == len(content.library.articles)
    assert first.split("by ")[1] < last.split("by ")[1]
    assert stale(content, date(2020, 1, 1)) == ()
