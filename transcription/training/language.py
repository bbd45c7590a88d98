"""A model made here learns the words and sentences of a content pack: its graphs are rebuilt, without training.

What the model expects is mixed half and half from the grammar it was made with and from what people say in the pack
(``talk``), so that it knows the words that the pack's cards look for. Digits are spelt among people, too: without them
in both halves every digit would cost more than a word.
"""

from __future__ import annotations

from pathlib import Path

from transcription.models import InstalledModel, find_model
from transcription.training import ngrams
from transcription.training.assembly import graph_files, write_regraphed
from transcription.training.corpus import DIGITS, choose_texts
from transcription.training.errors import TrainingError
from transcription.training.lexicon import (
    Lexicon,
    dictionary_file,
    pronounce,
    pronounceable,
    read_dictionary,
    read_lexicon,
)
from transcription.training.profiles import PROFILES, Profile
from transcription.training.sentences import TEXTS, read_grammar
from transcription.training.talk import read_talk

_SHARE = 0.5
"""Of the language model that is people's. At 0.4 the grammar's sentences are heard a little better, people's worse."""
_WORTH = (0.0, 1.5, 3.0)
"""What an n-gram of people's must be worth to be kept, by order: as small as 3 MB for the whole model ask."""
_SPELT = 10
"""Sentences of people's for each string of digits."""
_LEARNED = "Its words and language model are those of a content pack, learned after these figures were measured."


def learn(model: Path | str, content: Path, out: Path) -> Path:
    """``out``/NAME: ``model`` with the words and sentences of ``content`` beside its own.

    Sentences with a word that cannot be pronounced are left out. Raises TrainingError, DocumentError.
    """
    source = find_model(model)
    profile = _profile(source)
    target = out / source.path.resolve().name
    if target.exists():
        raise TrainingError(f"{target} exists: name another directory")
    dictionary = read_dictionary(dictionary_file())
    talk = [text for text in read_talk(content) if pronounceable(text, dictionary)]
    new = pronounce({word for text in talk for word in text.split()}, dictionary)
    lexicon = {**new, **read_lexicon(source.path / "graph" / "lexicon.txt")}
    graph = _graph(profile, dictionary, talk, lexicon)
    write_regraphed(source, target, lexicon, graph, _LEARNED)
    return target


def _profile(model: InstalledModel) -> Profile:
    found = [profile for profile in PROFILES.values() if profile.model == model.card.name]
    if not found or not model.takes_grammars:
        raise TrainingError(f"{model.path} is no model of a profile of ours: nobody knows what its words are said in")
    return found[0]


def _graph(profile: Profile, dictionary: Lexicon, talk: list[str], lexicon: Lexicon) -> dict[str, bytes | str]:
    sentences = choose_texts(profile, read_grammar(TEXTS / profile.texts), dictionary).language
    spelt = [text for text in sentences if set(text.split()) <= set(DIGITS)][: len(talk) // _SPELT]
    grammars = ngrams.estimate(sentences, lexicon, profile.worth)
    peoples = ngrams.estimate([*talk, *spelt], lexicon, _WORTH)
    ids = {word: number for number, word in enumerate(sorted(lexicon), start=1)}
    language = ngrams.acceptor(ngrams.mixed(grammars, peoples, _SHARE), ids)
    return graph_files(language, {number: word for word, number in ids.items()}, lexicon)
