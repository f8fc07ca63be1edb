"""The form of a process nobody wrote words for: no size is wanted, nothing is said to be made small."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.form import figures, put
from tests.e2e.browser.hall import PHONE, Seen
from tests.predicting_home import cheap_profile, train_cheaply
from tests.predicting_service import PredictingService, predicting_service


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PredictingService]:
    """Inputs called as their columns are; one has a label, one no unit."""
    folder = tmp_path_factory.mktemp("drafted")
    profile = cheap_profile(folder)
    text = profile.read_text(encoding="utf-8").replace("weld_current", "iw").replace("weld_speed", "vw")
    text = text[: text.index("# --- what follows from them")]
    text = re.sub(r"(nominal|tolerance) = .*\n", "", text)
    text = text.replace('path = "VW"', 'path = "VW"\nlabel = "Speed of the table"')
    text = text.replace('unit = "mA"\npath = "IW"', 'unit = ""\npath = "IW"')
    profile.write_text(text, encoding="utf-8")
    home = train_cheaply(folder, profile)
    with predicting_service(home, tmp_path_factory.mktemp("form")) as service:
        yield service


def test_variables_are_called_as_the_profile_says_and_once(
    drafted: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(drafted, "/predict").page
    names = page.locator(".inputs .name")

    expect(names).to_have_text(
        ["Iw", re.compile("Focus current *IF"), re.compile("Speed of the table *VW"), re.compile("FP")]
    )
    expect(page.get_by_role("slider", name="Iw", exact=True)).to_be_visible()
    titles = page.evaluate(
        "[...document.querySelectorAll('.chart')].flatMap(one => {"
        " const made = Object.values(window.getElement ? [getElement(+one.id.slice(1))] : [])[0];"
        " const o = made && made.chart ? made.chart.getOption() : {};"
        " return [...(o.xAxis || []), ...(o.yAxis || [])].map(a => a.name || ''); })"
    )
    assert any(titles)
    assert not any("[]" in title for title in titles)


def test_the_picture_explains_no_wanted_size_where_there_is_none_and_says_where_now_is(
    drafted: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(drafted, "/predict").page
    legend = page.locator(".surface .legend")

    expect(legend).to_contain_text("settings that were run")
    expect(legend).not_to_contain_text("wanted size")
    expect(legend).not_to_contain_text("tolerance")
    expect(legend.get_by_text("now", exact=True)).to_be_visible()
    for place in range(4):
        put(page, place, "90")
    expect(legend).to_contain_text("now: outside the picture")


def test_settings_are_found_though_the_profile_says_nothing_of_advice(
    drafted: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(drafted, "/predict").page
    expect(page.get_by_role("checkbox", name="Depth")).to_be_checked()

    page.get_by_role("button", name="Find settings").click()

    expect(page.locator(".advice tbody tr:has(button)").first).to_be_visible()


def test_on_a_phone_the_bar_is_short_and_a_wide_table_fades_where_it_goes_on(
    drafted: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(drafted, "/predict", PHONE).page
    summary = page.locator(".bar .summary span")

    assert drafted.catalog.version is not None
    expect(summary).to_have_attribute("title", drafted.catalog.version)
    assert summary.evaluate("one => one.getClientRects().length") == 1
    table = page.locator(".validation .wide")
    fade = "one => getComputedStyle(one).getPropertyValue('--fade')"
    assert table.evaluate(fade) == "44px"
    table.evaluate("one => one.scrollTo(one.scrollWidth, 0)")
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.validation .wide')).getPropertyValue('--fade') === '0px'"
    )
    expect(figures(page).first).to_be_visible()
