"""Everything a process that predicts speaks of has words in every language."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from api.prediction.names import Names
from api.words import LANGUAGES, Language, catalogue, say
from core.profile import Profile
from core.profile_file import load_profile
from inference.prediction.predicted import STANDINGS
from models.predictor import CHOSEN


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("beam_welding")


def test_every_input_target_and_quantity_has_a_name_in_every_language(profile: Profile) -> None:
    spoken = [v.name for v in (*profile.inputs, *profile.targets)] + [q.name for q in profile.quantities]

    for name in spoken:
        assert len({Names(profile, language).of(name) for language in LANGUAGES}) == 3, name


def test_every_regressor_has_a_name_in_every_language(profile: Profile) -> None:
    for name in (*(rule.name for rule in profile.regressors), CHOSEN):
        assert len({Names(profile, language).regressor(name) for language in LANGUAGES}) == 3, name


def test_every_unit_has_its_russian_letters(profile: Profile) -> None:
    names = Names(profile, "ru")
    spoken = [v.name for v in profile.variables] + [q.name for q in profile.quantities]
    for name in spoken:
        assert not re.search("[a-zA-Z]", names.unit(name)), name


def test_every_standing_has_a_sentence_and_a_word() -> None:
    assert {*STANDINGS, *(f"word_{one}" for one in STANDINGS)} <= set(catalogue()["standing"])


def test_columns_are_written_alike_with_the_decimal_mark_of_the_language(profile: Profile) -> None:
    assert [Names(profile, language).fixed(0.9, 2) for language in LANGUAGES] == ["0.90", "0.90", "0,90"]
    assert Names(profile, "ko").fixed(float("nan"), 2) == "–"


def test_a_variable_the_catalogue_does_not_know_is_called_by_its_label(profile: Profile) -> None:
    first, second, *others = profile.variables
    mine = replace(first, name="iw", label="Gun current")
    drafted = replace(profile, variables=(mine, replace(second, label="mine"), *others))

    assert Names(drafted, "ko").of("iw") == "Gun current"
    assert Names(drafted, "en").of(second.name) == "Focus current"
    assert Names(drafted, "en").titled("iw") == "Gun current [mA]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_is_counted_in_words_of_its_own(language: Language) -> None:
    for section, key in (("predict", "version"), ("batch", "done"), ("standing", "run_before")):
        words = {"version": "v", "rows": 3, "refused": 2}
        assert say(section, key, language, n=1, **words) == say(section, f"{key}_one", language, n=1, **words)
    assert say("batch", "done", "en", n=2, refused=0) == "2 rows predicted, 0 refused"
