"""The static graph of a model made here, put together when the model is loaded.

Such a model has what grammars named at run time need: a look-ahead graph and a language model, which libvosk composes
while it decodes. Composed beforehand they decode speech without a grammar for half the CPU, but as a file they would be
larger than all the rest of the model. Putting them together takes a third of a second, so the file is made anew for
each load, in a directory that lives no longer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from transcription.models import InstalledModel
from transcription.training.graph import static_graph
from transcription.training.lexicon import parse_lexicon
from transcription.training.openfst import const_file, read_const
from voice.errors import DocumentError

_LEXICON = "graph/lexicon.txt"
_LOOK_AHEAD = ("HCLr.fst", "Gr.fst", "disambig_tid.int", "lexicon.txt")


def expands(model: InstalledModel) -> bool:
    """Whether it takes grammars and carries its pronunciations, as models made here do."""
    return model.takes_grammars and (model.path / _LEXICON).is_file()


@contextmanager
def expanded(model: InstalledModel) -> Iterator[Path]:
    """A directory with the static graph in place of what it was made of, for as long as libvosk reads it.

    Raises DocumentError where the language model is damaged or holds a word without a pronunciation.
    """
    graph = model.path / "graph"
    try:
        static = _static(
            (graph / "Gr.fst").read_bytes(),
            (graph / "words.txt").read_text(encoding="utf-8"),
            (graph / "lexicon.txt").read_text(encoding="utf-8"),
        )
    except (ValueError, LookupError) as error:
        raise DocumentError(
            graph / "Gr.fst", None, f"no graph comes of it: {error}", "unpack the model again"
        ) from None
    with tempfile.TemporaryDirectory(prefix="callfloor-model-") as name:
        place = Path(name)
        (place / "graph").mkdir()
        for part in (model.path / "am", model.path / "conf", *graph.iterdir()):
            if part.name not in _LOOK_AHEAD:
                (place / part.relative_to(model.path)).symlink_to(part.resolve())
        (place / "graph" / "HCLG.fst").write_bytes(static)
        yield place


@lru_cache(maxsize=2)
def _static(language: bytes, words: str, lexicon: str) -> bytes:
    numbered = {int(number): word for word, number in map(str.split, words.splitlines())}
    return const_file(static_graph(read_const(language), numbered, parse_lexicon(lexicon)))
