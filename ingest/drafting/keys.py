"""Which columns name a record, its machine, its item and its lot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError
from ingest.drafting.column import Column
from ingest.drafting.guess import Guess, Place
from ingest.drafting.measure import unit_of
from ingest.drafting.runs import runs_of
from ingest.drafting.words import catalogue, in_list, says, words_of

_SELDOM = 0.1
MOST_KINDS = 200
"""More different texts name records, not machines or items."""
_KINDS: tuple[Place, ...] = ("maker", "facility", "item")


def kinds_of_thing(columns: Mapping[str, Column]) -> dict[str, Guess]:
    """Facility, item and maker: few different texts under a name that says so.

    Of several columns the one whose word stands first in its name counts; a code before a name.
    """
    found: dict[str, Guess] = {}
    for place in _KINDS:
        ranked = []
        for order, (name, column) in enumerate(columns.items()):
            word = says(name, place)
            if (
                not word
                or name in found
                or not _names_a_kind(column)
                or says(name, "label")
                or _is_quantity(name)
            ):
                continue
            exact = name.lower() in (place, word)
            spoken_of = bool(says(name, "name_of_it"))
            text = column.kind == "text"
            lots = bool(says(name, "lot"))
            wants_name = spoken_of if place == "item" else not spoken_of
            ranked.append(((not exact, lots, not text, not wants_name, order), name, word))
        if not ranked:
            continue
        score, name, word = min(ranked)
        if score[1] and score[0]:
            continue  # a lot's number, whatever else its name speaks of
        column = columns[name]
        sure = score[0] is False or column.kind == "text"
        reason = f"named by {word!r}, {column.distinct} different values"
        found[name] = Guess(name, place, confidence="likely" if not sure else "sure", reasons=(reason,))
        for other_score, other, _ in ranked:
            if other != name and columns[other].kind == "text" and not other_score[1]:
                found[other] = Guess(
                    other, what="another name", confidence="likely",
                    reasons=(f"speaks of the {place}, too, which {name!r} names",),
                )  # fmt: skip
    return found


def item_by_runs(columns: Mapping[str, Column], sequence: NDArray[np.int64]) -> dict[str, Guess]:
    """The one text column that stays the same for long, where no name speaks of an item."""
    steady = []
    for name, column in columns.items():
        few = 2 <= column.distinct <= min(MOST_KINDS, column.given // 10)
        if column.kind == "text" and few and not says(name, "lot"):
            runs = runs_of(column, sequence)
            if runs.changes <= _SELDOM:
                steady.append((name, runs.changes))
    if len(steady) != 1:
        return {}
    name, changes = steady[0]
    reason = (
        f"{columns[name].distinct} different texts that change at {changes:.1%} of the rows: what is made?"
    )
    return {name: Guess(name, "item", confidence="unsure", reasons=(reason,))}


def _is_quantity(name: str) -> bool:
    """Whether the name speaks of something measured: a mold's speed is no mold."""
    return any(unit_of(name)) or bool(says(name, "target", of="roles"))


def _names_a_kind(column: Column) -> bool:
    whole = column.kind == "number" and column.whole and column.distinct <= 20
    few = column.distinct <= min(MOST_KINDS, max(2, column.given // 3))
    return (column.kind == "text" or whole) and column.distinct >= 1 and few


def lot_totals(columns: Mapping[str, Column], sequence: NDArray[np.int64]) -> dict[str, Guess]:
    """Running totals of good and of bad parts: whole numbers that rise, and fall to nothing at times."""
    found: dict[str, Guess] = {}
    places: tuple[tuple[Place, str], ...] = (("lot_good", "good"), ("lot_bad", "bad"))
    for place, group in places:
        for name, column in columns.items():
            word = says(name, group)
            if not word or name in found or column.kind != "number" or not column.whole:
                continue
            if column.distinct < 2 and not (place == "lot_bad" and column.distinct == 1):
                continue
            none_yet = column.distinct == 1 and column.levels[0] == 0 and bool(found)
            if set(column.levels.tolist()) <= {0.0, 1.0} and not (none_yet or _says_total(name, place)):
                continue  # a label of the record
            exact = name.lower().replace(".", "_") == place
            if column.known.min() < 0 or not (exact or _rises(column, sequence)):
                continue
            reason = f"named by {word!r}, whole numbers that rise from row to row"
            if none_yet:
                reason = f"named by {word!r}, 0 in every row, beside a total of good ones"
            found[name] = Guess(name, place, confidence="sure" if exact else "likely", reasons=(reason,))
            break
    return found


def _says_total(name: str, place: Place) -> bool:
    return bool(says(name, "total")) or name.lower().replace(".", "_") == place


def _rises(column: Column, sequence: NDArray[np.int64]) -> bool:
    rows = np.flatnonzero((sequence >= 0) & np.isfinite(column.numbers))
    rows = rows[np.argsort(sequence[rows], kind="stable")]
    same = sequence[rows][1:] == sequence[rows][:-1]
    steps = np.diff(column.numbers[rows])[same]
    if not len(steps):
        return False
    falls = float((steps < 0).mean())
    return falls <= 0.02 or float((steps > 0).mean()) <= 0.02  # the newest first: it falls


def identifier(columns: Mapping[str, Column]) -> Guess | None:
    """The column whose value no two rows share and whose name or form says that it counts records."""
    ranked = []
    for order, (name, column) in enumerate(columns.items()):
        if not column.unique or not (column.kind == "text" or column.whole):
            continue
        word, index = says(name, "id"), says(name, "index")
        counts = column.kind == "number" and is_count(column)
        if not (word or index or counts) and column.kind == "number":
            continue
        exact = words_of(name) in (("id",), ("shot",), ("uuid",)) or name == "_id"
        ranked.append(((not exact, not word, not index, column.kind == "number", order), name, word or index))
    if not ranked:
        return None
    score, name, word = min(ranked)
    reason = "no two rows share a value"
    if word:
        reason += f", and its name has {word!r}"
    elif is_count(columns[name]):
        reason += ", and it counts by one from row to row"
    confident = "sure" if not score[0] else "likely" if word or score[3] else "unsure"
    return Guess(name, "id", confidence=confident, reasons=(reason,))  # type: ignore[arg-type]  # one of three


def is_count(column: Column) -> bool:
    """Whether whole numbers go up, or down, by one from row to row, almost always."""
    if not column.whole or column.distinct < 3:
        return False
    steps = np.diff(column.numbers)
    steps = steps[np.isfinite(steps)]
    return bool(len(steps)) and max(float((steps == s).mean()) for s in (1.0, -1.0)) >= 0.95


def is_bad(column: Column, bad: object) -> NDArray[np.bool_]:
    """(n,) Whether a label says the bad value `bad`, a number, a text or true."""
    if column.kind == "number":
        return np.asarray(column.numbers == bad)
    return column.values.astype(str).str.strip().eq(str(bad)).to_numpy(dtype=bool)


def label_of(column: Column) -> tuple[str, object] | None:
    """Why a column tells the answer, and which of its values is bad; None where it does not.

    A label is a result of an inspection: given to a judge it would tell what is asked.
    """
    word = says(column.name, "label")
    values = catalogue()["values"]
    yes_is_bad = _yes_is_bad(column.name)
    if column.kind == "truth":
        return (f"true or false, and its name has {word!r}", yes_is_bad is not False) if word else None
    if column.kind == "text" and 1 <= column.distinct <= 6:
        texts = {str(t).strip() for t in column.values.dropna().unique()}
        yes = {t for t in texts if t.lower() in values["yes"]}
        no = {t for t in texts if t.lower() in values["no"]}
        if word and yes_is_bad is not None and yes | no == texts:
            return f"yes or no, and its name has {word!r}", min(yes if yes_is_bad else no, default=None)
        bad = {t for t in texts if in_list(t, tuple(values["bad"]))}
        good = {t for t in texts if in_list(t, tuple(values["good"])) and t not in bad}
        if bad | good == texts and (word or (bad and good)):
            return "says " + " or ".join(repr(t) for t in sorted(texts)), min(bad, default=None)
    if not word:
        return None
    if column.kind == "number" and column.whole and column.distinct == 2:
        rare = min(column.levels.tolist(), key=lambda level: int((column.numbers == level).sum()))
        if column.levels.tolist() == [0.0, 1.0] and yes_is_bad is not None:
            return f"0 or 1, and its name has {word!r}", float(yes_is_bad)
        return f"two values, and its name has {word!r}", rare
    if column.kind == "text":
        return f"its name has {word!r}", None
    return None


def _yes_is_bad(name: str) -> bool | None:
    """What 1 or yes means by a label's name; None where it says both (`PassOrFail`) or neither."""
    good, bad = says(name, "says_good"), says(name, "says_bad")
    return bool(bad) if bool(good) != bool(bad) else None


def label_said(columns: Mapping[str, Column], said: str) -> tuple[str, float | str]:
    """The label that a person named as ``NAME=BAD``: column and bad value.

    Raises
    ------
    ConfigError
        No such column, or it never has that value.
    """
    name, _, text = said.rpartition("=")
    if name not in columns:
        raise ConfigError(f"--label: expected NAME=BAD with the name of a column, got {said!r}")
    column = columns[name]
    bad: float | str = text.strip()
    if column.kind == "number":
        try:
            bad = float(bad)
        except ValueError:
            raise ConfigError(f"--label: expected a number, as {name!r} has, got {bad!r}") from None
    if not is_bad(column, bad).any():
        seen = ", ".join(dict.fromkeys(column.values.dropna().astype(str).str.strip().head(200)))[:80]
        raise ConfigError(f"--label: expected a value that {name!r} has ({seen}), got {text!r}")
    return name, bad
