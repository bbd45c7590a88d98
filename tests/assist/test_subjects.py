"""What callers call about, in words that no trigger holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from assist.content import BUILT_IN, Content, load_content
from assist.direction import Direction
from assist.example_calls import read_calls
from assist.example_files import read_examples
from assist.features import features
from assist.linear import fit
from assist.model_file import read_models, write_models
from assist.opening import WEIGHTS, Opening
from assist.replay import Line, replay
from assist.subjects import Spoken, SubjectReader, SubjectTrack, fit_subjects, subject_names
from voice.errors import DocumentError

GOOD = Path(__file__).parent.parent / "golden" / "content" / "good"
EXAMPLES = {
    "parcel": (Spoken("my parcel is late"), Spoken("the parcel has not come")),
    "password": (Spoken("i forgot my password"), Spoken("i can not log in")),
    "none": (Spoken("hello good morning"), Spoken("thank you very much"), Spoken("yes that is my name")),
}
READER = SubjectReader(subject_names(EXAMPLES), fit_subjects(EXAMPLES))


def test_features_name_their_words() -> None:
    found = {feature.name: feature.words for feature in features("the shipments uh is overdue")}
    assert found["w=shipment"] == (1,)
    assert found["b=shipment is"] == (1, 3), "what people say while they think is skipped"
    assert found["c=<shi"] == (1,)


def test_the_same_examples_give_the_same_model_and_scores_are_what_the_words_gave() -> None:
    texts, targets = ("red", "green", "red apple"), np.array([[1.0], [-1.0], [1.0]], np.float32)
    model, again = fit(texts, targets), fit(texts, targets)
    assert (model.weights == again.weights).all()
    heard = model.score("a red apple")
    assert heard.scores[0] == pytest.approx(model.bias[0] + heard.shares.sum(), abs=1e-5)
    assert heard.shares[1, 0] > abs(heard.shares[0, 0]), "red says more than a word nobody knows"
    assert (model.score("zzz").scores == model.bias).all()


def test_what_was_said_before_makes_the_same_words_mean_something_else() -> None:
    before = [["the parcel"], ["the internet"], ["the parcel was sent"], ["the internet again"], [], []]
    said = ("it is still not here", "it is still not right", "still not here", "still not right", "parcel", "internet")
    late = np.array([[1.0], [-1.0], [1.0], [-1.0], [0.0], [0.0]], np.float32)
    model = fit(said, late, before)
    parcel, internet = ((model.earlier(text),) for text in ("about a parcel", "about the internet"))
    after = [float(model.score("it is still not good", earlier).scores[0]) for earlier in (parcel, (), internet)]
    assert after == sorted(after, reverse=True)
    assert after[0] > 0.1 > -0.1 > after[2]
    faded = (model.earlier("hello"), model.earlier("good morning"), *parcel, *internet)
    assert model.score("it is", faded).scores > model.bias, "what was said last counts most"


def test_a_word_misheard_is_understood_by_its_pieces_and_the_words_that_counted_are_shown() -> None:
    subject = SubjectTrack(READER).read("well all these parcels are late", ()).settled(())
    assert subject is not None
    assert subject.playbook_id == "parcel"
    assert subject.start <= 3
    assert subject.end == 6, "parcels and late are among the words shown"


def test_small_talk_settles_nothing_and_what_was_said_before_adds_up() -> None:
    track, at_once = SubjectTrack(READER), SubjectTrack(READER)
    assert track.read("thank you good morning", ()).settled(()) is None
    assert track.read("my parcel", ()).settled(()) is None, "not enough to go by"
    late = track.read("my parcel is late", ())
    assert late.chances[0] > at_once.read("my parcel is late", ()).chances[0]
    subject = late.settled(())
    assert subject is not None
    assert subject.playbook_id == "parcel"
    assert late.settled({"parcel"}) is None, "it is at work already"


def test_beside_a_playbook_at_work_another_needs_more() -> None:
    said = "my password i forgot it i can not log in"
    alone, beside = (SubjectTrack(READER).read(said, works) for works in ((), ("parcel",)))
    assert beside.chances[1] < alone.chances[1]
    assert not alone.unlike("password")
    assert alone.unlike("parcel")


def test_the_figures_of_an_opening_compare_playbooks_with_each_other_and_with_before() -> None:
    opening = Opening(2)
    first = opening.figures(np.array([0.2, -0.4, -0.1], np.float32), 5, ())
    assert set(first) == set(WEIGHTS)
    assert first["over_none"] == pytest.approx([0.3, -0.3])
    assert first["ahead"] == pytest.approx([0.6, -0.6])
    assert first["lead_0.4"] == pytest.approx([np.log(0.65 / 0.05), np.log(0.05 / 0.65)])
    second = opening.figures(np.array([-0.5, 0.5, 0.0], np.float32), 3, [0])
    assert second["most"] == pytest.approx([0.3, -0.3])
    assert second["at_work"] == pytest.approx([0.0, 0.0]), "what is at work is not spoken of"
    assert second["words"] == pytest.approx([np.log(3.0)] * 2)
    assert Opening(1).figures(np.array([0.2, 0.1], np.float32), 1, ())["ahead"] == pytest.approx([1.2]), "no other"


def cards(content: Content, *texts: str) -> list[tuple[str, str]]:
    lines = [Line(t=10.0 * number, speaker="caller", text=text) for number, text in enumerate(texts, start=1)]
    return [(card.id, card.evidence) for card in replay(lines, content).cards if card.kind == "next_step"]


def test_the_card_quotes_the_caller_and_a_do_not_trigger_phrase_keeps_it_quiet(content: Content) -> None:
    said = "the thing you posted to me has not turned up and it is nearly a fortnight"
    assert cards(content, said) == [("delivery_late", f"caller: {said}")]
    assert cards(content, f"{said} my technician says") == [], "technician keeps this playbook quiet"


def test_a_trigger_in_words_about_something_else_is_taken_for_misheard(content: Content) -> None:
    assert [card for card, _ in cards(content, "he lost his job so we can not pay")] == ["payment_plan"]
    assert cards(content, "my neighbour lost his job as a baker years ago and now he paints") == []
    assert not SubjectTrack(READER).read("the box is late", ()).unlike("a playbook without examples")


def test_a_pack_without_examples_goes_by_its_phrases() -> None:
    assert load_content(GOOD).subjects is None


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("examples/parcle.txt", "where is it\n", "parcle.txt: no playbook 'parcle'. Fix: name it after a playbook"),
        ("examples/parcel.txt", "# nothing yet\n", "parcel.txt: no examples. Fix: write one utterance a line"),
        ("examples/parcel.txt", "Hello.\n", "none.txt:2: stands in|parcel.txt:1: stands in"),
        ("calls/one.txt", "C=: hello\n", "one.txt:1: a line before the first call. Fix: begin a call with"),
        ("calls/one.txt", "## a\nC: hello\n", "one.txt:2: not a line of a call: 'C: hello'. Fix: write `C=: words`"),
        ("calls/one.txt", "## a\nC= [parcle]: hello\n", "one.txt:2: no playbook 'parcle'. Fix: known are parcel"),
        ("calls/one.txt", "## a\nC= [parcel]: it\nC= [parcel]: is\n", "one.txt:3: parcel has been made known"),
    ],
)
def test_wrong_examples_are_refused_by_file_and_line(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "none.txt").write_text("# small talk\nhello\n")
    (tmp_path / "calls").mkdir()
    (tmp_path / name).write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_content(tmp_path)
    assert any(each in str(caught.value) for each in wanted.split("|")), str(caught.value)


def test_examples_need_a_counterpart(tmp_path: Path) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "parcel.txt").write_text("where is it\n")
    with pytest.raises(DocumentError, match=r"no none\.txt"):
        load_content(tmp_path)


def test_examples_of_nothing_alone_teach_nothing(tmp_path: Path) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "none.txt").write_text("hello\n")
    assert load_content(tmp_path).subjects is None


def test_other_examples_are_another_version(tmp_path: Path) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    before = load_content(tmp_path).version
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "none.txt").write_text("hello\n")
    (tmp_path / "examples" / "parcel.txt").write_text("where is it\n")
    found = load_content(tmp_path)
    assert found.version != before
    assert found.subjects is not None
    assert found.subjects.names == ("parcel", "none")
    assert set(load_content(BUILT_IN).playbooks) == {*load_content(BUILT_IN).subjects.names} - {"none"}  # type: ignore[union-attr]


def test_models_on_disk_score_as_those_that_were_fitted(tmp_path: Path) -> None:
    file, model = tmp_path / "models.npz", READER.model
    write_models(file, "these examples", {"subjects": model})
    first = file.read_bytes()
    write_models(file, "these examples", {"subjects": model})
    assert file.read_bytes() == first
    read = read_models(file, "these examples")["subjects"]
    for text in ("my shipment is overdue", "i forgot it", "zzz"):
        assert read.score(text).scores == pytest.approx(model.score(text).scores, abs=0.02)


@pytest.mark.parametrize("damage", ["other examples", "cut", "no file"])
def test_a_model_file_that_does_not_fit_is_none(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "models.npz"
    write_models(file, "these examples", {"subjects": READER.model})
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:200])
    elif damage == "no file":
        file.unlink()
    assert read_models(file, "those examples" if damage == "other examples" else "these examples") == {}


def test_the_built_in_models_are_those_of_its_examples(content: Content) -> None:
    examples = read_examples(BUILT_IN, content.playbooks)
    found = read_models(BUILT_IN / "models.npz", examples.source)
    assert set(found) == {"subjects", "feelings"}, "run `callfloor content build assist/content`"
    assert (BUILT_IN / "models.npz").stat().st_size < 1_200_000


def test_the_lines_of_whole_calls_are_examples_of_what_they_are_marked_with(tmp_path: Path) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "none.txt").write_text("hello\n")
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "one.txt").write_text(
        "## the box\n# a note\nA: Hello, how can I help?\nC=: hello\nC- [parcel]: where is my box\n"
        "A [parcel]: Your parcel, I see.\nC- [parcel~]: yes a big one\nC+ {rising}: lovely thanks\n"
    )
    examples = read_examples(tmp_path, ["parcel"])
    big = ("yes a big one", "where is my box", "hello")
    assert dict(examples.subjects) == {
        "none": (Spoken("hello"), Spoken("hello"), Spoken("lovely thanks", big)),
        "parcel": (Spoken("where is my box", big[2:]), Spoken("yes a big one", big[1:])),
    }, "each with what the caller said before"
    assert dict(examples.feelings)["bad"] == ("where is my box", "yes a big one")
    assert tmp_path / "calls" / "one.txt" in examples.files
    (call,) = read_calls(tmp_path / "calls" / "one.txt", ["parcel"])
    assert [line.telling for line in call.lines if line.caller] == [False, True, False, False]
    assert call.lines[-1].direction is Direction.RISING
