"""Every behaviour of the decoder holds with and without the compiled reader."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module", params=["compiled", "careful"])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every behaviour holds with and without the compiled reader."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "careful":
            patch.setattr("ingest.document.compiled", lambda: None)
        yield
