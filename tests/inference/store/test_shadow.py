"""What challengers would have judged: added up, each account once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.beside import Beside, Cell, ShadowAccount, Tally
from core.stream import Work
from inference.store.beside import BesideReader
from inference.store.shadow import MOST_RUNS
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
CELL = Cell("v1", "A-01", "cap", 3, 20_000)
OTHER = Cell("v1", "A-02", "", -1, -1)


@pytest.fixture
def store(store_url: str, open_store: Callable[[str], VerdictStore]) -> VerdictStore:
    return open_store(store_url)


@pytest.fixture
def reader(store_url: str, store: VerdictStore) -> Iterator[BesideReader]:
    store.open()
    reader = BesideReader(store_url)
    yield reader
    reader.close()


@pytest.fixture
def add(store: VerdictStore, make_work: MakeWork) -> Callable[..., None]:
    """Writes an account of a run in a transaction of its own."""
    from dataclasses import replace

    def add(number: int, tallies: dict[Cell, Tally] | None = None, run: int = 7, **more: object) -> None:
        account = ShadowAccount(run, "v2", number, 10, 2, tallies, **more)  # type: ignore[arg-type]
        store.write(replace(make_work(at=(number, 1)), beside=Beside(account)))

    return add


def test_accounts_of_a_run_add_up(add: Callable[..., None], reader: BesideReader) -> None:
    add(1, {CELL: Tally(7, 1, 2, 0, ("s1",), ("s2", 's"3\n')), OTHER: Tally(1, 0, 0, 0)})
    add(2, {CELL: Tally(5, 0, 0, 5, ("s4",))})
    run = reader.shadow_run(7)

    assert run is not None
    assert (run.challenger, run.number, run.compared, run.skipped, run.state) == ("v2", 2, 20, 4, "running")
    assert reader.shadow_cells(7) == {
        CELL: Tally(12, 1, 2, 5, ("s1", "s4"), ("s2", 's"3\n')),
        OTHER: Tally(1, 0, 0, 0),
    }


def test_an_account_whose_answer_was_lost_is_not_added_twice(
    add: Callable[..., None], reader: BesideReader
) -> None:
    add(1, {CELL: Tally(7, 1, 2, 0)})
    add(1, {CELL: Tally(7, 1, 2, 0)})
    run = reader.shadow_run(7)

    assert run is not None
    assert run.compared == 10
    assert reader.shadow_cells(7) == {CELL: Tally(7, 1, 2, 0)}


def test_why_a_challenger_was_dropped_is_kept(
    add: Callable[..., None], reader: BesideReader, store: VerdictStore
) -> None:
    add(1, state="dropped", reason="it failed:\x00 no kernel")
    run = reader.shadow_run(7)

    assert run is not None
    assert (run.state, run.reason) == ("dropped", "it failed:\ufffd no kernel")
    assert store.shadow_run(7) == run
    assert store.shadow_run(8) is None


def test_shots_of_a_cell_are_a_sample(add: Callable[..., None], reader: BesideReader) -> None:
    for number in range(1, 40):
        add(number, {CELL: Tally(0, 1, 0, 0, ("x" * 400,))})
    tally = reader.shadow_cells(7)[CELL]

    assert tally.champion == 39
    assert 1 <= len(tally.champion_shots) <= 6


def test_the_last_trials_are_kept(add: Callable[..., None], reader: BesideReader) -> None:
    for number in range(1, MOST_RUNS + 3):
        add(number, {CELL: Tally(1, 0, 0, 0)}, run=number)

    assert reader.shadow_run(2) is None
    assert reader.shadow_cells(2) == {}
    assert reader.shadow_cells(3) == {CELL: Tally(1, 0, 0, 0)}
