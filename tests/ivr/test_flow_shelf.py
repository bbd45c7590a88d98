"""Flows change while calls go on: new contacts take the new one, a broken one harms nobody."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ivr import flow_shelf
from ivr.flow_shelf import FlowShelf
from ivr.music import hold_music
from ivr.prompts import PromptEntry as Entry
from ivr.prompts import PromptSource, PromptStore, file_name, write_manifest
from ivr.schema import Flow, load_with_prompts
from voice.audio import write_wav
from voice.errors import DocumentError

FLOW = "flow: f\nstart: a\nnodes:\n  a: {verb: say, text: TEXT, next: b}\n  b: {verb: hangup}\n"


class House:
    def __init__(self, directory: Path) -> None:
        self.flow = directory / "flow.yaml"
        self.kept = directory / "state" / "kept.yaml"
        self.root = directory / "audio"
        (self.root / "en").mkdir(parents=True)
        self.record("One.", "Two.")

    def record(self, *texts: str) -> None:
        entries = []
        for text in texts:
            write_wav(self.root / "en" / file_name(text, ()), hold_music()[:1600], 8000)
            entries.append(Entry(key=PromptSource(text, "slt").key, file=file_name(text, ()), text=text, voice="slt",
                                 engine="flite"))  # fmt: skip
        write_manifest(self.root / "en", entries)

    def write(self, text: str) -> None:
        draft = self.flow.with_suffix(".new")
        draft.write_text(FLOW.replace("TEXT", text))
        draft.replace(self.flow)

    def shelf(self) -> FlowShelf:
        return FlowShelf(self.flow, self.root, self.kept)


def test_a_new_file_is_for_new_contacts_and_an_old_one_is_read_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write("One.")
    shelf = house.shelf()
    running, _ = shelf.take()
    assert shelf.take()[0] is running
    house.write("Two.")
    flow, prompts = shelf.take()
    assert flow.version != running.version
    assert flow.prompt("Two.").audio in prompts
    assert [source.text for source in running.sources()] == ["One."], "a running contact's flow is what it was"


@pytest.mark.parametrize("broken", ["[", "Never recorded."])
def test_a_broken_file_is_said_once_and_the_flow_of_before_goes_on(
    tmp_path: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path)
    house.write("One.")
    shelf = house.shelf()
    good, _ = shelf.take()
    house.write(broken)
    with caplog.at_level(logging.ERROR):
        assert shelf.take()[0].version == good.version
        assert shelf.take()[0].version == good.version
    (said,) = caplog.messages
    assert shelf.problem.startswith(f"{house.flow}:")
    assert f"{house.flow}:" in said
    assert f"version {good.version} of before" in said
    assert house.shelf().take()[0].version == good.version, "in a worker that starts now, too"
    house.write("Two.")
    assert [source.text for source in shelf.take()[0].sources()] == ["Two."], "mended"
    assert shelf.problem == ""


def test_a_process_that_slept_meanwhile_goes_on_with_what_another_has_read(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write("One.")
    slept, awake = house.shelf(), house.shelf()
    slept.take()
    house.write("Two.")
    version = awake.take()[0].version
    house.write("[")
    assert slept.take()[0].version == awake.take()[0].version == version
    house.kept.unlink()
    house.write("[ [")
    assert slept.take()[0].version == version, "and without the copy with what it has"


def test_what_changes_while_it_is_read_is_read_again_and_never_kept_as_the_last_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path)
    house.write("One.")
    shelf = house.shelf()
    reads = list[Path]()

    def slowly(file: Path, root: Path, rate: int) -> tuple[Flow, PromptStore]:
        found = load_with_prompts(file, root, rate=rate)
        if not reads:
            house.write("Two.")
        reads.append(file)
        return found

    monkeypatch.setattr(flow_shelf, "load_with_prompts", slowly)
    old, _ = shelf.take()
    assert [source.text for source in old.sources()] == ["One."]
    assert not house.kept.exists()
    assert [source.text for source in shelf.take()[0].sources()] == ["Two."]
    assert house.kept.read_bytes() == house.flow.read_bytes()
    shelf.take()
    assert len(reads) == 2


def test_prompts_that_come_later_mend_a_flow(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write("One.")
    shelf = house.shelf()
    shelf.take()
    house.write("Three.")
    assert [source.text for source in shelf.take()[0].sources()] == ["One."]
    house.record("One.", "Two.", "Three.")
    assert [source.text for source in shelf.take()[0].sources()] == ["Three."]


def test_a_first_flow_that_is_broken_is_refused(tmp_path: Path) -> None:
    house = House(tmp_path)
    with pytest.raises(DocumentError):
        house.shelf().take()
    house.write("Never recorded.")
    with pytest.raises(DocumentError, match="no recording"):
        house.shelf().take()
