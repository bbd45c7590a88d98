"""The caller's consent: what is noted, and what is opened once an agent answers."""

from pathlib import Path

import pytest

from ivr.contact_effects import SetPaths, StartListening
from ivr.contacts import ContactAnswered, ContactTagged
from ivr.schema import load_flow
from tests.ivr.rehearsal import ANNA, Contact, finish_prompts, of, published
from voice.phone import AudioPath, LegConnected, LegDigit

FLOW = """
flow: consent
speech: false
slower: ""
start: welcome
nodes:
  welcome:
    verb: gather
    say: Press 1 if you agree, 2 if you do not, 3 to be transcribed alone, 4 to leave a message.
    choices: {"1": line, "2": private, "3": unrecorded, "4": message}
    noInput: line
  private: {verb: consent, recording: false, recognition: false, next: line}
  unrecorded: {verb: consent, recording: false, recognition: true, next: line}
  message: {verb: consent, recording: false, recognition: false, next: voicemail}
  voicemail: {verb: record, say: Speak after the tone., next: line}
  line: {verb: enqueue, queue: billing}
"""


def chosen(directory: Path, key: str) -> tuple[Contact, tuple[object, ...]]:
    """A contact after its caller pressed ``key``, and what came of that."""
    file = directory / "consent.yaml"
    file.write_text(FLOW)
    contact = Contact(load_flow(file)).answered()
    effects = contact.phone(LegDigit("in", key))
    return contact, (*effects, *finish_prompts(contact, effects))


@pytest.mark.parametrize(
    ("key", "said", "opened"),
    [
        ("1", [], [StartListening(recording=True)]),
        ("2", ["neither recorded nor transcribed"], []),
        ("3", ["transcribed, not recorded"], [StartListening(recording=False)]),
    ],
)
def test_only_what_the_caller_agrees_to_is_opened(
    tmp_path: Path, key: str, said: list[str], opened: list[StartListening]
) -> None:
    contact, effects = chosen(tmp_path, key)
    tags = of(ContactTagged, published(effects))  # type: ignore[arg-type]
    assert [(tag.name, tag.value) for tag in tags] == [("consent", words) for words in said]
    contact.core.command(ANNA, contact.now)
    answered = contact.phone(LegConnected("agent-1", "PCMU"))
    assert of(ContactAnswered, published(answered))
    assert of(StartListening, answered) == opened
    paths = of(SetPaths, answered)[-1].paths
    assert AudioPath("leg:in", "leg:agent-1") in paths, "declining costs nobody the call"
    assert any(path.sink.startswith("tap:") for path in paths) == bool(opened)


def test_who_leaves_a_message_after_all_wants_it_kept(tmp_path: Path) -> None:
    _, effects = chosen(tmp_path, "4")
    assert of(StartListening, effects) == [StartListening(recording=True)]
