"""Names a profile takes, out of names as plants write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from ingest.drafting.words import catalogue

RESERVED = frozenset({"id", "time", "maker", "facility", "item", "lot_good", "lot_bad"})
"""Names of keys: no variable may have one."""
_LONGEST = 60
_BRACKETS = re.compile(r"[\[(（][^\])）]*[\])）]")
_LATIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ł": "l", "ı": "i", "°": "deg", "µ": "u", "μ": "u"}
)


def variable_names(columns: Sequence[str]) -> list[str]:
    """A name for each column: lower-case Latin letters, digits and _, each once, none reserved.

    Korean and Russian are written in Latin letters; a name of which nothing is left is
    numbered by its place. What stands in brackets is left out.

    >>> variable_names(["Temp (°C)", "Temp [K]", "압력", "Скорость", "温度", "time"])
    ['temp', 'temp_2', 'apryeok', 'skorost', 'column_5', 'time_value']

    A column that is called so already keeps its name.

    >>> variable_names(["IW", "iw"])
    ['iw_2', 'iw']
    """
    return _each_once([_plain(name) or f"column_{i}" for i, name in enumerate(columns, start=1)], columns)


def process_name(text: str) -> str:
    """A process's name out of a file's.

    >>> process_name("Press 7 (2024)"), process_name("...")
    ('press_7', 'process')
    """
    return _plain(text) or "process"


def _plain(name: str) -> str:
    bare = _BRACKETS.sub(" ", name)
    text = bare if bare.strip(" _.-") else name
    text = re.sub(r"(?<=[a-z][a-z])(?=[A-Z])", "_", text)
    text = "".join(map(_romanized, unicodedata.normalize("NFC", text).lower()))
    text = "".join(_russian().get(letter, letter) for letter in text).translate(_LATIN)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:_LONGEST].strip("_")
    if not text:
        return ""
    return f"v_{text}" if text[0].isdigit() else text


def _romanized(letter: str) -> str:
    code = ord(letter) - 0xAC00
    if not 0 <= code < 11_172:
        return letter
    initial, vowel, final = _korean()
    return initial[code // 588] + vowel[code % 588 // 28] + final[code % 28]


@cache
def _korean() -> tuple[list[str], ...]:
    """The parts of a Korean syllable in Latin letters, in the order of their codes."""
    letters = catalogue()["letters"]
    return tuple(_parts(letters[part]) for part in ("initial", "vowel", "final"))


@cache
def _russian() -> dict[str, str]:
    letters = catalogue()["letters"]
    return dict(zip(letters["russian"], _parts(letters["russian_latin"]), strict=True))


def _parts(text: str) -> list[str]:
    """Words of a text; - stands for none."""
    return [part.replace("-", "") for part in text.split()]


def _each_once(names: Iterable[str], columns: Sequence[str]) -> list[str]:
    wanted = [f"{name}_value" if name in RESERVED else name for name in names]
    out: list[str] = []
    taken, own = set[str](), set(columns)
    for name, column in zip(wanted, columns, strict=True):
        number, unique = 1, name
        # Not another column's own name either: that column keeps it.
        while unique in taken or (unique in own and unique != column) or (number > 1 and unique in wanted):
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique)
        out.append(unique)
    return out
