"""The registry's own words: every fixed field, what is missing said so, and nothing of theirs but text and links."""

from __future__ import annotations

import re

import pytest

from kvalreg.inputs.descriptor import Registry
from kvalreg.report.registry_text import about, evaluations, quality_improvement, research
from kvalreg.report.translation import get_translator
from unmarked import unmarked

NB = get_translator("nb")
INDICATOR = {"id": "a_hjelp", "title": "Fikk <hjelp>", "type": "andel"}
XSS = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def registry(**fields: object) -> Registry:
    """A registry with little else than these fields."""
    told = {"id": "a", "name": "A", "short_name": "A", "language": "nb", "medical_fields": ["X"], "about": {}}
    return Registry.model_validate({**told, "indicators": [INDICATOR], **fields})


def test_what_is_missing_is_not_given_and_nothing_more() -> None:
    """A reader of an empty registry meets «ikke oppgitt» in each place, and no reproach."""
    empty = registry()
    assert about(empty, NB).markdown.count("<em>ikke oppgitt</em>") == 8
    for piece in (quality_improvement(empty, NB, {}), research(empty, NB), evaluations(empty, NB)):
        assert re.sub("<[^>]+>", "", piece.markdown).split("\n")[1] == "ikke oppgitt"


@pytest.mark.parametrize(
    ("fields", "plain"),
    [
        ({"home_page": "www.a.no"}, "www.a.no"),
        ({"phone": "22 00 / 33 44"}, "22 00 / 33 44"),
        ({"email": "a(at)b.no"}, "a(at)b.no"),
        ({"home_page": "javascript:alert(1)"}, "javascript:alert(1)"),
        ({"contacts": [{"name": "Ola", "email": "o@o", "phone": "ring"}]}, "<span>o@o</span>"),
    ],
)
def test_an_address_in_a_wrong_form_is_plain_text(fields: dict[str, object], plain: str) -> None:
    """It is shown as it was written, and leads nowhere."""
    shown = about(registry(about=fields), NB).markdown
    assert plain in shown
    assert "<a " not in shown


def test_addresses_are_links() -> None:
    """Home page, phone and e-mail, each with its scheme."""
    fields = {"home_page": "https://a.no", "phone": "22 00 11 22", "email": "a@b.no", "reviewed": "2026-02-10"}
    shown = unmarked(about(registry(about=fields), NB).markdown)
    assert re.findall('href="([^"]+)"', shown) == ["https://a.no/", "tel:22001122", "mailto:a@b.no"]
    assert "Teksten ble sist gjennomgått 10. februar 2026." in shown


def test_work_leads_to_the_indicators_it_concerns() -> None:
    """Where the page has them; who began it and when stands beside."""
    work = {"title": XSS, "description": XSS, "status": "ongoing", "initiated_by": "Vik HF", "period": "2021-",
            "indicators": ["a_hjelp"]}  # fmt: skip
    given = registry(quality_improvement=[work])
    shown = unmarked(quality_improvement(given, NB, {"a_hjelp": "#ind-a_hjelp"}).markdown)
    assert '<a href="#ind-a_hjelp">Fikk &lt;hjelp&gt;</a>' in shown
    for told in ("Pågår", "Vik HF", "2021-"):
        assert f"<dd>{told}</dd>" in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<a " not in quality_improvement(given, NB, {}).markdown


def test_publications_are_text_and_links() -> None:
    """A text with an address is a link, a DOI alone shows itself, a wrong address is plain; all of it is escaped."""
    listed = ["Bare tekst.", {"text": XSS, "url": "https://a.no"}, "10.5555/x", {"text": "T", "url": "a.no"}]
    shown = research(registry(research={"publications": listed}), NB).markdown
    items = re.findall("<li>(.*?)</li>", shown)
    assert items[0] == "Bare tekst."
    assert items[1].startswith('<a href="https://a.no/" rel="noopener">&lt;script&gt;')
    assert items[2] == '<a href="https://doi.org/10.5555/x" rel="noopener">https://doi.org/10.5555/x</a>'
    assert items[3] == "T a.no"


def test_evaluations_are_told_by_year_newest_first() -> None:
    """Stage and level where they are given, with the experts' words; one year alone on that year's page."""
    judged = [{"year": 2023, "stage": 3, "level": "B", "text": "Godt."}, {"year": 2024, "level": "A"}]
    given = registry(evaluations=judged)
    shown = unmarked(evaluations(given, NB).markdown)
    assert re.findall("<dt>(.*?)</dt>", shown) == ["2024", "2023"]
    assert "<strong>Stadium 3, nivå B</strong></p><p>Godt.</p>" in shown
    assert "<dt>2023</dt>" in unmarked(evaluations(given, NB, 2023).markdown)
    assert evaluations(given, NB, 2022).markdown == ""


def test_own_words_are_marked_on_a_page_in_another_language() -> None:
    """Labels are English, the registry's words Norwegian, and screen readers are told which is which."""
    work = {"title": "Arbeid", "description": "Vi gjør noe.", "status": "planned", "initiated_by": "Vik HF"}
    shown = quality_improvement(registry(quality_improvement=[work]), get_translator("en", "nb"), {}).markdown
    assert '<div lang="nb"><h3>Arbeid</h3>' in shown
    assert '<dd><span lang="nb">Vik HF</span></dd>' in shown
    assert "<dd>Planned</dd>" in shown
