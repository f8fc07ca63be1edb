"""The promise in thousands of universes, and proof that the check can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from core.profile import Profile
from tests.inference.consumer.planted import BUGS
from tests.inference.consumer.universe import Broken, Life, Parts, run

UNIVERSES = 1500
EVENTS = ("insert", "insert", "insert", "poison", "update", "roll", "refuse", "wipe")
FAULTS = ("away", "unknown", "full", "fails", "unanswered", "no_model", "crash", "stop")

LIVES: st.SearchStrategy[Sequence[Life]] = st.lists(
    st.dictionaries(
        st.integers(1, 40),
        st.lists(st.sampled_from((*EVENTS, *FAULTS)), min_size=1, max_size=3),
        max_size=8,
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=UNIVERSES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(LIVES)
def in_every_universe(profile: Profile, lives: Sequence[Life]) -> None:
    run(lives, profile)


@pytest.mark.fault_row(17, 23, 30, 31, 38)
def test_nothing_is_lost_and_nothing_doubled_in_any_universe(
    profile: Profile, fault_figures: Callable[..., None]
) -> None:
    in_every_universe(profile)
    fault_figures("simulation", universes=UNIVERSES)


def breaks(lives: Sequence[Life], profile: Profile, parts: Parts) -> bool:
    try:
        run(lives, profile, parts)
    except (Broken, AssertionError):
        return True
    return False


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(
    bug: str, profile: Profile, monkeypatch: pytest.MonkeyPatch, fault_figures: Callable[..., None]
) -> None:
    fault_figures("planted_bugs", planted=1)
    parts = BUGS[bug](monkeypatch)
    search = settings(
        max_examples=4 * UNIVERSES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        find(LIVES, lambda lives: breaks(lives, profile, parts), settings=search)
    except NoSuchExample:
        pytest.fail(f"{bug}: no universe of {4 * UNIVERSES} noticed it")
    fault_figures("planted_bugs", caught=1)
