"""The reverse question: which settings come to what is wanted, at the least of something."""

from __future__ import annotations

import asyncio
import math
from html import escape
from typing import Any

from nicegui import ui

from api.forms.advice_answer import AdviceAnswer
from api.forms.bench import Bench
from api.forms.number_field import NumberField
from api.words import say
from core.errors import ConfigError
from inference.prediction.advice import Advice, advise


def add_advice(bench: Bench) -> None:
    """Put the panel onto the page."""
    language = bench.language
    with ui.element("section").classes("panel advice"):
        ui.label(say("advice", "title", language)).props("role=heading aria-level=2").classes("heading")
        ui.label(say("advice", "what", language)).classes("hint")
        with ui.element("div").classes("question"):
            question = _Question(bench)
            with ui.element("div").classes("aims"):
                _objectives(bench, question)
                ask = ui.element("button").props("type=button").classes("plain strong")
                with ask:
                    ui.label(say("advice", "ask", language))
        told = ui.label("").props("role=status").classes("told")
        answer = AdviceAnswer(bench)

    def show(found: Advice | None, text: str, *, bad: bool) -> None:
        told.set_text(text)
        told.classes(add="bad" if bad else "", remove="" if bad else "bad")
        answer.show(found)

    async def asked() -> None:
        within = question.within()
        if isinstance(within, str):
            show(None, within, bad=True)
        elif not question.minimize:
            show(None, say("advice", "one_at_least", language), bad=True)
        else:
            ask.props("disabled")
            try:
                found = await asyncio.to_thread(
                    advise, bench.predictor, within, question.minimize, regressors=bench.regressors
                )
            except ConfigError as error:
                show(None, str(error), bad=True)
            else:
                text, bad = answer.sentence(found)
                show(found, text, bad=bad)
            finally:
                ask.props(remove="disabled")

    ask.on("click", asked)


class _Question:
    """Limits on everything, and what is made small."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        profile = bench.predictor.profile
        quantities = [one.name for one in profile.quantities]
        targets = [one.name for one in profile.targets]
        self.minimize: list[str] = list(profile.advice.minimize) or quantities or targets
        self._ends: dict[tuple[str, str], float | None] = {}
        self._fields: list[NumberField] = []
        language = bench.language
        heads = "".join(
            f'<th scope="col">{escape(say("advice", key, language))}</th>' for key in ("low", "high")
        )
        with ui.element("table").classes("limits"):
            ui.html(f"<tr><td></td>{heads}<td></td></tr>", sanitize=False, tag="thead")
            with ui.element("tbody"):
                for variable in profile.targets:
                    band: tuple[float | None, float | None] = (None, None)
                    if variable.nominal is not None and variable.tolerance is not None:
                        band = variable.nominal - variable.tolerance, variable.nominal + variable.tolerance
                    self._row(variable.name, *band, note=say("advice", "whole", language))
                free = [one.name for one in profile.quantities] + [one.name for one in profile.inputs]
                for name in free:
                    self._row(name, None, None)

    def within(self) -> dict[str, tuple[float, float]] | str:
        """The limits; or what is wrong with them."""
        usable = [field.commit() for field in self._fields]  # each says what is wrong with it
        if not all(usable):
            return say("predict", "not_number", self._bench.language)
        found = {}
        for name in dict.fromkeys(name for name, _ in self._ends):
            low, high = self._ends[name, "low"], self._ends[name, "high"]
            if low is None and high is None:
                continue
            ends = -math.inf if low is None else low, math.inf if high is None else high
            if ends[0] > ends[1]:
                said = say("predict", "not_ordered", self._bench.language)
                return f"{self._bench.names.of(name)}: {said}"
            found[name] = ends
        return found

    def _row(self, name: str, low: float | None, high: float | None, note: str = "") -> None:
        names = self._bench.names
        with ui.element("tr"):
            label = escape(names.of(name)) + (f"<small>{escape(note)}</small>" if note else "")
            ui.html(label, sanitize=False, tag="th").props("scope=row")
            for end, value in (("low", low), ("high", high)):
                self._ends[name, end] = value
                with ui.element("td"):
                    words = f"{names.of(name)}: {say('advice', end, names.language)}"
                    keep = self._keep(name, end)
                    field = NumberField(words, names.language, keep, value=value, optional=True)
                    self._fields.append(field)
            ui.html(escape(names.unit(name)), sanitize=False, tag="td").classes("unit")

    def _keep(self, name: str, end: str) -> Any:
        def keep(value: float | None) -> None:
            self._ends[name, end] = value

        return keep


def _objectives(bench: Bench, question: _Question) -> None:
    """What is made small: any quantity, target or input."""
    profile = bench.predictor.profile
    ui.label(say("advice", "minimize", bench.language)).classes("name")
    quantities = tuple(one.name for one in profile.quantities)
    for one in (*quantities, *bench.predictor.target_names, *bench.predictor.input_names):

        def turned(event: Any, name: str = one) -> None:
            if event.value and name not in question.minimize:
                question.minimize.append(name)
            elif not event.value and name in question.minimize:
                question.minimize.remove(name)

        box = ui.checkbox(bench.names.of(one), value=one in question.minimize, on_change=turned)
        box.props("dense")
