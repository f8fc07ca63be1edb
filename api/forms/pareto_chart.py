"""Settings that beat one another in nothing: the first two things made small against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.forms.chart_options import BLUE, INK, axis, base
from api.prediction.names import Names
from api.words import say
from inference.prediction.advice import Advice


def pareto_chart(found: Advice, names: Names) -> dict[str, Any]:
    """Options of the chart; of one thing only, it stands against its place in the order."""
    language = names.language
    across = _column(found, found.minimized[0])
    up = _column(found, found.minimized[1]) if len(found.minimized) > 1 else np.arange(1.0, len(found) + 1)
    sides = [names.titled(name) for name in found.minimized[:2]]
    series = []
    for kind, which in (("run_before", found.rows > 0), ("never_run", found.rows == 0)):
        points = [
            {
                "value": [float(across[k]), float(up[k])],
                "row": int(k),
                "tip": ", ".join(
                    names.value(name, float(value))
                    for name, value in zip(found.predictor.input_names, found.settings[k], strict=True)
                ),
            }
            for k in which.nonzero()[0]
        ]
        run = kind == "run_before"
        series.append(
            {
                "name": say("advice", kind, language),
                "type": "scatter",
                "data": points,
                "symbol": "circle" if run else "diamond",
                "symbolSize": 13,
                "itemStyle": {
                    "color": INK if run else "#fff",
                    "borderColor": INK if run else BLUE,
                    "borderWidth": 2,
                },
            }
        )
    options = base(language) | {
        "legend": {"top": 0, "left": 0, "textStyle": {"fontSize": 13}},
        "xAxis": axis(sides[0], *_ends(across), language),
        "yAxis": axis(sides[1] if len(sides) > 1 else "", *_ends(up), language, up=True),
        "series": series,
    }
    options["grid"] |= {"top": 40}
    return options


def _column(found: Advice, name: str) -> NDArray[np.float64]:
    """What the settings found come to in this."""
    if name in found.quantities:
        return found.quantities[name]
    if name in found.predictor.target_names:
        return found.predicted.mean[:, found.predictor.target_names.index(name)]
    return found.settings[:, found.predictor.input_names.index(name)]


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    return float(f"{low - room:.4g}"), float(f"{high + room:.4g}")
