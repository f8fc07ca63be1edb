"""Orders handed to the thread that writes the store, and what is said while they are not done.

Whoever is told that nothing happened can rely on it: an order that is given up was taken back
first, and one that cannot be taken back any more is never said to be without effect.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.keyring import Keyring, key_given
from api.problems import ProblemResponse, problem
from core.errors import ConfigError, LetterNotWhole, LetterSettled, StoreUnavailable
from inference.consumer.orders import Desk
from inference.status import ServiceStatus

PATIENCE_S = 10.0
"""How long an order may wait for its turn."""
LONGEST_S = 15.0
"""How much longer one that has begun is waited for."""
LOCAL = "local"
"""Who asks where no key is needed."""
_ENDED = frozenset({"stopped", "halted", "failed"})

Answer = TypeVar("Answer")


class HandIn(Protocol):
    """Takes an order; the future holds its answer, or what it raised."""

    def __call__(self, order: Callable[[Desk], Answer], /) -> Future[Answer]:
        """Queue it; safe from any thread."""


class NotCarriedOut(Exception):
    """The order was taken back: nothing was changed, and nothing will be."""


class OutcomeUnknown(Exception):
    """The order began and failed: whether it was written only the store can tell."""


class StillRunning(Exception):
    """The order began and is not done yet."""


class Pending(BaseModel):
    """An order that has begun and is not done yet."""

    detail: str = Field(
        description="Where to look for what became of it.",
        examples=["it is being carried out; GET the dead letter to see what became of it"],
    )


def nobody_obeys(order: Callable[[Desk], Answer], /) -> Future[Answer]:
    """Stand for a service that is not there: refuses every order."""
    refused: Future[Answer] = Future()
    refused.set_exception(NotCarriedOut("there is no judging service behind this API"))
    return refused


def carry_out(
    hand_in: HandIn, status: Callable[[], ServiceStatus], order: Callable[[Desk], Answer]
) -> Answer:
    """Have an order carried out; its answer, or what it raised.

    Raises
    ------
    NotCarriedOut
        Its turn did not come in time, or will never come. It was taken back.
    OutcomeUnknown
        The store failed while it was carried out.
    StillRunning
        It takes longer than `LONGEST_S`.
    """
    now = status()
    if now.state in _ENDED:
        raise NotCarriedOut(_why(now))
    begun = False

    def noted(desk: Desk) -> Answer:
        nonlocal begun
        begun = True
        return order(desk)

    future = hand_in(noted)
    try:
        return _answer(future, status)
    except (StoreUnavailable, ConfigError) as error:
        if not begun:
            raise NotCarriedOut(str(error).removesuffix("; nothing was changed")) from error
        raise OutcomeUnknown(str(error)) from error


def _answer(future: Future[Answer], status: Callable[[], ServiceStatus]) -> Answer:
    try:
        return future.result(PATIENCE_S)
    except TimeoutError:
        if future.cancel():
            raise NotCarriedOut(_why(status())) from None
    try:
        return future.result(LONGEST_S)
    except TimeoutError:
        raise StillRunning from None


def _why(now: ServiceStatus) -> str:
    reason = f": {now.reason}" if now.reason else ""
    return f"the service is busy or does not judge now ({now.state}{reason})"


def who_asks(request: Request) -> str:
    """Name of the key that a request came with; `LOCAL` where no keys exist.

    Raises
    ------
    HTTPException
        401: the key was revoked since the request was let in.
    """
    keyring: Keyring = request.app.state.keyring
    if keyring.empty:
        return LOCAL
    name = keyring.name_of(key_given(dict(reversed(request.scope["headers"]))))
    if name is None:
        raise HTTPException(401, "expected a key that holds")
    return name


def install_ordering(app: FastAPI) -> None:
    """Make what orders raise an answer."""

    @app.exception_handler(NotCarriedOut)
    def not_carried_out(request: Request, error: NotCarriedOut) -> ProblemResponse:
        detail = f"{error}; nothing was changed, and nothing will be: ask again later"
        return problem(request, 503, detail, kind="not-carried-out", headers={"Retry-After": "5"})

    @app.exception_handler(OutcomeUnknown)
    def unknown(request: Request, error: OutcomeUnknown) -> ProblemResponse:
        detail = f"{error}; whether the order was written is not known: look at {_subject(request)}"
        return problem(request, 503, detail, kind="outcome-unknown", headers={"Retry-After": "5"})

    @app.exception_handler(StillRunning)
    def running(request: Request, _error: StillRunning) -> JSONResponse:
        detail = f"it is being carried out; GET {_subject(request)} to see what became of it"
        return JSONResponse({"detail": detail}, status_code=202)

    @app.exception_handler(LetterSettled)
    def settled(request: Request, error: LetterSettled) -> ProblemResponse:
        return problem(request, 409, str(error), kind="letter-settled")

    @app.exception_handler(LetterNotWhole)
    def not_whole(request: Request, error: LetterNotWhole) -> ProblemResponse:
        return problem(request, 409, str(error), kind="letter-not-whole")


def _subject(request: Request) -> str:
    """What an order was about, in words."""
    return "the dead letter" if "/dead-letters/" in request.url.path else request.url.path


def order_responses() -> dict[int | str, dict[str, Any]]:
    """OpenAPI entry of an order that is not done yet."""
    return {202: {"model": Pending, "description": "It has begun and is not done yet."}}


def who_says(request: Request, given: str | None) -> str:
    """The key's name, or the name given where no key is needed.

    Raises
    ------
    HTTPException
        403: another name than the key's; 401 as of `who_asks`.
    """
    asks = who_asks(request)
    if given and request.app.state.keyring.empty:
        return given
    if given and given != asks:
        raise HTTPException(
            403, f"expected no `who`, or {asks!r}: where keys are needed the key's name counts"
        )
    return asks
