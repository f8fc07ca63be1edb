"""The form of predictions: what comes of settings, as one turns them, and the other way round."""

from __future__ import annotations

import re
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

_VERSION = re.compile(r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d*Z.*$")


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
    version, trained = bench.predictor.version, bench.predictor.trained
    words = {"version": short(version), "rows": int(trained.setting_rows.sum()), "n": len(trained.settings)}
    text = say("predict", "version", bench.language, **words)
    return f'<span title="{escape(version)}">{escape(text)}</span>'


def short(version: str) -> str:
    """When a version was made, which tells it apart on a page; any other name as it is.

    >>> short("20261120T193831607Z-7d5a60cd"), short("trial")
    ('2026-11-20 19:38Z', 'trial')
    """
    return _VERSION.sub(r"\1-\2-\3 \4:\5Z", version)
