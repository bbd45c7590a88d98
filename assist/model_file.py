"""Fitted models of a content directory on disk, ``DIR/models.npz``: fitting takes seconds, reading milliseconds.

The file says which examples and which code it was made from (``source``); made from others it is as good as none.
Weights are whole numbers of -1023..1023 times a scale for each target; the weakest features are left out.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from assist.linear import LinearModel

FILE = "models.npz"
_MOST_FEATURES = 50_000
_LEVELS = 1023.0

log = logging.getLogger(__name__)


def write_models(file: Path, source: str, models: Mapping[str, LinearModel]) -> None:
    """Write the models of ``source``, by name. The same models give the same bytes."""
    arrays: dict[str, np.ndarray] = {"source": np.array(source)}
    for name, model in models.items():
        strength = np.abs(model.weights).max(axis=1) * model.inverse
        kept = np.sort(np.argsort(-strength, kind="stable")[:_MOST_FEATURES])
        names = list(model.index)
        scale = np.abs(model.weights).max(axis=0) / _LEVELS
        arrays |= {
            f"{name}_names": np.frombuffer("\n".join(names[at] for at in kept).encode(), np.uint8),
            f"{name}_inverse": model.inverse[kept].astype(np.float16),
            f"{name}_weights": np.round(model.weights[kept] / scale).astype(np.int16),
            f"{name}_scale": scale.astype(np.float32),
            f"{name}_bias": model.bias,
        }
    with file.open("wb") as opened:
        np.savez_compressed(opened, **arrays)  # type: ignore[arg-type]


def read_models(file: Path, source: str) -> dict[str, LinearModel]:
    """The models of ``source`` by name; none where the file is missing, damaged, or made from something else."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            if str(found["source"]) != source:
                log.warning("%s is older than its examples: they are read again. `callfloor content build`", file)
                return {}
            names = [key.removesuffix("_bias") for key in found.files if key.endswith("_bias")]
            return {name: _model(found, name) for name in names}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("%s cannot be read (%s): its examples are read again. `callfloor content build`", file, error)
        return {}


def _model(found: Mapping[str, np.ndarray], name: str) -> LinearModel:
    names = found[f"{name}_names"].tobytes().decode().split("\n")
    weights = found[f"{name}_weights"].astype(np.float32) * found[f"{name}_scale"]
    return LinearModel(
        {feature: at for at, feature in enumerate(names)},
        found[f"{name}_inverse"].astype(np.float32),
        weights,
        found[f"{name}_bias"].astype(np.float32),
    )
