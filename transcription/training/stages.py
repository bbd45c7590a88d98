"""The recipe, stage by stage. Each leaves one file in the workshop; a stage whose file is there is not run again."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from transcription.training import augment, voices
from transcription.training.aligning import align_all
from transcription.training.corpus import Utterance, cast, choose_texts, general_english
from transcription.training.errors import TrainingError
from transcription.training.features import mfcc
from transcription.training.lexicon import Lexicon, dictionary_file, pronounce, read_dictionary
from transcription.training.network import Course, Examples, Tdnn, train
from transcription.training.profiles import Profile
from transcription.training.ragged import Ragged
from transcription.training.sentences import TEXTS, read_grammar
from transcription.training.talk import read_talk
from transcription.training.workers import spread

_SPEECH_BATCH = 50


@dataclass(frozen=True)
class Plan:
    """What is said by whom, what the language model is made from, and how every word is pronounced."""

    utterances: list[Utterance]
    language: list[str]
    vocabulary: Lexicon
    others: Lexicon

    @cached_property
    def lexicon(self) -> Lexicon:
        """All pronunciations: of the vocabulary, and of words only trained with."""
        return {**self.others, **self.vocabulary}

    @cached_property
    def digest(self) -> str:
        """12 hex digits of its SHA-256: equal where the same is said by the same voices, in the same order."""
        said = [[utterance.as_dict() for utterance in self.utterances], self.language, sorted(self.lexicon.items())]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    def of(self, split: voices.Split) -> list[int]:
        """Indices of a split's utterances."""
        return [index for index, utterance in enumerate(self.utterances) if utterance.split == split]


@dataclass(frozen=True)
class Workshop:
    """Where the stages of one profile leave their files. ``workers``: processes at once; ``content``: a content pack,
    of whose sentences as many are trained with as the profile says.
    """

    root: Path
    profile: Profile
    workers: int = 2
    content: Path | None = None

    def open(self) -> None:
        """Make the directory. Raises TrainingError where another version of the profile has worked in it."""
        self.root.mkdir(parents=True, exist_ok=True)
        file = self.root / "profile.json"
        wanted = json.loads(json.dumps(asdict(self.profile)))
        if not file.exists():
            file.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
        elif json.loads(file.read_text(encoding="utf-8")) != wanted:
            raise TrainingError(f"{self.root} holds the work of another profile: remove it or name another directory")


def plan(shop: Workshop) -> Plan:
    """Stage 1, ``plan.json``: texts, voices, pronunciations."""
    file = shop.root / "plan.json"
    if not file.exists():
        made = _make_plan(shop.profile, read_talk(shop.content) if shop.content else [])
        stored = {
            "utterances": [utterance.as_dict() for utterance in made.utterances],
            "language": made.language,
            "vocabulary": made.vocabulary,
            "others": made.others,
        }
        _write_whole(file, json.dumps(stored).encode())
    stored = json.loads(file.read_text(encoding="utf-8"))
    lexicons = [
        {word: tuple(tuple(spoken) for spoken in all_spoken) for word, all_spoken in stored[name].items()}
        for name in ("vocabulary", "others")
    ]
    utterances = [Utterance.from_dict(utterance) for utterance in stored["utterances"]]
    return Plan(utterances, stored["language"], *lexicons)


def speech(shop: Workshop, made: Plan) -> Ragged:
    """Stage 2, ``speech.npz``: every utterance as int16 at 8 kHz."""

    def build() -> Ragged:
        festival = [index for index, utterance in enumerate(made.utterances) if utterance.manner.engine == "festival"]
        others = [index for index, utterance in enumerate(made.utterances) if utterance.manner.engine != "festival"]
        batches = [
            group[at : at + _SPEECH_BATCH] for group in (festival, others) for at in range(0, len(group), _SPEECH_BATCH)
        ]
        said = [[(made.utterances[index].text, made.utterances[index].manner) for index in batch] for batch in batches]
        sounds = spread("speaking", _speak_batch, said, shop.workers, chunk=1)
        by_index = {
            index: sound
            for batch, spoken in zip(batches, sounds, strict=True)
            for index, sound in zip(batch, spoken, strict=True)
        }
        return Ragged.of(by_index[index] for index in range(len(made.utterances)))

    return _ragged(shop.root / "speech.npz", build)


def features(shop: Workshop, made: Plan, spoken: Ragged) -> list[Ragged]:
    """Stage 3, ``features-*.npz``: MFCC of every training take over a clean line (0) and over bad ones (1...); float32.

    Take t of utterance u is row ``u · copies + t``; a row has the same number of frames over every line.
    """
    profile = shop.profile
    files = [shop.root / f"features-{number}.npz" for number in range(profile.corruptions + 1)]
    if not all(file.exists() for file in files):
        train = made.of("train")
        rows = [(index, copy) for index in train for copy in range(profile.copies)]
        rng = random.Random(profile.seed)  # noqa: S311 - reproducible, not secret
        jobs = [
            (spoken[index], _babble(spoken, train, rng), profile.seed * 1_000_003 + number)
            for number, (index, _) in enumerate(rows)
        ]
        found = spread("features", partial(_features, lines=profile.corruptions), jobs, shop.workers)
        for number, file in enumerate(files):
            Ragged.of(lines[number] for lines in found).save(file)
    return [Ragged.load(file) for file in files]


def labels(shop: Workshop, made: Plan, lines: list[Ragged]) -> Ragged:
    """Stage 4, ``labels.npz``: the pdf of every frame of every take."""

    def build() -> Ragged:
        train = [made.utterances[index] for index in made.of("train") for _ in range(shop.profile.copies)]
        takes = [(cepstra, utterance.text.split()) for cepstra, utterance in zip(lines[0], train, strict=True)]
        return align_all(takes, made.lexicon, lines, shop.profile, shop.root, shop.workers)

    return _ragged(shop.root / "labels.npz", build)


def acoustic_network(shop: Workshop, lines: list[Ragged], known: Ragged) -> Tdnn:
    """Stage 5, ``network.pt``: the trained network (after each epoch)."""
    profile = shop.profile
    course = Course(profile.width, profile.epochs, profile.learning_rate, profile.seed, profile.disturbed)
    return train(Examples(lines, known), course, "network", shop.root / "network.pt")


def _make_plan(profile: Profile, talk: list[str]) -> Plan:
    grammar = read_grammar(TEXTS / profile.texts)
    dictionary = read_dictionary(dictionary_file())
    texts = choose_texts(profile, grammar, dictionary, general_english() if profile.chunks else [], talk)
    utterances = cast(texts, voices.available(), profile.seed)
    vocabulary = pronounce(grammar.vocabulary() | {"oh"}, dictionary)
    words = {word for utterance in utterances for word in utterance.text.split()} - set(vocabulary)
    return Plan(utterances, texts.language, vocabulary, pronounce(words, dictionary))


def _speak_batch(said: list[tuple[str, voices.Manner]]) -> list[voices.Sound]:
    if said[0][1].engine == "festival":
        return list(voices.speak_festival(said))
    return [voices.speak(text, manner) for text, manner in said]


def _babble(spoken: Ragged, train: list[int], rng: random.Random) -> voices.Sound:
    """Two to four people at once, as long as the longest of them."""
    sounds = [spoken[rng.choice(train)] for _ in range(rng.randint(2, 4))]
    mixed = np.zeros(max(map(len, sounds)))
    for sound in sounds:
        mixed += np.resize(sound, len(mixed))
    return (mixed / len(sounds)).astype(np.int16)


def _features(job: tuple[voices.Sound, voices.Sound, int], lines: int) -> list[np.ndarray]:
    sound, babble, seed = job
    rng = np.random.default_rng(seed)
    taken = augment.take(sound, rng)
    found = [mfcc(augment.clean_line(taken, rng))]
    for _ in range(lines):
        warp = round(float(rng.uniform(0.88, 1.14)), 2) if rng.random() < 0.6 else 1.0
        found.append(mfcc(augment.line(taken, rng, babble), warp))
    return found


def _ragged(file: Path, build: Callable[[], Ragged]) -> Ragged:
    if not file.exists():
        build().save(file)
    return Ragged.load(file)


def _write_whole(file: Path, content: bytes) -> None:
    part = file.with_suffix(file.suffix + ".part")
    part.write_bytes(content)
    part.replace(file)
