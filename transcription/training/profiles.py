"""How much of everything: the small profile proves the recipe in minutes, the full one makes the committed model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Numbers of utterances, copies and epochs. All frames are 10 ms unless said otherwise.

    ``sentences``, ``strings``, ``chunks``, ``numbers`` and ``singles``: training utterances of the grammar, of random
    word strings, of general English, of digits and of one or two isolated words; ``talk``: of what people say in a
    content pack, where one is named; ``held_out``: sentences in each of the tune and test splits (and half as many
    digit strings); ``copies``: takes of each utterance at another speed; ``corruptions``: bad lines each take is heard
    over, beside a clean one; ``width``: units of a hidden layer; ``aligning_width``, ``aligning_epochs``: of the first
    network, which only aligns; ``monophone_takes``: how many takes the monophones are made from; ``disturbed``: share
    of the crops disturbed anew at each sight; ``worth``: what an n-gram must be worth to be kept, by order
    (``ngrams.estimate``); ``lm_sentences``: sentences the language model is made from, with one string of digits to
    every twenty.
    """

    name: str
    texts: str
    model: str
    sentences: int
    strings: int
    chunks: int
    numbers: int
    singles: int
    held_out: int
    copies: int
    corruptions: int
    width: int
    epochs: int
    aligning_width: int
    aligning_epochs: int
    monophone_takes: int
    monophone_rounds: int = 6
    disturbed: float = 0.0
    worth: tuple[float, ...] = (0.0, 0.0)
    seed: int = 7
    learning_rate: float = 2e-3
    lm_sentences: int = 20000
    talk: int = 0


SMALL = Profile(
    name="small", texts="helpdesk.yaml", model="tiny-en-8k",
    sentences=500, strings=60, chunks=0, numbers=60, singles=120, held_out=60, copies=1, corruptions=1,
    monophone_takes=300, aligning_width=64, aligning_epochs=5, width=96, epochs=10,
    learning_rate=4e-3, lm_sentences=3000, worth=(0.0, 0.0, 2.0), disturbed=0.2,
)  # fmt: skip
FULL = Profile(
    name="full", texts="contact_centre.yaml", model="demo-en-8k",
    sentences=5500, strings=1000, chunks=2600, numbers=1100, singles=1500, held_out=300, copies=1, corruptions=2,
    monophone_takes=1500, aligning_width=128, aligning_epochs=4, width=256, epochs=6, disturbed=0.4,
    lm_sentences=80000, worth=(0.0, 2.0, 10.0), talk=8000,
)  # fmt: skip
PROFILES = {profile.name: profile for profile in (SMALL, FULL)}
