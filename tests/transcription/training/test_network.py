from pathlib import Path

import numpy as np
import torch

from transcription.training import network, phones
from transcription.training.kaldi import Layer
from transcription.training.ragged import Ragged


def folded(layers: list[Layer], cepstra: np.ndarray) -> np.ndarray:
    """What nnet3 computes: affines over offsets, ReLU between, frames repeated at the edges, every third output."""
    reach = network.REACH
    hidden = {t: cepstra[np.clip(t, 0, len(cepstra) - 1)] for t in range(-reach, len(cepstra) + reach)}
    for layer in layers:
        inside = [t for t in hidden if all(t + offset in hidden for offset in layer.offsets)]
        after = {
            t: layer.weights @ np.concatenate([hidden[t + offset] for offset in layer.offsets]) + layer.bias
            for t in inside
        }
        hidden = {t: np.maximum(value, 0) for t, value in after.items()} if layer is not layers[-1] else after
    outputs = np.array([hidden[t] for t in range(0, len(cepstra), network.STRIDE)])
    return np.asarray(outputs - np.log(np.exp(outputs).sum(1, keepdims=True)))


def test_the_layers_written_compute_what_the_network_computes() -> None:
    torch.manual_seed(1)
    net = network.Tdnn(8)
    net.train()
    for _ in range(3):
        net(3 * torch.randn(4, 60, 32) + 1)
    net.mean.copy_(torch.randn(32))
    net.eval()
    cepstra = np.random.default_rng(1).normal(size=(31, 32)).astype(np.float32)
    found = network.log_probabilities(net, cepstra)
    assert found.shape == (11, phones.PDFS)
    assert np.allclose(found, folded(network.layers(net), cepstra), atol=1e-4)


def test_priors_are_taken_from_the_outputs() -> None:
    net = network.Tdnn(4)
    priors = np.arange(phones.PDFS, dtype=np.float32)
    plain, divided = network.layers(net)[-1], network.layers(net, priors)[-1]
    assert np.allclose(divided.bias, plain.bias - priors)


def test_training_learns_and_goes_on_from_its_last_epoch(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows, labels = [], []
    for _ in range(240):
        label = np.repeat(rng.integers(0, 4, size=20), 10).astype(np.uint8)
        rows.append((np.eye(32)[label] * 4 + rng.normal(size=(200, 32))).astype(np.float32))
        labels.append(label)
    examples = network.Examples([Ragged.of(rows)], Ragged.of(labels))
    checkpoint = tmp_path / "net.pt"
    network.train(examples, network.Course(16, 20, 1e-2, 1), "test", checkpoint)
    again = network.train(examples, network.Course(16, 20, 1e-2, 1), "test", checkpoint)
    heard = network.log_probabilities(again, rows[0]).argmax(1)
    assert np.mean(heard == labels[0][::3][: len(heard)]) > 0.8
