from __future__ import annotations

import json
import re
import string
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.explanation import plain_units, units_in_words
from api.feedback_rows import MEANS
from api.pages.signs import State
from api.times import from_rfc3339, to_rfc3339
from api.words import LANGUAGES, catalogue, choose_language, number, say, variable_name
from core.judgement import JUDGEMENTS
from core.profile import FILL_WAYS
from core.profile_file import load_profile
from core.verdict import OUTCOMES, ROUTES
from inference.consumer.states import MEANING
from inference.settle import FLAGS
from scripts.__main__ import VERBS


def test_every_text_is_there_in_every_language_with_the_same_places() -> None:
    checked = 0
    for section, entries in catalogue().items():
        if section == "languages":
            continue
        for key, texts in entries.items():
            places = {
                language: {name for _, name, _, _ in string.Formatter().parse(texts[language]) if name}
                for language in LANGUAGES
            }
            assert set(texts) == set(LANGUAGES), (section, key)
            assert len({frozenset(p) for p in places.values()}) == 1, (section, key, places)
            checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("outcome", OUTCOMES),
        ("route", ROUTES),
        ("way", FILL_WAYS),
        ("state", get_args(State)),
        (
            "feedback",
            (
                *JUDGEMENTS,
                *MEANS.values(),
                "bad_alarm",
                "good_alarm",
                "missed",
                "column",
                "give",
                "change",
                "question",
                "reason",
                "name",
                "cancel",
                "saved",
                "not_saved",
            ),
        ),
        ("consumer", tuple(MEANING)),
        ("next", (*MEANING, "no_model", "no_store", "model_refused", "letters")),
        ("flag", FLAGS),
    ],
)
def test_everything_a_verdict_can_say_has_words(section: str, names: tuple[str, ...]) -> None:
    assert set(names) == set(catalogue()[section])


def test_the_english_names_of_the_states_are_those_of_the_consumer() -> None:
    assert {state: say("consumer", state, "en") for state in MEANING} == MEANING


def test_every_variable_of_the_profile_has_a_name_in_every_language() -> None:
    profile = load_profile("injection_molding")
    for variable in (*profile.settings, *profile.production):
        names = {variable_name(variable.name, language) for language in LANGUAGES}
        assert len(names) == len(LANGUAGES), variable.name


def test_every_unit_of_the_profile_has_its_russian_letters() -> None:
    profile = load_profile("injection_molding")
    latin, russian = plain_units(profile), units_in_words(profile, "ru")

    assert units_in_words(profile, "en") == units_in_words(profile, "ko") == latin
    for name, unit in latin.items():
        assert unit in ("", "°C") or not re.search("[a-zA-Z]", russian[name]), unit


def test_every_command_named_as_the_way_out_is_one() -> None:
    named = {
        verb
        for texts in catalogue()["next"].values()
        for language in LANGUAGES
        for verb in re.findall(r"`\./sprue (\w+)", texts[language])
    }
    assert named
    assert named <= set(VERBS)


def test_an_unknown_key_is_said_as_it_is() -> None:
    assert say("flag", "some_new_flag", "ru") == "some new flag"
    assert variable_name("unknown_thing_set", "en") == "Unknown thing (set)"


@given(st.text(max_size=60))
def test_any_language_header_leads_to_a_language(header: str) -> None:
    assert choose_language(header) in LANGUAGES


@given(st.floats(-1e300, 1e300), st.sampled_from(LANGUAGES))
def test_a_number_keeps_its_first_three_digits(value: float, language: str) -> None:
    text = number(value, language)  # type: ignore[arg-type]  # drawn from LANGUAGES
    assert float(text.replace(",", ".")) == pytest.approx(value, rel=1e-3, abs=1e-300)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_time_comes_back_as_it_was(ms: int) -> None:
    text = to_rfc3339(ms)
    assert text is not None
    assert from_rfc3339(text) == ms
    json.dumps(text)


@pytest.mark.parametrize("ms", [2**62, -(2**62), None])
def test_a_time_no_calendar_has_is_null(ms: int | None) -> None:
    assert to_rfc3339(ms) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999999-23:59"])
def test_the_ends_of_the_calendar_are_understood(text: str) -> None:
    assert isinstance(from_rfc3339(text), int)
