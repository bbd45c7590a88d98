"""A model directory as libvosk wants it: one that takes grammars named at run time.

It has HCLr and Gr instead of HCLG (with an HCLG beside them libvosk silently ignores a grammar), and keeps its
pronunciations in ``graph/lexicon.txt``, which libvosk does not read: ``transcription.expansion`` makes the HCLG of them
when the model is loaded, ``words`` rebuilds graphs from them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from transcription.models import InstalledModel
from transcription.training import phones
from transcription.training.features import MFCC_CONF
from transcription.training.graph import lookahead_graph
from transcription.training.lexicon import Lexicon
from transcription.training.openfst import Fst, const_file, lookahead_file

_NO_WORDS = ("#0", "<s>", "</s>")
_DUMMY_DISAMBIGUATION = 100_000


def model_conf(acoustic_scale: float) -> str:
    """``conf/model.conf``. libvosk assumes outputs of 30 ms; partial words move every frames-per-chunk · 10 ms.

    The loop of phones that ``[unk]`` is makes lattices so wide under what nobody expected that at a lattice-beam of 5
    libvosk determinises eight seconds for 25; at 3 it finds the same words in 0.2.
    """
    return (
        "--min-active=100\n--max-active=2000\n--beam=11.0\n--lattice-beam=3.0\n"
        f"--acoustic-scale={acoustic_scale:g}\n"
        "--frame-subsampling-factor=3\n--frames-per-chunk=9\n--endpoint.silence-phones=1\n"
        "--endpoint.rule2.min-trailing-silence=0.5\n--endpoint.rule3.min-trailing-silence=0.75\n"
        "--endpoint.rule4.min-trailing-silence=1.0\n"
    )


def write_model(
    directory: Path, acoustic: bytes, conf: str, lexicon: Lexicon, graph: Mapping[str, bytes | str]
) -> None:
    """The directory, replaced whole. ``graph``: files of ``graph/`` by name."""
    part = directory.with_name(f".{directory.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    files: dict[str, bytes | str] = {
        "am/final.mdl": acoustic,
        "conf/mfcc.conf": MFCC_CONF,
        "conf/model.conf": conf,
        "graph/phones/word_boundary.int": phones.word_boundaries(),
        "graph/lexicon.txt": write_lexicon(lexicon),
        **{f"graph/{name}": content for name, content in graph.items()},
    }
    for name, content in files.items():
        file = part / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    shutil.rmtree(directory, ignore_errors=True)
    part.rename(directory)


def write_regraphed(
    source: InstalledModel, target: Path, lexicon: Lexicon, graph: Mapping[str, bytes | str], note: str, **card: object
) -> None:
    """``source``'s network under another graph, as ``target``. Its cards say so: ``note``, the number of words, and
    ``card``, other values of ``card.json``.
    """
    conf = (source.path / "conf" / "model.conf").read_text(encoding="utf-8")
    write_model(target, (source.path / "am" / "final.mdl").read_bytes(), conf, lexicon, graph)
    said = json.loads((source.path / "card.json").read_text(encoding="utf-8"))
    said |= {"words": len(lexicon), "advice": f"{said.get('advice', '')} {note}".strip(), **card}
    (target / "card.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    text = source.path / "MODEL_CARD.md"
    if text.is_file():
        shutil.copyfile(text, target / text.name)
        with (target / text.name).open("a", encoding="utf-8") as file:
            file.write(f"\n{note}\n")


def graph_files(language: Fst, words: Mapping[int, str], lexicon: Lexicon) -> dict[str, bytes | str]:
    """``graph/`` of a model: ``language`` accepts the numbers of ``words``."""
    graph, numbers = lookahead_graph(lexicon)
    new = {number: numbers[word] for number, word in words.items()}
    renumbered = [[(new.get(i, 0), new.get(o, 0), w, n) for i, o, w, n in arcs] for arcs in language.arcs]
    return {
        "HCLr.fst": lookahead_file(graph, len(numbers)),
        "Gr.fst": const_file(Fst(renumbered, language.finals)),
        "disambig_tid.int": f"{_DUMMY_DISAMBIGUATION}\n",
        "words.txt": _words([*sorted(numbers, key=lambda word: numbers[word]), *_NO_WORDS]),
    }


def write_lexicon(lexicon: Lexicon) -> str:
    """One pronunciation a line: the word, then its phones."""
    lines = [f"{word} {' '.join(spoken)}" for word in sorted(lexicon) for spoken in lexicon[word]]
    return "\n".join(lines) + "\n"


def _words(ordered: Iterable[str]) -> str:
    return "".join(f"{word} {number}\n" for number, word in enumerate(["<eps>", *ordered]))
