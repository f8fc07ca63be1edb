"""What a person at the press says of a verdict."""

from __future__ import annotations

from typing import Literal

Judgement = Literal["confirm", "false_alarm", "unsure"]
JUDGEMENTS: tuple[Judgement, ...] = ("confirm", "false_alarm", "unsure")
"""``confirm``: the shot is bad; ``false_alarm``: it is good; ``unsure``: it was looked at in vain."""
