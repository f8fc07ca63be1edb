"""Which candidate is taken: lots first, then planted faults on which families agree, then the order."""

from typing import Any

import numpy as np
import pytest

from core.errors import ModelRefused
from core.profile import CandidateRule
from models.choice import DOUBT, Measured, choose
from models.probe_faults import FAMILIES

CANDIDATES = tuple(CandidateRule(kind) for kind in ("first", "second", "third"))


def measured(areas: list[float], lots: float | None = None, spread: float = 0.001) -> Measured:
    """Areas by family, the rest 0.9; a bootstrap that scatters by `spread`."""
    faults = np.full(len(FAMILIES), 0.9)
    faults[: len(areas)] = areas
    random = np.random.default_rng(int(1000 * sum(areas)))
    samples = faults[:, None] + spread * random.normal(size=(len(faults), 60))
    of_lots = np.empty(0)
    if lots is not None:
        of_lots = np.concatenate([[lots], lots + 0.02 * random.normal(size=60)])
    return Measured(np.concatenate([faults[:, None], samples], axis=1), of_lots)


def test_the_first_stays_while_nothing_speaks_against_it() -> None:
    small = 0.9 + DOUBT / 2
    choice = choose(CANDIDATES, [measured([]), measured([small] * 7), measured([small] * 7)])
    assert choice.number == 0
    assert "nothing speaks against it" in choice.reason


def test_one_family_of_faults_alone_does_not_decide() -> None:
    assert choose(CANDIDATES[:2], [measured([0.5]), measured([])]).number == 0


def test_two_families_that_agree_do() -> None:
    choice = choose(CANDIDATES, [measured([0.5, 0.6]), measured([0.9, 0.7]), measured([])])
    assert choice.number == 1
    assert "passed over: first finds one value with 0.500 against 0.900" in choice.reason


def test_a_difference_within_its_standard_error_does_not_count() -> None:
    assert choose(CANDIDATES[:2], [measured([0.8] * 7, spread=0.2), measured([], spread=0.2)]).number == 0


def test_counted_lots_come_before_planted_faults() -> None:
    choice = choose(CANDIDATES[:2], [measured([], lots=0.5), measured([0.6] * 7, lots=0.9)])
    assert choice.number == 1
    assert "orders lots right in 90%" in choice.reason


def test_lots_that_nobody_orders_better_than_chance_do_not_count() -> None:
    choice = choose(CANDIDATES[:2], [measured([], lots=0.46), measured([0.6] * 7, lots=0.53)])
    assert choice.number == 0
    assert "lots" not in choice.reason


def test_who_must_not_judge_is_told_with_the_reason_and_not_taken() -> None:
    choice = choose(CANDIDATES[:2], ["its memory collapsed", measured([])])
    assert choice.number == 1
    assert [row["chosen"] for row in choice.table] == [False, True]
    assert choice.table[0]["refusal"] == "its memory collapsed"


def test_nobody_fit_to_judge_is_refused() -> None:
    with pytest.raises(ModelRefused, match="first refused: broken"):
        choose(CANDIDATES[:1], ["broken"])


def test_the_table_tells_every_figure_of_every_candidate() -> None:
    rows: list[dict[str, Any]] = choose(CANDIDATES[:2], [measured([], 0.7), measured([0.8], 0.6)]).table
    assert [row["kind"] for row in rows] == ["first", "second"]
    assert rows[1]["by_fault"]["one_value"] == 0.8
    assert rows[0]["lots"] == 0.7
    assert rows[0]["faults_error"] > 0
