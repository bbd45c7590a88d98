"""Whole sentences for places and waits: each is one recording, so nothing is pieced together from words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOLD = 10
"""Places up to here are told by their number."""
_MINUTES = (1, 2, 3, 5, 8, 12, 20, 30)
_STEPS = range(len(_MINUTES))
_WIDEST = 3
"""Steps of ``_MINUTES`` a range may span; a wider one is told by its far end alone."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language says it. ``places``: the words for 2 to 10, ``minutes``: those for ``_MINUTES`` as they stand
    in ``between`` and ``below``.
    """

    next: str
    place: str
    far: str
    places: tuple[str, ...]
    between: str
    below: str
    minutes: tuple[str, ...]
    soon: str
    long: str
    maybe_long: str

    def positions(self) -> tuple[str, ...]:
        """Every place, by how many are before."""
        return (self.next, *(self.place.format(word) for word in self.places), self.far)

    def waits(self) -> tuple[str, ...]:
        """Every wait."""
        below = (self.below.format(word) for word in self.minutes[1:])
        pairs = ((low, high) for low in _STEPS for high in _STEPS[low + 1 : low + 1 + _WIDEST])
        between = (self.between.format(self.minutes[low], self.minutes[high]) for low, high in pairs)
        return (self.soon, *below, *between, self.maybe_long, self.long)


WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        next="You are the next in line.",
        place="You are number {} in line.",
        far="There are more than ten callers before you.",
        places=("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        between="We expect a wait of {} to {} minutes.",
        below="We expect a wait of less than {} minutes.",
        minutes=("one", "two", "three", "five", "eight", "twelve", "twenty", "thirty"),
        soon="We expect a wait of less than one minute.",
        long="We expect a wait of more than thirty minutes.",
        maybe_long="The wait may be longer than thirty minutes.",
    ),
    "de": Wording(
        next="Ihr Anruf ist der nächste.",
        place="Sie sind auf Platz {} der Warteschlange.",
        far="Vor Ihnen warten mehr als zehn Anrufe.",
        places=("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
        between="Wir rechnen mit einer Wartezeit von {} bis {} Minuten.",
        below="Wir rechnen mit einer Wartezeit von weniger als {} Minuten.",
        minutes=("einer", "zwei", "drei", "fünf", "acht", "zwölf", "zwanzig", "dreißig"),
        soon="Wir rechnen mit einer Wartezeit von weniger als einer Minute.",
        long="Wir rechnen mit einer Wartezeit von mehr als dreißig Minuten.",
        maybe_long="Es kann länger als dreißig Minuten dauern.",
    ),
    "es": Wording(
        next="Su llamada es la siguiente.",
        place="Su llamada ocupa el puesto {} en la cola.",
        far="Hay más de diez llamadas antes que la suya.",
        places=("dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
        between="Calculamos una espera de {} a {} minutos.",
        below="Calculamos una espera de menos de {} minutos.",
        minutes=("uno", "dos", "tres", "cinco", "ocho", "doce", "veinte", "treinta"),
        soon="Calculamos una espera de menos de un minuto.",
        long="Calculamos una espera de más de treinta minutos.",
        maybe_long="La espera puede durar más de treinta minutos.",
    ),
}
"""By language, without its region."""


def wording(language: str) -> Wording:
    """That of ``language`` (``es-MX``). Raises KeyError; a checked flow announces nothing in a language without."""
    return WORDINGS[language.split("-")[0]]


def position(ahead: int, language: str = "en") -> str:
    """The place of one behind ``ahead`` others."""
    return wording(language).positions()[min(ahead, TOLD)]


def wait(low_s: float, high_s: float, language: str = "en") -> str:
    """The narrowest of the sentences that holds ``low_s`` to ``high_s`` seconds."""
    words = wording(language)
    low = max((step for step in _STEPS if 60 * _MINUTES[step] <= low_s), default=None)
    high = min((step for step in _STEPS if 60 * _MINUTES[step] >= high_s), default=None)
    if high is None:
        return words.long if low == _STEPS[-1] else words.maybe_long
    if high == 0:
        return words.soon
    if low is None or high - low > _WIDEST:
        return words.below.format(words.minutes[high])
    return words.between.format(words.minutes[min(low, high - 1)], words.minutes[high])
