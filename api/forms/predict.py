"""The form of predictions: what comes of settings, as one turns them, and the other way round."""

from __future__ import annotations

from html import escape

from nicegui import ui

from api.context import Context
from api.forms.advice_panel import add_advice
from api.forms.batch_panel import add_batch
from api.forms.bench import Bench
from api.forms.frame import frame
from api.forms.result import add_result
from api.forms.scatter_panel import add_scatter
from api.forms.sliders import add_sliders
from api.forms.surface_panel import add_surface
from api.forms.validation_panel import add_validation
from api.pages.notices import command_in_words
from api.prediction.predictor_rows import trained_on_example
from api.words import Language, say
from core.errors import ModelError


def build(here: Context, language: Language) -> None:
    """Build the page for whoever opened it."""
    title = say("predict", "title", language)
    try:
        bench = Bench(here, language)
    except ModelError:
        frame(title, "/predict", language, here.profile)
        text = command_in_words(say("predict", "no_model", language))
        ui.html(f'<p class="empty">{text}</p>', sanitize=False).classes("form")
        return
    frame(title, "/predict", language, here.profile, summary=_summary(bench))
    with ui.element("div").classes("form"):
        if trained_on_example(here):
            ui.label(say("predict", "synthetic", language)).classes("synthetic").props("role=note")
        with ui.element("div").classes("try"):
            add_sliders(bench)
            add_result(bench)
        with ui.element("div").classes("pair"):
            add_surface(bench)
            add_scatter(bench)
        add_validation(bench)
        add_advice(bench)
        add_batch(bench)


def _summary(bench: Bench) -> str:
    trained = bench.predictor.trained
    words = {
        "version": bench.predictor.version,
        "rows": int(trained.setting_rows.sum()),
        "settings": len(trained.settings),
    }
    return f"<span>{escape(say('predict', 'version', bench.language, **words))}</span>"
