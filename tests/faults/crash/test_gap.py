"""History of the collection gone while the service was away."""

from __future__ import annotations

import pytest

from tests.faults.crash.hall import Hall
from tests.faults.crash.store_content import rows_of


@pytest.mark.fault_row(19)
def test_a_position_that_left_the_history_is_a_gap_and_every_record_is_found(hall: Hall) -> None:
    hall.start()
    hall.feed.write(100)
    hall.await_answers(100)
    hall.service.kill()
    hall.feed.write(60)
    hall.mongo.roll_oplog()
    hall.feed.write(40)
    hall.note_faults("history lost")
    hall.start()
    findings = hall.settle(judged_alike=False)
    gaps = rows_of(hall.store_url, "SELECT cause, closed_at IS NOT NULL FROM gap")

    assert findings.all_well, str(findings)
    assert [closed for _, closed in gaps] == [1]
