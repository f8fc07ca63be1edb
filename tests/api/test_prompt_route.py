from __future__ import annotations

from typing import Any

import pytest

from api.context import Here
from api.prompt_route import PromptRoute
from api.roles import needs
from api.schemas import FacilityLatest

LATEST = "/api/v1/facilities/A-01/latest"


def test_every_latest_verdict_is_what_the_model_says_field_by_field(served: Any) -> None:
    for facility in ("A-01", "A-02", "B-01", "press%2F3%20%3Cb%3E"):
        body = served.get(f"/api/v1/facilities/{facility}/latest").json()

        read = FacilityLatest.model_validate(body, strict=True)
        assert read.model_dump() == body


def test_a_query_the_path_does_not_know_is_refused_as_everywhere(served: Any) -> None:
    answer = served.get(LATEST, params={"limit": 1})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.limit"
    assert "takes no parameters" in answer.json()["detail"]


def test_other_methods_are_refused_as_everywhere(served: Any) -> None:
    answer = served.client.post(LATEST)

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert served.client.head(LATEST).status_code == 200


def test_it_is_documented_like_every_route(served: Any) -> None:
    operation = served.app.openapi()["paths"]["/api/v1/facilities/{facility}/latest"]["get"]

    assert operation["tags"] == ["verdicts"]
    assert operation["parameters"][0]["name"] == "facility"
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/FacilityLatest"}
    assert {"404", "422", "503"} <= set(operation["responses"])


def test_a_new_verdict_is_the_latest_at_once(served: Any, write: Any) -> None:
    assert served.get(LATEST).json()["latest"]["event_token"] == "t3"

    write(served.store, [{"facility": "A-01", "outcome": "WARN"}], "n")

    assert served.get(LATEST).json()["latest"]["event_token"] == "n0"


@needs("viewer")
async def _asks_more(here: Here, facility: str, limit: int) -> None: ...


@needs("viewer")
def _waits_for_nothing(here: Here, facility: str) -> None: ...


@pytest.mark.parametrize("endpoint", [_asks_more, _waits_for_nothing])
def test_a_function_that_cannot_be_called_so_is_refused_when_it_is_registered(endpoint: Any) -> None:
    with pytest.raises(TypeError, match="expected a coroutine function"):
        PromptRoute("/{facility}", endpoint, response_model=None)
