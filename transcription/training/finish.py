"""From a trained network to a model directory: decoding parameters, graphs, test, cards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from transcription.training import assess, modelcard, network, ngrams, stages
from transcription.training.aligning import log_priors
from transcription.training.assembly import graph_files, model_conf, write_model
from transcription.training.corpus import Utterance
from transcription.training.kaldi import acoustic_model
from transcription.training.ragged import Ragged
from transcription.training.voices import Split

_SCALES = (0.35, 0.45, 0.6)
_PRIORS = (0.4, 0.8)
"""How much of the pdfs' log priors is taken from the outputs."""
GraphFiles = dict[str, bytes | str]


class Maker:
    """Makes the model of a workshop; ``run`` may be repeated and goes on where it stopped."""

    def __init__(self, shop: stages.Workshop) -> None:
        self._shop = shop

    def run(self, out: Path, people: Path | None = None) -> modelcard.Measured:
        """The model ``out/NAME``, and what it reaches.

        ``people``: recordings of digits, if at hand.
        """
        shop = self._shop
        shop.open()
        plan = stages.plan(shop)
        spoken = stages.speech(shop, plan)
        lines = stages.features(shop, plan, spoken)
        labels = stages.labels(shop, plan, lines)
        net = stages.acoustic_network(shop, lines, labels)
        priors = log_priors(labels)
        graph = _graph(plan, shop.profile.worth)
        scale, share = self._tuned(net, priors, graph, plan, spoken)
        model = out / shop.profile.model
        acoustic = acoustic_model(network.layers(net, share * priors))
        write_model(model, acoustic, model_conf(scale), plan.vocabulary, graph)
        measured = self._measure(model, _split(plan, spoken, "test"), people)
        modelcard.write_card(
            model, len(plan.vocabulary), measured, shop.profile, plan.digest, talk=shop.content is not None
        )
        return measured

    def _tuned(
        self, net: network.Tdnn, priors: network.Floats, graph: GraphFiles, plan: stages.Plan, spoken: Ragged
    ) -> tuple[float, float]:
        """Stage 6, ``tuned.json``: acoustic scale and share of the priors, chosen on the tune split."""
        file = self._shop.root / "tuned.json"
        if not file.exists():
            tuning = _split(plan, spoken, "tune")
            found = []
            for share in _PRIORS:
                acoustic = acoustic_model(network.layers(net, share * priors))
                for scale in _SCALES:
                    model = self._shop.root / "tuning"
                    write_model(model, acoustic, model_conf(scale), plan.vocabulary, graph)
                    title = f"tuning, {scale:g} / {share:g}"
                    heard = assess.assess(model, tuning, self._shop.workers, title=title)
                    found.append((round(assess.wer(heard), 4), scale, share))
            file.write_text(json.dumps(sorted(found)), encoding="utf-8")
        _, scale, share = json.loads(file.read_text(encoding="utf-8"))[0]
        return scale, share

    def _measure(
        self, model: Path, test: list[tuple[Utterance, np.ndarray]], people: Path | None
    ) -> modelcard.Measured:
        workers = self._shop.workers
        free = assess.assess(model, test, workers, title="testing")
        constrained = assess.assess(model, test, workers, grammar=True, title="testing, digits grammar")
        if people is None or not people.is_dir():
            return modelcard.Measured(free, constrained)
        opened = assess.wer(assess.people(model, people, grammar=False))
        return modelcard.Measured(free, constrained, opened, assess.wer(assess.people(model, people, grammar=True)))


def _graph(plan: stages.Plan, worth: tuple[float, ...]) -> GraphFiles:
    model = ngrams.estimate(plan.language, plan.vocabulary, worth)
    ids = {word: number for number, word in enumerate(sorted(plan.vocabulary), start=1)}
    return graph_files(ngrams.acceptor(model, ids), {number: word for word, number in ids.items()}, plan.vocabulary)


def _split(plan: stages.Plan, spoken: Ragged, split: Split) -> list[tuple[Utterance, np.ndarray]]:
    return [(plan.utterances[index], spoken[index]) for index in plan.of(split)]
