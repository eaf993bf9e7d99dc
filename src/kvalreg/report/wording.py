"""Words and numbers in the reader's language: bokmål, nynorsk, English.

Owns the catalogues in `locales/` and how a number becomes text. Comes in: a key, or a cell's number. Goes out: plain
text without markup. It never decides what may be said: that is settled in the cell.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from babel.dates import format_date
from babel.numbers import format_decimal, get_decimal_symbol

from kvalreg.inputs.descriptor import Indicator, IndicatorType

LANGUAGES = ("nb", "nn", "en")
_OF = {"nb": "av", "nn": "av", "en": "of"}


@dataclass(frozen=True)
class Words:
    """One language's catalogue, and its way with numbers."""

    language: str
    catalogue: dict[str, dict[str, str]]

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``section.key`` with its places filled in."""
        section, name = key.split(".")
        return self.catalogue[section][name].format(**values)

    def has(self, key: str) -> bool:
        """Whether the catalogue has ``section.key``."""
        section, name = key.split(".")
        return name in self.catalogue.get(section, {})

    def number(self, number: float, decimals: int = 0) -> str:
        """A number with the language's signs: ``1 234,5``."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(_half_up(number, decimals), format=pattern, locale=self.language)

    def date(self, day: date) -> str:
        """A date in full: ``31. desember 2025``."""
        return format_date(day, format="long", locale=self.language)

    def frequency(self, share: float, per: int = 100) -> str:
        """A share as a natural frequency: ``87 av 100``. What rounds to none or all is told per 1000.

        Worked number: 0.874 is ``87 av 100``; 0.003 is ``3 av 1000``; 0 is ``0 av 100``.
        """
        if per < 1000 and 0 < share < 1 and round(share * per) in (0, per):
            per = 1000
        return f"{self.number(share * per)} {_OF[self.language]} {per}"

    def value(self, indicator: Indicator, value: float) -> str:
        """A cell's value as a reader meets it: ``87 av 100``, ``1,9 dager``, ``412``."""
        if indicator.type.share:
            return self.frequency(value, per_of(indicator))
        return " ".join(part for part in (self.number(value, indicator.decimals), indicator.measure_unit) if part)

    def subject(self, indicator: Indicator, value: float) -> str:
        """A value as the subject of a sentence: ``87 av 100 pasienter``."""
        text = self.value(indicator, value)
        return self("message.patients", frequency=text) if indicator.type.share else text

    @property
    def decimal_sign(self) -> str:
        """Comma in Norwegian, point in English."""
        return get_decimal_symbol(self.language)

    def patients(self, indicator: Indicator, denominator: float) -> str:
        """How many patients a cell counts; empty for a count, which says so itself, and where it is not known."""
        if indicator.type is IndicatorType.ANTALL or math.isnan(denominator):
            return ""
        return self.number(denominator)

    def interval(self, indicator: Indicator, low: float, high: float) -> str:
        """An interval in the unit of the value: ``83–90 %`` or ``1,2–2,1``."""
        if indicator.type.share:
            decimals = indicator.decimals
            return f"{self.number(low * 100, decimals)}–{self.number(high * 100, decimals)} %"
        return f"{self.number(low, indicator.decimals)}–{self.number(high, indicator.decimals)}"

    def target(self, indicator: Indicator) -> str:
        """The target as a sentence, or empty text where there is none."""
        if indicator.level_green is None:
            return ""
        key = "message.target_min" if indicator.level_direction == 1 else "message.target_max"
        return self(key, target=self.value(indicator, indicator.level_green))


def per_of(indicator: Indicator) -> int:
    """The one denominator of an indicator's natural frequencies: 1000 when it shows decimals of a per cent."""
    targets = [level for level in (indicator.level_green, indicator.level_yellow) if level is not None]
    fine = any(not math.isclose(level * 100, round(level * 100), abs_tol=1e-9) for level in targets)
    return 1000 if indicator.type is not IndicatorType.DG_ANDEL and (indicator.decimals > 0 or fine) else 100


def _half_up(number: float, decimals: int) -> float:
    """Rounded half away from zero, as readers expect; Python's own rounding goes to even."""
    scaled = abs(number) * 10**decimals
    nearest = math.floor(scaled + 0.5 + 1e-9)
    return math.copysign(nearest / 10**decimals, number) if nearest else 0.0


@cache
def words(language: str) -> Words:
    """The words of a language; KeyError with the known ones when it is unknown."""
    if language not in LANGUAGES:
        raise KeyError(f"{language!r} is no language here: use one of {', '.join(LANGUAGES)}")
    text = files("kvalreg.report").joinpath("locales", f"{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text))
