"""What was measured against what was predicted of it with its setting left out."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from api.forms.bench import Bench
from api.forms.chart_options import BLUE, SOFT, axis, base
from api.prediction.names import with_unit
from api.words import say
from core.profile import Variable


def add_scatter(bench: Bench) -> None:
    """Put the panel onto the page, where there are such rows."""
    if not len(bench.predictor.trained.measured):
        return
    language, names = bench.language, bench.names
    targets = bench.predictor.profile.targets
    with ui.element("section").classes("panel scatter"):
        ui.label(say("validation", "scatter", language)).props("role=heading aria-level=2").classes("heading")
        with ui.element("div").classes("choices"):
            options = {variable.name: names.of(variable.name) for variable in targets}
            box = ui.select(options, value=targets[0].name, label=say("validation", "target", language))
            box.props("dense outlined options-dense behavior=menu")
        chart = ui.echart(_options(bench, targets[0], 0)).classes("chart").props("role=img")

    def show() -> None:
        number = next(k for k, variable in enumerate(targets) if variable.name == box.value)
        chart.options.clear()
        chart.options.update(_options(bench, targets[number], number))
        title = say("validation", "scatter", language)
        chart.props["aria-label"] = f"{names.of(targets[number].name)}: {title}"
        chart.update()

    box.on_value_change(show)


def _options(bench: Bench, variable: Variable, number: int) -> dict[str, Any]:
    trained, names, language = bench.predictor.trained, bench.names, bench.language
    measured, predicted = trained.measured[:, number], trained.held_out[:, number]
    least, most = min(measured.min(), predicted.min()), max(measured.max(), predicted.max())
    room = float(most - least) * 0.06 or 0.5
    low, high = float(f"{least - room:.3g}"), float(f"{most + room:.3g}")
    unit = names.unit(variable.name)
    across, up = (with_unit(say("validation", key, language), unit) for key in ("measured", "predicted"))
    points = [
        {"value": [m, p], "tip": f"{names.value(variable.name, m)} → {names.value(variable.name, p)}"}
        for m, p in zip(measured.tolist(), predicted.tolist(), strict=True)
    ]
    return base(language) | {
        "xAxis": axis(across, low, high, language),
        "yAxis": axis(up, low, high, language, up=True),
        "series": [
            {
                "type": "line",
                "data": [[low, low], [high, high]],
                "symbol": "none",
                "silent": True,
                "lineStyle": {"color": SOFT, "type": "dashed", "width": 1.5},
            },
            {
                "type": "scatter",
                "data": points,
                "symbolSize": 9,
                "itemStyle": {"color": BLUE, "opacity": 0.55},
            },
        ],
    }
