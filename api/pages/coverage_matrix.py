"""The picture of the coverage page: presses by items, a sign for each setting."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from api.coverage_words import backing_text, counted, key_text, missing_text
from api.words import Language, say
from core.profile import Profile
from inference.coverage import Cell, Status

MOST_SIGNS = 3_000
"""More than this is no picture any more."""

# What each status looks like in a 20 x 20 box; nobody needs to see colours.
_SHAPES: dict[Status, str] = {
    "trained": '<rect class="full" x="3" y="3" width="14" height="14" rx="2"/>',
    "too_few": '<rect class="line" x="3.75" y="3.75" width="12.5" height="12.5" rx="1.5"/>',
    "validate": '<path class="line" d="M10 2.5L17.5 10 10 17.5 2.5 10z"/>',
    "refused": '<rect class="line" x="3.75" y="3.75" width="12.5" height="12.5" rx="1.5"/>'
    '<path class="line" d="M7 7l6 6M13 7l-6 6"/>',
    "failed": '<path class="line" d="M4 4l12 12M16 4L4 16"/>',
    "never_seen": '<circle class="line dash" cx="10" cy="10" r="6.75"/>'
    '<path class="line thin" d="M8 8.4a2 2 0 1 1 2 2v1M10 13.4v.3"/>',
}
_RING = '<rect class="around" x="0.9" y="0.9" width="18.2" height="18.2" rx="5"/>'


def shape(status: Status | None, filled: float, *, ring: bool = False) -> str:
    """The sign of a status as SVG, hidden from readers: words beside it say the same.

    Parameters
    ----------
    status : str or None
        None: the ring alone.
    filled : float
        Of too few shots: how much of what a model needs is there, 0 to 1.
    ring : bool
        Live shots are judged without a model of the group's own.
    """
    inner = _SHAPES[status] if status is not None else ""
    if status == "too_few" and filled > 0:
        height = round(12.5 * min(filled, 1.0), 1)
        inner += f'<rect class="part" x="3.75" y="{16.25 - height:.2f}" width="12.5" height="{height}"/>'
    kind = f"cover {status or ''}{' ringed' if ring else ''}".strip()
    return f'<svg class="{kind}" viewBox="0 0 20 20" aria-hidden="true">{inner}{_RING if ring else ""}</svg>'


def matrix(cells: list[Cell], profile: Profile, language: Language) -> str:
    """Presses by items as HTML; empty where there is nothing to show."""
    if not cells:
        return ""
    heading = f'<h2 class="section">{escape(say("coverage", "matrix", language))}</h2>'
    if len(cells) > MOST_SIGNS:
        words = escape(say("coverage", "too_many", language, n=counted(len(cells))))
        return f'{heading}<p class="empty">{words}</p>'
    at: dict[tuple[tuple[str, str], str], list[Cell]] = {}
    for cell in cells:
        at.setdefault(((cell.key.maker or "", cell.key.facility), cell.key.item or ""), []).append(cell)
    presses = sorted({press for press, _ in at})
    items = sorted({item for _, item in at})
    corner = f'<th scope="col" class="corner">{escape(say("page", "facility", language))}</th>'
    head = "".join(_heading(item, language) for item in items)
    rows = []
    for press in presses:
        maker, facility = press
        link = _link({"facility": facility}, language)
        by = escape(maker or say("coverage", "no_maker", language))
        name = f'<th scope="row"><a href="{link}">{escape(facility)}</a> <span class="by">{by}</span></th>'
        places = "".join(_place(at.get((press, item), []), profile, language) for item in items)
        rows.append(f"<tr>{name}{places}</tr>")
    point = escape(say("coverage", "point", language))
    label = escape(say("coverage", "matrix", language))
    picture = f"<thead><tr>{corner}{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return (
        f'{heading}<p id="detail" class="detail" aria-live="polite">{point}</p>'
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">'
        f'<table class="matrix">{picture}</table></div>'
    )


def _heading(item: str, language: Language) -> str:
    if not item:
        return f'<th scope="col"><span>{escape(say("coverage", "no_item", language))}</span></th>'
    link = _link({"item": item}, language)
    return f'<th scope="col"><a href="{link}">{escape(item)}</a></th>'


def _place(cells: list[Cell], profile: Profile, language: Language) -> str:
    """One press and item: the signs of its settings, by number."""
    ordered = sorted(cells, key=lambda cell: -1 if cell.key.cluster is None else cell.key.cluster)
    return f"<td>{''.join(_sign(cell, profile, language) for cell in ordered)}</td>"


def _sign(cell: Cell, profile: Profile, language: Language) -> str:
    there = (cell.history.rows if cell.history is not None else 0) + cell.live_later
    drawn = shape(cell.status, there / max(profile.selection.min_shots, 1), ring=cell.blind > 0)
    given = {"facility": cell.key.facility} | ({} if cell.key.item is None else {"item": cell.key.item})
    number = "?" if cell.key.cluster is None else str(cell.key.cluster)
    label = escape("\n".join(described(cell, profile, language)))
    return (
        f'<a class="sign-of" href="{_link(given, language)}" aria-label="{label}">'
        f"{drawn}<small>{number}</small></a>"
    )


def described(cell: Cell, profile: Profile, language: Language) -> list[str]:
    """All there is to say of a group, a line each."""
    lines = [key_text(cell, language)]
    status = say("covered", cell.status, language)
    if cell.missing.lack != "nothing":
        name = say("coverage", "missing", language)
        status += f" · {name}: {missing_text(cell, profile, language).replace('`', '')}"
    lines += [status, f"{say('coverage', 'backing', language)}: {backing_text(cell, language)}"]
    if cell.history is not None:
        said = {"shots": counted(cell.history.rows), "lots": counted(cell.history.lots)}
        history = say("coverage", "history_said", language, **said)
        lines.append(f"{say('coverage', 'history', language)}: {history}")
    if cell.live_shots:
        live = {
            "shots": counted(cell.live_shots),
            "blind": counted(cell.blind),
            "later": counted(cell.live_later),
        }
        lines.append(say("coverage", "live_said", language, **live))
    return lines


def _link(given: dict[str, str], language: Language) -> str:
    return escape(f"/coverage?{urlencode({'lang': language, **given})}")
