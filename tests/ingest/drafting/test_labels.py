"""Which columns tell good from bad, and what is proposed where one of them may."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from core.errors import ConfigError
from ingest.drafting.draft import Draft, draft_profile
from ingest.drafting.next_steps import Names, next_commands
from ingest.drafting.report import to_check
from ingest.drafting.sample import Sample
from tests.ingest.drafting import twins

ROWS = 200
BAD = np.arange(ROWS) % 40 == 7


def log(**more: Any) -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame({"a": random.normal(5, 1, ROWS), "b": random.normal(9, 1, ROWS)}).assign(**more)


def drafted(table: pd.DataFrame, label: str = "") -> Draft:
    return draft_profile(Sample.of(table), label=label)


def proposed(draft: Draft) -> list[str]:
    return next_commands(draft, Names("press", "press.toml"), "log.csv", file="log.csv")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Gutteil", 1, 0),
        ("GutTeil", 1, 0),
        ("Ausschuss", 0, 1),
        ("i.O.", 1, 0),
        ("NIO", 0, 1),
        ("Prüfergebnis", "i.O.", "n.i.O."),
        ("Befund", "io", "nio"),
        ("status", "gut", "schlecht"),
        ("Ausschuss", "nein", "ja"),
        ("Gutteil", "ja", "nein"),
        ("판정", "합격", "불합격"),
        ("Брак", 0, 1),
        ("Gutteil", True, False),
        ("defective", False, True),
    ],
)
def test_a_label_and_its_bad_value_are_known_in_every_language(name: str, good: object, bad: object) -> None:
    values = [bad if is_bad else good for is_bad in BAD]

    draft = drafted(log(**{name: values}))

    assert draft.label is not None
    assert (draft.label[0], str(draft.label[1]).removesuffix(".0")) == (name, str(bad))
    assert draft.bad_share == BAD.mean()
    assert not any("--assume-good" in line for line in [*proposed(draft), *to_check(draft)])


def test_the_bad_value_goes_by_the_name_and_not_by_how_seldom_it_is() -> None:
    draft = drafted(log(Gutteil=BAD.astype(int)))

    assert draft.label == ("Gutteil", 0.0)


@pytest.mark.parametrize(
    "values",
    [BAD.astype(int), BAD.astype(int) + 1, BAD, np.where(BAD, "x", "-")],
    ids=["0 and 1", "1 and 2", "truth", "texts"],
)
def test_two_values_under_a_name_that_says_nothing_are_never_assumed_good(values: NDArray[Any]) -> None:
    draft = drafted(log(flag=values))

    [conversion, *_] = proposed(draft)

    assert "--assume-good" not in conversion
    assert "--label flag=" in conversion
    assert any("does 'flag' tell good from bad?" in line for line in to_check(draft))


def test_without_any_such_column_good_may_be_assumed() -> None:
    assert "--convert press_converted.csv --assume-good" in proposed(drafted(log()))[0]


def test_a_label_that_is_said_counts() -> None:
    table = log(flag=BAD.astype(int), verdict=np.where(BAD, "NG", "OK"))

    assert drafted(table).label == ("verdict", "NG")
    assert drafted(table, "flag=1").label == ("flag", 1.0)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("none=1", "the name of a column"),
        ("flag", "NAME=BAD"),
        ("flag=x", "a number"),
        ("flag=2", "a value that 'flag' has"),
    ],
)
def test_a_label_that_cannot_be_is_told_so(said: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        drafted(log(flag=BAD.astype(int)), said)


def test_groups_that_training_leaves_out_as_drafted_are_told_with_what_to_set() -> None:
    commands = proposed(drafted(log(Ausschuss=BAD.astype(int))))

    [training] = [line for line in commands if "sprue train" in line]
    assert "leaves every group out: 2.50% bad" in training
    assert "set that to 0.03, or give good days alone: --start DAY --end DAY" in training


def test_the_longest_row_of_good_days_is_proposed() -> None:
    day = np.arange(ROWS) // 40
    times = pd.to_datetime("2024-03-04") + pd.to_timedelta(day * 1440 + np.arange(ROWS) % 40, unit="min")
    bad = np.isin(day, (0, 3)) & (np.arange(ROWS) % 10 == 2)

    commands = proposed(drafted(log(time=times.astype(str), Ausschuss=bad.astype(int))))

    [training] = [line for line in commands if "sprue train" in line]
    assert training.endswith("good days alone: --start 2024-03-05 --end 2024-03-07")


def test_few_bad_records_need_no_such_remark() -> None:
    commands = proposed(drafted(twins.inspected()))

    assert not any("leaves" in line for line in commands)
