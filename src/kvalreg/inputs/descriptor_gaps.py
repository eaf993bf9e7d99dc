"""What a registry's owner should know of its descriptor: the seed's fields that are empty, and what is no address.

Comes in: a registry, and `registry.yml` as it was read. Goes out: the places of the gaps, and remarks with line and
key. None of them stops anything: a reader sees "ikke oppgitt", or the text without a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kvalreg.errors import Fault
from kvalreg.inputs.contact_forms import mail_link, phone_link, web_link
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.yaml_file import Document, Place, name_place
from kvalreg.kinds import Kind

ABOUT_FIELDS = ("purpose", "usefulness", "patients", "data_controller", "home_page", "phone", "email", "contacts")
"""The seed's field *about*, in its order."""


@dataclass(frozen=True)
class _Form:
    """What a kind of address makes a link of, what is wrong where it makes none, and what to do."""

    link: Callable[[str], str]
    wrong: str
    todo: str
    kind: Kind


_WEB = _Form(web_link, "is no web address", "Write the whole address, beginning with https://.", Kind.ADDRESS_WRONG)
_FORMS = {
    "phone": _Form(
        phone_link,
        "is no phone number",
        "Write one number, such as 22 00 11 22 or +47 22 00 11 22.",
        Kind.PHONE_WRONG,
    ),
    "email": _Form(mail_link, "is no e-mail address", "Write one address, such as post@example.org.", Kind.EMAIL_WRONG),
    **dict.fromkeys(("url", "home_page", "publication_list"), _WEB),
}
"""By the last word of a key."""


def gaps(registry: Registry) -> tuple[Place, ...]:
    """The place of every field that the seed asks for and the registry leaves empty, in the order of the page."""
    research = registry.research
    found: list[Place] = [("about", key) for key in ABOUT_FIELDS if not getattr(registry.about, key)]
    for number, indicator in registry.numbered:
        if indicator.include:
            wanted = ["short_description", "long_description", "reviewed"]
            wanted += ["target_source"] if indicator.level_green is not None else []
            found += [("indicators", number, key) for key in wanted if not getattr(indicator, key)]
    if not registry.quality_improvement:
        found.append(("quality_improvement",))
    if not research.projects:
        found.append(("research", "projects"))
    if not (research.publications or research.publication_list or research.bibliography):
        found.append(("research", "publications"))
    return tuple(found)


def descriptor_remarks(registry: Registry, document: Document) -> list[Fault]:
    """Every gap in one remark, and one for each text that is no address, in the order of the file."""
    missing = gaps(registry)
    remarks = []
    if missing:
        named = ", ".join(name_place(place) for place in missing)
        what = f"{len(missing)} of the fields that every result page has are empty: {named}."
        todo = "Fill them in. Readers see «ikke oppgitt» meanwhile."
        remarks.append(document.fault((), what, todo, Kind.TEXT_MISSING))
    if registry.incomplete:
        named = ", ".join(str(one) for one in registry.incomplete)
        what = f"Indicators that are not complete are left out, as no delivery may have rows of them: {named}."
        remarks.append(
            document.fault(("indicators",), what, "Complete them when they are used.", Kind.INDICATOR_INCOMPLETE)
        )
    return [
        *remarks,
        *_wrong_forms(registry, document),
        *_wrong_periods(registry, document),
        *_bare_publications(registry, document),
    ]


def _wrong_forms(registry: Registry, document: Document) -> Iterator[Fault]:
    for place, text in _addresses(registry):
        form = _FORMS[str(place[-1])]
        if text and not form.link(text):
            what = f"{quote(text)} {form.wrong}, so the page shows it without a link."
            yield document.fault(place, what, form.todo, form.kind)


def _addresses(registry: Registry) -> Iterator[tuple[Place, str]]:
    """Every text that should be an address or a number."""
    about, research = registry.about, registry.research
    yield ("about", "home_page"), about.home_page
    yield ("about", "phone"), about.phone
    yield ("about", "email"), about.email
    for at, contact in enumerate(about.contacts):
        yield ("about", "contacts", at, "phone"), contact.phone
        yield ("about", "contacts", at, "email"), contact.email
    for at, project in enumerate(research.projects):
        yield ("research", "projects", at, "url"), project.url
    for at, publication in enumerate(research.publications):
        yield ("research", "publications", at, "url"), publication.url
    yield ("research", "publication_list"), research.publication_list


def _wrong_periods(registry: Registry, document: Document) -> Iterator[Fault]:
    for at, work in enumerate(registry.quality_improvement):
        if work.period and work.indicators and work.years is None:
            what = f"{quote(work.period)} names no years, so the work is not drawn on the trend figures."
            todo = "Write 2021-2023, 2021- for work that goes on, or '2021'."
            yield document.fault(("quality_improvement", at, "period"), what, todo, Kind.PERIOD_WRONG)


def _bare_publications(registry: Registry, document: Document) -> Iterator[Fault]:
    for at, publication in enumerate(registry.research.publications):
        place = ("research", "publications", at)
        if not publication.text and not publication.url:
            what = "The publication has neither text nor address, so it is not shown."
            yield document.fault(place, what, "Give its title, or remove it.", Kind.PUBLICATION_BARE)
        elif not publication.text and "doi.org/10." not in publication.url:
            what = "The publication has no title, so the page shows its address alone."
            yield document.fault(place, what, "Add its title as text.", Kind.PUBLICATION_BARE)
