"""Tables of inputs as spreadsheets of the world write them."""

from __future__ import annotations

import csv
import io

import pytest

from api.prediction.names import Names
from api.prediction.predicted_table import as_csv, predict_table
from api.prediction.table import MOST_ROWS, InputTable, TableRefused, read_table
from api.words import LANGUAGES, Language
from core.config import load_config
from core.profile import Profile
from core.profile_file import load_profile
from inference.plan import compile_plan
from inference.prediction.predictor import Predictor
from models.registry import Registry
from tests.predicting_home import PredictingHome


@pytest.fixture(scope="module")
def profile(predicting_home: PredictingHome) -> Profile:
    return load_profile(str(predicting_home.profile))


@pytest.fixture(scope="module")
def predictor(predicting_home: PredictingHome, profile: Profile) -> Predictor:
    plant, _ = Registry(load_config(home=predicting_home.home).registry).load(predicting_home.version)
    made = compile_plan(plant, predicting_home.version, profile).predictor
    assert made is not None
    return made


def read(text: str | bytes, predictor: Predictor, language: Language = "en") -> InputTable:
    content = text.encode() if isinstance(text, str) else text
    return read_table(content, predictor, Names(predictor.profile, language))


@pytest.mark.parametrize(
    "text",
    [
        "IW,IF,VW,FP\n47,139.5,4.5,80\n",
        "IW;IF;VW;FP\r\n47;139,5;4,5;80\r\n",
        "IW\tIF\tVW\tFP\n47\t139,5\t4.5\t80\n",
        "\ufeffiw, if ,vw,fp\n47,139.5,4.5,80\n\n,,,\n",
        "note,focal_distance,WELD_SPEED,IF,weld_current\nhello,80,4.5,139.5,47\n",
        'IW,IF,VW,FP\n"47","139.5","4.5","80"\n',
    ],
    ids=["commas", "semicolons", "tabs", "mark, blanks, empty lines", "names in any order", "quotes"],
)
def test_it_is_read_whatever_parts_its_fields_and_whatever_its_columns_are_called(
    predictor: Predictor, text: str
) -> None:
    found = read(text, predictor)

    assert found.inputs.tolist() == [[47, 139.5, 4.5, 80]]
    assert found.refused == {}


def test_a_row_that_cannot_be_used_says_why_of_each_value_and_the_others_are_read(
    predictor: Predictor,
) -> None:
    found = read("IW,IF,VW,FP\n47,139,4.5,80\nx,,4.5,9999\n47,139\n47,139,nan,80\n48,139,4.5,80\n", predictor)

    assert found.places == [0, 4]
    assert found.refused == {
        1: "Weld current: no number: x; Focus current: nothing there; "
        "Focal distance: 9999 is beyond the physical limits 0 to 500 mm",
        2: "Weld speed: nothing there; Focal distance: nothing there",
        3: "Weld speed: no number: nan",
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has no rows"),
        (b"IW,IF,VW,FP\n", "it has no rows"),
        (b"\xff\xfe\x00\x01IW", "it is no text in UTF-8"),
        (b"IW,IF,VW\n1,2,3\n", "there is no column Focal distance"),
        (b"IW,IF,VW,FP,weld_current\n1,2,3,4,5\n", "the column Weld current stands there twice"),
        (b'IW,IF,VW,FP\n"1,2\n', "it is no text"),
        (b"IW,IF,VW,FP\n" + b"1,2,3,4\n" * (MOST_ROWS + 1), f"it has more than {MOST_ROWS} rows"),
    ],
    ids=["empty", "head only", "no text", "lacking", "twice", "open quote", "too long"],
)
def test_what_is_no_table_is_refused_with_the_reason(predictor: Predictor, content: bytes, why: str) -> None:
    with pytest.raises(TableRefused, match=why):
        read(content, predictor)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_that_comes_back_is_read_by_machines_in_every_language(
    predictor: Predictor, language: Language
) -> None:
    names = Names(predictor.profile, language)
    table = read("IW;IF;VW;FP;note\n47;139;4,5;80;a\nx;1;1;1;b\n", predictor, language)

    text = as_csv(predict_table(table, predictor, names), predictor).decode("utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text))

    predicted = predictor.predict(table.inputs)
    assert float(first["depth_predicted"]) == predicted.mean[0, 0]
    assert float(first["width_high"]) == predicted.high[0, 1]
    assert first["refused"] == ""
    assert second["depth_predicted"] == ""
    assert second["refused"] == table.refused[1]
    assert names.of("weld_current") in second["refused"]


@pytest.mark.parametrize("field", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1"])
def test_a_field_that_a_spreadsheet_would_run_comes_back_as_text(predictor: Predictor, field: str) -> None:
    table = read(f'IW,IF,VW,FP,note\n47,139,4.5,80,"{field}"\n', predictor)

    text = as_csv(predict_table(table, predictor, Names(predictor.profile, "en")), predictor)
    (row,) = csv.DictReader(io.StringIO(text.decode("utf-8-sig")))

    assert row["note"] == f"'{field}"


def test_numbers_with_a_sign_stay_numbers(predictor: Predictor) -> None:
    table = read("IW,IF,VW,FP,off\n47,139,4.5,80,-0.5\n", predictor)

    text = as_csv(predict_table(table, predictor, Names(predictor.profile, "en")), predictor)

    assert b",-0.5," in text
