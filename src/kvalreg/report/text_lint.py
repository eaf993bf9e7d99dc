"""Checks a registry's own texts: hard to read, HTML that is removed, links without a scheme.

Input: a registry and its `registry.yml`. Output: diagnostics with line and key. They are warnings only: what a registry
writes is its own choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Units
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument
from kvalreg.report.readability import LIX_LIMIT, Lix, exempt_names, lix_of_markdown

# Bounded lengths keep the search linear in the length of an untrusted text.
_LINK = re.compile(r"(?<!!)\[[^\]\n]{1,200}\]\((?!https?://|mailto:|tel:)([^)\s]{1,200})\)", re.IGNORECASE)
_RAW_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_AUTOLINK = re.compile(r"<(?:https?:|mailto:)[^>]*>")
"""Markdown's own angle brackets around an address, which are no HTML."""


def text_diagnostics(registry: Registry, units: Units, document: YamlDocument) -> list[Diagnostic]:
    """Every diagnostic of a registry's texts, in the order of the file.

    Parameters
    ----------
    registry, units
        Their names are exempt from LIX.
    document
        `registry.yml` as parsed, for its line numbers.
    """
    ignored_names = exempt_names(registry, units)
    diagnostics = []
    for key_path, text in registry_texts(registry):
        # One diagnostic of each kind per text is enough to find them all in the editor.
        lix = lix_of_markdown(text, ignored_names)
        if lix.is_hard:
            hint = "Write shorter sentences and everyday words."
            diagnostics.append(
                document.diagnostic(key_path, readability_message("The text", lix), hint, DiagnosticCode.HARD_TO_READ)
            )
        tag = _RAW_TAG.search(_AUTOLINK.sub("", text))
        if tag:
            hint = "Use Markdown: *emphasis*, - lists, [links](https://...). Write &lt; for a sign <."
            diagnostics.append(
                document.diagnostic(
                    key_path, f"HTML is taken out of the text: {tag.group()[:40]}.", hint, DiagnosticCode.HTML_REMOVED
                )
            )
        link = _LINK.search(text)
        if link:
            message = f"The link to {quote(link[1])} leads nowhere, and its words are shown without it."
            hint = "Write the whole address, beginning with https://."
            diagnostics.append(document.diagnostic(key_path, message, hint, DiagnosticCode.INVALID_URL))
    return diagnostics


def readability_message(subject: str, lix: Lix) -> str:
    """The LIX of a text, and its hardest sentences, as a message."""
    sentences = "; ".join(f"«{sentence.text}» (LIX {sentence.lix:.0f})" for sentence in lix.hardest_sentences())
    message = (
        f"{subject} is hard to read: LIX {lix.value:.0f}, and for a broad public it should be {LIX_LIMIT} at most."
    )
    return f"{message} Hardest sentences: {sentences}." if sentences else message


def registry_texts(registry: Registry) -> Iterator[tuple[KeyPath, str]]:
    """Every text that a registry writes for readers, with its key path in `registry.yml`; empty ones are skipped."""
    about = registry.about
    texts: list[tuple[KeyPath, str]] = [
        (("about", key), text)
        for key, text in (("purpose", about.purpose), ("usefulness", about.usefulness), ("patients", about.patients))
    ]
    for index, indicator in registry.numbered:
        texts.append((("indicators", index, "short_description"), indicator.short_description))
        texts.append((("indicators", index, "long_description"), indicator.long_description))
    texts += [
        (("quality_improvement", index, "description"), improvement.description)
        for index, improvement in enumerate(registry.quality_improvement)
    ]
    texts += [
        (("research", "projects", index, "description"), project.description)
        for index, project in enumerate(registry.research.projects)
    ]
    return ((key_path, text) for key_path, text in texts if text)
