"""A store this user may not read or write: said with its path, and gone on with once it may."""

from __future__ import annotations

import os
import sys
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults.crash.hall import Hall

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="platform: POSIX permissions")
only_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="platform: only root may give a file away"
)
MakeHall = Callable[..., Hall]
Change = Callable[[Path], None]
SOMEBODY: Final = 61_234
"""No user of this machine."""


def plain_user() -> list[str]:
    """What a program is started behind so that permissions count: for root they do not."""
    return ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []


def file_mode(mode: int) -> Change:
    return lambda store: store.chmod(mode)


def folder_mode(mode: int) -> Change:
    return lambda store: store.parent.chmod(mode)


def give_away(store: Path) -> None:
    os.chown(store, SOMEBODY, SOMEBODY)


def allow(store: Path) -> None:
    """Back to what it was; as root whatever became of it."""
    store.parent.chmod(0o700)
    if store.exists():
        if os.geteuid() == 0:
            os.chown(store, 0, 0)
        store.chmod(0o600)


@pytest.fixture
def shut_hall(make_hall: MakeHall, tmp_path: Path) -> Iterator[Hall]:
    """A hall whose store lies in a folder of its own; it can be cleared away in the end."""
    folder = tmp_path / "store"
    folder.mkdir()
    hall = make_hall(settings={"SPRUE_STORE_URL": f"sqlite:///{folder}/verdicts.sqlite"})
    yield hall
    allow(hall.store)


def await_refusal(hall: Hall) -> str:
    """Start the service as a plain user; what it says once it names the store."""
    hall.service.start_under(plain_user())
    hall.service.wait_until(lambda: str(hall.store.parent) in hall.service.reasons(), "the path to be named")
    return hall.service.reasons()


def answer_of(hall: Hall, path: str) -> int:
    try:
        hall.service.get(path)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


@pytest.mark.fault_row(9)
@pytest.mark.parametrize(
    ("forbid", "advice"),
    [
        pytest.param(file_mode(0o000), "permission", id="file of no permission"),
        pytest.param(file_mode(0o400), "permission", id="file read-only"),
        pytest.param(folder_mode(0o500), "ermission", id="folder read-only"),
        pytest.param(folder_mode(0o000), "ermission", id="folder closed"),
        pytest.param(give_away, "permission", id="another user's file", marks=only_root),
    ],
)
def test_a_store_that_may_not_be_written_is_named_and_gone_on_with_once_it_may(
    shut_hall: Hall, forbid: Change, advice: str
) -> None:
    hall = shut_hall
    hall.start(plain_user())
    hall.feed.write(60)
    hall.await_answers(60)
    assert hall.service.stop() == 0
    forbid(hall.store)
    said = await_refusal(hall)
    hall.feed.write(60)
    asked = answer_of(hall, "/api/v1/verdicts")
    alive = answer_of(hall, "/healthz")
    allow(hall.store)
    hall.note_faults("store without permission")
    findings = hall.settle()

    assert advice in said
    assert asked in (200, 503)
    assert alive == 200
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(9)
def test_a_folder_no_store_can_be_made_in_is_named_and_the_first_run_waits_for_it(shut_hall: Hall) -> None:
    hall = shut_hall
    folder_mode(0o500)(hall.store)
    hall.feed.write(60)
    said = await_refusal(hall)
    made = hall.store.exists()
    allow(hall.store)
    hall.service.wait_ready()
    hall.note_faults("store without permission")
    findings = hall.settle(judged_alike=False)

    assert "ermission" in said
    assert not made
    assert findings.all_well, str(findings)
