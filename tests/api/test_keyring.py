from __future__ import annotations

import timeit
from pathlib import Path

import pytest

from api.key_file import add_key, read_keys, revoke_key
from api.keyring import LOOK_SECONDS, Keyring, key_given
from api.roles import RANK

NOW = 1_795_176_000_000
DAY_MS = 86_400_000


class Hands:
    """Both clocks, moved by hand; seconds."""

    def __init__(self) -> None:
        self.wall = NOW / 1000
        self.steady = 100.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def hands() -> Hands:
    return Hands()


def ring(file: Path, hands: Hands) -> Keyring:
    return Keyring(file, lambda: hands.wall, lambda: hands.steady)


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_key_has_the_rank_of_its_role(file: Path, hands: Hands, role: str) -> None:
    made = add_key(file, "a", role, NOW)

    assert ring(file, hands).rank_of(made.encode()) == RANK[role] > 0


def test_what_is_not_exactly_a_key_has_no_rank(file: Path, hands: Hands) -> None:
    made, other = (add_key(file, name, "admin", NOW).encode() for name in "ab")
    keyring = ring(file, hands)
    identifier, secret = made[:15], made[15:]
    stored = read_keys(file)[0].sha256.encode()
    wrong = [
        b"", b"sprue_", made[:-1], made + b"0", b" " + made, made.upper(), identifier, made[6:], b"\xff" * 79,
        made[:14] + b"-" + secret, identifier + other[15:], made.replace(b"sprue", b"spruf"),
        stored, identifier + stored, b"sprue_00000000_" + secret,
    ]  # fmt: skip

    assert [keyring.rank_of(one) for one in wrong] == [0] * len(wrong)
    assert keyring.rank_of(made) == RANK["admin"]


def test_a_key_counts_to_the_moment_it_expires(file: Path, hands: Hands) -> None:
    made = add_key(file, "a", "viewer", NOW, days=1).encode()
    keyring = ring(file, hands)

    hands.wall += DAY_MS / 1000 - 0.001
    assert keyring.rank_of(made)
    hands.wall += 0.001
    assert not keyring.rank_of(made)


def test_a_changed_file_counts_at_the_next_look(file: Path, hands: Hands) -> None:
    keyring = ring(file, hands)
    assert keyring.empty

    made = add_key(file, "a", "viewer", NOW).encode()
    keyring.look()
    assert keyring.empty, "not yet: it looks every half second"
    hands.steady += LOOK_SECONDS
    keyring.look()
    assert (keyring.empty, keyring.rank_of(made)) == (False, RANK["viewer"])

    revoke_key(file, "a", NOW)
    hands.steady += LOOK_SECONDS
    keyring.look()
    assert (keyring.empty, keyring.rank_of(made)) == (False, 0)


def test_without_a_file_there_are_no_keys_and_no_problem(file: Path, hands: Hands) -> None:
    keyring = ring(file, hands)

    assert (keyring.empty, keyring.problem) == (True, "")


def test_a_damaged_file_at_the_start_opens_nothing(file: Path, hands: Hands) -> None:
    file.write_text("{}", encoding="utf-8")

    keyring = ring(file, hands)

    assert not keyring.empty
    assert "no list of keys" in keyring.problem


def test_keys_that_are_gone_open_nothing_however_long_one_waits(file: Path, hands: Hands) -> None:
    made = add_key(file, "a", "admin", NOW).encode()
    keyring = ring(file, hands)
    file.unlink()

    for _ in range(3):
        hands.steady += LOOK_SECONDS
        keyring.look()
        assert (keyring.empty, keyring.rank_of(made)) == (False, 0)
        assert "its keys are gone" in keyring.problem


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, b""),
        ({b"x-api-key": b"k", b"authorization": b"Basic OnA="}, b"k"),
        ({b"authorization": b"Basic OnA="}, b"p"),
        ({b"authorization": b"bAsIc OnA6cQ=="}, b"p:q"),
        ({b"authorization": b"Basic cA=="}, b""),
        ({b"authorization": b"Basic ***"}, b""),
        ({b"authorization": b"Bearer cA=="}, b""),
    ],
)
def test_where_a_key_is_given(headers: dict[bytes, bytes], found: bytes) -> None:
    assert key_given(headers) == found


def test_looking_a_key_up_costs_microseconds(file: Path) -> None:
    made = [add_key(file, f"n{i}", "viewer", NOW).encode() for i in range(50)][25]
    keyring = Keyring(file)

    def ask() -> None:
        keyring.look()
        keyring.rank_of(made)

    assert min(timeit.repeat(ask, number=2000, repeat=5)) / 2000 < 50e-6  # some 2 on an idle machine


def test_whose_a_key_is_known_while_it_holds(file: Path, hands: Hands) -> None:
    made = add_key(file, "kim", "operator", NOW, days=1).encode()
    keyring = ring(file, hands)

    assert keyring.name_of(made) == "kim"
    assert keyring.name_of(made[:-1]) is None
    hands.wall += DAY_MS / 1000
    assert keyring.name_of(made) is None
