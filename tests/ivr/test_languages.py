"""Several languages: what a contact hears and may say follows its variable ``language``."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ivr.effects import BannerRaised, DigitPressed, PlaceTold, Scored, SpeechHeard, StartSpeech
from ivr.engines import EspeakNg
from ivr.flow import FlowRunner
from ivr.languages import offered
from ivr.prompt_builder import build
from ivr.prompts import PromptSource
from ivr.schema import load_flow, load_with_prompts
from tests.ivr.test_flow import Caller

FILE = Path(__file__).parents[1] / "golden" / "flows" / "good" / "languages.yaml"
FLOW = load_flow(FILE)


def calling(number: str = "") -> Caller:
    caller = Caller(FLOW)
    caller.runner = FlowRunner(FLOW, {"caller": "2025550142", "called": number})
    caller.playing, caller.timers = None, {}
    caller.note(caller.runner.start())
    return caller


def listens_for(caller: Caller) -> tuple[str, ...] | None:
    return [effect for effect in caller.seen if isinstance(effect, StartSpeech)][-1].phrases


def say(caller: Caller, text: str) -> None:
    turn = [effect.token for effect in caller.seen if isinstance(effect, StartSpeech)][-1]
    caller.give(SpeechHeard(turn, text, True))


def test_a_key_chooses_the_language_of_all_that_follows() -> None:
    caller = calling()
    assert caller.hears == ["Thank you for calling."]
    caller.hear_out()
    caller.press("2")
    assert caller.hears == ["Espere, por favor."]
    assert listens_for(caller) == ("agente", "una llamada")
    caller.hear_out()
    caller.give(PlaceTold(1, 70, 170))
    assert caller.hears == [
        "Su llamada ocupa el puesto dos en la cola.",
        "Calculamos una espera de uno a tres minutos.",
    ]
    caller.hear_out()
    caller.give(BannerRaised("outage"))
    assert caller.hears == ["La red no funciona."]
    say(caller, "agente")
    assert caller.hears == ["Adiós."]


def test_who_chooses_the_flows_own_language_stays_in_it() -> None:
    caller = calling()
    caller.hear_out()
    say(caller, "english please")
    assert caller.hears == ["Please wait."]
    assert listens_for(caller) == ("agent", "a call back")


def test_the_number_called_chooses_too() -> None:
    assert calling("2025550199").hears == ["Espere, por favor."]
    german = calling("2025550149")
    assert german.hears == ["Bitte warten Sie."], "de-AT is spoken to in de"
    assert not [effect for effect in german.seen if isinstance(effect, StartSpeech)], "no recogniser knows German here"
    german.hear_out()
    german.give(PlaceTold(0, None, None))
    assert german.hears == ["Ihr Anruf ist der nächste."]
    german.press("0")
    assert german.hears == ["Auf Wiederhören."], "what is keyed works in every language"


def test_a_score_is_said_in_the_callers_language() -> None:
    spanish = calling("2025550199")
    spanish.serve_and_leave()
    assert spanish.hears == ["¿Cómo le hemos atendido, del 1 al 5?"]
    assert listens_for(spanish) == ("uno", "dos", "tres", "cuatro", "cinco")
    say(spanish, "cuatro")
    assert Scored("csat", 4) in spanish.seen
    german = calling("2025550149")
    german.serve_and_leave()
    german.give(DigitPressed("2"))
    assert Scored("csat", 2) in german.seen


@pytest.mark.parametrize(
    ("wanted", "languages", "spoken"),
    [
        ("es", ("en", "es"), "es"),
        ("es-MX", ("en", "es"), "es"),
        ("es", ("en", "es-MX"), "es-MX"),
        ("fr", ("en",), None),
    ],
)
def test_a_region_is_no_other_language(wanted: str, languages: tuple[str, ...], spoken: str | None) -> None:
    assert offered(wanted, languages) == spoken


class Tone:
    """Stands in for a synthesiser."""

    def speak(self, source: PromptSource, rate: int) -> bytes:
        return b"\1\0" * (rate // 2)


def test_every_language_is_built_and_checked_in_its_directory(tmp_path: Path) -> None:
    tone = Tone()
    made = build([FILE], tmp_path, {"flite": tone, "espeak-ng": tone}, Console(file=io.StringIO()))
    flow, store = load_with_prompts(FILE, tmp_path)
    languages = ("en", "es", "de")
    assert made == len({source for language in languages for source in flow.sources(language)}) + len(languages)
    for language in languages:
        assert (tmp_path / language / "hold.wav").is_file()
        assert all(source.key in store for source in flow.sources(language))
    assert store.names() == ("hold",)


def test_the_spanish_sentences_can_be_spoken() -> None:
    sound = np.frombuffer(EspeakNg().speak(FLOW.source("Goodbye.", language="es"), 8000), "<i2")
    english = np.frombuffer(EspeakNg().speak(replace(FLOW.source("Goodbye.", language="es"), voice="en"), 8000), "<i2")
    assert 0.3 < len(sound) / 8000 < 3
    assert len(sound) != len(english), "it is not English that speaks"
