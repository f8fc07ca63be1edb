"""A slider and a field for every input; the trained part of each is marked."""

from __future__ import annotations

import math
from html import escape

from nicegui import events, ui

from api.forms.bench import Bench
from api.forms.number_field import NumberField
from api.words import say
from core.profile import Variable


def add_sliders(bench: Bench) -> None:
    """Put the panel of inputs onto the page."""
    language = bench.language
    with ui.element("section").classes("panel inputs"):
        ui.label(say("predict", "settings", language)).props("role=heading aria-level=2").classes("heading")
        for number, variable in enumerate(bench.predictor.profile.inputs):
            _Input(bench, variable, number)
        button = ui.element("button").props("type=button").classes("plain")
        with button:
            ui.label(say("predict", "to_nearest", language))

        def to_nearest() -> None:
            if bench.answer["nearest"] is not None:
                bench.take(bench.answer["nearest"]["inputs"])

        button.on("click", to_nearest)


class _Slider(ui.slider):
    """A slider that moves by itself: an answer that comes late does not pull it back."""

    LOOPBACK = False


class _Input:
    """One input."""

    def __init__(self, bench: Bench, variable: Variable, number: int) -> None:
        self._bench, self._name = bench, variable.name
        names, around = bench.names, bench.predictor.surroundings
        self._trained = float(around.low[number]), float(around.high[number])
        limits = variable.limits or (-math.inf, math.inf)
        self._low, self._high = reach(*self._trained, *limits)
        self._step = fine_step(self._high - self._low)
        label, path = names.of(variable.name), ".".join(variable.path)
        beside = "" if path.casefold() == label.casefold() else f" <small>{escape(path)}</small>"
        with ui.element("div").classes("input") as self._box:
            with ui.element("div").classes("line"):
                ui.html(f"{escape(label)}{beside}", sanitize=False).classes("name")
                value = bench.value(self._name)
                self._field = NumberField(
                    label,
                    bench.language,
                    self._typed,
                    low=limits[0],
                    high=limits[1],
                    value=value,
                    refuse=self._refused,
                )
                ui.label(names.unit(variable.name)).classes("unit")
            self._problem = ui.label("").props("role=alert").classes("problem")
            self._slider = _Slider(
                min=self._low,
                max=self._high,
                step=self._step,
                value=bench.value(self._name),
                on_change=self._slid,
            )
            self._slider.props["aria-label"] = ", ".join(filter(None, (label, names.unit(variable.name))))
            self._strip = ui.element("div").classes("strip")
            with self._strip:
                self._mark = ui.element("i")
            low, high = names.number(self._trained[0]), names.value(variable.name, self._trained[1])
            ui.label(say("predict", "trained", bench.language, low=low, high=high)).classes("trained")
        self._draw_mark()
        bench.listen(self._shown)

    def _slid(self, event: events.ValueChangeEventArguments[float | None]) -> None:
        value = event.value
        if value is not None and math.isfinite(value) and value != self._bench.value(self._name):
            self._bench.take({self._name: round(float(value), 6)})

    def _typed(self, value: float | None) -> None:
        changed = value != self._bench.value(self._name) or self._name in self._bench.wrong
        if value is not None and changed:
            self._bench.take({self._name: value})

    def _refused(self, problem: str) -> None:
        self._bench.refuse(self._name, problem)

    def _shown(self) -> None:
        problem = self._bench.wrong.get(self._name, "")
        self._problem.set_text(problem)
        if problem:  # what was entered stays, to be mended
            return
        value = self._bench.value(self._name)
        if not self._low <= value <= self._high:
            self._low, self._high = min(self._low, value), max(self._high, value)
            self._slider.props["min"], self._slider.props["max"] = self._low, self._high
            self._draw_mark()
        if self._slider.value != value:
            self._slider.set_value(value)
        self._field.show(value)
        outside = self._name in self._bench.answer["outside"]
        self._box.classes(add="beyond" if outside else "", remove="" if outside else "beyond")

    def _draw_mark(self) -> None:
        span = self._high - self._low
        left, right = ((end - self._low) / span * 100 for end in self._trained)
        self._mark.style(f"left:{left:.2f}%;width:{right - left:.2f}%")


def reach(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """Where a slider begins and ends: half the trained range further, within physical limits.

    >>> reach(4.0, 12.0, 0.5, 100.0), reach(5.0, 5.0, 0.0, 100.0)
    ((0.5, 16.0), (2.5, 7.5))
    """
    more = (high - low) / 2 or abs(high) / 2 or 1.0
    return max(least, low - more), min(most, high + more)


def fine_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, some 200 to a span.

    >>> fine_step(12.0), fine_step(150.0)
    (0.05, 0.5)
    """
    rough = span / 400
    power = 10.0 ** math.floor(math.log10(rough))
    return float(f"{next(k for k in (1, 2, 5, 10) if k * power >= rough) * power:.6g}")
