from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from assist.content import BUILT_IN, load_content
from assist.knowledge import ArticleSpec
from assist.playbook import PlaybookSpec
from assist.rules import AttributesSpec, MissingSpec, RuleSpec, SaidSpec, SentimentSpec, SequenceSpec, TalkOverSpec
from assist.steps import StepSpec
from voice.errors import DocumentError

GOLDEN = Path(__file__).parent.parent / "golden" / "content"
BAD = sorted((GOLDEN / "bad").glob("*.yaml"))


def copy_of(good: Path, directory: Path) -> Path:
    shutil.copytree(good, directory, dirs_exist_ok=True)
    return directory


@pytest.mark.parametrize("bad", BAD, ids=lambda file: file.stem)
def test_a_wrong_file_gives_its_line_and_the_fix(bad: Path, tmp_path: Path) -> None:
    kind, name = bad.stem.split("-", 1)
    directory = copy_of(GOLDEN / "good", tmp_path)
    target = directory / "lexicon.yaml" if kind == "lexicon" else directory / "playbooks" / f"{name}.yaml"
    shutil.copy(bad, target)
    expectation = re.match(r"# expect: (\d+: .+)", bad.read_text())
    assert expectation is not None, "the fixture's first line says what to expect"
    with pytest.raises(DocumentError) as caught:
        load_content(directory)
    assert str(caught.value).startswith(f"{target}:{expectation.group(1)}")
    assert "Fix: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_good_directory_loads(tmp_path: Path) -> None:
    content = load_content(GOLDEN / "good")
    assert list(content.playbooks) == ["parcel"]
    assert list(content.hard) == ["supervisor"]
    assert content.scorer.score("awful") < 0


def test_the_built_in_content_loads_and_its_playbook_is_there(tmp_path: Path) -> None:
    assert "billing_dispute" in load_content(BUILT_IN).playbooks


def test_the_version_changes_with_any_byte_and_with_nothing_else(tmp_path: Path) -> None:
    directory = copy_of(GOLDEN / "good", tmp_path / "a")
    before = load_content(directory).version
    assert load_content(copy_of(directory, tmp_path / "b")).version == before
    with (directory / "playbooks" / "parcel.yaml").open("a") as file:
        file.write("# a note\n")
    assert load_content(directory).version != before


def test_a_missing_directory_says_so(tmp_path: Path) -> None:
    (tmp_path / "lexicon.yaml").write_text("titles: {falling: a, rising: b, settled: c}\n")
    with pytest.raises(DocumentError, match=r"playbooks: no such directory\. Fix: create it"):
        load_content(tmp_path)


def test_a_file_that_is_no_playbook_is_refused_and_editors_droppings_are_not(tmp_path: Path) -> None:
    directory = copy_of(GOLDEN / "good", tmp_path)
    (directory / "playbooks" / ".parcel.yaml.swp").write_bytes(b"\0")
    load_content(directory)
    (directory / "playbooks" / "refund.yml").write_text("id: refund\n")
    with pytest.raises(DocumentError, match=r"refund\.yml: not a playbook\. Fix: name it <id>\.yaml"):
        load_content(directory)


GOOD_RULE = """category: soft_skill
rules:
  - id: quiet
    title: Say something
    why: silence
    silence_s: 20
"""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("quiet", "parcel"), ":3: id 'parcel' is taken"),
        (("Say something", "a b c d e f g h i j"), ":4: a title of 10 words"),
        (("silence_s: 20", "silence: 20"), ":6: rules.0.silence: "),
        (("silence_s: 20", "said: {phrases: ['* bill']}"), ":6: phrase '* bill' has no words"),
        (("soft_skill", "magic"), ":1: category: "),
        (("    silence_s: 20\n", ""), ":3: rules.0: value error, a rule needs a trigger"),
    ],
)
def test_a_wrong_rule_gives_its_line(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    directory = copy_of(GOLDEN / "good", tmp_path)
    (directory / "rules").mkdir()
    file = directory / "rules" / "manners.yaml"
    file.write_text(GOOD_RULE)
    assert list(load_content(directory).advice) == ["quiet"]
    file.write_text(GOOD_RULE.replace(*change))
    with pytest.raises(DocumentError) as caught:
        load_content(directory)
    assert f"{file}{expected}" in str(caught.value)


def test_a_playbook_is_not_covered_by_one_that_is_not_there(tmp_path: Path) -> None:
    directory = copy_of(GOLDEN / "good", tmp_path)
    with (directory / "playbooks" / "parcel.yaml").open("a") as file:
        file.write("\nnot_during: [ghost]\n")
    with pytest.raises(DocumentError, match="no playbook 'ghost'"):
        load_content(directory)


def test_the_page_for_authors_names_every_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "content.md").read_text()
    models = (RuleSpec, SaidSpec, MissingSpec, SequenceSpec, SentimentSpec, TalkOverSpec, AttributesSpec, PlaybookSpec,
              StepSpec, ArticleSpec)  # fmt: skip
    known_by_another_word = {"id", "name", "speaker", "parts"}
    fields = {field for model in models for field in model.model_fields} - known_by_another_word
    assert sorted(field for field in fields if not re.search(rf"\b{field}\b", page)) == []
