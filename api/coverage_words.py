"""A group's coverage in words: who judges it, what it lacks, how old that is."""

from __future__ import annotations

from api.words import Language, number, say
from core.profile import Profile
from inference.coverage import Cell


def key_text(cell: Cell, language: Language) -> str:
    """Press, item and setting; what a record did not name is said to be unknown."""
    item = cell.key.item or say("coverage", "no_item", language)
    return f"{cell.key.facility}, {item}, {setting_text(cell, language)}"


def setting_text(cell: Cell, language: Language) -> str:
    """The setting's number."""
    if cell.key.cluster is None:
        return say("coverage", "no_setting", language)
    return say("coverage", "setting", language, cluster=cell.key.cluster)


def missing_text(cell: Cell, profile: Profile, language: Language) -> str:
    """What keeps the group from a model of its own, as of `inference.coverage.Missing`."""
    rate = cell.history.defect_rate if cell.history is not None else float("nan")
    return say(
        "lack",
        cell.missing.lack,
        language,
        shots=counted(cell.missing.shots),
        rate=share(rate, language),
        limit=share(profile.selection.max_defect_rate, language),
    )


def backing_text(cell: Cell, language: Language) -> str:
    """Who judges shots of the group: its model, whose model else and how far, or limits alone."""
    stand_in = cell.stand_in
    kind = cell.history.kind if cell.history is not None and cell.history.kind else ""
    name = distance = ""
    if stand_in.substitute is not None and stand_in.distance is not None:
        _, facility, item, cluster = stand_in.substitute
        name = say("badge", "group", language, facility=facility, item=item, cluster=cluster)
        distance = number(float(f"{stand_in.distance:.2g}"), language)
    return say("backing", stand_in.route, language, kind=kind.replace("_", " "), name=name, distance=distance)


def counted(n: int) -> str:
    r"""A count with narrow spaces between thousands: alike in all three languages.

    >>> counted(12345) == "12\u202f345"
    True
    """
    return f"{n:,}".replace(",", "\u202f")


def share(value: float, language: Language) -> str:
    r"""A share in per cent, two digits of it, on one line with its sign.

    >>> share(0.0123, "ru") == "1,2\u202f%", share(float("nan"), "en")
    (True, '–')
    """
    return f"{number(float(f'{100 * value:.2g}'), language)}\u202f%" if value == value else "–"
