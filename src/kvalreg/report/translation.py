"""Translations, and numbers formatted in the reader's language: bokmål, nynorsk, English.

Owns the message catalogues in `locales/` and the formatting of numbers.

Input: a message key, or a cell's number. Output: plain text or HTML. What may be stated is decided by the cell, never
here.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from html import escape
from importlib.resources import files

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent, get_decimal_symbol, get_group_symbol

from kvalreg.inputs.descriptor import Indicator, IndicatorType
from kvalreg.report.cell_markup import Html, day_html, number_html, year_html

LANGUAGES = ("nb", "nn", "en")
_FREQUENCY_WORDS = {"nb": "av", "nn": "av", "en": "of"}
_DATE_LOCALES = {"nb": "nb", "nn": "nn", "en": "en_GB"}
"""The locale of dates: 31 December 2025 in English, as in Europe."""

_EXACT_LIMIT = 1e15
"""Below this, a float has at most 15 significant digits, which every decimal notation reproduces exactly."""
CatalogueText = str | dict[str, str]
"""A text, or its plural forms by their CLDR names: ``one`` and ``other``."""


@dataclass(frozen=True)
class Translator:
    """One language's message catalogue and formatting of numbers.

    Parameters
    ----------
    language
        ``nb``, ``nn`` or ``en``.
    catalogue
        The texts by section and key.
    registry_language
        The language of the registry's own texts, which may differ from the page's.
    """

    language: str
    catalogue: dict[str, dict[str, CatalogueText]]
    registry_language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``section.key`` with its placeholders filled in.

        `count` selects the plural form of a text that has several; without it, the form is ``other``.
        """
        if not values:
            return self._plain_text(key)
        text, count = self._texts[key], values.get("count")
        if isinstance(count, int):
            values["count"] = self.format_number(count)
        return (text if isinstance(text, str) else text[self._plural_form(count)]).format(**values)

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def html(self, key: str, count: int | None = None, **values: object) -> Html:
        """The text as HTML: years are tagged as such, and values of type `Html` are inserted unchanged.

        Parameters
        ----------
        count
            Selects the plural form. Its placeholder is filled with `number` when that is given.
        """
        text = self._texts[key]
        form = text if isinstance(text, str) else text[self._plural_form(count)]
        if count is not None:
            values["count"] = values.pop("number", None) or self.format_number(count)
        # The catalogue's text is escaped before its placeholders are filled: braces survive escaping, and values are
        # escaped one by one or are HTML already.
        filled = {name: _to_html(name, value) for name, value in values.items()}
        return Html(escape(form, quote=False).format(**filled))

    def _plain_text(self, key: str) -> str:
        """A text without placeholders, which a page requests hundreds of times."""
        if key not in self._plain_texts:
            text = self._texts[key]
            self._plain_texts[key] = (text if isinstance(text, str) else text["other"]).format()
        return self._plain_texts[key]

    @cached_property
    def _plain_texts(self) -> dict[str, str]:
        return {}

    @cached_property
    def _texts(self) -> dict[str, CatalogueText]:
        """The texts by ``section.key``."""
        return {f"{section}.{name}": text for section, texts in self.catalogue.items() for name, text in texts.items()}

    def plural_forms(self, key: str) -> tuple[str, ...]:
        """Every plural form of a text, with its placeholders; the text alone when it has one form."""
        text = self._texts[key]
        return (text,) if isinstance(text, str) else tuple(text.values())

    def _plural_form(self, count: object) -> str:
        return Locale.parse(self.language).plural_form(count) if isinstance(count, int) else "other"

    @property
    def lang_attribute(self) -> str:
        """The attribute of a registry's own text in another language than the page: `` lang="nb"``, or empty."""
        return "" if self.registry_language == self.language else f' lang="{self.registry_language}"'

    def format_number(self, number: float, decimals: int = 0) -> str:
        """A number with the language's symbols: ``1 234,5``."""
        return _format_number(number, decimals, self.language)

    def count_html(self, count: int, role: str, cell: str = "") -> Html:
        """A number of units or of changes in a sentence; see `number_html`."""
        return number_html(self.format_number(count), count, role, cell)

    def format_date(self, day: date) -> str:
        """A date in full: ``31. desember 2025``."""
        return format_date(day, format="long", locale=_DATE_LOCALES[self.language])

    def date_html(self, day: date) -> Html:
        """A date in a sentence of HTML."""
        return day_html(self.format_date(day), day.isoformat())

    def format_edition(self, name: str) -> str:
        """An edition's name on pages: ``2026-06`` is ``juni 2026``, ``2026-06-b`` is ``juni 2026 (b)``."""
        year, month, *suffixes = name.split("-", 2)
        month_text = format_date(date(int(year), int(month), 1), format="MMMM y", locale=_DATE_LOCALES[self.language])
        return " ".join([month_text, *(f"({part})" for part in suffixes)])

    def format_list(self, texts: list[str]) -> str:
        """Texts as a list in a sentence: ``2023, 2024 og 2025``."""
        return format_list(texts, locale=self.language)

    def format_percent(self, share: float) -> str:
        """A share as a percentage, for axes and methods: ``95 %`` in Norwegian, ``95%`` in English."""
        return _format_percent(_round_half_up(share, 2), self.language)

    def format_frequency(self, share: float, per: int = 100) -> str:
        """A share as a natural frequency: ``87 av 100``; per 1000 when it would round to none or all of 100.

        Worked number: 0.874 is ``87 av 100``; 0.003 is ``3 av 1000``; 0 is ``0 av 100``.
        """
        return _format_frequency(share, per, self.language)

    def format_value(self, indicator: Indicator, value: float) -> str:
        """A cell's value on pages: ``87 av 100``, ``1,9 dager``, ``412``."""
        if indicator.type.is_share:
            return self.format_frequency(value, frequency_base(indicator))
        # Only a whole number can be singular: "1 dag", but "1,0 dager".
        unit = self._format_unit(indicator.measure_unit, value if indicator.decimals == 0 else None)
        return " ".join(part for part in (self.format_number(value, indicator.decimals), unit) if part)

    def _format_unit(self, unit: str, value: float | None) -> str:
        """A unit of measure in this language and number: ``1 dag``, ``1,9 dager``; an unknown one unchanged."""
        if self.registry_language == self.language and value is None:
            return unit
        key = _measure_key(unit, self.registry_language)
        return unit if key is None else self(key, count=None if value is None else int(_round_half_up(value, 0)))

    def phrase_from_text(self, indicator: Indicator, text: str) -> str:
        """A value's text as the subject of a sentence: ``87 av 100 pasienter``."""
        return self("message.patients", frequency=text) if indicator.type.is_share else text

    def value_phrase_html(self, indicator: Indicator, number: Html) -> Html:
        """A value's HTML as the subject of a sentence."""
        return self.html("message.patients", frequency=number) if indicator.type.is_share else number

    def format_patients(self, indicator: Indicator, denominator: float) -> str:
        """The number of patients of a cell; empty for a count, whose value it is already, and when unknown."""
        if indicator.type is IndicatorType.ANTALL or math.isnan(denominator):
            return ""
        return self.format_number(denominator)

    def format_interval(self, indicator: Indicator, low: float, high: float) -> str:
        """An interval in the unit of the value: ``83–90 %`` or ``1,2–2,1``."""
        if indicator.type.is_share:
            decimals, sign = indicator.decimals, self.format_percent(0).removeprefix("0")
            return f"{self.format_number(low * 100, decimals)}–{self.format_number(high * 100, decimals)}{sign}"
        return f"{self.format_number(low, indicator.decimals)}–{self.format_number(high, indicator.decimals)}"

    def unit_label(self, name: str, closed: int | None) -> str:
        """A unit's name in lists and selectors: ``Vik (nedlagt 2021)`` once it is closed."""
        return name if closed is None else self("units.closed", name=name, year=closed)

    def target_html(self, indicator: Indicator) -> Html:
        """The target as a sentence; empty when there is none."""
        if indicator.level_green is None:
            return Html("")
        key = "message.target_min" if indicator.level_direction == 1 else "message.target_max"
        text = self.format_value(indicator, indicator.level_green)
        return self.html(key, target=number_html(text, indicator.level_green, "target"))


def _to_html(name: str, value: object) -> str:
    if isinstance(value, Html):
        return value
    return year_html(value) if name == "year" and isinstance(value, int) else escape(str(value), quote=False)


def frequency_base(indicator: Indicator) -> int:
    """The denominator of an indicator's natural frequencies: 1000 when it shows decimals of a per cent."""
    # One denominator per indicator: frequencies with different ones are compared wrongly. Source: Trevena LJ et al.
    # Presenting quantitative information about decision outcomes. BMC Med Inform Decis Mak 2013;13(Suppl 2):S7.
    # A target of 2.5 % would be "3 av 100" or "25 av 1000"; only the latter equals the target.
    if indicator.type is IndicatorType.DG_ANDEL:
        return 100
    return (
        1000 if indicator.decimals > 0 or _has_decimal_percent(indicator.level_green, indicator.level_yellow) else 100
    )


@lru_cache(maxsize=4096)
def _has_decimal_percent(*targets: float | None) -> bool:
    """Whether any of these shares is no whole per cent."""
    hundredths = [level * 100 for level in targets if level is not None]
    return any(not math.isclose(level, round(level), abs_tol=1e-9) for level in hundredths)


@lru_cache(maxsize=4096)
def _measure_key(unit: str, language: str) -> str | None:
    """The message key of a unit of measure written in this language; None when the catalogue has no such unit."""
    translator = get_translator(language)
    keys = (f"measures.{name}" for name in translator.catalogue["measures"])
    return next((key for key in keys if unit in translator.plural_forms(key)), None)


@lru_cache(maxsize=4096)
def _format_percent(share: float, language: str) -> str:
    return str(format_percent(share, format=None, locale=language))


@lru_cache(maxsize=1 << 14)
def _format_frequency(share: float, per: int, language: str) -> str:
    # "0 av 100" would claim that it never happens, and "100 av 100" that it always does.
    if per < 1000 and 0 < share < 1 and round(share * per) in (0, per):
        per = 1000
    return f"{_format_number(share * per, 0, language)} {_FREQUENCY_WORDS[language]} {per}"


@lru_cache(maxsize=1 << 14)
def _format_number(number: float, decimals: int, language: str) -> str:
    """Cached: a page formats each of its numbers several times."""
    return _format_digits(_round_half_up(number, decimals), decimals, language)


@lru_cache(maxsize=4096)
def _format_digits(number: float, decimals: int, language: str) -> str:
    """A rounded number formatted as Babel would, in a fraction of the time."""
    # Python's format gives the same digits as Babel's below the limit, so only the two symbols are exchanged:
    #   1234.5 -> "1,234.5" -> "1 234,5" in Norwegian (with a no-break space), "1,234.5" in English.
    if abs(number) * 10**decimals >= _EXACT_LIMIT:
        return format_decimal(number, format="#,##0" + ("." + "0" * decimals if decimals else ""), locale=language)
    return f"{number:,.{decimals}f}".translate(_symbol_table(language))


@cache
def _symbol_table(language: str) -> dict[int, str]:
    """Replaces Python's group and decimal symbols by the language's."""
    return {ord(","): get_group_symbol(language), ord("."): get_decimal_symbol(language)}


def _round_half_up(number: float, decimals: int) -> float:
    """Rounded half away from zero, as readers expect; Python's own rounding goes to even."""
    # The small term makes up for binary fractions: 0.285 * 100 is 28.499999999999996 and must give 29. No result is -0.
    scaled = abs(number) * 10**decimals
    nearest = math.floor(scaled + 0.5 + 1e-9)
    return math.copysign(nearest / 10**decimals, number) if nearest else 0.0


def get_translator(language: str, registry_language: str = "") -> Translator:
    """The translator of a language, for pages of a registry that writes in `registry_language` (default: the same).

    Raises
    ------
    KeyError
        With the known languages, when one is unknown.
    """
    return _load_translator(language, registry_language or language)


@cache
def _load_translator(language: str, registry_language: str) -> Translator:
    for name in (language, registry_language):
        if name not in LANGUAGES:
            raise KeyError(f"{name!r} is no language here: use one of {', '.join(LANGUAGES)}")
    text = files("kvalreg.report").joinpath("locales", f"{language}.toml").read_text(encoding="utf-8")
    return Translator(language, tomllib.loads(text), registry_language)
