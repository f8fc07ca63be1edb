"""The line between the service and MongoDB cut, torn, refused, silent."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.conftest import FaultFigures
from tests.faults.crash.hall import Hall
from tests.faults.proxy import Proxy
from tests.faults.reading import Line
from tests.faults.real_backend import RealBackend

MakeHall = Callable[..., Hall]
NOTICED_WITHIN_S = 12.0


@pytest.fixture
def proxy(real: RealBackend, line: Line) -> Proxy:
    return line(real.port)


@pytest.fixture
def far_hall(make_hall: MakeHall, proxy: Proxy) -> Hall:
    """A hall whose service reaches the server through the proxy; the load goes directly."""
    return make_hall(settings={"SPRUE_MONGO_URL": proxy.mongo_url()})


@pytest.mark.fault_row(18)
def test_a_silent_line_is_noticed_in_seconds_and_costs_nothing(
    far_hall: Hall, proxy: Proxy, fault_figures: FaultFigures
) -> None:
    far_hall.start()
    far_hall.feed.write(100)
    far_hall.await_answers(100)
    proxy.stall()
    began = time.monotonic()
    far_hall.service.await_reason("MongoDB|mongo")
    seconds = time.monotonic() - began
    far_hall.feed.write(100)
    proxy.pass_on()
    far_hall.note_faults("line silent")
    fault_figures("network", seconds_to_notice=seconds)
    findings = far_hall.settle()

    assert seconds <= NOTICED_WITHIN_S
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(18)
def test_a_line_cut_torn_and_refused_under_load_costs_nothing(far_hall: Hall, proxy: Proxy) -> None:
    far_hall.start()
    far_hall.feed.run()
    for number in range(3):
        far_hall.await_answers(far_hall.answered() + 50)
        proxy.tear_reply(700 + 400 * number)
        far_hall.await_answers(far_hall.answered() + 50)
        proxy.cut()
    proxy.refuse()
    far_hall.service.await_reason("MongoDB|mongo")
    proxy.pass_on()
    far_hall.note_faults("line cut, torn or refused", 7)
    findings = far_hall.settle()

    assert findings.all_well, str(findings)
