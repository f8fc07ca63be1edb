"""What people read, in their language: one catalogue, ``messages.toml``."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

Language = Literal["en", "ko", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_Catalogue = Mapping[str, Mapping[str, Any]]
_NUMBERED = re.compile(r"(.+?)_(\d+)")


@cache
def catalogue() -> _Catalogue:
    """The whole of ``messages.toml``: section -> key -> language -> text."""
    text = (resources.files("api") / "messages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def choose_language(accept: str | None) -> Language:
    """The best known language of an ``Accept-Language`` header; English when none fits.

    >>> choose_language("fr;q=0.9, ru-RU;q=0.8, en;q=0.5")
    'ru'
    """
    wishes: list[tuple[float, int, Language]] = []
    for order, part in enumerate((accept or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.split("-")[0].strip().lower()
        weight = parameters.strip().removeprefix("q=") or "1"
        if primary in LANGUAGES and re.fullmatch(r"[01](\.\d{0,3})?", weight) and float(weight) > 0:
            wishes.append((-float(weight), order, primary))
    return min(wishes)[2] if wishes else "en"


def say(section: str, key: str, language: Language, **values: object) -> str:
    """The text of a key; a key nobody wrote words for is said as it is, without underscores.

    Of `n` = 1 the text of ``<key>_one`` is said, where there is one.

    >>> say("outcome", "NG", "ko")
    '불량'
    """
    entries = catalogue().get(section, {})
    entry = (entries.get(f"{key}_one") if values.get("n") == 1 else None) or entries.get(key)
    if entry is None:
        return key.replace("_", " ")
    return str(entry[language]).format(**values)


def variable_name(name: str, language: Language, label: str = "") -> str:
    """A variable in words; zone numbers and the mark of a set value are added by rule.

    `label` is what a profile says people call it: for one that the catalogue has no words for.

    >>> variable_name("barrel_temperature_2_set", "en"), variable_name("iw", "en", "Current IW")
    ('Barrel temperature 2 (set)', 'Current IW')
    """
    words = _in_words(name, language) or label
    if not words and name.endswith("_set"):
        inner = variable_name(name.removesuffix("_set"), language)
        return str(catalogue()["variable"]["_set"][language]).format(name=inner)
    plain = name.replace("_", " ")
    return words or plain[:1].upper() + plain[1:]


def _in_words(name: str, language: Language) -> str:
    """A variable in the catalogue's words; empty where it has none."""
    known = catalogue()["variable"]
    if name in known:
        return str(known[name][language])
    if name.endswith("_set"):
        inner = _in_words(name.removesuffix("_set"), language)
        return str(known["_set"][language]).format(name=inner) if inner else ""
    numbered = _NUMBERED.fullmatch(name)
    if numbered and numbered[1] in known:
        return f"{known[numbered[1]][language]} {numbered[2]}"
    return ""


def number(value: float, language: Language) -> str:
    """Four significant digits, decimal comma in Russian, an exponent only far from 1.

    >>> number(1234.567, "en"), number(0.0412345, "ru")
    ('1235', '0,04123')
    """
    size = abs(value)
    if size and not 1e-4 <= size < 1e7:
        text = f"{value:.3e}"
    else:
        digits = max(0, 3 - math.floor(math.log10(size))) if size else 0
        text = f"{value:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if language == "ru" else text
