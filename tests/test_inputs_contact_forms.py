"""Addresses and numbers: what makes a link, and what stays plain text."""

from __future__ import annotations

import pytest

from kvalreg.inputs.contact_links import mail_link, phone_link, web_link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.org/slag", "https://example.org/slag"),
        ("www.example.org", ""),
        ("example.org/slag", ""),
        ("javascript:alert(1)", ""),
        ("ftp://example.org/a", ""),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("", ""),
    ],
)
def test_only_a_whole_web_address_is_a_link(text: str, link: str) -> None:
    """http and https, with what could end an attribute encoded; anything else leads nowhere."""
    assert web_link(text) == link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("post@example.org", "mailto:post@example.org"),
        ("post@example", ""),
        ("post(at)example.org", ""),
        ("post@example.org, annen@example.org", ""),
        ("", ""),
    ],
)
def test_only_one_whole_e_mail_address_is_a_link(text: str, link: str) -> None:
    """One address with a domain; nobody is asked whether it is in use."""
    assert mail_link(text) == link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("22 00 11 22", "tel:22001122"),
        ("+47 22 00 11 22", "tel:+4722001122"),
        ("02800", "tel:02800"),
        ("112", ""),
        ("0280", ""),
        ("+123456789012345", "tel:+123456789012345"),
        ("+1234567890123456", ""),
        ("22 00 11 22 / 98 00 00 00", ""),
        ("ring oss", ""),
        ("", ""),
    ],
)
def test_only_one_phone_number_is_a_link(text: str, link: str) -> None:
    """Five to fifteen digits with spaces between them, and a country in front."""
    assert phone_link(text) == link
