"""What a registry's owner should know of its descriptor: the seed's fields that are empty, and what is no address.

Input: a registry, and `registry.yml` as it was read. Output: the places of the gaps, and remarks with line and key.
None of them stops anything: a reader sees "ikke oppgitt", or the text without a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.contact_links import mail_link, phone_link, web_link
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument, format_key_path

ABOUT_FIELDS = ("purpose", "usefulness", "patients", "data_controller", "home_page", "phone", "email", "contacts")
"""The seed's field *about*, in its order."""


@dataclass(frozen=True)
class _LinkFormat:
    """What a kind of address makes a link of, what is wrong where it makes none, and what to do."""

    to_link: Callable[[str], str]
    message: str
    hint: str
    code: DiagnosticCode


_WEB_FORMAT = _LinkFormat(
    web_link, "is no web address", "Write the whole address, beginning with https://.", DiagnosticCode.INVALID_URL
)
_LINK_FORMATS = {
    "phone": _LinkFormat(
        phone_link,
        "is no phone number",
        "Write one number, such as 22 00 11 22 or +47 22 00 11 22.",
        DiagnosticCode.INVALID_PHONE,
    ),
    "email": _LinkFormat(
        mail_link, "is no e-mail address", "Write one address, such as post@example.org.", DiagnosticCode.INVALID_EMAIL
    ),
    **dict.fromkeys(("url", "home_page", "publication_list"), _WEB_FORMAT),
}
"""By the last word of a key."""


def missing_fields(registry: Registry) -> tuple[KeyPath, ...]:
    """The place of every field that the seed asks for and the registry leaves empty, in the order of the page."""
    research = registry.research
    missing: list[KeyPath] = [("about", key) for key in ABOUT_FIELDS if not getattr(registry.about, key)]
    for index, indicator in registry.numbered:
        if indicator.include:
            expected = ["short_description", "long_description", "reviewed"]
            expected += ["target_source"] if indicator.level_green is not None else []
            missing += [("indicators", index, key) for key in expected if not getattr(indicator, key)]
    if not registry.quality_improvement:
        missing.append(("quality_improvement",))
    if not research.projects:
        missing.append(("research", "projects"))
    if not (research.publications or research.publication_list or research.bibliography):
        missing.append(("research", "publications"))
    return tuple(missing)


def descriptor_warnings(registry: Registry, document: YamlDocument) -> list[Diagnostic]:
    """Every gap in one remark, and one for each text that is no address, in the order of the file."""
    missing = missing_fields(registry)
    warnings = []
    if missing:
        names = ", ".join(format_key_path(key_path) for key_path in missing)
        message = f"{len(missing)} of the fields that every result page has are empty: {names}."
        hint = "Fill them in. Readers see «ikke oppgitt» meanwhile."
        warnings.append(document.diagnostic((), message, hint, DiagnosticCode.TEXT_MISSING))
    if registry.incomplete:
        names = ", ".join(str(one) for one in registry.incomplete)
        message = f"Indicators that are not complete are left out, as no delivery may have rows of them: {names}."
        warnings.append(
            document.diagnostic(
                ("indicators",), message, "Complete them when they are used.", DiagnosticCode.INDICATOR_INCOMPLETE
            )
        )
    return [
        *warnings,
        *_invalid_links(registry, document),
        *_invalid_periods(registry, document),
        *_incomplete_publications(registry, document),
    ]


def _invalid_links(registry: Registry, document: YamlDocument) -> Iterator[Diagnostic]:
    for key_path, text in _link_fields(registry):
        link_format = _LINK_FORMATS[str(key_path[-1])]
        if text and not link_format.to_link(text):
            message = f"{quote(text)} {link_format.message}, so the page shows it without a link."
            yield document.diagnostic(key_path, message, link_format.hint, link_format.code)


def _link_fields(registry: Registry) -> Iterator[tuple[KeyPath, str]]:
    """Every text that should be an address or a number."""
    about, research = registry.about, registry.research
    yield ("about", "home_page"), about.home_page
    yield ("about", "phone"), about.phone
    yield ("about", "email"), about.email
    for index, contact in enumerate(about.contacts):
        yield ("about", "contacts", index, "phone"), contact.phone
        yield ("about", "contacts", index, "email"), contact.email
    for index, project in enumerate(research.projects):
        yield ("research", "projects", index, "url"), project.url
    for index, publication in enumerate(research.publications):
        yield ("research", "publications", index, "url"), publication.url
    yield ("research", "publication_list"), research.publication_list


def _invalid_periods(registry: Registry, document: YamlDocument) -> Iterator[Diagnostic]:
    for index, project in enumerate(registry.quality_improvement):
        if project.period and project.indicators and project.years is None:
            message = f"{quote(project.period)} names no years, so the work is not drawn on the trend figures."
            hint = "Write 2021-2023, 2021- for work that goes on, or '2021'."
            yield document.diagnostic(
                ("quality_improvement", index, "period"), message, hint, DiagnosticCode.INVALID_PERIOD
            )


def _incomplete_publications(registry: Registry, document: YamlDocument) -> Iterator[Diagnostic]:
    for index, publication in enumerate(registry.research.publications):
        key_path = ("research", "publications", index)
        if not publication.text and not publication.url:
            message = "The publication has neither text nor address, so it is not shown."
            yield document.diagnostic(
                key_path, message, "Give its title, or remove it.", DiagnosticCode.INCOMPLETE_PUBLICATION
            )
        elif not publication.text and "doi.org/10." not in publication.url:
            message = "The publication has no title, so the page shows its address alone."
            yield document.diagnostic(
                key_path, message, "Add its title as text.", DiagnosticCode.INCOMPLETE_PUBLICATION
            )
