"""What one visitor has set, and what comes of it: the heart that every panel listens to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.context import Context
from api.prediction.answers import answers, predictor_of
from api.prediction.names import Names
from api.words import Language
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]


class Bench:
    """Inputs as set, regressors as chosen, and the answer to them.

    It begins with the settings that were run most often.

    Parameters
    ----------
    here : Context
    language : {"en", "ko", "ru"}

    Raises
    ------
    ModelNotFound
        Nothing is trained yet.

    Attributes
    ----------
    inputs : (d,) float64
    regressors : dict
        Target to the regressor asked instead of the chosen one.
    wrong : dict
        Input to what is wrong with what was entered; while there is any, `answer` answers nothing
        that was asked.
    answer : mapping
        What REST would say of these inputs; see `api.prediction.answers`.
    """

    def __init__(self, here: Context, language: Language) -> None:
        self.here, self.language = here, language
        self.names = Names(here.profile, language)
        trained = self.predictor.trained
        self.inputs: Floats = trained.settings[int(np.argmax(trained.setting_rows))].copy()
        self.regressors: dict[str, str] = {}
        self.wrong: dict[str, str] = {}
        self._listeners: list[Callable[[], None]] = []
        self.answer: Mapping[str, Any] = self._asked()

    @property
    def predictor(self) -> Predictor:
        """The one in use now: a newer version counts from the next change on."""
        return predictor_of(self.here)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every change, and once now."""
        self._listeners.append(listener)
        listener()

    def value(self, name: str) -> float:
        """An input as set."""
        return float(self.inputs[self.predictor.input_names.index(name)])

    def take(self, values: Mapping[str, float]) -> None:
        """Set inputs by name; those not named stay."""
        for name, value in values.items():
            self.inputs[self.predictor.input_names.index(name)] = value
            self.wrong.pop(name, None)
        self._tell()

    def refuse(self, name: str, problem: str) -> None:
        """Predict nothing until this input is set again."""
        self.wrong[name] = problem
        self._tell()

    def ask(self, target: str, regressor: str) -> None:
        """Have a target predicted by this regressor."""
        self.regressors[target] = regressor
        self._tell()

    def _tell(self) -> None:
        self.answer = self._asked()
        for listener in self._listeners:
            listener()

    def _asked(self) -> Mapping[str, Any]:
        return answers(self.predictor, self.inputs[None, :], self.names, self.regressors)[0]
