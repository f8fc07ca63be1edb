"""Everything a process that predicts speaks of has words in every language."""

from __future__ import annotations

import re

import pytest

from api.prediction.names import Names
from api.words import LANGUAGES, catalogue
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
