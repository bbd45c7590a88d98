"""Flow files: the good ones load, each bad one gets one clear line at the right place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ivr.prompts import PromptEntry, PromptSource, PromptStore
from ivr.schema import load_flow
from ivr.verbs import VERBS, Enqueue, Gather
from voice.errors import DocumentError

FLOWS = Path(__file__).parents[1] / "golden" / "flows"
SHIPPED = sorted((Path(__file__).parents[2] / "ivr" / "flows").glob("*.yaml"))
HELLO = PromptSource("Hello.", "slt").key
STORE = PromptStore(
    {"hold": b"", HELLO: b""}, [PromptEntry(key=HELLO, file="hello.wav", text="Hello.", voice="slt", engine="flite")]
)

BAD = {
    "unknown_next": (4, "node 'hello': next names 'menue', which is no node", "did you mean 'menu'?"),
    "unknown_start": (2, "start names 'helo', which is no node", "did you mean 'hello'?"),
    "two_starts": (3, "key 'start' stands here twice", "keep one of them"),
    "unreachable": (5, "node 'forgotten' is never reached", "lead to it, or remove it"),
    "no_end": (4, "node 'one' leads to no end", "give it a way to a hangup or an enqueue"),
    "redirect_circle": (9, "node 'there' leads to no end", "give it a way to a hangup or an enqueue"),
    "redirect_itself": (4, "node 'menu' leads to no end", "give it a way to a hangup or an enqueue"),
    "gather_without_no_input": (
        4, "node 'menu': gather has no noInput path", "write noInput: and the node for a caller who stays silent"
    ),
    "choice_longer_than_digits": (
        10, "node 'menu': choice '12' needs 2 digits, only 1 are taken", "write numDigits: 2 or a shorter choice"
    ),
    "choice_shorter_than_digits": (
        10, "node 'menu': choice '1' has 1 digit(s), at least 2 are wanted", "write minDigits: 1 or a longer choice"
    ),
    "choice_not_quoted": (8, "node 'menu': choice 1 is a number, not digits", 'put it in quotes: "1"'),
    "choice_finishes": (8, "node 'menu': choice '#' holds the finishOnKey", 'write finishOnKey: ""'),
    "choice_cannot_be_keyed": (8, "node 'menu': choice 'one' cannot be keyed", "use the keys 0-9 * #"),
    "choices_and_next": (
        4, "node 'menu': gather needs either choices or next", "name a node for each choice, or one next node"
    ),
    "num_and_max_digits": (7, "node 'menu': numDigits excludes minDigits and maxDigits", "keep numDigits alone"),
    "min_over_max_digits": (4, "node 'menu': minDigits 6 is more than maxDigits 4", "swap them"),
    "no_input_kind": (6, "node 'menu': gather takes no input", "write input: [digits]"),
    "unknown_verb": (5, "node 'hello': unknown verb 'sing'", f"use one of {', '.join(VERBS)}"),
    "number_language": (
        5, "node 'account': digits said in fr are not understood", "let them be keyed, or said in en, de, es"
    ),
    "no_verb": (4, "node 'hello' has no verb", f"use one of {', '.join(VERBS)}"),
    "node_not_mapping": (4, "node 'hello' is not a mapping", "write verb: and its keys"),
    "not_mapping": (1, "a flow is a mapping of keys", "begin with flow: NAME"),
    "misspelt_key": (7, "nodes.menu.timout: extra inputs are not permitted", "did you mean 'timeout'?"),
    "wrong_value": (
        6, "nodes.wait.length: input should be a valid number, unable to parse string as a number",
        "give a value of that kind",
    ),
    "missing_prompt": (8, "node 'hello': no recording of 'This sentence has never been recorded.' in voice slt", None),
    "missing_recording": (
        6, "node 'hello': no recording named 'jazz'", "use one of hold, or callfloor prompts add jazz FILE.wav"
    ),
    "branch_bad_hours": (
        7, "nodes.first.cases.0.when.hours.from: string should match pattern '^([01][0-9]|2[0-3]):[0-5][0-9]$'",
        'give a value of that kind',
    ),
    "branch_empty_condition": (
        7, 'nodes.first.cases.0.when: value error, write a condition',
        'give a value of that kind',
    ),
    "branch_two_comparisons": (
        7, 'nodes.first.cases.0.when.variable: value error, write one of is, in, startsWith, set',
        'give a value of that kind',
    ),
    "branch_unknown_condition": (
        7, 'nodes.first.cases.0.when.weekday: extra inputs are not permitted',
        'remove the key',
    ),
    "branch_unknown_target": (
        8, "node 'first': otherwise names 'by', which is no node",
        "did you mean 'bye'?",
    ),
    "callback_no_failed": (
        4, 'nodes.first.failed: field required',
        'add the key',
    ),
    "enqueue_choice_two_keys": (
        7, "node 'first': choice '12' is not one key in quotes",
        'write it as "1"',
    ),
    "http_get_with_body": (
        7, "node 'first': a GET has no body",
        'write method: POST',
    ),
    "http_host_is_variable": (
        6, "node 'first': a variable stands in the host of the url",
        'write the host out',
    ),
    "http_no_failed": (
        4, 'nodes.first.failed: field required',
        'add the key',
    ),
    "record_too_long": (
        7, 'nodes.first.maxLength: input should be less than or equal to 600',
        'give a value of that kind',
    ),
    "consent_contradicts": (
        7, "node 'first': a call cannot be recorded without being recognised: card numbers are found by their words",
        "decline recording too",
    ),
    "set_bad_name": (
        6, "nodes.first.variables.Name.[key]: string should match pattern '^[a-z][a-z0-9_]{0,31}$'",
        'give a value of that kind',
    ),
    "survey_unknown_kind": (
        6, "nodes.first.kind: input should be 'csat', 'nps' or 'ces'",
        'use one of the values named',
    ),
    "tag_nothing": (
        6, 'nodes.first.data: dictionary should have at least 1 item after validation, not 0',
        'give a value of that kind',
    ),
    "unknown_timezone": (
        2, "timezone: value error, 'Europe/Atlantis' is no time zone, write one like Europe/Dublin",
        'give a value of that kind',
    ),
    "speech_without_phrases": (
        4, "node 'first': phrases belong to a menu that takes speech, and it needs them",
        'write both, or neither',
    ),
    "phrases_without_speech": (
        4, "node 'first': phrases belong to a menu that takes speech, and it needs them",
        'write both, or neither',
    ),
    "phrase_means_no_choice": (
        9, "node 'first': phrase 'bill' means '2', no choice",
        'name a choice',
    ),
    "menu_not_keyable": (
        6, "node 'first': a menu that cannot be keyed",
        'write input: [digits, speech]',
    ),
    "phrase_with_digits": (
        9, "nodes.first.phrases.bill 2.[key]: string should match pattern '^[a-z']+( [a-z']+)*$'",
        'give a value of that kind',
    ),
    "choice_not_said": (9, "node 'first': choice '2' cannot be said", None),
    "waiting_choice_not_said": (7, "node 'first': choice '1' cannot be said", None),
    "waiting_phrase_means_no_choice": (8, "node 'first': phrase 'later' means '2', no choice", "name a choice"),
    "answer_no_person": (4, "nodes.first.person: field required", "add the key"),
    "banner_not_recorded": (3, "banner 'power': no recording of 'The power is out.' in voice slt", None),
    "dial_nobody": (4, "node 'first': dial needs either agent or number", "name one of them"),
    "dial_both": (4, "node 'first': dial needs either agent or number", "name one of them"),
    "dial_any_number": (
        6, "node 'first': a variable stands in the number, and any number may be called",
        'write allow: ["+353"]',
    ),
    "transfer_no_number": (
        6, "node 'first': 'sip:x@example.org' is no number",
        "write 3 to 15 digits, with + before a country",
    ),
    "transfer_next": (7, "nodes.first.next: extra inputs are not permitted", "remove the key"),
    "language_untranslated": (
        3, "languages.es.texts lacks the sentence 'Hold the line.'", "write it with its translation",
    ),
    "language_of_nothing": (
        3, "languages.es.texts translates 'Goodby.', which is no sentence here", "remove it",
    ),
    "language_not_offered": (9, "node 'second': no text is in 'fr'", "use one of en, es"),
    "language_without_places": (
        5, "node 'line': places and waits cannot be announced in fr", "announce them in en, de, es alone",
    ),
    "language_phrase_untranslated": (
        7, "languages.es.phrases lacks the phrase 'later'", "write it with its translation",
    ),
    "language_not_recorded": (6, "node 'first': no recording of 'Hola.' in voice es", None),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_flow_is_refused_with_line_and_fix(name: str) -> None:
    file = FLOWS / "bad" / f"{name}.yaml"
    line, what, fix = BAD[name]
    with pytest.raises(DocumentError) as caught:
        load_flow(file, STORE)
    assert (caught.value.line, caught.value.what) == (line, what)
    if "not_said" in name:
        assert "write phrases: {WORDS: " in caught.value.fix
        return
    assert caught.value.fix == (fix or f"callfloor prompts build {file}")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_key_no_verb_has_is_found_by_its_line_in_every_verb(tmp_path: Path, verb: str) -> None:
    """And so is a way out to a node that is not there, in every verb that has one."""
    good = (yaml.safe_load(each.read_text()) for each in sorted((FLOWS / "good").glob("*.yaml")))
    found, name = next((each, name) for each in good for name, node in each["nodes"].items() if node["verb"] == verb)
    file = tmp_path / "flow.yaml"

    def refused(changed: dict[str, object]) -> DocumentError:
        nodes = found["nodes"] | {name: found["nodes"][name] | changed}
        file.write_text(yaml.safe_dump(found | {"nodes": nodes}, sort_keys=False))
        with pytest.raises(DocumentError) as caught:
            load_flow(file)
        assert caught.value.file == file
        assert caught.value.fix
        return caught.value

    error = refused({"zzz": 1})
    assert error.what.startswith(f"nodes.{name}.zzz: ")
    assert "zzz: 1" in file.read_text().splitlines()[(error.line or 0) - 1]
    if "next" in found["nodes"][name]:
        error = refused({"next": "nowhere"})
        assert error.what == f"node '{name}': next names 'nowhere', which is no node"
        assert "next: nowhere" in file.read_text().splitlines()[(error.line or 0) - 1]


def test_every_bad_fixture_is_tried() -> None:
    assert {file.stem for file in (FLOWS / "bad").glob("*.yaml")} == set(BAD)


@pytest.mark.parametrize("file", sorted((FLOWS / "good").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_good_flow_loads(file: Path) -> None:
    flow = load_flow(file)
    assert flow.start in flow.nodes


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_flow_has_all_its_recordings(file: Path) -> None:
    assert load_flow(file, PromptStore.open()).queues()


def test_fields_are_named_as_jambonz_names_them() -> None:
    flow = load_flow(FLOWS / "good" / "every_verb.yaml")
    account, line = flow.nodes["account"], flow.nodes["line"]
    assert isinstance(account, Gather)
    assert (account.min_digits, account.max_digits, account.no_input, account.mask) == (4, 6, "bye", True)
    assert isinstance(line, Enqueue)
    assert (line.priority, line.comfort_interval, line.announcement) == (7, 20.0, ("Please wait.",))
    assert flow.queues() == {"billing"}


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    text = (FLOWS / "good" / "every_verb.yaml").read_text()
    versions = []
    for name, content in (("a", text), ("b", "# a comment\n" + text), ("c", text.replace("Choose.", "Pick."))):
        (tmp_path / name).write_text(content)
        versions.append(load_flow(tmp_path / name).version)
    assert versions[0] == versions[1] != versions[2]


def test_sentences_are_listed_once_in_order() -> None:
    texts = [source.text for source in load_flow(FLOWS / "good" / "every_verb.yaml").sources()]
    assert texts == [
        "Hello.", "Key in your account number.", "Sorry.", "Choose.", "Please wait.", "Still waiting.",
        "Connecting you.", "Goodbye.",
    ]  # fmt: skip
