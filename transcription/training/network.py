"""The acoustic network: a time-delay network on MFCC, one output of ``phones.PDFS`` log-probabilities every 30 ms.

The first layer sees ±4 frames of 10 ms and moves by three; the others see three of its outputs each, ±3, ±3, ±6 and ±6
frames apart. Each is followed by ReLU and batch normalisation, which ``layers`` folds into the next affine. At the
edges the first and last frames are repeated, as nnet3 does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from transcription.training import phones
from transcription.training.disturb import disturb
from transcription.training.features import CEPSTRA
from transcription.training.kaldi import Layer
from transcription.training.ragged import Ragged
from transcription.training.workers import bar

STRIDE = 3
REACH = 22
"""Input frames seen on either side of an output."""
IGNORED = 255

_FIRST = 4
_DILATIONS = (1, 1, 2, 2)
_CROP = 48
_BATCH = 96

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """Features of takes over one kind of line or several, and the pdf of every 10 ms frame (``IGNORED``: not known);
    rows correspond.
    """

    lines: list[Ragged]
    labels: Ragged


@dataclass(frozen=True, slots=True)
class Course:
    """How a network is trained. ``disturbed``: share of the crops that ``disturb`` changes, in each of its ways."""

    width: int
    epochs: int
    learning_rate: float
    seed: int
    disturbed: float = 0.0


class Tdnn(nn.Module):
    """(batch, frames, 32) → (batch, outputs, PDFS) log-probabilities; frames = 3 · (outputs - 1) + 1 + 2 · REACH."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(CEPSTRA), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(CEPSTRA), requires_grad=False)
        seen = [CEPSTRA * (2 * _FIRST + 1)] + [3 * width] * len(_DILATIONS)
        self.affines = nn.ModuleList([nn.Linear(inputs, width) for inputs in seen])
        self.norms = nn.ModuleList([nn.BatchNorm1d(width) for _ in seen])
        self.out = nn.Linear(width, phones.PDFS)

    def forward(self, cepstra: torch.Tensor) -> torch.Tensor:
        """See the class."""
        # Spliced frames through one matrix product: on a CPU half the time of a dilated convolution.
        hidden = (cepstra - self.mean) * self.scale
        hidden = hidden.unfold(1, 2 * _FIRST + 1, STRIDE).transpose(2, 3).flatten(2)
        for affine, norm, dilation in zip(self.affines, self.norms, (0, *_DILATIONS), strict=True):
            if dilation:
                hidden = torch.cat(
                    [hidden[:, : -2 * dilation], hidden[:, dilation:-dilation], hidden[:, 2 * dilation :]], 2
                )
            active = torch.relu(affine(hidden))
            hidden = norm(active.flatten(0, 1)).view_as(active)
        return torch.log_softmax(self.out(hidden), dim=2)


def train(examples: Examples, course: Course, title: str, checkpoint: Path) -> Tdnn:
    """A trained network, from the last whole epoch in ``checkpoint`` if there is one."""
    torch.manual_seed(course.seed)
    net = Tdnn(course.width)
    sample = examples.lines[0].values[:: max(1, len(examples.lines[0].values) // 200_000)]
    net.mean.copy_(torch.from_numpy(sample.mean(0)))
    net.scale.copy_(torch.from_numpy(1 / sample.std(0)))
    optimiser = torch.optim.AdamW(
        [p for p in net.parameters() if p.requires_grad], lr=course.learning_rate, weight_decay=0.01
    )
    steps = sum(1 for _ in _batches(examples, np.random.default_rng(course.seed)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, course.learning_rate, total_steps=(steps + 8) * course.epochs
    )
    done = _resume(checkpoint, net, optimiser, schedule)
    with bar(title, course.epochs - done) as step:
        for epoch in range(done, course.epochs):
            _epoch(net, examples, course.disturbed, optimiser, schedule, np.random.default_rng((course.seed, epoch)))
            state = [net.state_dict(), optimiser.state_dict(), schedule.state_dict(), epoch + 1]
            part = checkpoint.with_suffix(".part")
            torch.save(state, part)
            part.replace(checkpoint)
            step()
    return net.eval()


def log_probabilities(net: Tdnn, cepstra: Floats) -> Floats:
    """(outputs, PDFS) of one sound's (frames, 32): output t is centred on frame 3·t."""
    count = (len(cepstra) + STRIDE - 1) // STRIDE
    at = np.clip(np.arange(-REACH, STRIDE * (count - 1) + REACH + 1), 0, len(cepstra) - 1)
    with torch.inference_mode():
        return np.asarray(net(torch.from_numpy(cepstra[at][None]))[0].numpy())


def layers(net: Tdnn, log_priors: Floats | None = None) -> list[Layer]:
    """The network as plain affines with ReLU between them; ``log_priors``, if given, are taken from the outputs."""
    scale, shift = net.scale.numpy(), -(net.mean * net.scale).numpy()
    found = []
    offsets = [tuple(range(-_FIRST, _FIRST + 1)), *((-STRIDE * d, 0, STRIDE * d) for d in _DILATIONS), (0,)]
    norms = [*net.norms, None]
    for affine, norm, seen in zip([*net.affines, net.out], norms, offsets, strict=True):
        weight = affine.weight.detach().numpy()  # (outputs, inputs · offsets), offset-major
        bias = affine.bias.detach().numpy() + weight @ np.tile(shift, len(seen))
        flat = weight * np.tile(scale, len(seen))
        found.append(Layer(flat.astype(np.float32), bias.astype(np.float32), seen))
        if norm is not None:
            deviation = torch.sqrt(norm.running_var + norm.eps)
            scale = (norm.weight / deviation).detach().numpy()
            shift = (norm.bias - norm.running_mean * norm.weight / deviation).detach().numpy()
    if log_priors is not None:
        found[-1] = Layer(found[-1].weights, found[-1].bias - log_priors, found[-1].offsets)
    return found


def _epoch(
    net: Tdnn,
    examples: Examples,
    disturbed: float,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    rng: np.random.Generator,
) -> None:
    net.train()
    for cepstra, labels in _batches(examples, rng):
        if disturbed:
            cepstra = disturb(cepstra, disturbed, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=_short_floats()):
            outputs = net(cepstra)
        loss = nn.functional.nll_loss(
            outputs.float().reshape(-1, phones.PDFS), labels.reshape(-1), ignore_index=IGNORED
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()


def _short_floats() -> bool:
    """Whether this processor multiplies 16-bit floats faster than 32-bit ones."""
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def _batches(examples: Examples, rng: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Crops of _CROP outputs that together cover every take over every line, at a new phase each time."""
    ends = examples.labels.ends
    begins = np.concatenate([[0], ends[:-1]])
    span = _CROP * STRIDE
    crops = []
    for line, (begin, end) in itertools.product(range(len(examples.lines)), zip(begins, ends, strict=True)):
        first = begin - int(rng.integers(0, min(span, end - begin)))
        crops += [(line, start, begin, end) for start in range(first, end, span)]
    table = np.array(crops)[rng.permutation(len(crops))]
    reach = np.arange(-REACH, span - STRIDE + REACH + 1)
    outputs = STRIDE * np.arange(_CROP)
    for at in range(0, len(table) - _BATCH + 1, _BATCH):
        line, start, begin, end = table[at : at + _BATCH].T[:, :, None]
        index = np.clip(start + reach, begin, end - 1)
        cepstra = np.empty((_BATCH, len(reach), CEPSTRA), np.float32)
        for number, values in enumerate(examples.lines):
            of_line = line[:, 0] == number
            cepstra[of_line] = values.values[index[of_line]]
        wanted = start + outputs
        labels = examples.labels.values[np.clip(wanted, begin, end - 1)].astype(np.int64)
        labels[(wanted < begin) | (wanted >= end)] = IGNORED
        yield torch.from_numpy(cepstra), torch.from_numpy(labels)


def _resume(
    checkpoint: Path, net: Tdnn, optimiser: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler
) -> int:
    if not checkpoint.exists():
        return 0
    state, optimiser_state, schedule_state, done = torch.load(checkpoint, weights_only=True)
    net.load_state_dict(state)
    optimiser.load_state_dict(optimiser_state)
    schedule.load_state_dict(schedule_state)
    return int(done)
