"""A store that was damaged or lost while the service was away is never begun afresh in silence."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.crash.hall import Hall
from tests.faults.crash.store_content import rows_of

MakeHall = Callable[..., Hall]
LONG = pytest.mark.faults
Damage = Callable[[Path, random.Random], None]


def wal_of(store: Path) -> Path:
    return store.with_name(store.name + "-wal")


def truncate_log(store: Path, rng: random.Random) -> None:
    content = wal_of(store).read_bytes()
    wal_of(store).write_bytes(content[: rng.randrange(32, len(content))])


def flip_a_byte_of_the_log(store: Path, rng: random.Random) -> None:
    content = bytearray(wal_of(store).read_bytes())
    content[rng.randrange(32, len(content))] ^= 0xFF
    wal_of(store).write_bytes(content)


def delete_the_log(store: Path, _rng: random.Random) -> None:
    wal_of(store).unlink()


def zero_the_log(store: Path, _rng: random.Random) -> None:
    wal_of(store).write_bytes(bytes(wal_of(store).stat().st_size))


def empty_the_file(store: Path, _rng: random.Random) -> None:
    delete_the_log(store, _rng)
    store.write_bytes(b"")


def delete_the_store(store: Path, _rng: random.Random) -> None:
    for path in (store, wal_of(store), store.with_name(store.name + "-shm")):
        path.unlink(missing_ok=True)


def killed_with_answers(make_hall: MakeHall) -> Hall:
    """A hall that judged 300 shots since its first start, and was killed; 40 more wait.

    It judges from ``now``: a fresh start would skip them all.
    """
    hall = make_hall(settings={"SPRUE_START_FROM": "now"})
    hall.start()
    hall.feed.write(300)
    hall.await_answers(300)
    hall.service.kill()
    hall.feed.write(40)
    return hall


@pytest.mark.fault_row(10)
@pytest.mark.parametrize("damage", [truncate_log, pytest.param(flip_a_byte_of_the_log, marks=LONG)])
def test_a_damaged_log_is_healed_by_reading_again(
    make_hall: MakeHall, damage: Damage, fault_seed: int
) -> None:
    hall = killed_with_answers(make_hall)
    damage(hall.store, random.Random(fault_seed))
    hall.note_faults("log damaged")
    hall.start()
    findings = hall.settle()

    assert (findings.lost, findings.doubled, findings.faults) == ([], [], []), str(findings)


@pytest.mark.fault_row(11)
@pytest.mark.parametrize(
    "damage",
    [
        delete_the_log,
        pytest.param(zero_the_log, marks=LONG),
        empty_the_file,
        pytest.param(delete_the_store, marks=LONG),
    ],
)
def test_a_lost_store_is_filled_from_the_collection_and_the_gap_noted(
    make_hall: MakeHall, damage: Damage, fault_seed: int
) -> None:
    hall = killed_with_answers(make_hall)
    damage(hall.store, random.Random(fault_seed))
    hall.note_faults("store lost")
    hall.start()
    findings = hall.settle(judged_alike=False)

    assert findings.all_well, str(findings)
    assert rows_of(hall.store_url, "SELECT count(*) FROM gap WHERE closed_at IS NOT NULL") == [(1,)]


@pytest.mark.fault_row(12)
def test_a_file_that_is_no_database_any_more_is_left_alone_and_named(make_hall: MakeHall) -> None:
    hall = killed_with_answers(make_hall)
    wal_of(hall.store).unlink()
    garbage = b"not a database at all" + bytes(8192)
    hall.store.write_bytes(garbage)
    hall.note_faults("store destroyed")
    hall.service.start_under()

    def said() -> str:
        return hall.service.reasons() if hall.service.running else hall.service.tail()

    hall.service.wait_until(lambda: str(hall.store) in said() and "restore" in said(), "the file to be named")
    hall.service.kill()

    assert hall.store.read_bytes() == garbage
