"""A service without a stream: the model in use, and what is said of it."""

from __future__ import annotations

from core.errors import ModelNotFound, ModelRefused
from inference.answering import LOOK_S, Answering
from inference.plan import Plan


class Plans:
    """Gives one answer after the other."""

    def __init__(self, answers: list[Plan | Exception]) -> None:
        self._answers = iter(answers)
        self.problem: str | None = None

    def __call__(self) -> Plan:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def seen(answers: list[Plan | Exception]) -> list[tuple[str | None, str]]:
    """Version and problem after each look; it stops after the last."""
    states: list[tuple[str | None, str]] = []
    answering: Answering

    def wait(seconds: float) -> bool:
        assert seconds == LOOK_S
        states.append((answering.status.model_version, answering.status.model_problem))
        return len(states) == len(answers)

    answering = Answering(Plans(answers), wait=wait)
    assert answering.status.ready
    answering.run()
    return states


def test_it_waits_for_a_first_model_and_takes_a_newer_one(plan: Plan) -> None:
    assert seen([ModelNotFound("nothing is trained yet"), plan]) == [
        (None, "nothing is trained yet"),
        (plan.version, ""),
    ]


def test_what_is_refused_or_unforeseen_is_said_and_tried_again(plan: Plan) -> None:
    told = seen([ModelRefused("of another process"), OSError("disk"), plan])

    assert told == [(None, "of another process"), (None, "OSError: disk"), (plan.version, "")]


def test_asked_to_stop_it_ends(plan: Plan) -> None:
    answering = Answering(Plans([plan]))
    answering.stop()

    answering.run()

    assert answering.status.model_version == plan.version
