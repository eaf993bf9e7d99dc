"""What should be looked at in a registry's own words: texts that are hard to read, and HTML that is taken out.

Comes in: a registry and its `registry.yml`. Goes out: remarks with line and key. They stop nothing: what a registry
writes is its own choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kvalreg.errors import Fault
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Units
from kvalreg.inputs.yaml_file import Document, Place
from kvalreg.kinds import Kind
from kvalreg.report.readability import LIMIT, Lix, lix_of_markdown, names_of

_RAW_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_LINK = re.compile(r"(?<!!)\[[^\]\n]{1,200}\]\((?!https?://|mailto:|tel:)([^)\s]{1,200})\)", re.IGNORECASE)
_ADDRESS = re.compile(r"<(?:https?:|mailto:)[^>]*>")


def text_remarks(registry: Registry, units: Units, document: Document) -> list[Fault]:
    """Every remark on a registry's texts, in the order of the file.

    Parameters
    ----------
    registry, units
        Whose names are not blamed for being long.
    document
        `registry.yml` as it was read, for its lines.
    """
    exempt = names_of(registry, units)
    remarks = []
    for place, text in registry_texts(registry):
        measured = lix_of_markdown(text, exempt)
        if measured.hard:
            todo = "Write shorter sentences and everyday words."
            remarks.append(document.fault(place, hard_to_read("The text", measured), todo, Kind.HARD_TO_READ))
        tag = _RAW_TAG.search(_ADDRESS.sub("", text))
        if tag:
            todo = "Use Markdown: *emphasis*, - lists, [links](https://...). Write &lt; for a sign <."
            remarks.append(
                document.fault(place, f"HTML is taken out of the text: {tag.group()[:40]}.", todo, Kind.HTML_REMOVED)
            )
        link = _LINK.search(text)
        if link:
            what = f"The link to {quote(link[1])} leads nowhere, and its words are shown without it."
            todo = "Write the whole address, beginning with https://."
            remarks.append(document.fault(place, what, todo, Kind.ADDRESS_WRONG))
    return remarks


def hard_to_read(what: str, measured: Lix) -> str:
    """A sentence that tells the LIX of a text, and which of its sentences weigh most."""
    said = "; ".join(f"«{sentence.text}» (LIX {sentence.lix:.0f})" for sentence in measured.heaviest())
    told = f"{what} is hard to read: LIX {measured.value:.0f}, and for a broad public it should be {LIMIT} at most."
    return f"{told} It weighs most in {said}." if said else told


def registry_texts(registry: Registry) -> Iterator[tuple[Place, str]]:
    """Every text that a registry writes for readers, with its place in `registry.yml`; empty ones are left out."""
    about = registry.about
    texts: list[tuple[Place, str]] = [
        (("about", key), text)
        for key, text in (("purpose", about.purpose), ("usefulness", about.usefulness), ("patients", about.patients))
    ]
    for at, indicator in registry.numbered:
        texts.append((("indicators", at, "short_description"), indicator.short_description))
        texts.append((("indicators", at, "long_description"), indicator.long_description))
    texts += [
        (("quality_improvement", at, "description"), work.description)
        for at, work in enumerate(registry.quality_improvement)
    ]
    texts += [
        (("research", "projects", at, "description"), project.description)
        for at, project in enumerate(registry.research.projects)
    ]
    return ((place, text) for place, text in texts if text)
