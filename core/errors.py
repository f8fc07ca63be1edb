"""Every error sprue raises on purpose, by who must act.

::

    SprueError
    ├── ConfigError         the operator: a setting, a profile, a path
    ├── RecordError         the sender of one record: that record becomes a dead letter
    ├── HistoryError        the owner of the history: rows that break the table's promise
    ├── ModelError          whoever trains
    │   ├── ModelNotFound   nothing trained yet, or not under this version
    │   ├── ModelRefused    trained, but not fit to judge (collapsed memory, bad golden check)
    │   └── ModelCorrupt    files that are not what the manifest says
    ├── LetterSettled       whoever asked: that dead letter is not open any more
    ├── LetterNotWhole      whoever asked: too little of that record was kept to judge it again
    ├── InputsRefused       whoever asked: values that nothing can be predicted from
    ├── VerdictUnknown      whoever asked: there is no verdict of that shot
    ├── SourceUnavailable   nobody yet: it is retried (network, failover)
    │   ├── UnknownAnswer   an error nobody foresaw: retried a few times
    │   ├── PositionRefused the token does not fit; the time stored beside it may
    │   └── PositionLost    what came after the position is gone: a gap
    └── StoreUnavailable    the operator, when it lasts: disk, permissions, database
        ├── StoreFull       no space left
        └── StoreLost       the database vanished; only its identity file is left

A message says what was expected, what came (``!r``), which record or key, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping


class SprueError(Exception):
    """Root of every error raised on purpose."""


class ConfigError(SprueError):
    """A profile, a setting or a path is not what it must be."""


class RecordError(SprueError):
    """One record cannot become a row of a batch.

    Attributes
    ----------
    reason : str
        Stable code, e.g. ``not_a_number``; it is the dead letter's ``reason``.
    detail : str
        What was expected, what came, and in which field.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class HistoryError(SprueError):
    """History rows break what the table promises; the message lists them."""


class ModelError(SprueError):
    """Something about trained models."""


class ModelNotFound(ModelError):
    """No registry version of that name, or none at all."""


class ModelRefused(ModelError):
    """A model was trained but is not fit to judge."""


class ModelCorrupt(ModelError):
    """A registry version's files differ from its manifest."""


class LetterSettled(SprueError):
    """That dead letter was settled before, or there is none of that number."""


class LetterUnknown(LetterSettled):
    """There is no dead letter of that number."""


class LetterNotWhole(SprueError):
    """The store kept a part of that record, or nothing: it cannot be judged again from there."""


class InputsRefused(SprueError):
    """Inputs that nothing can be predicted from.

    Attributes
    ----------
    problems : mapping of str to str
        What is wrong with each: the input's name, or the text that names none.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


class VerdictUnknown(SprueError):
    """There is no verdict of that shot, and of no event of that name."""


class SourceUnavailable(SprueError):
    """The stream cannot be read now; trying again may help.

    Attributes
    ----------
    code : int or None
        The server's error code, None when it did not answer.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class UnknownAnswer(SourceUnavailable):
    """The server answered with an error nobody foresaw."""


class PositionRefused(SourceUnavailable):
    """The stored position's token does not fit: other filter, invalidated, damaged."""


class PositionLost(SourceUnavailable):
    """What came after the stored position is no longer in the stream's history."""


class StoreUnavailable(SprueError):
    """Verdicts cannot be written or read now."""


class StoreFull(StoreUnavailable):
    """There is no space left for verdicts."""


class StoreLost(StoreUnavailable):
    """The database that lived here vanished: its identity file is left, its content is not."""
