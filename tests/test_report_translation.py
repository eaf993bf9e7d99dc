"""Words and numbers: complete catalogues, natural frequencies, signs of the language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import nbformat
import pytest
from babel import Locale

from kvalreg.inputs.descriptor import Indicator, IndicatorType
from kvalreg.report.cell_markup import labelled_text
from kvalreg.report.translation import LANGUAGES, get_translator

ROOT = Path(__file__).parents[1]
SHARE = Indicator(id="a", title="A", type=IndicatorType.ANDEL, level_green=0.9, level_yellow=0.8, level_direction=1)


def texts(language: str) -> dict[str, tuple[str, ...]]:
    """Every text of a catalogue by its key, with its plural forms."""
    say = get_translator(language)
    return {
        f"{section}.{key}": say.plural_forms(f"{section}.{key}")
        for section in say.catalogue
        for key in say.catalogue[section]
    }


def test_catalogues_have_the_same_keys_and_places() -> None:
    """Every text exists in every language, with the same places to fill in, whatever plural forms it has."""

    def shape(language: str) -> dict[str, set[str]]:
        return {key: set(re.findall(r"{(\w+)}", " ".join(forms))) for key, forms in texts(language).items()}

    assert shape("nb") == shape("nn") == shape("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    """A text with forms has every form that Babel knows of the language, and each fills in the same places."""
    wanted = set(Locale.parse(language).plural_form.tags) | {"other"}
    for section, listed in get_translator(language).catalogue.items():
        for key, text in listed.items():
            if isinstance(text, dict):
                assert set(text) == wanted, f"{section}.{key}"
                assert len({frozenset(re.findall(r"{(\w+)}", form)) for form in text.values()}) == 1, f"{section}.{key}"


@pytest.mark.parametrize(
    ("language", "level", "count", "text"),
    [
        ("nb", "hospital", 1, "1 sykehus"),
        ("nb", "county", 1, "1 fylke"),
        ("nb", "county", 2, "2 fylker"),
        ("nn", "county", 2, "2 fylke"),
        ("nn", "hf", 1, "1 helseføretak"),
        ("nb", "rhf", 1, "1 regionalt helseforetak"),
        ("nb", "rhf", 4, "4 regionale helseforetak"),
        ("nb", "county", 0, "0 fylker"),
        ("en", "county", 1, "1 county"),
        ("en", "county", 21, "21 counties"),
    ],
)
def test_units_are_counted_as_the_language_counts(language: str, level: str, count: int, text: str) -> None:
    """One county, two counties; nynorsk and many Norwegian neuters have one form."""
    say = get_translator(language)
    assert f"{say.format_number(count)} {say(f'units.{level}', count=count)}" == text


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("nb", 1, "1 sykehus vises ikke i figuren."),
        ("nn", 1, "1 sjukehus blir ikkje vist i figuren."),
        ("nn", 1234, "1\xa0234 sjukehus blir ikkje viste i figuren."),
        ("en", 1, "1 hospital is not shown in the figure."),
        ("en", 2, "2 hospitals are not shown in the figure."),
    ],
)
def test_sentences_follow_the_number_in_them(language: str, count: int, text: str) -> None:
    """Verb and noun agree with the count, and the count has the signs of the language."""
    say = get_translator(language)
    assert say("figure.hidden", count=count, unit_word=say("units.hospital", count=count)) == text


def sources() -> Iterator[ast.AST]:
    """The code that makes pages: all but the audit, which only reads them, and the notebooks."""
    for path in (ROOT / "src").rglob("*.py"):
        if path.parent.name != "audit":
            yield ast.parse(path.read_text(encoding="utf-8"))
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                yield ast.parse(cell.source)


def test_every_text_is_on_some_page() -> None:
    """A key stands in the code, or fits a pattern such as f"units.{level}" with parts that stand in the code.

    A section may also be read as a whole: ``catalogue["yours"]``.
    """
    literals: set[str] = set()
    patterns: set[str] = set()
    whole: set[str] = set()
    for node in (node for tree in sources() for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literals.add(node.value)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
            if node.value.attr == "catalogue" and isinstance(node.slice, ast.Constant):
                whole.add(str(node.slice.value))
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(p.value) if isinstance(p, ast.Constant) else "([a-z_]+?)" for p in node.values]  # type: ignore[type-var]
            patterns.add("".join(str(part) for part in parts))

    def used(key: str) -> bool:
        if key.partition(".")[0] in whole:
            return True
        fits = (re.fullmatch(pattern, key) for pattern in patterns)
        return key in literals or any(fit is not None and set(fit.groups()) <= literals for fit in fits)

    catalogue = get_translator("nb").catalogue
    assert [f"{s}.{k}" for s in catalogue for k in catalogue[s] if not used(f"{s}.{k}")] == []
    assert not used("page.registry_title")


def test_nynorsk_and_bokmaal_differ() -> None:
    """The written standards are not mixed: no nynorsk text holds these bokmål words, nor the other way round."""
    nn = " ".join(form for forms in texts("nn").values() for form in forms).lower()
    nb = " ".join(form for forms in texts("nb").values() for form in forms).lower()
    for word in (
        "ikke",
        "tallene",
        "sykehus",
        "hvor",
        "hele",
        "fra",
        "forskjellen",
        "hva",
        "hvordan",
        "er ikke",
        "pasienter",
        "disse",
    ):
        assert not re.search(rf"\b{word}\b", nn), word
    for word in (
        "ikkje",
        "tala",
        "sjukehus",
        "kor",
        "heile",
        "skilnaden",
        "einingar",
        "kva",
        "korleis",
        "frå",
        "pasientar",
        "desse",
    ):
        assert not re.search(rf"\b{word}\b", nb), word


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.874, "87 av 100"),
        (0.875, "88 av 100"),  # half is rounded up, not to even
        (0.865, "87 av 100"),
        (0.0, "0 av 100"),
        (1.0, "100 av 100"),
        (0.003, "3 av 1000"),  # would be 0 av 100, which says that nobody was
        (0.996, "996 av 1000"),
    ],
)
def test_a_share_is_a_natural_frequency(share: float, text: str) -> None:
    """87.4 % reads as 87 of 100; a share that rounds to none or all is told per 1000."""
    assert get_translator("nb").format_frequency(share) == text


@pytest.mark.parametrize(
    ("language", "number", "decimals", "text"),
    [
        ("nb", 1234.5, 1, "1\xa0234,5"),
        ("nn", 0.25, 1, "0,3"),
        ("en", 1234.5, 1, "1,234.5"),
        ("nb", -0.04, 1, "0,0"),
        ("nb", 2.675, 2, "2,68"),
    ],
)
def test_numbers_have_the_signs_of_the_language(language: str, number: float, decimals: int, text: str) -> None:
    """Decimal comma and a space for thousands in Norwegian; never minus nothing."""
    assert get_translator(language).format_number(number, decimals) == text


def test_dates_are_written_out() -> None:
    """A date is read in full, without a number for its month."""
    assert get_translator("nb").format_date(date(2025, 12, 31)) == "31. desember 2025"
    assert get_translator("en").format_date(date(2025, 12, 31)) == "31 December 2025"


def target_sentence(language: str, indicator: Indicator) -> str:
    """The target as plain text."""
    return labelled_text(get_translator(language).target_html(indicator)).text


def test_targets_say_which_side_is_good() -> None:
    """High is good: at least; low is good: at most; no target: nothing is said."""
    low = SHARE.model_copy(update={"level_green": 0.05, "level_yellow": 0.1, "level_direction": 0})
    none = SHARE.model_copy(update={"level_green": None, "level_yellow": None, "level_direction": None})
    assert target_sentence("nb", SHARE) == "Målet er minst 90 av 100."
    assert target_sentence("nn", low) == "Målet er høgst 5 av 100."
    assert target_sentence("nb", none) == ""


def test_one_indicator_has_one_denominator() -> None:
    """A target of 2.5 % is told per 1000, and so is every value beside it."""
    fine = SHARE.model_copy(update={"level_green": 0.025, "level_yellow": 0.05, "level_direction": 0})
    assert target_sentence("nb", fine) == "Målet er høyst 25 av 1000."
    assert get_translator("nb").format_value(fine, 0.031) == "31 av 1000"


def test_an_unknown_language_is_named() -> None:
    """The error says which languages there are."""
    with pytest.raises(KeyError, match="nb, nn, en"):
        get_translator("sv")


def test_values_of_other_types_carry_their_unit() -> None:
    """A median of 1.9 days reads as 1,9 dager; a count as a number."""
    median = Indicator(id="m", title="M", type=IndicatorType.MEDIAN, sformat=",.1f", measure_unit="dager")
    count = Indicator(id="c", title="C", type=IndicatorType.ANTALL, sformat=",.0f")
    assert get_translator("nb").format_value(median, 1.9) == "1,9 dager"
    assert get_translator("nb").format_value(count, 1412) == "1\xa0412"


@pytest.mark.parametrize(
    ("language", "unit", "value", "text"),
    [
        ("nb", "dager", 1, "1 dag"),
        ("nb", "dager", 3, "3 dager"),
        ("en", "dager", 1, "1 day"),
        ("en", "minutter", 37, "37 minutes"),
        ("nn", "dager", 3, "3 dagar"),
        ("en", "mmol/mol", 53, "53 mmol/mol"),
        ("en", "", 53, "53"),
    ],
)
def test_units_of_measure_are_in_the_language_of_the_page(language: str, unit: str, value: int, text: str) -> None:
    """What bokmål calls dager is days in English, counted; a unit that nobody knows stays as it was written."""
    whole = Indicator(id="m", title="M", type=IndicatorType.MEDIAN, sformat=",.0f", measure_unit=unit)
    assert get_translator(language, "nb").format_value(whole, value) == text


def test_decimals_take_the_plural() -> None:
    """1.0 is read as a measure, not as one: 1,0 dager and 1.0 days."""
    median = Indicator(id="m", title="M", type=IndicatorType.MEDIAN, sformat=",.1f", measure_unit="dager")
    assert get_translator("nb").format_value(median, 1.0) == "1,0 dager"
    assert get_translator("en", "nb").format_value(median, 1.0) == "1.0 days"


@pytest.mark.parametrize(("language", "text"), [("nb", "95\xa0%"), ("nn", "95\xa0%"), ("en", "95%")])
def test_percentages_are_written_as_the_language_writes_them(language: str, text: str) -> None:
    """Norwegian has a space before the sign, English none."""
    assert get_translator(language).format_percent(0.95) == text


def test_texts_in_another_language_are_marked() -> None:
    """A registry's own words on an English page carry their language; on its own page nothing is marked."""
    assert get_translator("en", "nn").lang_attribute == ' lang="nn"'
    assert get_translator("nn", "nn").lang_attribute == ""
