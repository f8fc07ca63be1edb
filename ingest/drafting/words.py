"""What a column's name says: its words, and which lists of ``words.toml`` they stand in."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")


@cache
def catalogue() -> dict[str, Any]:
    """The whole of ``words.toml``."""
    text = (resources.files("ingest.drafting") / "words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case.

    >>> words_of("Max_Injection_Pressure"), words_of("PassOrFail"), words_of("Temp1 (°C)")
    (('max', 'injection', 'pressure'), ('pass', 'or', 'fail'), ('temp', '1', 'c'))
    """
    return tuple(word.lower() for word in _WORDS.findall(name))


def says(name: str, group: str, *, of: str = "names") -> str:
    """The word of a list that the name holds, the longest one; empty where there is none.

    >>> says("EQUIP_CD", "facility"), says("설비명", "facility"), says("IW", "facility")
    ('equip', '설비', '')
    """
    return in_list(name, tuple(catalogue()[of][group]))


@cache
def in_list(name: str, listed: tuple[str, ...]) -> str:
    """The longest word of `listed` that the name holds, empty where there is none."""
    plain = name.lower()
    # A name such as pH is one word, whatever its letters' case.
    spaced = f" {' '.join(words_of(name))}  {' '.join(re.split('[^a-z0-9]+', plain))} "
    found = [w for w in listed if (f" {w} " in spaced if w.isascii() else w in plain)]
    return max(found, key=len, default="")
