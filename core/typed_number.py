"""A number as people type it: without its unit, a comma or a point as its decimal mark."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def readings(text: str) -> tuple[str, ...]:
    """What a text may mean as a number, written with a decimal point.

    None: it is no finite number. Two: its comma may be a decimal mark or part thousands; whoever
    picked one of them would be wrong a thousandfold in the other case.

    >>> readings(" 4,5 "), readings("1e3"), readings("1,390"), readings("4 mm"), readings("nan")
    (('4.5',), ('1e3',), ('1.390', '1390'), (), ())
    """
    text = text.strip()
    if _THOUSANDS.fullmatch(text):
        return text.replace(",", "."), text.replace(",", "")
    plain = text.replace(",", ".")
    return (plain,) if _NUMBER.fullmatch(text) and math.isfinite(float(plain)) else ()
