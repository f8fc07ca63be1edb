"""How good every regressor is, by settings left out beside rows left out at random, and why they differ."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from nicegui import ui

from api.forms.bench import Bench
from api.words import say
from core.profile import Variable
from models.predictor import CHOSEN, Validation

_SPLITS = ("by_setting", "random")
_FIGURES = ("r2", "mae", "coverage", "width")


def add_validation(bench: Bench) -> None:
    """Put the panel onto the page."""
    language = bench.language
    found: dict[tuple[str, str, str], Validation] = {
        (one.target, one.regressor, one.split): one for one in bench.predictor.trained.validation
    }
    if not found:
        return
    bodies = "".join(_target(bench, variable, found) for variable in bench.predictor.profile.targets)
    splits = "".join(
        f'<th scope="colgroup" colspan="{len(_FIGURES)}" class="{split}">'
        f"{escape(say('validation', split, language))}</th>"
        for split in _SPLITS
    )
    figures = "".join(
        f'<th scope="col" class="{split}">{escape(say("validation", key, language))}</th>'
        for split in _SPLITS
        for key in _FIGURES
    )
    with ui.element("section").classes("panel validation"):
        ui.label(say("validation", "title", language)).props("role=heading aria-level=2").classes("heading")
        ui.label(say("validation", "why", language)).classes("hint")
        ui.html(
            f'<table class="figures"><thead><tr><td></td>{splits}</tr><tr>'
            f'<th scope="col">{escape(say("validation", "regressor", language))}</th>{figures}</tr></thead>'
            f"{bodies}</table>",
            sanitize=False,
        ).classes("wide").props("tabindex=0 role=region").props["aria-label"] = say(
            "validation", "title", language
        )


def _target(bench: Bench, variable: Variable, found: Mapping[tuple[str, str, str], Validation]) -> str:
    """The rows of a target, the best by setting first; the product as a whole last."""
    names = bench.predictor.regressors[variable.name]
    error = {name: found[variable.name, name, "by_setting"].mae for name in names}
    rows = "".join(
        _row(bench, variable, name, found, chosen=name == names[0])
        for name in sorted(names, key=error.__getitem__)
    )
    if (variable.name, CHOSEN, "by_setting") in found:
        rows += _row(bench, variable, CHOSEN, found, chosen=False)
    head = escape(bench.names.of(variable.name))
    columns = 1 + len(_SPLITS) * len(_FIGURES)
    return f'<tbody><tr class="of"><th scope="rowgroup" colspan="{columns}">{head}</th></tr>{rows}</tbody>'


def _row(
    bench: Bench,
    variable: Variable,
    name: str,
    found: Mapping[tuple[str, str, str], Validation],
    *,
    chosen: bool,
) -> str:
    label = escape(bench.names.regressor(name))
    if chosen:
        label += f' <span class="used">{escape(say("validation", "used", bench.language))}</span>'
    cells = ""
    for split in _SPLITS:
        one = found.get((variable.name, name, split))
        texts = ("–",) * len(_FIGURES) if one is None else _texts(bench, variable, one)
        cells += "".join(f'<td class="{split}">{escape(text)}</td>' for text in texts)
    return f'<tr{" class=chosen" if chosen else ""}><th scope="row">{label}</th>{cells}</tr>'


def _texts(bench: Bench, variable: Variable, one: Validation) -> tuple[str, ...]:
    names = bench.names
    unit = names.unit(variable.name)
    return (
        names.fixed(one.r2, 2),
        f"{names.fixed(one.mae, 3)} {unit}".rstrip(),
        f"{names.fixed(100 * one.coverage, 0)} %",
        f"{names.fixed(one.width, 2)} {unit}".rstrip(),
    )
