"""Which press molds which item with which set values: the programs of the plant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.plant.catalogue import MATERIALS, Floats, Ints, Items, Presses, on_panel

_VARIANTS: tuple[dict[int, tuple[str, float]], ...] = (
    {},
    # hot and fast
    {0: ("+", 10), 1: ("+", 12), 2: ("+", 12), 3: ("+", 12), 5: ("*", 1.3), 7: ("*", 0.9)},
    # cool and slow
    {0: ("+", -8), 1: ("+", -10), 2: ("+", -10), 3: ("+", -10), 5: ("*", 0.75), 7: ("*", 1.1)},
    # packed hard
    {4: ("+", 8), 7: ("*", 1.3), 8: ("+", 1.5), 9: ("+", 2.0)},
    # short cycle
    {4: ("+", -8), 9: ("*", 0.8), 10: ("+", 25), 11: ("*", 1.25)},
)
"""How a program departs from the tool maker's first settings: column, then add or multiply."""

_NEAR: dict[int, tuple[str, float]] = {2: ("+", 5), 3: ("+", 5), 5: ("*", 1.1), 7: ("*", 1.06)}
_FAR: dict[int, tuple[str, float]] = {
    0: ("+", 20),
    1: ("+", 22),
    2: ("+", 24),
    3: ("+", 24),
    4: ("+", 18),
    5: ("*", 1.7),
    7: ("*", 1.4),
    10: ("+", 30),
}

# Press, its items (numbers within the items of the press's size) with their share of the
# press's shots and their number of programs. Shares are uneven on purpose: some groups
# are far too small to train, a few are large.
_ASSIGNED: tuple[tuple[int, float, tuple[tuple[int, float, int], ...]], ...] = (
    (0, 0.9, ((0, 0.6, 3), (1, 0.3, 2), (2, 0.1, 1))),
    (1, 3.2, ((0, 0.85, 2), (1, 0.15, 2))),
    (2, 1.3, ((2, 0.5, 4), (3, 0.4, 2), (0, 0.1, 1))),
    (3, 0.6, ((0, 0.7, 2), (1, 0.3, 1))),
    (4, 0.9, ((2, 0.3, 2), (3, 0.7, 5))),
    (5, 2.4, ((3, 0.8, 3), (4, 0.2, 1))),
    (6, 1.2, ((4, 0.6, 1), (5, 0.4, 3))),
    (7, 0.5, ((1, 0.5, 1), (2, 0.5, 2))),
    (8, 1.0, ((4, 0.6, 2), (5, 0.4, 1))),
    (9, 1.6, ((5, 0.55, 2), (6, 0.45, 1))),
    (10, 0.7, ((7, 0.7, 3), (8, 0.3, 2))),
    (11, 1.0, ((3, 0.75, 1), (4, 0.25, 1))),
)
_TROUBLED = frozenset({4, 11, 18, 25, 32, 39, 46})
"""Programs that run badly: far more defects than the others."""
_UNSEEN_NEAR = ((1, 0), (6, 4))
_UNSEEN_FAR = ((9, 5), (4, 2))
_UNSEEN_ITEM = (2, 1)
"""Press and item number (within the size) that only the live part knows."""

SEEN, NEAR, FAR, NEW_ITEM = "seen", "near", "far", "new_item"


@dataclass(frozen=True, slots=True)
class Programs:
    """Facility–item–setting groups, one row each.

    `values` (r, 13) set values; `share` of the plant's shots (unseen ones: of the live
    part's extra runs); `trouble` factor on the defect rate; `kind` ``seen`` in the
    history, or only live: ``near`` to a known one, ``far``, or ``new_item`` on a press
    that never molded it.
    """

    press: Ints
    item: Ints
    values: Floats
    share: Floats
    trouble: Floats
    kind: tuple[str, ...]


def first_settings(presses: Presses, items: Items, press: int, item: int) -> Floats:
    """Set values a tool maker would start from on this press, not rounded."""
    material = items.material[item]
    melt, area = MATERIALS.melt[material], presses.area[press]
    stroke = items.volume[item] / area + 6.0
    flow_speed = items.flow[item] / area
    return np.array(
        [
            melt - 30,
            melt - 15,
            melt - 5,
            melt,
            MATERIALS.mold[material],
            flow_speed,
            6.0 + 0.05 * stroke,
            items.hold[item],
            3.0 + 1.5 * items.size[item],
            items.cooling[item],
            60.0 + 20 * (presses.maker[press] == "Nordhaus"),
            150.0 - 25 * items.size[item],
            stroke,
        ]
    )


def changed(values: Floats, change: dict[int, tuple[str, float]]) -> Floats:
    """A copy with some set values added to or multiplied, at the panel's resolution.

    >>> changed(np.full(13, 100.0), {7: ("*", 1.1), 9: ("+", 2.0)})[[6, 7, 9]].tolist()
    [100.0, 110.0, 102.0]
    """
    new = values.copy()
    for column, (how, amount) in change.items():
        new[column] = new[column] * amount if how == "*" else new[column] + amount
    return on_panel(new)


def make_programs(presses: Presses, items: Items) -> Programs:
    """Every program of the plant, those of the history first."""
    of_size = [np.flatnonzero(items.size == s) for s in range(3)]
    rows: list[tuple[int, int, Floats, float, str]] = []

    def add(press: int, number: int, change: dict[int, tuple[str, float]], share: float, kind: str) -> None:
        item = int(of_size[presses.size[press]][number])
        values = changed(first_settings(presses, items, press, item), change)
        rows.append((press, item, values, share, kind))

    total = sum(weight for _, weight, _ in _ASSIGNED)
    for press, weight, assigned in _ASSIGNED:
        for number, item_share, count in assigned:
            # A press prefers some of its programs, each about two thirds as often as the one before.
            shares = 0.65 ** np.arange(count)
            for k, share in enumerate(shares / shares.sum()):
                variant = _VARIANTS[1 + (k - 1 + press + number) % 4] if k else _VARIANTS[0]
                add(press, number, variant, weight / total * item_share * float(share), SEEN)
    for press, number in _UNSEEN_NEAR:
        add(press, number, _NEAR, 0.02, NEAR)
    for press, number in _UNSEEN_FAR:
        add(press, number, _FAR, 0.01, FAR)
    add(*_UNSEEN_ITEM, {}, 0.02, NEW_ITEM)
    return Programs(
        press=np.array([r[0] for r in rows]),
        item=np.array([r[1] for r in rows]),
        values=np.array([r[2] for r in rows]),
        share=np.array([r[3] for r in rows]),
        trouble=np.array([7.0 if k in _TROUBLED else 1.0 for k in range(len(rows))]),
        kind=tuple(r[4] for r in rows),
    )
