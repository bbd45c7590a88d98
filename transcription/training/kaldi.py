"""``am/final.mdl`` in Kaldi's binary form: transition model and nnet3 network with 8-bit matrices.

A token is its text and a space; numbers are a size byte and little-endian bytes; ``FV`` and ``FM`` are float vectors
and matrices; ``CM3`` is a matrix of one byte per element over one range, ``CM2`` of two.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transcription.training import phones
from transcription.training.features import CEPSTRA

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """One affine layer.

    ``weights``: (outputs, inputs · offsets), columns offset-major; ``offsets``: input frames (10 ms) that it sees,
    ascending.
    """

    weights: Floats
    bias: Floats
    offsets: tuple[int, ...]


def acoustic_model(layers: Sequence[Layer]) -> bytes:
    """``final.mdl``: ReLU after every layer but the last, log-softmax after that. Outputs are ``phones.PDFS``."""
    if layers[-1].weights.shape[0] != phones.PDFS:
        raise ValueError(f"the last layer has {layers[-1].weights.shape[0]} outputs, not {phones.PDFS}")
    return b"\0B" + _transition_model() + _network(layers) + _tail()


def compressed(matrix: Floats, width: int = 1) -> bytes:
    """A matrix as CM3 (``width`` 1) or CM2 (2): rounded to 255 or 65535 steps between its least and greatest value."""
    low = float(matrix.min())
    reach = max(float(matrix.max()) - low, 1e-6)
    steps = 255 if width == 1 else 65535
    coded = np.clip(np.round((matrix - low) / reach * steps), 0, steps).astype("<u1" if width == 1 else "<u2")
    token = b"CM3 " if width == 1 else b"CM2 "
    return token + struct.pack("<ffii", low, reach, *matrix.shape) + coded.tobytes()


def _transition_model() -> bytes:
    numbers = range(1, phones.PHONE_COUNT + 1)
    topology = _ints(list(numbers)) + _ints([-1] + [0] * phones.PHONE_COUNT)
    # -1: states have separate self-loop pdfs; 1 topology of 2 states: 0 emits and loops or leaves, 1 is final.
    topology += _int(-1) + _int(1) + _int(2)
    topology += _int(0) + _int(1) + _int(2) + _int(0) + _float(0.5) + _int(1) + _float(0.5)
    topology += _int(-1) + _int(-1) + _int(0)
    tuples = _int(phones.PHONE_COUNT)
    for number in numbers:
        unit = phones.unit_of_number(number)
        tuples += _int(number) + _int(0) + _int(2 * unit) + _int(2 * unit + 1)
    log_probs = np.full(phones.TRANSITIONS + 1, np.log(0.5), np.float32)
    log_probs[0] = 0.0
    return (
        b"<TransitionModel> <Topology> " + topology + b"</Topology> <Tuples> " + tuples + b"</Tuples> "
        b"<LogProbs> " + _vector(log_probs) + b"</LogProbs> </TransitionModel> "
    )


def _network(layers: Sequence[Layer]) -> bytes:
    names = [*(f"tdnn{number}" for number in range(1, len(layers))), "out"]
    lines = [f"input-node name=input dim={CEPSTRA}"]
    components = b""
    source = "input"
    for name, layer in zip(names, layers, strict=True):
        then = "logsoftmax" if name == "out" else "relu"
        lines.append(_node(f"{name}.affine", _append(source, layer.offsets)))
        lines.append(_node(f"{name}.{then}", f"{name}.affine"))
        source = f"{name}.{then}"
        # Cepstra differ in scale by orders of magnitude, so the first layer's weights do too: too much for a byte.
        components += _affine(name, layer, width=2 if name == "tdnn1" else 1) + _nonlinear(name, then, len(layer.bias))
    lines.append(f"output-node name=output input={source} objective=linear")
    config = "\n" + "\n".join(lines) + "\n\n"
    return b"<Nnet3> " + config.encode() + b"<NumComponents> " + _int(2 * len(layers)) + components + b"</Nnet3> "


def _node(name: str, source: str) -> str:
    return f"component-node name={name} component={name} input={source}"


def _append(source: str, offsets: tuple[int, ...]) -> str:
    if offsets == (0,):
        return source
    return f"Append({', '.join(f'Offset({source}, {offset})' if offset else source for offset in offsets)})"


def _affine(name: str, layer: Layer, width: int) -> bytes:
    head = f"<ComponentName> {name}.affine <FixedAffineComponent> <LinearParams> ".encode()
    return (
        head + compressed(layer.weights, width) + b"<BiasParams> " + _vector(layer.bias) + b"</FixedAffineComponent> "
    )


def _nonlinear(name: str, then: str, dim: int) -> bytes:
    kind = {"relu": "RectifiedLinearComponent", "logsoftmax": "LogSoftmaxComponent"}[then]
    nothing = _vector(np.zeros(0, np.float32))
    return (
        f"<ComponentName> {name}.{then} <{kind}> <Dim> ".encode() + _int(dim)
        + b"<ValueAvg> " + nothing + b"<DerivAvg> " + nothing + b"<Count> " + _float(0.0)
        + b"<NumDimsSelfRepaired> " + _float(0.0) + b"<NumDimsProcessed> " + _float(0.0) + f"</{kind}> ".encode()
    )  # fmt: skip


def _tail() -> bytes:
    return b"<LeftContext> " + _int(0) + b"<RightContext> " + _int(0) + b"<Priors> " + _vector(np.zeros(0, np.float32))


def _int(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _ints(values: list[int]) -> bytes:
    return b"\x04" + struct.pack(f"<i{len(values)}i", len(values), *values)


def _vector(values: Floats) -> bytes:
    return b"FV " + _int(len(values)) + values.astype("<f4").tobytes()
