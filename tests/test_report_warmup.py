"""The rehearsal: what a page makes on first use is there, so that a real page has nothing left to make."""

from __future__ import annotations

from importlib import import_module

import pytest

from kvalreg.report.figures import FIGURES
from kvalreg.report.report import Report
from kvalreg.report.translation import LANGUAGES, get_translator
from kvalreg.report.warmup import warm_up
from report_example import report

TEMPLATES = [import_module(f"kvalreg.report.figures.{name}")._layers for name in FIGURES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_it_a_page_makes_no_template(language: str) -> None:
    """Every kind of figure was drawn: with a target and an interval, with one of them, and with none."""
    for template in TEMPLATES:
        template.cache_clear()
    warm_up(language)
    assert all(template.cache_info().currsize for template in TEMPLATES)
    made = [template.cache_info().misses for template in TEMPLATES]
    page = Report(report().published, 2024, "final", get_translator(language, "nb"))
    assert (page.sections() + page.trends() + page.quality()).markdown
    assert [template.cache_info().misses for template in TEMPLATES] == made


def test_an_unknown_language_is_named() -> None:
    """Whoever rehearses is told; the page's own notebook says the same."""
    with pytest.raises(KeyError, match="is no language here"):
        warm_up("xx")
