"""A MongoDB that lets the service in no more: told with the reason, never with the password."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import FaultFigures
from tests.faults.crash.hall import Hall
from tests.faults.crash.judging_process import JudgingProcess
from tests.faults.crash.store_content import rows_of
from tests.faults.guarded_mongo import GuardedBackend, GuardedMongo
from tests.faults.proxy import Proxy
from tests.faults.reading import Line
from tests.faults.tls_line import Certificate, TlsLine, make_certificate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="platform: a server behind a shell script")
OLD, NEW = "canary-old", "canary-new"
HallAt = Callable[..., Hall]
PLANT = 5


@pytest.fixture(scope="session")
def guarded_mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMongo]:
    with GuardedMongo(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.fixture
def guarded(guarded_mongo: GuardedMongo) -> Iterator[GuardedBackend]:
    backend = GuardedBackend(guarded_mongo)
    backend.admit(OLD)
    yield backend
    backend.close()


@pytest.fixture
def hall_at(
    guarded: GuardedBackend, trained_plant: Path, tmp_path: Path, fault_figures: FaultFigures
) -> Iterator[HallAt]:
    """``hall_at(url)``: a hall whose service reaches the server so; the load goes directly."""
    halls: list[Hall] = []

    def make(url: str) -> Hall:
        settings = {"SPRUE_MONGO_URL": url, "SPRUE_LOG_LEVEL": "DEBUG"}
        halls.append(Hall(guarded, trained_plant, tmp_path / "hall", PLANT, fault_figures, settings))
        return halls[-1]

    yield make
    for hall in halls:
        hall.close()


@pytest.fixture
def proxy(guarded: GuardedBackend, line: Line) -> Proxy:
    return line(guarded.port)


def move_to(hall: Hall, url: str) -> None:
    """Give the service another address, as an operator would before starting it again."""
    hall.settings["SPRUE_MONGO_URL"] = url
    hall.service = JudgingProcess(hall.settings, 0, hall.service.log)


def check_no_secret_was_kept(hall: Hall) -> None:
    """Not in the log, not in any file of the home: the store and its log of states included."""
    files = [hall.service.log, *(file for file in hall.home.rglob("*") if file.is_file())]
    assert [file.name for file in files if b"canary" in file.read_bytes()] == []


def reason_of_failing(hall: Hall) -> str:
    """What the store's log of states keeps of it, once."""
    ((reason,),) = rows_of(hall.store_url, "SELECT reason FROM state_log WHERE after = 'failed'")
    return str(reason)


@pytest.mark.fault_row(39)
def test_a_wrong_password_is_told_and_the_right_one_begins_where_it_was_meant_to(
    hall_at: HallAt, guarded_mongo: GuardedMongo, guarded: GuardedBackend
) -> None:
    hall = hall_at(guarded_mongo.url_of(guarded.user, NEW))
    hall.feed.write(60)
    hall.service.start_under()
    said = hall.service.await_reason("failed")
    code = hall.service.stop()
    move_to(hall, guarded_mongo.url_of(guarded.user, OLD))
    hall.note_faults("wrong password")
    findings = hall.settle(judged_alike=False)

    assert "user, password and role in SPRUE_MONGO_URL" in said
    assert "canary" not in said
    assert code == 1
    assert findings.all_well, str(findings)
    check_no_secret_was_kept(hall)


@pytest.mark.fault_row(39)
def test_a_password_exchanged_under_load_is_told_and_nothing_is_lost_with_the_new_one(
    hall_at: HallAt, guarded_mongo: GuardedMongo, guarded: GuardedBackend, proxy: Proxy
) -> None:
    hall = hall_at(guarded_mongo.url_of(guarded.user, OLD, proxy.port))
    hall.start()
    hall.feed.run()
    hall.await_answers(100)
    guarded.admit(NEW)
    proxy.cut()  # who is in stays in; the next connection is asked for the password
    said = hall.service.await_reason("failed")
    code = hall.service.stop()
    move_to(hall, guarded_mongo.url_of(guarded.user, NEW, proxy.port))
    hall.note_faults("password exchanged")
    findings = hall.settle()

    assert "code 18" in said
    assert "user, password and role in SPRUE_MONGO_URL" in said
    assert code == 1
    assert "code 18" in reason_of_failing(hall)
    assert findings.all_well, str(findings)
    check_no_secret_was_kept(hall)


@pytest.mark.fault_row(39)
def test_a_right_taken_under_load_is_told_and_nothing_is_lost_once_it_is_given_back(
    hall_at: HallAt, guarded_mongo: GuardedMongo, guarded: GuardedBackend
) -> None:
    hall = hall_at(guarded_mongo.url_of(guarded.user, OLD))
    hall.start()
    hall.feed.run()
    hall.await_answers(100)
    guarded.revoke()
    said = hall.service.await_reason("failed")
    code = hall.service.stop()
    guarded.grant()
    hall.note_faults("right to read revoked")
    findings = hall.settle()

    assert "code 13" in said
    assert "expected the right to read" in said
    assert code == 1
    assert "code 13" in reason_of_failing(hall)
    assert findings.all_well, str(findings)
    check_no_secret_was_kept(hall)


@pytest.mark.fault_row(39)
def test_a_certificate_that_is_no_good_is_told_and_a_good_one_gone_on_with(
    hall_at: HallAt, guarded_mongo: GuardedMongo, guarded: GuardedBackend, tmp_path: Path
) -> None:
    good = make_certificate(tmp_path / "good", "IP:127.0.0.1")
    bad: dict[str, Certificate] = {
        "expired": make_certificate(tmp_path / "expired", "IP:127.0.0.1", days=0),
        "not valid for": make_certificate(tmp_path / "elsewhere", "DNS:press-hall.example"),
        "self.signed": make_certificate(tmp_path / "unknown", "IP:127.0.0.1"),
    }
    believed = tmp_path / "believed.pem"
    known = [good, bad["expired"], bad["not valid for"]]
    believed.write_bytes(b"".join(one.file.read_bytes() for one in known))
    with TlsLine(guarded.port, good) as tls:
        options = f"&tls=true&tlsCAFile={believed}&tlsCertificateKeyFilePassword=canary-key"
        hall = hall_at(guarded_mongo.url_of(guarded.user, OLD, tls.port, options))
        hall.start()
        for number, (reason, certificate) in enumerate(bad.items(), 1):
            hall.feed.write(60)
            hall.await_answers()
            tls.show(certificate)
            said = hall.service.await_reason(f"[Cc]ertificate.*{reason}")
            assert "canary" not in said
            hall.feed.write(60)
            tls.show(good)
            hall.await_answers(120 * number)
        hall.note_faults("certificate no good", len(bad))
        findings = hall.settle()

    assert findings.all_well, str(findings)
    check_no_secret_was_kept(hall)
