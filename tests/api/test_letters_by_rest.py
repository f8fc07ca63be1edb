"""``./sprue letters`` as a client of the API: keys, certificate, refusals."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest

from core.config import Config, load_config
from core.errors import ConfigError, LetterNotWhole, LetterSettled, LetterUnknown, StoreUnavailable
from core.profile import Profile
from core.stream import DeadLetter, Position, Work
from scripts.letterbox.remote import RemoteLetters

Serve = Callable[..., Any]


def config_of(served: Any, **settings: object) -> Config:
    return load_config(port=served.client.base_url.port, **settings)


@pytest.fixture
def record(profile: Profile) -> bytes:
    """A shot of a press that has a model."""
    settings = {v.path[1]: 110.0 for v in profile.settings}
    actual = {v.path[1]: 0.5 for v in profile.production}
    keys = {"_id": "shot", "maker": "A", "facility": "A-01", "item": "cap"}
    return bson.encode(keys | {"set": settings, "actual": actual})


def test_everything_can_be_done_with_an_operators_key(
    serve: Serve, keys: dict[str, str], record: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.letter_orders.MOST_REPLAYED", 1)
    monkeypatch.setattr("scripts.letterbox.remote.PAGE", 2)
    served = serve()
    letters = [DeadLetter(f"x{i}", f"r{i}", "judge_failed", "x", record) for i in range(3)]
    cut = DeadLetter("cut", "cut", "too_large", "x", b"\x00" * 70_000)
    served.store.write(Work(Position("{}", (2, 1)), dead_letters=[*letters, cut]))

    with RemoteLetters(config_of(served, key=keys["operator"])) as box:
        assert [one["seq"] for one in box.letters("open", None, 10)] == [5, 4, 3, 2, 1]
        assert [one["seq"] for one in box.letters(None, "judge_failed", 2)] == [4, 3]
        assert '"_id": "shot"' in box.letter(2)["extended_json"]
        assert box.replay(2).outcome == "OK"
        assert [counts["replayed"] for counts in box.replay_reason("judge_failed")] == [1, 1]
        box.dismiss(1, "a test shot")
        with pytest.raises(LetterSettled, match="dismissed already"):
            box.replay(1)
        with pytest.raises(LetterNotWhole, match="70000 bytes"):
            box.replay(5)
        with pytest.raises(LetterUnknown, match=r"^no dead letter 99; \./sprue letters lists them$"):
            box.letter(99)


@pytest.mark.parametrize(("who", "said"), [("viewer", "role operator"), (None, "a key that holds")])
def test_who_may_not_is_told_where_the_key_belongs(
    serve: Serve, keys: dict[str, str], who: str | None, said: str
) -> None:
    served = serve()

    with pytest.raises(ConfigError, match=f"{said}.*SPRUE_KEY"):
        RemoteLetters(config_of(served, key=who and keys[who])).replay(1)


def test_an_answer_that_is_not_ours_is_said(served: Any) -> None:
    box = RemoteLetters(config_of(served))
    box.address += "/nowhere"

    with pytest.raises(LetterSettled, match="Not Found"):
        box.letter(1)
    box.address = box.address.replace("/nowhere", "/hall?x=")
    with pytest.raises(StoreUnavailable):
        box.letter(1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A certificate that names the plant's host and not this machine's loopback, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    files = {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=press-hall.example", "-days", "2"]
    command += ["-keyout", str(files["tls_key"]), "-out", str(files["tls_cert"])]
    subprocess.run(command, check=True, capture_output=True)
    return files


def test_the_services_own_certificate_is_believed_and_no_other(
    serve: Serve, certificate: dict[str, Path], tmp_path: Path
) -> None:
    served = serve(**certificate)

    assert RemoteLetters(config_of(served, **certificate)).letter(1)["reason"] == "not_a_number"
    other = tmp_path / "other.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=press-hall.example", "-keyout", str(tmp_path / "k.pem"), "-out", str(other)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(StoreUnavailable, match="certificate"):
        RemoteLetters(config_of(served, tls_cert=other, tls_key=certificate["tls_key"])).letter(1)


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"), ("localhost", "http://localhost:80")],
)
def test_a_service_that_listens_everywhere_is_asked_here(host: str, address: str) -> None:
    assert RemoteLetters(load_config(host=host, port=80)).address == address


def test_a_port_that_the_service_chose_has_to_be_given() -> None:
    with pytest.raises(ConfigError, match="--port"):
        RemoteLetters(load_config(port=0))
