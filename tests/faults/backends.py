"""Which backends a test can run on."""

from __future__ import annotations

from typing import Final

from tests.faults.fake_backend import FakeBackend
from tests.faults.mongo_for_tests import Ability, MongoForTests
from tests.faults.real_backend import RealBackend

BACKENDS: Final[tuple[type[MongoForTests], ...]] = (FakeBackend, RealBackend)


def able_to(*needed: Ability) -> list[str]:
    """Names of the backends with these abilities, as parameters of the fixture `mongo_backend`.

    Examples
    --------
    ::

        @pytest.mark.parametrize("mongo_backend", able_to(Ability.ROLL_OPLOG), indirect=True)
    """
    return [backend.name for backend in BACKENDS if backend.abilities.issuperset(needed)]
