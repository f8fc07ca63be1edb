"""What comes of the settings: outcome, standing, each target, quantities, who predicts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from nicegui import events, ui

from api.forms.bench import Bench
from api.forms.interval_drawing import drawing, legend
from api.pages.signs import State, sign
from api.prediction.names import Names
from api.prediction.sentences import standing, why
from api.words import say
from core.profile import Variable
from inference.prediction.predictor import Predictor

_SIGNS: dict[str, State] = {"OK": "ok", "WARN": "warn", "NG": "ng"}
_STANDING_SIGNS: dict[str, State] = {
    "run_before": "ok",
    "never_run": "substitute",
    "far": "not_covered",
    "outside": "warn",
}


def add_result(bench: Bench) -> None:
    """Put the panel of predictions onto the page."""
    names, predictor = bench.names, bench.predictor
    with ui.element("section").classes("panel result"):
        ui.label(say("predict", "result", bench.language)).props("role=heading aria-level=2").classes(
            "heading"
        )
        verdict = ui.html("", sanitize=False).props("role=status").classes("verdict-box")
        place = ui.html("", sanitize=False).props("role=status")
        sizes = [ui.html("", sanitize=False).classes("size") for _ in predictor.profile.targets]
        wanted = any(variable.nominal is not None for variable in predictor.profile.targets)
        drawn = legend(names, predictor.profile.prediction.coverage, wanted=wanted)
        ui.html(drawn, sanitize=False)
        quantities = ui.html("", sanitize=False)
        _add_regressors(bench)
    measured = measured_ranges(predictor)

    def show() -> None:
        answer = _blank(bench.answer) if bench.wrong else bench.answer
        verdict.set_content(_mend(bench) if bench.wrong else _verdict(bench))
        place.set_content("" if bench.wrong else _place(bench))
        for size, one, variable, band in zip(
            sizes, answer["targets"], predictor.profile.targets, measured, strict=True
        ):
            size.set_content(_size(one, variable, band, names))
        quantities.set_content(_quantities(answer, names))

    bench.listen(show)


def measured_ranges(predictor: Predictor) -> list[tuple[float, float]]:
    """Least and largest size of each target measured in training."""
    trained = predictor.trained
    sizes = np.concatenate([trained.measured, trained.setting_means])
    return list(zip(sizes.min(axis=0).tolist(), sizes.max(axis=0).tolist(), strict=True))


def _blank(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without a single value."""
    targets = [one | dict.fromkeys(("mean", "low", "high")) for one in answer["targets"]]
    return {"targets": targets, "quantities": [one | {"value": None} for one in answer["quantities"]]}


def _mend(bench: Bench) -> str:
    """Instead of an outcome: which inputs are to be mended."""
    wrong = [name for name in bench.predictor.input_names if name in bench.wrong]
    told = say("predict", "mend", bench.language, names=", ".join(map(bench.names.of, wrong)))
    return f'<p class="mend">{escape(told)}</p>'


def _verdict(bench: Bench) -> str:
    answer = bench.answer
    reasons = "".join(f"<li>{escape(text)}</li>" for text in why(answer, bench.predictor, bench.names))
    if answer["outcome"] is None:
        return f'<ul class="why">{reasons}</ul>'
    kind = _SIGNS[answer["outcome"]]
    word = escape(say("outcome", answer["outcome"], bench.language))
    return f'<p class="verdict {kind}">{sign(kind)}<b>{word}</b></p><ul class="why">{reasons}</ul>'


def _place(bench: Bench) -> str:
    kind = bench.answer["standing"]
    text = escape(standing(bench.answer, bench.predictor, bench.names))
    guess = f" <small>{escape(say('standing', 'guess', bench.language))}</small>" if kind == "outside" else ""
    return f'<p class="standing {kind}">{sign(_STANDING_SIGNS[kind])}<span>{text}{guess}</span></p>'


def _size(one: Any, variable: Variable, measured: tuple[float, float], names: Names) -> str:
    low, high = names.number(one["low"]), names.number(one["high"])
    known = one["mean"] is not None
    ends = say("predict", "within_interval", names.language, low=low, high=high) if known else ""
    wanted = ""
    if variable.nominal is not None and variable.tolerance is not None:
        words = {
            "nominal": names.number(variable.nominal),
            "tolerance": names.value(variable.name, variable.tolerance),
        }
        wanted = f'<span class="aim">{escape(say("predict", "wanted", names.language, **words))}</span>'
    line = "line" if known else "line none"
    return (
        f'<div class="{line}"><span class="name">{escape(names.of(variable.name))}</span>'
        f'<b class="figure">{escape(names.value(variable.name, one["mean"]))}</b>'
        f'<span class="ends">{escape(ends)}</span>{wanted}</div>'
        f"{drawing(one, variable, measured, names)}"
    )


def _quantities(answer: Mapping[str, Any], names: Names) -> str:
    told = [(names.of(one["name"]), names.value(one["name"], one["value"])) for one in answer["quantities"]]
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told)
    return f'<dl class="quantities">{facts}</dl>' if facts else ""


def _add_regressors(bench: Bench) -> None:
    """For each target who predicts it, and who else may; each with its error on settings left out."""
    language, predictor = bench.language, bench.predictor
    with ui.element("div").classes("regressors"):
        for variable in predictor.profile.targets:
            options = _options(bench, variable)
            label = f"{say('predict', 'by', language)}: {bench.names.of(variable.name)}"

            def chosen(event: events.ValueChangeEventArguments[str], target: str = variable.name) -> None:
                bench.ask(target, event.value)

            box = ui.select(options, value=next(iter(options)), label=label, on_change=chosen)
            box.props("dense outlined options-dense behavior=menu")


def _options(bench: Bench, variable: Variable) -> dict[str, str]:
    predictor, names = bench.predictor, bench.names
    errors = {
        one.regressor: one.mae
        for one in predictor.trained.validation
        if one.target == variable.name and one.split == "by_setting"
    }
    found = {}
    for place, name in enumerate(predictor.regressors[variable.name]):
        mae = errors.get(name)
        rounded = None if mae is None else float(f"{mae:.2g}")
        words = {"name": names.regressor(name), "mae": names.value(variable.name, rounded)}
        found[name] = say("predict", "by_other" if place else "by_choice", bench.language, **words)
    return found
