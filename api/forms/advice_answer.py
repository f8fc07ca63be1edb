"""The answer to the reverse question: a picture and a table; a click takes settings over."""

from __future__ import annotations

from typing import Any

from nicegui import events, ui

from api.forms.bench import Bench
from api.forms.pareto_chart import pareto_chart
from api.prediction.advice_rows import advice_outward, why_none
from api.words import say
from inference.prediction.advice import Advice


class AdviceAnswer:
    """What was found, as long as it stands on the page.

    Parameters
    ----------
    bench : Bench
        Gets the settings that are taken over.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._rows: list[Any] = []
        with ui.element("div").classes("found"):
            self._chart = ui.echart({}).classes("chart").props("role=img")
            self._chart.props["aria-label"] = say("advice", "title", bench.language)
            self._chart.on("componentClick", self._clicked, ["data"])
            self._chart.set_visibility(False)
            self._table = ui.element("div").classes("wide")

    def sentence(self, found: Advice) -> tuple[str, bool]:
        """What was found, in words, and whether that is nothing."""
        if found.excluded is not None:
            return why_none(found.excluded, self._bench.names), True
        return say("advice", "found", self._bench.language, n=len(found)), False

    def show(self, found: Advice | None) -> None:
        """Show what was found; None for nothing."""
        bench = self._bench
        self._table.clear()
        self._rows = []
        if found is not None and len(found):
            told = advice_outward(found, bench.names, dict(bench.regressors))
            self._rows = told["settings"]
            self._chart.options.clear()
            self._chart.options.update(pareto_chart(found, bench.names))
            self._chart.update()
            with self._table:
                self._add_table()
        self._chart.set_visibility(bool(self._rows))

    def _clicked(self, event: events.GenericEventArguments) -> None:
        data = event.args.get("data") if isinstance(event.args, dict) else None
        place = data.get("row") if isinstance(data, dict) else None
        if isinstance(place, int) and 0 <= place < len(self._rows):
            self._take(place)

    def _take(self, place: int) -> None:
        self._bench.take(self._rows[place]["inputs"])
        ui.notify(say("advice", "taken", self._bench.language), position="top", color="dark")

    def _add_table(self) -> None:
        bench, names, language = self._bench, self._bench.names, self._bench.language
        inputs, quantities = bench.predictor.input_names, [q.name for q in bench.predictor.profile.quantities]
        heads = [names.of(name) for name in (*inputs, *bench.predictor.target_names, *quantities)]
        with ui.element("table").classes("rows"):
            with ui.element("thead"), ui.element("tr"):
                for text in ("", *heads, say("batch", "standing", language)):
                    with ui.element("th").props("scope=col"):
                        ui.label(text)
            with ui.element("tbody"):
                for place, row in enumerate(self._rows):
                    self._add_row(place, row)

    def _add_row(self, place: int, row: Any) -> None:
        names, language = self._bench.names, self._bench.language
        texts = [names.number(value) for value in row["inputs"].values()]
        texts += [names.within(one["name"], one["mean"], one["low"], one["high"]) for one in row["targets"]]
        texts += [names.value(one["name"], one["value"]) for one in row["quantities"]]
        texts.append(say("standing", f"word_{row['standing']}", language))
        with ui.element("tr").classes(row["standing"]):
            # First, as the end of a wide row is out of sight on a phone.
            with ui.element("td"):
                button = ui.element("button").props("type=button").classes("plain small")
                button.on("click", lambda place=place: self._take(place))
                with button:
                    ui.label(say("advice", "take", language))
            for text in texts:
                with ui.element("td"):
                    ui.label(text)
