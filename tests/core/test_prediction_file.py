"""The part of a profile that says what is predicted: read, or refused with file, key and expectation."""

from __future__ import annotations

import re

import pytest

from core.errors import ConfigError
from core.prediction import Quantity, RegressorRule
from core.profile import FieldPath, Profile
from core.profile_file import load_profile, parse_profile

PRESS = """
[process]
name = "press"
example = "press.csv"
[keys]
id = { path = "_id", otherwise = "row" }
time = "at"
maker = { path = "m.maker", otherwise = " presses " }
facility = { otherwise = "press 1" }
item = "item"
[prediction]
coverage = 0.8
choice = "line"
[[regressor]]
kind = "linear_regression"
name = "line"
inverse = ["speed"]
logarithmic = ["force"]
[[regressor]]
kind = "random_forest"
parameters = { n_estimators = 7 }
[[variable]]
name = "force"
role = "setting"
[[variable]]
name = "speed"
role = "setting"
[[variable]]
name = "warmth"
role = "production"
[[variable]]
name = "height"
role = "target"
path = "H"
nominal = 3
tolerance = 0.5
[[quantity]]
name = "work"
unit = "J"
factor = 2
powers = { force = 1, height = -0.5 }
[advice]
minimize = ["work", "height", "speed"]
"""


def parse(text: str) -> Profile:
    return parse_profile(text.encode(), where="press.toml")


def test_what_is_predicted_is_read_as_it_stands() -> None:
    profile = parse(PRESS)

    assert [v.name for v in profile.targets] == ["height"]
    assert [v.name for v in profile.inputs] == ["force", "speed", "warmth"]
    assert (profile.targets[0].nominal, profile.targets[0].tolerance) == (3.0, 0.5)
    assert profile.regressors == (
        RegressorRule("linear_regression", "line", ("speed",), ("force",)),
        RegressorRule("random_forest", "random_forest", parameters={"n_estimators": 7}),
    )
    assert (profile.prediction.coverage, profile.prediction.choice) == (0.8, "line")
    assert profile.quantities == (Quantity("work", "J", 2.0, {"force": 1.0, "height": -0.5}),)
    assert profile.advice.minimize == ("work", "height", "speed")
    assert profile.example == "press.csv"
    assert profile.detectors == ()


def test_keys_say_what_counts_where_a_record_does_not_carry_them() -> None:
    profile = parse(PRESS)

    assert profile.identifier == FieldPath("id", ("_id",), "row")
    assert profile.maker == FieldPath("maker", ("m", "maker"), "presses")
    assert profile.facility == FieldPath("facility", ("facility",), "press 1")
    assert profile.item == FieldPath("item", ("item",), None)


def test_the_least_that_a_process_with_targets_says_has_documented_defaults() -> None:
    start, end = PRESS.index("[prediction]"), PRESS.index("[[regressor]]")
    least = PRESS[:start] + PRESS[end:]
    least = least[: least.index("[[quantity]]")].replace("nominal = 3\ntolerance = 0.5\n", "")
    profile = parse(least)

    assert (profile.prediction.coverage, profile.prediction.choice) == (0.9, "by_validation")
    assert (profile.quantities, profile.advice.minimize) == ((), ())
    assert (profile.targets[0].nominal, profile.targets[0].tolerance) == (None, None)
    assert profile.lot.good.path == ("lot", "good")


def test_a_process_with_detectors_predicts_nothing() -> None:
    profile = load_profile("injection_molding")

    assert (profile.regressors, profile.targets, profile.quantities, profile.example) == ((), (), (), "")
    keys = (profile.identifier, profile.maker, profile.facility, profile.item)
    assert [key.otherwise for key in keys] == [None] * 4


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("coverage = 0.8", "coverage = 0.5", ["prediction.coverage", "above 0.5 and below 1", "0.5"]),
        ("coverage = 0.8", "coverage = 1.0", ["prediction.coverage", "1.0"]),
        ("coverage = 0.8", "coverage = nan", ["prediction.coverage", "nan"]),
        ("coverage = 0.8", "coverage = '90 %'", ["prediction.coverage", "'90 %'"]),
        ("coverage = 0.8", "coverages = 0.8", ["prediction.coverages", "unknown key", "coverage"]),
        ('choice = "line"', 'choice = "lime"', ["prediction.choice", "'by_validation', 'line'", "'lime'"]),
        ('choice = "line"', "choice = 1", ["prediction.choice", "a text", "1"]),
        ('kind = "linear_regression"\n', "", ["regressor[0].kind", "missing"]),
        ('name = "line"', 'name = "random_forest"', ["regressor 'random_forest'", "a name used once"]),
        ('name = "line"', 'name = "chosen"', ["regressor 'chosen'", "another one than"]),
        ('name = "line"', 'name = "by_validation"', ["regressor 'by_validation'", "another one than"]),
        ('inverse = ["speed"]', 'inverse = ["pace"]', ["regressor 'line'", "force, speed, warmth", "'pace'"]),
        ('inverse = ["speed"]', 'inverse = ["height"]', ["regressor 'line'", "'height'"]),
        ('inverse = ["speed"]', 'inverse = "speed"', ["'linear_regression'.inverse", "a list", "'speed'"]),
        ('inverse = ["speed"]', 'inverse = ["speed", "speed"]', ["inverse", "each once"]),
        ('inverse = ["speed"]', "inverse = [1]", ["inverse", "a list of names", "[1]"]),
        ('inverse = ["speed"]', 'inverse = ["force"]', ["regressor 'line'", "each input once", "['force']"]),
        ('inverse = ["speed"]', 'invers = ["speed"]', ["invers", "unknown key", "inverse"]),
        ("parameters = { n_estimators = 7 }", "parameters = 7", ["parameters", "a table", "7"]),
        ("nominal = 3\n", "", ["variable 'height'.nominal", "together with tolerance", "None"]),
        ("tolerance = 0.5\n", "", ["variable 'height'.nominal", "together with tolerance", "3"]),
        ("nominal = 3", "nominal = inf", ["variable 'height'.nominal", "a number", "inf"]),
        ("nominal = 3", "nominal = true", ["variable 'height'.nominal", "a number", "True"]),
        ("tolerance = 0.5", "tolerance = 0", ["variable 'height'.tolerance", "above 0", "0"]),
        ("tolerance = 0.5", "tolerance = -1.5", ["variable 'height'.tolerance", "above 0", "-1.5"]),
        ('path = "H"\n', 'path = "H"\ntweak = 1\n', ["variable 'height'.tweak", "'setting'", "1"]),
        (
            'name = "warmth"\nrole = "production"',
            'name = "warmth"\nrole = "production"\nnominal = 1\ntolerance = 1',
            ["variable 'warmth'.nominal", "role 'target'"],
        ),
        ('path = "H"', 'path = "speed"', ["variable 'speed'", "no other one's path", "'height'"]),
        ('name = "work"', 'name = "height"', ["quantity 'height'", "a name used once"]),
        ('name = "work"', 'name = "Work"', ["quantity 'Work'", "lower-case"]),
        ("factor = 2", "factor = nan", ["quantity 'work'.factor", "finite", "nan"]),
        ("factor = 2", "factor = '2'", ["quantity 'work'.factor", "a number", "'2'"]),
        ("height = -0.5 }", "depth = 1 }", ["quantity 'work'.powers", "force, height", "'depth'"]),
        ("{ force = 1, height = -0.5 }", "{}", ["quantity 'work'.powers", "at least one"]),
        ("powers = { force = 1, height = -0.5 }\n", "", ["quantity 'work'.powers", "missing"]),
        ("force = 1,", "force = true,", ["quantity 'work'.powers.force", "a number", "True"]),
        ('["work", "height", "speed"]', '["wrok"]', ["advice.minimize", "work", "'wrok'"]),
        ('["work", "height", "speed"]', '"work"', ["advice.minimize", "a list of names", "'work'"]),
        ("minimize", "minimise", ["advice.minimise", "unknown key", "minimize"]),
        (
            'role = "target"\npath = "H"\nnominal = 3\ntolerance = 0.5',
            'role = "production"',
            ["regressor", "role 'target'", "got none"],
        ),
        ('role = "target"', 'role = "aim"', ["variable 'height'.role", "target", "'aim'"]),
        ('otherwise = "row"', 'otherwise = " "', ["keys.id.otherwise", "not empty", "' '"]),
        ('otherwise = "row"', "otherwise = 1", ["keys.id.otherwise", "a text", "1"]),
        ('otherwise = "row"', 'otherwise = "a\\u0000"', ["keys.id.otherwise", "a database can store"]),
        (', otherwise = "row"', "", ["keys.id.otherwise", "missing"]),
        ('otherwise = "row"', 'otherwise = "row", or = 1', ["keys.id.or", "unknown key"]),
        ('path = "_id"', 'path = "a..b"', ["keys.id.path", "dotted path", "'a..b'"]),
        ('time = "at"', 'time = { path = "at", otherwise = "now" }', ["keys.time", "a text"]),
        ('example = "press.csv"', "example = 1", ["process.example", "a text", "1"]),
    ],
)
def test_what_is_wrong_is_refused_by_file_key_and_expectation(old: str, new: str, words: list[str]) -> None:
    text = PRESS.replace(old, new, 1)
    assert text != PRESS

    with pytest.raises(ConfigError) as caught:
        parse(text)

    message = str(caught.value)
    assert message.startswith("press.toml")
    for word in words:
        assert word in message


DETECTOR = '[[detector]]\nkind = "isolation_forest"\nmin_rows = 5\n'


def test_a_process_either_detects_or_predicts() -> None:
    with pytest.raises(
        ConfigError, match=re.escape("expected [[detector]] or [[regressor]] tables, got both")
    ):
        parse(PRESS + DETECTOR)
    with pytest.raises(ConfigError, match="candidate"):
        parse(PRESS + '[[candidate]]\nkind = "pca"\n')


@pytest.mark.parametrize("left", ["[[quantity]]", "[advice]"])
def test_what_follows_from_predictions_needs_regressors(left: str) -> None:
    start, end = PRESS.index("[prediction]"), PRESS.index("[[variable]]")
    without = PRESS[:start] + "[lot]\ngood = 'g'\nbad = 'b'\n" + DETECTOR + PRESS[end:]
    quantity, asked = without.index("[[quantity]]"), without.index("[advice]")
    text = without[:asked] if left == "[[quantity]]" else without[:quantity] + without[asked:]

    with pytest.raises(ConfigError, match=re.escape("expected [[regressor]] tables beside them, got none")):
        parse(text)


def test_a_process_without_regressors_must_have_detectors() -> None:
    start, end = PRESS.index("[[regressor]]"), PRESS.index("[[variable]]")

    with pytest.raises(ConfigError, match="lot"):
        parse(PRESS[:start] + PRESS[end:])
