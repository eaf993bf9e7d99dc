"""Folded indicators in a browser: on a phone each stands under its name, opened by hand or by an address."""

from __future__ import annotations

from typing import Any

PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 900}
YEAR = "registre/slag/2025/index.html"
FOLDED = "section#indicators > section"


def test_a_phone_shows_the_names_and_opens_one(demo_address: str, visit: Any) -> None:
    """On a phone every indicator is folded under a button in its heading; pressing it shows that one alone."""
    page = visit(f"{demo_address}/{YEAR}", viewport=PHONE)
    sections = page.locator(FOLDED)
    buttons = sections.locator("h3 > button.kv-fold")
    assert buttons.count() == sections.count() > 2
    assert not page.locator(f"{FOLDED} figure").first.is_visible()
    buttons.first.click()
    assert buttons.first.get_attribute("aria-expanded") == "true"
    assert sections.nth(0).locator("figure").first.is_visible()
    assert not sections.nth(1).locator("figure").first.is_visible()
    buttons.first.click()
    assert not sections.nth(0).locator("figure").first.is_visible()


def test_an_address_opens_its_indicator(demo_address: str, visit: Any) -> None:
    """A link to an indicator shows it, on arrival and from a message on the same page."""
    page = visit(f"{demo_address}/{YEAR}#ind-slag_enhet", viewport=PHONE)
    assert page.locator("#ind-slag_enhet figure").first.is_visible()
    page.locator('.kv-messages a[href$="#ind-slag_svelgetest"]').click()
    page.locator("#ind-slag_svelgetest figure").first.wait_for(state="visible")


def test_paper_and_wide_screens_have_all_open(demo_address: str, visit: Any) -> None:
    """What is folded on a phone is whole on paper, and when the window is made wide, with no button left."""
    page = visit(f"{demo_address}/{YEAR}", viewport=PHONE)
    page.emulate_media(media="print")
    assert page.locator(f"{FOLDED} figure").first.is_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size(DESKTOP)
    page.locator(f"{FOLDED} figure").first.wait_for(state="visible")  # the browser tells of its new width in a moment
    assert page.locator(".kv-fold").count() == 0
