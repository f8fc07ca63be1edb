"""The response surface: two inputs turn, the others stay as set; a click takes a point over."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from nicegui import events, ui

from api.forms.bench import Bench
from api.forms.later import Later
from api.forms.surface_chart import surface_chart
from api.words import Language, say
from core.profile import Variable
from inference.prediction.surface import STEPS, Surface, surface

_WANTED = ("nominal", "edge")
_LEGEND = ("run", "run_else", "now", "unknown")


def add_surface(bench: Bench) -> None:
    """Put the panel onto the page, where there are two inputs to turn."""
    inputs = bench.predictor.input_names
    if len(inputs) < 2:
        return
    language, names = bench.language, bench.names
    with ui.element("section").classes("panel surface"):
        ui.label(say("surface", "title", language)).props("role=heading aria-level=2").classes("heading")
        with ui.element("div").classes("choices"):
            target = _choice("target", bench, list(bench.predictor.target_names), 0)
            first, second = _widest(bench)
            across = _choice("across", bench, list(inputs), first)
            up = _choice("up", bench, list(inputs), second)
        chart = ui.echart({}).classes("chart").props("role=img")
        legend = ui.html("", sanitize=False)
        ui.label(say("surface", "others", language)).classes("hint")

    def compute() -> Surface:
        return surface(
            bench.predictor, bench.inputs[None, :].copy(), across.value, up.value, regressors=bench.regressors
        )

    def show(found: Surface) -> None:
        number = bench.predictor.target_names.index(target.value)
        columns = [inputs.index(found.across), inputs.index(found.up)]
        now = float(bench.inputs[columns[0]]), float(bench.inputs[columns[1]])
        settings = bench.predictor.trained.settings
        stay = [k for k in range(len(inputs)) if k not in columns]
        alike = np.isclose(settings[:, stay], bench.inputs[stay]).all(axis=1)
        run = settings[alike][:, columns], settings[~alike][:, columns]
        variable = bench.predictor.profile.targets[number]
        chart.options.clear()
        chart.options.update(surface_chart(found, variable, number, now, run, names))
        title = (names.of(name) for name in (variable.name, found.across, found.up))
        chart.props["aria-label"] = f"{say('surface', 'title', language)}: {', '.join(title)}"
        chart.update()
        lines = (found.across_values, found.up_values)
        inside = all(line[0] <= value <= line[-1] for line, value in zip(lines, now, strict=True))
        legend.set_content(_legend(variable, inside, language))

    later = Later(compute, show)

    def turned(event: Any) -> None:
        if across.value != up.value:
            later.wish()
        else:  # two different ones: the other gives way
            other = up if event.sender is across else across
            other.set_value(next(name for name in inputs if name != event.value))

    for box in (target, across, up):
        box.on_value_change(turned)

    def clicked(event: events.GenericEventArguments) -> None:
        place, data = event.args.get("seriesType"), event.args.get("data")
        value = data.get("value") if isinstance(data, dict) else data
        if place == "heatmap" and isinstance(value, list) and len(value) == 3:
            around = bench.predictor.surroundings
            taken = {}
            for name, cell in ((across.value, value[0]), (up.value, value[1])):
                k = inputs.index(name)
                share = int(cell) / (STEPS - 1)
                taken[name] = float(f"{around.low[k] + share * (around.high[k] - around.low[k]):.4g}")
            bench.take(taken)
        elif place == "scatter" and isinstance(value, list) and len(value) == 2:
            bench.take({across.value: float(value[0]), up.value: float(value[1])})

    chart.on("componentClick", clicked, ["seriesType", "data"])
    bench.listen(later.wish)


def _legend(variable: Variable, inside: bool, language: Language) -> str:
    """What the signs mean, as HTML: those that the picture of this target has."""
    wanted = variable.nominal is not None and variable.tolerance is not None
    said = {key: say("surface", key, language) for key in (*(_WANTED if wanted else ()), *_LEGEND)}
    if not inside:
        said["now"] = say("surface", "now_elsewhere", language)
    items = "".join(f'<li><i class="{key}"></i>{escape(text)}</li>' for key, text in said.items())
    return f'<ul class="legend">{items}</ul>'


def _choice(key: str, bench: Bench, names: list[str], first: int) -> ui.select:
    options = {name: bench.names.of(name) for name in names}
    box = ui.select(options, value=names[first], label=say("surface", key, bench.language))
    return box.props("dense outlined options-dense behavior=menu")


def _widest(bench: Bench) -> tuple[int, int]:
    """The two inputs with the most values run: across them there is most to see."""
    settings = bench.predictor.trained.settings
    many = [len(np.unique(column)) for column in settings.T]
    first, second = sorted(np.argsort(many, kind="stable")[-2:].tolist())
    return first, second
