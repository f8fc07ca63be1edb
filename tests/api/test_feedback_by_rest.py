"""``./sprue feedback`` as a client of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.config import load_config
from core.errors import ConfigError, VerdictUnknown
from scripts.feedback_box import DirectFeedback, RemoteFeedback, feedback_box

Serve = Callable[..., Any]


def test_everything_can_be_done_with_an_operators_key(
    serve: Serve, keys: dict[str, str], write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.feedback_box.PAGE", 2)
    served = serve()
    write(served.store, [{"shot_id": "line 3/길?", "outcome": "NG"}], "odd ")
    config = load_config(
        home=served.app.state.context.config.home, port=served.client.base_url.port, key=keys["operator"]
    )

    with feedback_box(config) as box:
        assert isinstance(box, RemoteFeedback)
        assert box.give("line 3/길?", "confirm", "short shot", None)["who"] == "operator"
        box.give("t3", "false_alarm", "", "operator")
        box.give("t3", "confirm", "", None)
        listed = box.feedback({}, 10)
        assert [row["shot_id"] for row in listed] == ["s3", "s3", "line 3/길?"]
        assert len(box.feedback({}, 1)) == 1
        (group,) = box.counts({"facility": "A-01"})
        assert group["ng"]["confirmed"] == 2
        with pytest.raises(VerdictUnknown, match="nobody"):
            box.give("nobody", "confirm", "", None)
        with pytest.raises(ConfigError, match="the key's name counts"):
            box.give("t3", "confirm", "", "kim")
    served.store.close()
    with DirectFeedback(config) as direct:
        assert direct.feedback({}, 10) == listed
        assert direct.counts({"facility": "A-01"}) == [group]


def test_who_may_not_is_told_where_the_key_belongs(serve: Serve, keys: dict[str, str]) -> None:
    served = serve()
    config = load_config(port=served.client.base_url.port, key=keys["viewer"])

    with pytest.raises(ConfigError, match=r"role operator.*SPRUE_KEY"):
        RemoteFeedback(config).give("t3", "confirm", "", None)
