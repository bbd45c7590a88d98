"""Alignment of a whole corpus in worker processes: monophones from nothing, then a small network, then every take by
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transcription.training import align, network, phones
from transcription.training.errors import TrainingError
from transcription.training.lexicon import Lexicon
from transcription.training.profiles import Profile
from transcription.training.ragged import Ragged
from transcription.training.workers import spread

_BATCH = 25
_PRIOR_SCALE = 0.8

Labels = npt.NDArray[np.uint8]
Take = tuple[npt.NDArray[np.float32], list[str]]
"""MFCC over the clean line, and the words."""


def align_all(
    takes: Sequence[Take], lexicon: Lexicon, lines: list[Ragged], profile: Profile, root: Path, workers: int
) -> Ragged:
    """The pdf of every 10 ms frame of every take.

    ``network.IGNORED`` throughout where a text fits its sound in no way.
    """
    few = list(range(0, len(takes), max(1, len(takes) // profile.monophone_takes)))[: profile.monophone_takes]
    chosen = [takes[index] for index in few]
    gaussians = _monophones(chosen, lexicon, profile.monophone_rounds, workers)
    first = _spread_takes(
        "aligning, monophones", partial(_by_monophones, gaussians=gaussians, lexicon=lexicon), chosen, workers
    )
    examples = network.Examples([Ragged.of(line[index] for index in few) for line in lines], Ragged.of(first))
    course = network.Course(profile.aligning_width, profile.aligning_epochs, 3e-3, profile.seed)
    net = network.train(examples, course, "aligning network", root / "aligning.pt")
    known = np.concatenate(first)
    priors = _log_priors(known)
    work = partial(_by_network, net=net, priors=priors, lexicon=lexicon)
    return Ragged.of(_spread_takes("aligning, network", work, takes, workers))


def log_priors(labels: Ragged) -> npt.NDArray[np.float32]:
    """How often each pdf occurs, natural log."""
    return _log_priors(labels.values)


def _log_priors(labels: Labels) -> npt.NDArray[np.float32]:
    counts = np.bincount(labels[labels != network.IGNORED], minlength=phones.PDFS) + 10.0
    return np.asarray(np.log(counts / counts.sum()), np.float32)


def _monophones(takes: list[Take], lexicon: Lexicon, rounds: int, workers: int) -> align.Monophones:
    gaussians: align.Monophones | None = None
    for number in range(rounds + 1):
        work = partial(_count, gaussians=gaussians, lexicon=lexicon)
        batches = [takes[at : at + _BATCH] for at in range(0, len(takes), _BATCH)]
        total = align.Statistics()
        for statistics in spread(f"monophones, round {number}", work, batches, workers, chunk=1):
            total.merge(statistics)
        if not total.counts.sum():
            raise TrainingError("no text fits its sound: are the pronunciations right?")
        gaussians = total.estimate()
    if gaussians is None:
        raise ValueError("rounds must not be negative")
    return gaussians


def _count(takes: list[Take], gaussians: align.Monophones | None, lexicon: Lexicon) -> align.Statistics:
    statistics = align.Statistics()
    for cepstra, words in takes:
        acoustic = align.acoustics(cepstra)
        if gaussians is None:
            statistics.add(acoustic, align.linear(cepstra, words, lexicon))
            continue
        ways = align.chain(words, lexicon, align.SUBSTATES)
        path = align.viterbi(gaussians.scores(acoustic), ways)
        if path is not None:
            statistics.add(acoustic, ways.classes[path])
    return statistics


def _spread_takes(title: str, work: partial[list[Labels]], takes: Sequence[Take], workers: int) -> list[Labels]:
    batches = [takes[at : at + _BATCH] for at in range(0, len(takes), _BATCH)]
    return [labels for found in spread(title, work, batches, workers, chunk=1) for labels in found]


def _by_monophones(takes: Sequence[Take], gaussians: align.Monophones, lexicon: Lexicon) -> list[Labels]:
    found = []
    for cepstra, words in takes:
        ways = align.chain(words, lexicon, align.SUBSTATES)
        path = align.viterbi(gaussians.scores(align.acoustics(cepstra)), ways)
        found.append(align_labels(path, ways, len(cepstra), align.SUBSTATES, 1))
    return found


def _by_network(
    takes: Sequence[Take], net: network.Tdnn, priors: npt.NDArray[np.float32], lexicon: Lexicon
) -> list[Labels]:
    found = []
    for cepstra, words in takes:
        scores = network.log_probabilities(net, cepstra) - _PRIOR_SCALE * priors
        units = np.logaddexp(scores[:, 0::2], scores[:, 1::2])
        ways = align.chain(words, lexicon, 1)
        found.append(align_labels(align.viterbi(units, ways), ways, len(cepstra), 1, network.STRIDE))
    return found


def align_labels(path: align.Frames | None, ways: align.Chain, frames: int, substates: int, repeat: int) -> Labels:
    """Labels at 10 ms. The first output's worth of frames of a phone carries its forward pdf, the rest its loop pdf."""
    if path is None:
        return np.full(frames, network.IGNORED, np.uint8)
    owners = np.repeat(ways.owners[path], repeat)
    units = np.repeat(ways.classes[path] // substates, repeat)
    begins = np.flatnonzero(np.concatenate([[True], np.diff(owners) != 0]))
    age = np.arange(len(owners)) - np.repeat(begins, np.diff(np.append(begins, len(owners))))
    labels = (2 * units + (age >= network.STRIDE)).astype(np.uint8)
    # Output t is centred on frame 3·t, so it stands for the frame before it, that one and the next.
    shifted = labels[repeat // 2 :]
    return np.concatenate([shifted, np.full(repeat, shifted[-1])])[:frames]
