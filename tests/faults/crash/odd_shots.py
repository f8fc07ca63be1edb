"""Shots of a simulated plant with a field as no press should send it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import bson

from tests.faults.crash.hall import Hall
from tests.faults.crash.shot_ledger import Shot, ShotMaker

_SOUND: Final = 40
_LONE_SURROGATE: Final = "\ufffd".encode()
"""Three bytes, which `put_half_a_character` exchanges for three others."""


class OddShots:
    """Writes odd shots into a hall's collection one by one, and notes what must come of each.

    Parameters
    ----------
    hall : Hall
    """

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._sound = iter(ShotMaker(hall.seed, odd=0.0).make(_SOUND))

    def put(self, identifier: str, fields: Mapping[str, Any], dead: str = "") -> None:
        """A sound shot with these fields instead of its own; `dead` as in `Shot`."""
        document = {**next(self._sound).document, "_id": identifier, **fields}
        self._hall.mongo.insert(document)
        self._hall.feed.ledger.note([Shot(document, dead)])

    def put_named(self, identifier: str, known_as: str, dead: str) -> None:
        """A shot whose identifier the store can only hold as `known_as`."""
        self._hall.mongo.insert({**next(self._sound).document, "_id": identifier})
        self._hall.feed.ledger.note([Shot({"_id": known_as}, dead)])

    def put_half_a_character(self, identifier: str, fields: Mapping[str, Any]) -> None:
        """A shot in whose `fields` each U+FFFD is half of a surrogate pair: no UTF-8 at all."""
        raw = bson.encode({**next(self._sound).document, "_id": identifier, **fields})
        assert _LONE_SURROGATE in raw
        self._hall.mongo.insert(raw.replace(_LONE_SURROGATE, b"\xed\xa0\x80"))
        self._hall.feed.ledger.note([Shot({"_id": identifier}, "undecodable")])
