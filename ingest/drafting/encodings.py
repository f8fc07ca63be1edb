"""Which of the old encodings a text was written in, by what stands beside each foreign letter."""

from __future__ import annotations

import re
from collections.abc import Callable

LEAST = 0.5
"""Share of the letters beyond ASCII that must make sense."""
_LATIN = "A-Za-z"
_ACCENTED = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽž"
_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = (
    re.compile(r"°(?=\s?[CFKСКФ]\b|[\s\])/;,\t]|$)|(?<=\d)°"),  # of a temperature or an angle
    re.compile(rf"[µμ](?=[{_LATIN}])|(?<=[{_LATIN}А-яㄱ-힣])[²³]|№|Ø|[±‰€§]"),
)
_RUSSIAN = re.compile(r"[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")


def likeliest(readings: dict[str, str]) -> str:
    """The encoding under which a text makes most sense; empty where it makes none under any.

    Parameters
    ----------
    readings : dict of str to str
        What the text reads under each encoding that can read it at all.

    >>> raw = "Temperatur [°C];Größe".encode("cp1252")
    >>> likeliest({name: raw.decode(name, "replace") for name in ("cp949", "cp1251", "cp1252")})
    'cp1252'
    """
    shares = {name: _sense(text, _WEIGHTS[name]) for name, text in readings.items()}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if best and shares[best] >= LEAST else ""


def _sense(text: str, weigh: Callable[[str], float]) -> float:
    """Share of the letters and signs beyond ASCII that make sense."""
    foreign = sum(not c.isascii() for c in text)
    signs = sum(len(found) for sign in _SIGNS for found in sign.findall(text))
    rest = text
    for sign in _SIGNS:
        rest = sign.sub(" ", rest)
    return (signs + sum(weigh(word) for word in _WORD.findall(rest))) / max(1, foreign)


def _western(word: str) -> float:
    """Umlauts and accents stand between Latin letters."""
    accents = sum(c in _ACCENTED for c in word)
    return accents if re.search(f"[{_LATIN}]", word) else 0.0


def _cyrillic(word: str) -> float:
    """Words in one case, of Cyrillic letters alone; of one or two letters they may be anything."""
    if not _RUSSIAN.fullmatch(word):
        return 0.0
    return len(word) * (1.0 if len(word) > 2 else 0.5)


def _korean(word: str) -> float:
    """Syllables in use stand together; a single one may be a sign and the letter after it."""
    known = 0.0
    for run in re.findall("[가-힣]+", word):
        common = sum(_in_use(c) for c in run)
        alone = 0.5 if len(word) == 1 else 0.0
        known += common if len(run) > 1 else common * alone
    return known


def _in_use(syllable: str) -> bool:
    """Whether it is one of the 2,350 of KS X 1001, not of those that CP949 added."""
    return syllable.encode("cp949")[1] >= 0xA1


_WEIGHTS: dict[str, Callable[[str], float]] = {
    "cp949": _korean,
    "cp1252": _western,
    "cp1251": _cyrillic,
}
OLD = tuple(_WEIGHTS)
"""Encodings that are tried; of two that make as much sense the first."""
