"""A recorded contact heard again: the same, and what differs."""

import asyncio
import json
import re
import shutil
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from assist.alert_rules import BUILT_IN as ALERTS
from assist.alert_rules import load_alert_rules
from assist.alert_watch import AlertRules
from assist.cards import Card
from assist.cli import app
from assist.content import BUILT_IN, load_content
from assist.differences import differences
from assist.history import CustomerFound
from assist.playing import export
from assist.quality.spec import load_scorecard
from assist.rehearing import Judge, Outcome, frame_of, hear_again, outcome_of, plain_frame
from assist.store import Store
from assist.vocabulary import EVENTS
from ivr.contacts import AgentOffered, TalkMeasured
from ivr.controls import HoldChanged
from tests.quality.logs import NUMBER, Log
from transcription.recording_format import RecordingHeader, RecordingWriter
from transcription.transcribe import Listened
from transcription.utterances import UtteranceFinal
from voice.events import Envelope
from voice.rundir import RunDirectory, made_once
from voice.settings import read_settings

CONTENT = load_content()
JUDGE = Judge(CONTENT, load_scorecard(CONTENT), AlertRules(load_alert_rules(ALERTS), CONTENT.scorer, CONTENT.sentiment))
NOBODY = CustomerFound(None, NUMBER)
SPEECH = Path(BUILT_IN).parent / "demo" / "speech"


def contact() -> Log:
    """A contact that starts a playbook and ends without thanks."""
    log = Log()
    log.put(5.0, AgentOffered("anna", "lease"))
    log.envelopes.sort(key=lambda each: each.at)
    log.agent_says(11, "broadband care Anna speaking").caller_says(15, "I have been charged twice on my bill")
    return log.agent_says(20, "let me look at that for you").agent_says(30, "goodbye").ends(34)


def sound_of(log: Log) -> Listened:
    """What a recogniser hears in a contact whose words were these."""
    finals = [each.event for each in log.envelopes if isinstance(each.event, UtteranceFinal)]
    events = tuple((final.end_s + 0.3, final) for final in finals)
    return Listened(events, tuple((final.party, final.start_s, final.end_s) for final in finals))


def again(log: Log, judge: Judge = JUDGE) -> Outcome:
    return hear_again("c1", frame_of(log.envelopes), sound_of(log), judge, NOBODY)


def logged(log: Log, outcome: Outcome) -> list[Envelope]:
    """The log with the cards and alerts of ``outcome`` in it, as the floor would have published them."""
    made = [*outcome.cards, *outcome.alerts]
    return [*log.envelopes, *(Envelope(f"m{n}", log.at + 33, "floor", n, event, "c1") for n, event in enumerate(made))]


def test_heard_twice_it_is_the_same() -> None:
    first, second = again(contact()), again(contact())

    assert first == second
    assert differences(first, second) == ()
    assert [shown.card.rule for shown in first.cards if shown.card.kind == "next_step"] == ["billing_dispute"]
    assert first.scorecards[0].agent == "anna"


def test_against_a_log_that_says_the_same() -> None:
    log = contact()
    log.put(34.5, TalkMeasured(24.0, 5.6, 3.2, 0.0, 20.0, 10.0, 1.0))
    before = outcome_of("c1", logged(log, again(log)), JUDGE, NOBODY)

    found = differences(before, again(log))
    assert [each.line() for each in found if each.kind != "score"] == []


def test_other_words_are_shown_with_their_second_wherever_the_utterances_were_cut() -> None:
    log, other = contact(), contact()
    heard = sound_of(other)
    events = list(heard.events)
    at_s, final = events[1]
    assert isinstance(final, UtteranceFinal)
    misheard = {"charged": "barking", "twice": "mice", "bill": "hill"}
    words = tuple(replace(word, text=misheard.get(word.text, word.text)) for word in final.words)
    half = len(words) // 2
    first = replace(final, words=words[:half], text=" ".join(word.text for word in words[:half]))
    second = replace(final, words=words[half:], text=" ".join(word.text for word in words[half:]), utterance_id="x")
    events[1:2] = [(at_s, first), (at_s, second)]
    after = hear_again("c1", frame_of(log.envelopes), replace(heard, events=tuple(events)), JUDGE, NOBODY)

    found = differences(again(log), after)
    assert found[0].line() == "transcript: 16.2 s, caller: charged twice → barking mice"
    assert "card: next_step billing_dispute: once → (nothing)" in [each.line() for each in found]


def test_what_is_withheld_is_no_difference() -> None:
    log, silent = contact(), contact()
    log.caller_says(25, "it is [card]")
    silent.caller_says(25, "it is")

    assert [each for each in differences(again(log), again(silent)) if each.kind == "transcript"] == []


def changed_content(tmp_path: Path) -> Path:
    """Content whose playbook of disputed bills hears of other things, and whose greeting rule knows no greeting."""
    directory = tmp_path / "content"
    shutil.copytree(BUILT_IN, directory)
    playbook, rules = directory / "playbooks" / "billing_dispute.yaml", directory / "rules" / "compliance.yaml"
    written = yaml.safe_load(playbook.read_text("utf-8"))
    written["trigger"] = {"speaker": "caller", "phrases": ["painted blue"]}
    for learned in ("examples", "calls"):
        shutil.rmtree(directory / learned)
    playbook.write_text(yaml.safe_dump(written), "utf-8")
    text = rules.read_text("utf-8")
    changed = re.sub(r"phrases: \[broadband care,[^]]*\]", "phrases: [at your service]", text)
    assert changed != text
    rules.write_text(changed, "utf-8")
    return directory


def test_a_changed_rule_is_a_difference(tmp_path: Path) -> None:
    content = load_content(changed_content(tmp_path))
    found = differences(again(contact()), again(contact(), replace(JUDGE, content=content)))

    assert "score: anna, compliance: 75.0 → 50.0" in [each.line() for each in found]
    assert "card: next_step billing_dispute: once → (nothing)" in [each.line() for each in found]


def test_another_title_and_another_moment_are_differences() -> None:
    first = again(contact())
    place, shown = next((place, each) for place, each in enumerate(first.cards) if each.card.kind == "next_step")
    seen = shown.card.evidence[0]

    def with_card(card: Card) -> Outcome:
        cards = list(first.cards)
        cards[place] = replace(shown, card=card)
        return replace(first, cards=tuple(cards))

    def lines(after: Outcome) -> list[str]:
        return [each.line() for each in differences(first, after)]

    said = f"card: {seen.at_s:.1f} s, next_step billing_dispute: {shown.card.title} → Ask for the bill"
    assert lines(with_card(replace(shown.card, title="Ask for the bill"))) == [said]
    sooner, later = (
        with_card(replace(shown.card, evidence=(replace(seen, at_s=seen.at_s + by),))) for by in (2.9, 3.1)
    )
    assert lines(sooner) == []
    moved = f"card: next_step billing_dispute: at {seen.at_s:.1f} s → at {seen.at_s + 3.1:.1f} s"
    assert lines(later) == [moved]


def test_another_severity_of_an_alert_is_a_difference() -> None:
    first = again(contact().caller_says(40, "I want to speak to a supervisor"))
    (alert,) = first.alerts
    found = differences(first, replace(first, alerts=(replace(alert, severity="info"),)))
    assert [each.line() for each in found] == [
        f"alert: {alert.at_s:.1f} s, wants_supervisor: {alert.severity}: {alert.text} → info: {alert.text}"
    ]


def test_talk_is_measured_again_without_hold_and_without_the_time_before_the_answer() -> None:
    """10 to 60 s, of which 30 to 40 s are hold: 40 s, in which nobody speaks from 21 to 30 and from 44 to 60 s."""
    log = Log().put(30.0, HoldChanged("anna", True)).put(40.0, HoldChanged("anna", False)).ends(60)
    voiced = (("caller", 2.0, 8.0), ("agent", 11.0, 21.0), ("agent", 31.0, 39.0), ("caller", 40.0, 44.0))
    outcome = hear_again("c1", frame_of(log.envelopes), Listened((), voiced), JUDGE, NOBODY)

    moments = [moment for moment in outcome.scorecards[0].moments if moment.rule == "dead_air_share"]
    # 1 s + 9 s + 16 s of quiet; the first is no dead air: 25 of 40 s.
    assert [moment.text for moment in moments] == ["silence for 62 % of the time, 16 s at the longest"]


def call() -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Six files of the demo's speech, agent left, customer right: (samples, 2) at 8 kHz."""
    parts = []
    for name in ("01_agent", "02_caller", "03_caller", "04_agent", "05_caller"):
        with wave.open(str(SPEECH / f"{name}.wav")) as opened:
            assert opened.getframerate() == 8000
            words = np.frombuffer(opened.readframes(opened.getnframes()), "<i2")
        both = np.zeros((len(words) + 8000, 2), np.int16)
        both[4000 : 4000 + len(words), int(name.endswith("caller"))] = words
        parts.append(both)
    return np.concatenate(parts)


def write_wav(file: Path) -> None:
    with wave.open(str(file), "wb") as opened:
        opened.setparams((2, 2, 8000, 0, "NONE", ""))
        opened.writeframes(call().tobytes())


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr + str(result.exception or "")


def test_a_stereo_call_twice_and_with_a_changed_rule(tmp_path: Path) -> None:
    write_wav(tmp_path / "call.wav")
    common = ("--recording", tmp_path / "call.wav", "--state-dir", tmp_path / "none")
    status, first, _ = run(*common, "--json")
    assert status == 0
    assert any("charged" in final["text"] for final in json.loads(first)["finals"])
    (tmp_path / "before.json").write_text(first, "utf-8")

    status, second, errors = run(*common, "--json", "--strict", "--against", tmp_path / "before.json")
    assert (status, second, errors.strip()) == (0, first, "0 differences")

    status, text, _ = run(
        *common, "--strict", "--against", tmp_path / "before.json", "--content", changed_content(tmp_path)
    )
    assert status == 1
    assert "differs  card: next_step billing_dispute: once → (nothing)" in text
    assert "differs  score: agent, compliance: 100.0 → 66.7" in text


def test_an_encrypted_recording_against_the_log_of_its_contact(tmp_path: Path) -> None:
    where = RunDirectory(tmp_path)
    where.recording_key.parent.mkdir(parents=True, exist_ok=True)
    key = made_once(where.recording_key, bytes(range(32)))
    writer = RecordingWriter(RecordingHeader("c1", 8000, ("agent", "caller"), "ab", 10.0), key)
    recorded = tmp_path / "c1.cfrec"
    recorded.write_bytes(writer.header + writer.audio(call().tobytes()) + writer.end())
    log = Log()
    log.put(5.0, AgentOffered("anna", "lease")).agent_says(11, "hello my name is Anna").ends(40)

    async def main() -> None:
        where.database.parent.mkdir(parents=True, exist_ok=True)
        store = await Store.open(f"sqlite+aiosqlite:///{where.database}")
        await store.append(*(EVENTS.encode(each) for each in sorted(log.envelopes, key=lambda each: each.at)))
        await store.close()

    asyncio.run(main())
    status, text, _ = run("--recording", recorded, "--state-dir", tmp_path, "--strict")
    assert status == 1
    assert "score  anna  Compliance" in text
    assert re.search(r"transcript: 12\.\d s, agent: Anna → .*help you", text)
    assert "card: next_step billing_dispute: (nothing) → once" in text
    assert "alert: wants_supervisor: (nothing) → once" in text

    exported = tmp_path / "elsewhere.wav"
    assert export(recorded, exported, read_settings(None, {}), tmp_path) == pytest.approx(len(call()) / 8000)
    assert run("--recording", exported, "--state-dir", tmp_path, "--strict")[:2] == (1, text), "a WAV of it is the same"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name either"),
        (("--recording", "none.wav"), "cannot be read"),
        (("--recording", "call.wav", "--strict"), "--strict needs a log"),
        (("--recording", "call.wav", "--against", "call.wav"), "not what replay"),
    ],
)
def test_what_cannot_be_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with wave.open("call.wav", "wb") as opened:
        opened.setparams((2, 2, 8000, 0, "NONE", ""))
        opened.writeframes(bytes(3200))
    status, _, errors = run(*arguments, "--state-dir", tmp_path / "none") if arguments else run()

    assert status != 0
    assert said in errors


def test_a_contact_without_a_log_is_a_plain_call() -> None:
    log = Log(answered=False).agent_says(1, "hello Anna speaking").caller_says(4, "I have been charged twice")
    outcome = hear_again("c1", plain_frame("c1", 20.0), sound_of(log), JUDGE, NOBODY)

    assert outcome.scorecards[0].agent == "agent"
    assert "billing_dispute" in [shown.card.rule for shown in outcome.cards]
