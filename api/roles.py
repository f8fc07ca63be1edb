"""Who may do what: three roles, each with all that the ones before it may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar, get_args

Role = Literal["viewer", "operator", "admin"]
Least = Literal["anyone", "viewer", "operator", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
RANK: Final[dict[str, int]] = {role: place for place, role in enumerate(get_args(Least))}
"""Role -> place in their order; 0 is whoever has no key."""
RANK_IN_SCOPE: Final = "sprue.rank"
"""Where `api.security.Guard` leaves the rank of whoever asks, in the request's scope."""

_ATTRIBUTE = "needs_role"
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


def needs(role: Least) -> Callable[[_Endpoint], _Endpoint]:
    """Declare the least role that may call a route's function; ``"anyone"``: no key is needed.

    >>> @needs("operator")
    ... def dismiss() -> None: ...
    >>> role_of(dismiss)
    'operator'
    """
    if role not in RANK:
        msg = f"expected one of {tuple(RANK)}, got {role!r}"
        raise ValueError(msg)

    def declare(endpoint: _Endpoint) -> _Endpoint:
        setattr(endpoint, _ATTRIBUTE, role)
        return endpoint

    return declare


def role_of(endpoint: object) -> Least | None:
    """The role declared by `needs`; None where there is none."""
    return getattr(endpoint, _ATTRIBUTE, None)
