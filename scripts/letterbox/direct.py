"""Dead letters of a store that no service writes: this process becomes its writer for a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from api.ordering import LOCAL
from api.times import to_rfc3339
from core.config import Config
from core.errors import LetterUnknown
from core.profile_file import load_profile
from inference.consumer.orders import Desk
from inference.judge import judge
from inference.letter_text import shown
from inference.letters import Tried, replay, replay_many
from inference.plan_provider import load_plan
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.stored_choice import StoredChoice
from ingest.document import DocumentDecoder
from ingest.fill_memory import FillMemory
from models.registry import Registry
from scripts.letterbox.box import Letter

PAGE = 1000


class DirectLetters:
    """See `scripts.letterbox.box.Letterbox`. The store is opened for writing by the first change."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._profile = load_profile(config.profile)
        self._reader = VerdictReader(config.resolved_store_url)
        self._ending = ExitStack()
        self._ending.callback(self._reader.close)
        self._sink: VerdictStore | None = None
        self._desk: Desk | None = None

    def __enter__(self) -> DirectLetters:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Close the store."""
        self._ending.close()

    def letters(self, state: str | None, reason: str | None, limit: int) -> list[Letter]:
        """The newest letters."""
        found: list[Letter] = []
        before = None
        while len(found) < limit:
            page, before = self._reader.dead_letters(min(PAGE, limit - len(found)), before, reason, state)
            found += [_outward(row) for row in page]
            if before is None:
                break
        return found

    def letter(self, seq: int) -> Letter:
        """One letter with its record."""
        found = self._reader.dead_letter(seq)
        if found is None:
            raise LetterUnknown(
                f"dead letter {seq}: there is none of that number; ./sprue letters lists them"
            )
        text = shown(found.pop("raw"), found["raw_length"])
        return _outward(found) | text._asdict()

    def replay(self, seq: int) -> Tried:
        """Judge one letter again."""
        self.letter(seq)
        return replay(self._judging(), self._reader, seq, LOCAL)

    def replay_reason(self, reason: str) -> Iterator[dict[str, int]]:
        """Judge all open letters of a reason again, some at a time."""
        left = [letter["seq"] for letter in self.letters("open", reason, 2**62)]
        desk = self._judging() if left else None
        while left and desk is not None:
            tried = replay_many(desk, self._reader, left, LOCAL)
            left = left[len(tried) :]
            yield dict(Counter(str(one.result) for one in tried))

    def dismiss(self, seq: int, reason: str) -> None:
        """Close one letter without a verdict; needs no model."""
        self.letter(seq)
        self._writer().dismiss_letter(seq, reason, LOCAL)

    def _writer(self) -> VerdictStore:
        """The store, ours alone until the end."""
        if self._sink is None:
            self._reader.dead_letter_count()  # says what is wrong before a store that is not there is made
            sink = VerdictStore(self._config.resolved_store_url, identity_folder=self._config.home)
            self._ending.callback(sink.close)
            sink.open()
            self._sink = sink
        return self._sink

    def _judging(self) -> Desk:
        if self._desk is None:
            plan, plant = load_plan(Registry(self._config.registry), None, self._profile)
            plan = StoredChoice(self._reader.newest_threshold_choice).over(plan, plant)
            sink = self._writer()
            memory = FillMemory.from_json(sink.memory(), self._profile)
            self._desk = Desk(sink, DocumentDecoder(self._profile), judge, plan, memory)
        return self._desk


def _outward(row: dict[str, Any]) -> Letter:
    return row | {"first_seen": to_rfc3339(row["first_seen"])}
