"""The response surface as a chart: values as shades, the tolerance as lines, grey where nobody knows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.forms.chart_options import BLUE, ESCAPED, HEAT, INK, UNKNOWN, axis, base, number_script
from api.forms.contours import contour
from api.prediction.names import Names
from api.words import say
from core.profile import Variable
from inference.prediction.predicted import STANDINGS
from inference.prediction.surface import Surface

Floats = NDArray[np.float64]

_KNOWN = STANDINGS.index("far")
"""Standings below this one are within reach of what was run."""
_GREY = 0.82
"""How much of an untrusted value's colour is grey."""
_MARKS: dict[str, tuple[dict[str, Any], int]] = {
    "run": ({"color": "#fff", "borderColor": INK, "borderWidth": 2}, 11),
    "run_else": ({"color": "transparent", "borderColor": INK, "borderWidth": 1, "opacity": 0.55}, 8),
    "now": ({"color": "transparent", "borderColor": BLUE, "borderWidth": 3}, 20),
}


def surface_chart(
    found: Surface,
    variable: Variable,
    number: int,
    now: tuple[float, float],
    run: tuple[Floats, Floats],
    names: Names,
) -> dict[str, Any]:
    """Options of the chart.

    Parameters
    ----------
    found : Surface
    variable : Variable
        The target shown, the `number`-th.
    number : int
    now : (across, up)
        The point as set.
    run : pair of (k, 2) float64
        The same two inputs of the settings that were run with the other inputs as set, and of
        those that were run with others.
    names : Names
    """
    values, known = found.mean[:, :, number], found.standing < _KNOWN
    shown = values[np.isfinite(values) & known]
    shown = shown if len(shown) else values[np.isfinite(values)]
    least, most = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    language = names.language
    options = base(language)
    lines = (found.across_values, found.up_values)
    ends = [_outer(values) for values in lines]
    sides = [names.titled(name) for name in (found.across, found.up)]
    hidden = [
        {"type": "category", "show": False, "data": [names.number(v) for v in line.tolist()]}
        for line in lines
    ]
    options |= {
        "xAxis": [hidden[0], axis(sides[0], *ends[0], language) | {"position": "bottom"}],
        "yAxis": [hidden[1], axis(sides[1], *ends[1], language, up=True) | {"position": "left"}],
        "visualMap": {
            "seriesIndex": 0,
            "min": least,
            "max": most if most > least else least + 1e-9,
            "orient": "horizontal",
            "left": "center",
            "top": 0,
            "itemHeight": 150,
            "itemWidth": 12,
            "calculable": False,
            "text": [names.value(variable.name, most), names.value(variable.name, least)],
            "inRange": {"color": HEAT},
        },
        "series": [
            _shades(values, known, least, most),
            *_levels(found, variable, number),
            _points("run_else", run[1].tolist(), say("surface", "run_else", language)),
            _points("run", run[0].tolist(), say("surface", "run", language)),
            _points("now", [list(now)], say("surface", "now", language)),
        ],
    }
    options["grid"] |= {"top": 40, "bottom": 2}
    options["tooltip"] = {"confine": True, ":formatter": _tip(found, variable, names)}
    return options


def _shades(values: Floats, known: NDArray[np.bool_], least: float, most: float) -> dict[str, Any]:
    cells: list[Any] = []
    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            if value != value:
                continue
            cell: Any = [j, i, float(f"{value:.4g}")]
            if not known[i, j]:
                shade = greyed((value - least) / ((most - least) or 1.0))
                cell = {"value": cell, "visualMap": False, "itemStyle": {"color": shade}}
            cells.append(cell)
    return {"type": "heatmap", "data": cells, "emphasis": {"disabled": True}, "progressive": 0}


def greyed(share: float) -> str:
    """The colour of a value nobody should trust: its shade, almost lost in grey.

    >>> greyed(0.0), greyed(2.0)
    ('#d1d3d4', '#aab1bb')
    """
    at = min(max(share, 0.0), 1.0) * (len(HEAT) - 1)
    first = min(int(at), len(HEAT) - 2)
    mixed = []
    for k in (1, 3, 5):
        low, high, grey = (int(colour[k : k + 2], 16) for colour in (HEAT[first], HEAT[first + 1], UNKNOWN))
        mixed.append(round(_GREY * grey + (1 - _GREY) * (low + (at - first) * (high - low))))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _levels(found: Surface, variable: Variable, number: int) -> list[dict[str, Any]]:
    """Lines where the target has its nominal size, and where its tolerance ends."""
    if variable.nominal is None or variable.tolerance is None:
        return []
    edges = variable.nominal - variable.tolerance, variable.nominal + variable.tolerance
    values, lines = found.mean[:, :, number], (found.across_values, found.up_values)
    return [
        {
            "type": "lines",
            "coordinateSystem": "cartesian2d",
            "xAxisIndex": 1,
            "yAxisIndex": 1,
            "silent": True,
            "lineStyle": {"color": INK, "width": width, "type": kind, "opacity": 1},
            "data": [{"coords": piece} for level in levels for piece in contour(*lines, values, level)],
        }
        for levels, width, kind in (((variable.nominal,), 2, "solid"), (edges, 1.5, "dashed"))
    ]


def _points(kind: str, places: list[list[float]], tip: str) -> dict[str, Any]:
    style, size = _MARKS[kind]
    return {
        "type": "scatter",
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "symbolSize": size,
        "itemStyle": style,
        "silent": kind == "now",
        "z": 5,
        "data": [{"value": place, "tip": tip} for place in places],
    }


def _outer(line: Floats) -> tuple[float, float]:
    """From the first cell's outer edge to the last one's."""
    half = (line[-1] - line[0]) / (len(line) - 1) / 2 or 0.5
    return float(line[0] - half), float(line[-1] + half)


def _tip(found: Surface, variable: Variable, names: Names) -> str:
    """What pointing says: a script for the browser; names are put in as JSON, and as text only."""
    told = [[names.of(name), names.unit(name)] for name in (found.across, found.up, variable.name)]
    lines = [[round(v, 4) for v in line.tolist()] for line in (found.across_values, found.up_values)]
    return (
        f"p => {{ {ESCAPED}; if (p.data.tip) return e(p.data.tip); "
        f"const v = p.data.value || p.data, n = {json.dumps(told)}, l = {json.dumps(lines)}, "
        f"t = {number_script(names.language)}; "
        "return [l[0][v[0]], l[1][v[1]], v[2]]"
        ".map((x, k) => e(n[k][0] + ' ' + t(x) + ' ' + n[k][1])).join('<br>'); }"
    )
