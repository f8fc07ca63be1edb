"""What inputs, targets, quantities and regressors are called, and their values with units."""

from __future__ import annotations

from api.explanation import quantity
from api.words import Language, catalogue, say, variable_name
from core.profile import Profile


class Names:
    """Names and units of everything a process predicts with, in one language.

    Parameters
    ----------
    profile : Profile
    language : {"en", "ko", "ru"}
    """

    def __init__(self, profile: Profile, language: Language) -> None:
        self.language = language
        self._units = {v.name: v.unit for v in profile.variables}
        self._labels = {v.name: v.label for v in profile.variables}
        self._units |= {quantity.name: quantity.unit for quantity in profile.quantities}

    def of(self, name: str) -> str:
        """The name of an input, target or quantity."""
        return variable_name(name, self.language, self._labels.get(name, ""))

    def titled(self, name: str) -> str:
        """The name with its unit, as beside an axis: ``Depth [mm]``; without one, the name alone."""
        return with_unit(self.of(name), self.unit(name))

    def regressor(self, name: str) -> str:
        """The name of a regressor; one that a profile names itself stays as it is."""
        text = say("regressor", name, self.language)
        return text[:1].upper() + text[1:]

    def unit(self, name: str) -> str:
        """The unit of an input, target or quantity, as the language writes it."""
        unit = self._units.get(name, "")
        return str(catalogue()["unit"].get(unit, {}).get(self.language, unit))

    def value(self, name: str, value: float | None) -> str:
        """A value with its unit; a dash for none."""
        return quantity(value, self.unit(name), self.language)

    def number(self, value: float | None) -> str:
        """A value without its unit; a dash for none."""
        return quantity(value, "", self.language)

    def fixed(self, value: float, digits: int) -> str:
        """A value with so many decimals, for columns to compare; a dash for none."""
        if value != value:
            return "–"
        return f"{value:.{digits}f}".replace(".", "," if self.language == "ru" else ".")

    def within(self, name: str, mean: float | None, low: float | None, high: float | None) -> str:
        """A predicted value with its interval: ``1.21 mm (1.1 to 1.3)``."""
        if mean is None:
            return "–"
        ends = say("predict", "within_interval", self.language, low=self.number(low), high=self.number(high))
        return f"{self.value(name, mean)} ({ends})"

    def band(self, name: str, low: float, high: float) -> str:
        """Two values with the unit once."""
        return f"{self.number(low)} … {self.value(name, high)}"


def with_unit(title: str, unit: str) -> str:
    """What stands beside an axis.

    >>> with_unit("measured", "mm"), with_unit("measured", "")
    ('measured [mm]', 'measured')
    """
    return f"{title} [{unit}]" if unit else title
