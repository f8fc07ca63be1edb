"""Dead letters of a running service, by its REST API."""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from core.config import Config
from core.errors import ConfigError, LetterNotWhole, LetterSettled, LetterUnknown, StoreUnavailable
from inference.letters import Tried
from scripts.letterbox.box import Letter

TIMEOUT_S = 60.0
PAGE = 1000
_COUNTED = ("replayed", "still_bad", "settled", "not_whole")


class RemoteLetters:
    """See `scripts.letterbox.box.Letterbox`.

    Parameters
    ----------
    config : Config
        Where the service listens, its certificate, the key to ask with.
    """

    def __init__(self, config: Config) -> None:
        if config.port == 0:
            raise ConfigError("SPRUE_PORT: expected the port the running service chose, got 0; give --port")
        scheme = "http" if config.tls_cert is None else "https"
        self.address = f"{scheme}://{_own_name(config.host)}:{config.port}"
        self._opener = _opener(config)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if config.key is not None:
            self._headers["X-API-Key"] = config.key.get_secret_value()

    def __enter__(self) -> RemoteLetters:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def letters(self, state: str | None, reason: str | None, limit: int) -> list[Letter]:
        """The newest letters."""
        found: list[Letter] = []
        cursor = None
        while len(found) < limit:
            query = {
                "state": state,
                "reason": reason,
                "cursor": cursor,
                "limit": min(PAGE, limit - len(found)),
            }
            given = urlencode({name: value for name, value in query.items() if value is not None})
            page = self._ask("GET", f"?{given}")
            found += page["dead_letters"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return found

    def letter(self, seq: int) -> Letter:
        """One letter with its record."""
        return self._ask("GET", f"/{seq}")

    def replay(self, seq: int) -> Tried:
        """Judge one letter again."""
        return Tried(**self._ask("POST", f"/{seq}/replay"))

    def replay_reason(self, reason: str) -> Iterator[dict[str, int]]:
        """Judge all open letters of a reason again, some at a time."""
        before: int | None = None
        while True:
            counts = self._ask("POST", "/replay", {"reason": reason, "before": before})
            yield {name: counts[name] for name in _COUNTED}
            before = counts["next_before"]
            if before is None:
                return

    def dismiss(self, seq: int, reason: str) -> None:
        """Close one letter without a verdict."""
        self._ask("POST", f"/{seq}/dismiss", {"reason": reason})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self.address}/api/v1/dead-letters{path}"
        content = None if method == "GET" else json.dumps(body or {}).encode()
        request = Request(url, content, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                if answer.status == 202:
                    raise StoreUnavailable(found["detail"])
                return found
        except HTTPError as error:
            with error:
                _refused(error.code, error.read(), url)
        except (URLError, http.client.HTTPException, OSError, ValueError) as error:
            said = getattr(error, "reason", None) or error
            msg = (
                f"{self.address}: another process has the verdict store open, but no service answers "
                f"here: {said}; give --host and --port as that service has them"
            )
            raise StoreUnavailable(msg) from None


def _refused(status: int, content: bytes, url: str) -> NoReturn:
    """Raise what a problem means."""
    try:
        problem = json.loads(content)
        detail, kind = str(problem["detail"]), str(problem["type"])
    except (ValueError, KeyError, TypeError):
        raise StoreUnavailable(f"{url}: expected an answer of sprue, got status {status}") from None
    if status == 404:  # what the sentence says of paths is for who asks by REST
        raise LetterUnknown(f"{detail.partition('; GET ')[0]}; ./sprue letters lists them")
    if kind == "urn:sprue:letter-settled":
        raise LetterSettled(detail)
    if kind == "urn:sprue:letter-not-whole":
        raise LetterNotWhole(detail)
    if status in (401, 403):
        raise ConfigError(f"{detail}; put the key into SPRUE_KEY")
    raise StoreUnavailable(detail)


def _own_name(host: str) -> str:
    """Under which name this machine reaches a service that listens on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"[{address}]" if address.version == 6 else str(address)


def _opener(config: Config) -> OpenerDirector:
    """Asks directly, whatever proxy the environment names; believes the service's own certificate."""
    if config.tls_cert is None:
        return build_opener(ProxyHandler({}))
    context = ssl.create_default_context(cafile=str(config.tls_cert))
    # The certificate is known, and names the plant's host rather than this machine's loopback.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))
