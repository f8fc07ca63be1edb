"""Files and advice in the form of predictions, in a real browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.browser.form import INPUTS, asked, expect_as_asked, fields
from tests.e2e.browser.hall import Seen
from tests.predicting_service import PredictingService

FIELDS = ("IW", "IF", "VW", "FP")


def test_a_file_comes_back_with_what_rest_says_of_its_rows(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    settings = form.predictor.trained.settings[:3].tolist()
    lines = [";".join((*FIELDS, "note")), *(";".join([*map(str, row), "=1+1"]) for row in settings)]
    lines += ["x;1;2;3;", ";".join(map(str, [*settings[0][:3], 9999, ""]))]
    content = "\n".join(lines).replace(".", ",").encode()

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a CSV file").click()
    chosen.value.set_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator(".batch .told")).to_have_text("3 rows predicted, 2 refused")
    expect(page.locator(".batch tr.refused")).to_have_count(2)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download with predictions").click()
    text = Path(taken.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["refused"] for row in rows[:3]] == ["", "", ""]
    assert "no number: x" in rows[3]["refused"]
    assert "physical limits" in rows[4]["refused"]
    assert rows[0]["note"] == "'=1+1"
    for row, inputs in zip(rows, settings, strict=False):
        answer = asked(form, dict(zip(INPUTS, inputs, strict=True)))
        for one in answer["targets"]:
            told = [row[f"{one['name']}_{part}"] for part in ("predicted", "low", "high")]
            assert [float(value) for value in told] == [one["mean"], one["low"], one["high"]]
        assert (row["standing"], row["outcome"]) == (answer["standing"], answer["outcome"])


def test_a_file_that_is_no_table_is_refused_with_the_reason(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a CSV file").click()
    chosen.value.set_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": b"IW,IF\n1,2\n"})

    expect(page.locator(".batch .told")).to_have_text(
        "This is no CSV table: there is no column Weld speed, Focal distance"
    )


def test_a_file_of_another_kind_is_refused_by_its_name(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a CSV file").click()
    chosen.value.set_files({"name": "x.xlsx", "mimeType": "application/x", "buffer": b"PK345678"})

    expect(page.locator(".batch .told")).to_contain_text("Expected a CSV file (.csv), got x.xlsx.")


def test_a_file_too_large_is_refused_by_its_size(form: PredictingService, look: Callable[..., Seen]) -> None:
    page = look(form, "/predict").page

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a CSV file").click()
    chosen.value.set_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"1" * 5_000_000})

    expect(page.locator(".batch .told")).to_have_text("The file is larger than 5 MB.")


def test_advice_is_found_and_a_click_takes_its_settings_over(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    page.get_by_role("button", name="Find settings").click()
    rows = page.locator(".advice tbody tr:has(button)")
    expect(rows.first).to_be_visible()
    texts = rows.first.locator("td").all_inner_texts()

    rows.first.get_by_role("button", name="Take over").click()

    for k in range(len(INPUTS)):
        expect(fields(page).nth(k)).to_have_value(texts[1 + k])
    expect_as_asked(page, form)
    expect(page.locator(".verdict.ok")).to_be_visible()


def test_limits_nobody_can_keep_are_named(form: PredictingService, look: Callable[..., Seen]) -> None:
    page = look(form, "/predict").page
    page.get_by_role("textbox", name="Width: at most").fill("0.2")
    page.get_by_role("textbox", name="Width: at least").fill("")

    page.get_by_role("button", name="Find settings").click()

    expect(page.locator(".advice .told")).to_contain_text("Width at most 0.2 mm excludes every setting")
