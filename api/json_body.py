"""JSON that comes in: no NaN, no key given twice, no number beyond float, no text beyond Unicode."""

from __future__ import annotations

import json
import math
from typing import Any

from fastapi import HTTPException
from fastapi.requests import Request

DEPTH_LIMIT = 20
"""Levels of arrays and objects within one another."""
_DIGITS = 20  # of 64 bits, with the sign


class JsonRequest(Request):
    """A request whose body is read by `parse_json`."""

    async def json(self) -> Any:
        """The body.

        Raises
        ------
        HTTPException
            400: it is no JSON that means one thing; says why.
        """
        try:
            return parse_json(await self.body())
        except ValueError as error:
            raise HTTPException(400, f"expected a JSON body, {error}") from None


def parse_json(content: bytes) -> Any:
    r"""Read JSON that every reader understands alike.

    Raises
    ------
    ValueError
        Says what came; the text itself is not repeated.

    >>> parse_json(b'{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    >>> parse_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: got a key given twice
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_each_once,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        msg = f"got none: {error.msg} at character {error.pos}"
        raise ValueError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"got bytes that are no UTF-8 at {error.start}"
        raise ValueError(msg) from None
    except RecursionError:
        value = None
        depth = DEPTH_LIMIT + 1
    else:
        depth = _depth(value)
    if depth > DEPTH_LIMIT:
        msg = f"got more than {DEPTH_LIMIT} levels within one another"
        raise ValueError(msg)
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "got a key given twice"
        raise ValueError(msg)
    return found


def _no_constant(name: str) -> float:
    msg = f"got {name}"
    raise ValueError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        msg = "got a number beyond the range of numbers"
        raise ValueError(msg)
    return number


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        msg = "got a number beyond the range of numbers"
        raise ValueError(msg)
    return int(text)


def _depth(value: Any) -> int:
    """Levels, found level by level; refuses text that cannot be written as UTF-8."""
    depth, level = 0, [value]
    while level:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, str) and not one.isascii():
                try:
                    one.encode("utf-8")
                except UnicodeEncodeError:
                    msg = "got half of a character"
                    raise ValueError(msg) from None
        nested = any(isinstance(one, (dict, list)) for one in level)
        depth, level = depth + nested, inner
    return depth
