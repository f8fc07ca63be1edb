"""The form of predictions: what comes of settings, as one turns them."""

from __future__ import annotations

from api.context import Context
from api.forms.frame import frame
from api.words import Language, say


def build(here: Context, language: Language) -> None:
    """Build the page for whoever opened it."""
    frame(say("predict", "title", language), "/predict", language, here.profile)
