"""How web addresses, e-mail addresses and phone numbers look, and the links that they make.

Input: a text from a descriptor, untrusted. Output: the address of a link, or empty text where the form is wrong: a page
then shows the text without a link. Whether anybody answers there is never asked.
"""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email
from pydantic import HttpUrl, TypeAdapter, ValidationError

_HTTP_URL = TypeAdapter(HttpUrl)
_PHONE_NUMBER = re.compile(r"\+?[0-9(][0-9 ().\u00a0-]*")
_PHONE_LENGTHS = range(5, 16)
"""Norway's shortest numbers have five digits; no number has more than fifteen (ITU-T E.164)."""


def web_link(text: str) -> str:
    """The whole address in a text, http or https, with what an address cannot carry encoded; else empty text."""
    try:
        return str(_HTTP_URL.validate_python(text))
    except ValidationError:
        return ""


def mail_link(text: str) -> str:
    """``mailto:`` and the address, where the text is one e-mail address; else empty text."""
    try:
        return f"mailto:{validate_email(text, check_deliverability=False).normalized}"
    except EmailNotValidError:
        return ""


def phone_link(text: str) -> str:
    """``tel:`` and the digits, where the text is one phone number; else empty text.

    Worked: ``22 00 11 22`` gives ``tel:22001122``; ``22 00 11 22 / 98 00 00 00`` holds two numbers and gives nothing.
    """
    digits = re.sub(r"\D", "", text)
    if not _PHONE_NUMBER.fullmatch(text) or len(digits) not in _PHONE_LENGTHS:
        return ""
    return f"tel:{'+' if text.startswith('+') else ''}{digits}"
