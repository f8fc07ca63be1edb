"""Many settings at once: a CSV file in, a table and a CSV file out; nothing is kept."""

from __future__ import annotations

import asyncio
from html import escape

from nicegui import events, ui

from api.forms.bench import Bench
from api.forms.paths import UPLOAD_LIMIT
from api.prediction.predicted_table import PredictedTable, as_csv, predict_table
from api.prediction.table import MOST_ROWS, TableRefused, read_table
from api.words import say

_SHOWN = 50
_REJECTED = "found => emit(found.map(one => [one.failedPropValidation, one.file.name]))"
_NAME = "predictions.csv"


def add_batch(bench: Bench) -> None:
    """Put the panel onto the page."""
    language = bench.language
    mb = UPLOAD_LIMIT // 1_000_000
    columns = ", ".join(".".join(variable.path) for variable in bench.predictor.profile.inputs)
    made: dict[str, bytes] = {}
    with ui.element("section").classes("panel batch"):
        ui.label(say("batch", "title", language)).props("role=heading aria-level=2").classes("heading")
        words = {"columns": columns, "mb": mb, "rows": bench.names.number(MOST_ROWS)}
        ui.label(say("batch", "what", language, **words)).classes("hint")
        with ui.element("div").classes("line"):
            upload = ui.upload(max_file_size=UPLOAD_LIMIT - 10_000, max_files=1, auto_upload=True)
            upload.props('accept=".csv,text/csv"').classes("unseen")
            choose = ui.element("button").props("type=button").classes("plain")
            with choose:
                ui.label(say("batch", "choose", language))
            choose.on("click", js_handler=f"() => getElement({upload.id}).$refs.qRef.pickFiles()")
            take = ui.element("button").props("type=button hidden").classes("plain strong")
            with take:
                ui.label(say("batch", "download", language))
        told = ui.label("").props("role=status").classes("told")
        table = ui.html("", sanitize=False).classes("wide")

    async def given(event: events.UploadEventArguments) -> None:
        content = await event.file.read()
        upload.reset()
        try:
            found, made["csv"] = await asyncio.to_thread(_predict, bench, content)
        except TableRefused as error:
            _refuse(str(error))
            return
        told.set_text(say("batch", "done", language, n=len(found.answers), refused=len(found.table.refused)))
        told.classes(remove="bad")
        table.set_content(_table(found, bench))
        take.props(remove="hidden")

    def _refuse(text: str) -> None:
        made.clear()
        told.set_text(text)
        told.classes(add="bad")
        table.set_content("")
        take.props("hidden")

    def rejected(event: events.GenericEventArguments) -> None:
        why, name = event.args[0]
        key = {"accept": "wrong_type", "max-file-size": "too_large"}.get(why, "one_file")
        _refuse(say("batch", key, language, mb=mb, name=name[:60]))

    upload.on_upload(given)
    upload.on("rejected", rejected, js_handler=_REJECTED)
    take.on("click", lambda: ui.download.content(made["csv"], _NAME, "text/csv"))


def _predict(bench: Bench, content: bytes) -> tuple[PredictedTable, bytes]:
    predictor = bench.predictor
    table = read_table(content, predictor, bench.names)
    found = predict_table(table, predictor, bench.names, bench.regressors)
    return found, as_csv(found, predictor)


def _table(found: PredictedTable, bench: Bench) -> str:
    """The first rows as HTML."""
    names, language = bench.names, bench.language
    inputs, targets = bench.predictor.input_names, bench.predictor.target_names
    heads = [say("batch", "row", language), *map(names.of, (*inputs, *targets))]
    heads += [say("batch", "standing", language), say("page", "outcome", language)]
    rows = []
    for place in range(min(_SHOWN, len(found.table.rows))):
        answer = found.answers.get(place)
        if answer is None:
            why = escape(found.table.refused[place])
            cells = f'<td colspan="{len(heads) - 1}">{why}</td>'
            rows.append(f'<tr class="refused"><th scope="row">{place + 1}</th>{cells}</tr>')
            continue
        texts = [names.number(answer["inputs"][name]) for name in inputs]
        texts += [
            names.within(one["name"], one["mean"], one["low"], one["high"]) for one in answer["targets"]
        ]
        texts.append(say("standing", f"word_{answer['standing']}", language))
        texts.append(say("outcome", answer["outcome"], language) if answer["outcome"] else "–")
        cells = "".join(f"<td>{escape(text)}</td>" for text in texts)
        kind = f"{answer['standing']} {(answer['outcome'] or '').lower()}"
        rows.append(f'<tr class="{kind}"><th scope="row">{place + 1}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    more = escape(say("batch", "first", language, n=_SHOWN)) if len(found.table.rows) > _SHOWN else ""
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<table class="rows">{body}</table><p class="hint">{more}</p>'
