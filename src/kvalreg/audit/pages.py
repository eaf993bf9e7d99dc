"""Pages: the cell of each number, by the addresses and roles of the elements around it.

Input: a page of the site. Output: a `Reading` with a claim for each number in a role, and a finding for each digit that
stands in none. A registry's own texts are skipped by their marker, ``data-kv-text="registry"``; kvalreg escapes them,
so that they cannot end the marked element.

In ``<p data-kv-cell="slag/slag_enhet/caregiver/2025/974">I 2025 fikk <data value="0.914">91 av 100</data> hjelp.</p>``
the element gives the address, and ``<data>`` is a claim in the role ``value``. The digits of "I 2025" stand in no role:
a finding, unless the year is written as ``<time>2025</time>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import NamedTuple, TypeAlias

from lxml import etree, html

from kvalreg import __version__
from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.claims import Claim, Form, Reading
from kvalreg.audit.figures import is_template, read_figure
from kvalreg.audit.schema import RowScope, strict_json
from kvalreg.audit.vocabulary import DIGIT, YEAR, Vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.report.translation import LANGUAGES, get_translator

Element: TypeAlias = etree._Element  # noqa: SLF001 - the type that lxml documents
_PARSER = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
_TEXT = etree.XPath("string()")
_COMMENT = re.compile(r"<!--.*?-->|<\?.*?>", re.DOTALL)
_API_ADDRESS = re.compile(r"/?api/v1/[\w./{}]*")
"""Addresses of the API in `<code>`: "v1" is no result."""
_LEVEL = re.compile(r"\bkv-level kv-(\w+)")
_CSS_TEXT, _CSS_GLYPH = re.compile(r"(?<![\w-])content\s*:([^;}]*)", re.IGNORECASE), re.compile(r"\\(?!0)[0-9a-f]{4,5}")
"""Text that CSS writes on a page, and an escaped code point in it that is neither a letter nor a digit."""
_NAME_TAGS = {"a", "title", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "figcaption", "th", "option", "cite"}
"""Elements that name something: a year may stand in them without `<time>`, but no other digit."""
_INLINE_TAGS = {"span", "strong", "em", "svg"}
_MACHINE_ATTRIBUTES = {
    *("id", "class", "href", "src", "for", "name", "width", "height", "viewbox", "tabindex", "colspan", "rowspan"),
    *("datetime", "http-equiv", "charset", "integrity", "action", "download", "headers", "aria-labelledby"),
    *("aria-controls", "aria-describedby", "data-kv-cell", "data-kv-label", "data-kv-role", "data-unit", "data-ind"),
    *("data-src", "data-series", "data-for", "data-page", "data-scroll-target", "data-toc-expanded", "data-anchor-id"),
    *("td data-sort", "th data-sort", "data value", "cx", "cy", "r", "d", "stroke-width"),
}
"""Attributes that no reader sees, or that are checked with their element: ids, addresses and measures."""
_MACHINE_METAS = re.compile(r"viewport|generator|og:(url|image)|twitter:(card|image)|quarto:|citation_.*(url|date)")
_ADDRESS_KEYS = {"@context", "@id", "url", "contentUrl", "license", "dateModified"}
"""Keys of JSON-LD metadata whose values are addresses and dates."""
_FILTER_ROLES = {f"data-f-{name}": f"filter-{name}" for name in ("niva", "sikkerhet", "endring")}
"""Attributes by which the page's script filters rows, and the role of each."""
SITE_ROLES: Mapping[str, Callable[[str, Vocabulary], object]] = {
    "size": lambda text, _: re.fullmatch(r"\d[\d ,.]* ?[kM]B", text),
    "version": lambda text, _: text == __version__,
    "url": lambda text, vocabulary: re.fullmatch(rf"{re.escape(vocabulary.url)}([a-z]\S*)?", text),
    "registries": lambda text, vocabulary: text.isdigit() and int(text) <= len(vocabulary.language_of),
}
"""Roles of the site itself, which have no cell, and the condition of each."""


class PageScope(NamedTuple):
    """What elements inherit from those around them.

    Parameters
    ----------
    years
        Whether a year may stand here without `<time>`.
    """

    address: CellAddress
    language: str
    years: bool = False


def read_page(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """What a page states.

    Parameters
    ----------
    path
        The page's path on the site: below ``registre/<id>/`` and ``data/<id>/`` all of it is about that registry.
    """
    page, root = _Page(Reading(path, vocabulary)), html.document_fromstring(content, parser=_PARSER)
    scope = PageScope(CellAddress(registry_of(path)), root.get("lang", "nb"))
    page.walk(root, scope)
    # The parser drops comments: walking their nodes would cost more than searching the few pages that have any.
    if b"<!--" in content or b"<?" in content:
        for comment in _COMMENT.findall(content.decode("utf-8", "replace")):
            page.check_text(comment, "a comment", root, scope)
    return page.reading


def read_shipped(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """A script, style or font of the renderer or of kvalreg, the same on every site."""
    reading = Reading(path, vocabulary)
    if not path.endswith((".js", ".css", ".map", ".woff", ".woff2", ".ttf", ".eot", ".svg", ".txt")):
        reading.add_finding(DiagnosticCode.FILE_UNKNOWN, "This is no program, style or font.", 1)
    elif path.endswith(".css") and DIGIT.search(css_text(content.decode())):
        reading.add_finding(DiagnosticCode.CELL_ADDRESS_MISSING, "A number in a style stands in no role.", 1)
    return reading


def page_text(content: bytes) -> str:
    """The letters and digits that a reader sees on a page, without spaces."""
    root = html.document_fromstring(content, parser=_PARSER)
    etree.strip_elements(root, "script", "style", with_tail=False)
    return letters(str(_TEXT(root)))


def css_text(css: str) -> str:
    """The text that CSS writes on a page."""
    return _CSS_GLYPH.sub("", "".join(_CSS_TEXT.findall(css)))


def letters(text: str) -> str:
    """The letters and digits of a text."""
    return re.sub(r"[\W_]+", "", text)


def registry_of(path: str) -> str:
    """The registry of a file by its path; empty for files of several registries."""
    match = re.match(
        rf"(?:(?:{'|'.join(LANGUAGES)})/)?(?:registre|data)/([^/]+)/|api/v1/data/([^/]+)/|endringer/([^/]+)\.csv$", path
    )
    return next(filter(None, match.groups()), "") if match else ""


class _Page:
    """One page while it is read."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self._vocabulary = reading, reading.vocabulary
        self._is_guide = "om" in reading.path.split("/")[:2]

    def walk(self, element: Element, scope: PageScope) -> None:
        """Read an element and its descendants."""
        attributes, tag = element.attrib, element.tag
        # A registry's own text is its own responsibility; whatever is in it was escaped.
        if attributes.get("data-kv-text") == "registry":
            return
        scope = self._inner_scope(element, scope)
        self._check_attributes(element, scope)
        # Tables, figures, scripts and elements of a role have readers of their own; everything else is text.
        if tag == "table":
            self._read_table(element, scope)
        elif tag == "script":
            self._check_script(element, scope)
        elif tag == "style":
            self.check_text(css_text(element.text or ""), tag, element, scope)
        elif tag == "time":
            self._check_time(element, scope)
        elif tag == "data" or "data-kv-role" in attributes:
            self._read_role(element, attributes.get("data-kv-role", "value"), scope)
        elif tag == "figure" and "data-figure" in attributes:
            self._read_figure(element, scope)
        elif tag in ("header", "footer", "code"):
            self._walk_fixed_text(element, scope)
        else:
            self._walk_content(element, scope)

    def _inner_scope(self, element: Element, scope: PageScope) -> PageScope:
        """The scope inside an element: its own address, unit and language before those around it."""
        attributes, address = element.attrib, scope.address
        if "data-kv-cell" in attributes:
            address = CellAddress.parse(attributes["data-kv-cell"]).within(address)
        elif "data-unit" in attributes:
            address = address._replace(unit=attributes["data-unit"])
        years = scope.years if element.tag in _INLINE_TAGS else element.tag in _NAME_TAGS
        return PageScope(address, attributes.get("lang", scope.language), years)

    def _walk_content(self, element: Element, scope: PageScope) -> None:
        if element.get("class", "").startswith("kv-level"):
            # Levels are shown by signs without digits, so their class is what gives them away.
            self._add_finding(DiagnosticCode.CELL_ADDRESS_MISSING, "A level stands in no role.", element, scope)
        self.check_text(element.text, element.tag, element, scope)
        for child in element:
            self.walk(child, scope)
            # The text behind a child belongs to this element, and so to this scope.
            self.check_text(child.tail, element.tag, child, scope)

    def check_text(self, text: str | None, where: str, element: Element, scope: PageScope) -> None:
        """A text in no role may hold names and fixed texts, and no other digit."""
        if not text or not DIGIT.search(text) or (self._is_guide and self._vocabulary.in_guide(text)):
            return
        if self._vocabulary.has_number(text, years=scope.years):
            self._add_finding(
                DiagnosticCode.CELL_ADDRESS_MISSING, f"A number in {where} stands in no role.", element, scope
            )

    def _walk_fixed_text(self, element: Element, scope: PageScope) -> None:
        """Texts that do not depend on results: headers and footers of the project, and addresses of the API."""
        if element.tag == "code":
            self.check_text(_API_ADDRESS.sub("", _plain_text(element)), "code", element, scope)
        elif element.get("id") == "quarto-header" or "footer" in element.get("class", ""):
            for text in element.itertext():
                if not self._vocabulary.in_project(text):
                    self.check_text(text, element.tag, element, scope)
        else:
            self._walk_content(element, scope)

    def _add_finding(self, code: DiagnosticCode, message: str, element: Element, scope: PageScope) -> None:
        self.reading.add_finding(code, message, element.sourceline or 0, scope.address.registry)

    def _add_claim(self, role: str, text: str, form: Form, element: Element, scope: PageScope) -> None:
        self.reading.add_claim(Claim(scope.address, role, text, form, scope.language, element.sourceline or 0))

    def _check_attributes(self, element: Element, scope: PageScope) -> None:
        """Attributes that readers hear or see: labels, titles, filters, styles and embedded files."""
        for name, value in element.attrib.items():
            if name == "aria-label" and "data-kv-label" in element.attrib:
                self._add_claim(element.attrib["data-kv-label"], value, "sentence", element, scope)
            elif name in _FILTER_ROLES:
                self._add_claim(_FILTER_ROLES[name], value, "code", element, scope)
            elif not DIGIT.search(value):
                continue
            # A file inside an attribute would be one that nobody has read: only the figure's CSV and the icon may be.
            elif value.startswith("data:"):
                is_file = name == "href" and element.get("class") == "kv-csv"  # it is read with its figure
                if not is_file and element.get("rel") != "icon":
                    self._add_finding(
                        DiagnosticCode.FILE_UNKNOWN, f"The attribute '{name}' holds a file.", element, scope
                    )
            elif name == "style":
                self.check_text(css_text(value), name, element, scope)
            elif not _is_machine_attribute(element, name):
                self.check_text(
                    value.replace("|", " | "), f"the attribute '{name}'", element, scope._replace(years=True)
                )

    # --- roles -------------------------------------------------------------------------------------------------------
    def _read_role(self, element: Element, role: str, scope: PageScope) -> None:
        """An element whose text is one number or one level, with the signs of levels and the attributes in it."""
        text = _plain_text(element)
        if role in SITE_ROLES:
            if not SITE_ROLES[role](text, self._vocabulary):
                self._add_finding(DiagnosticCode.WRONG_NUMBER, f"This is no '{role}'.", element, scope)
            return
        self._add_claim(role, text, "text", element, scope)
        if element.tag == "data":
            self._add_claim(role, element.get("value", ""), "number", element, scope)
        elif "data-sort" in element.attrib:
            self._add_claim(role, element.attrib["data-sort"], "sort", element, scope)
        # Signs of levels inside a cell of a table are claims too: their class is a code such as "kv-level kv-high".
        for part in element.iter() if len(element) or "class" in element.attrib else ():
            level = _LEVEL.search(part.get("class", ""))
            if level:
                self._add_claim("achievement", level[1], "code", part, scope)
            if part is not element:
                self._check_attributes(part, scope)

    def _check_time(self, element: Element, scope: PageScope) -> None:
        text, day = _plain_text(element), element.get("datetime")
        is_year = YEAR.fullmatch(text) is not None and text in self._vocabulary.years
        if len(element) or not (
            is_year if day is None else get_translator(scope.language).format_date(date.fromisoformat(day)) == text
        ):
            message = "This is no year that any registry has numbers from, and no day."
            self._add_finding(DiagnosticCode.WRONG_NUMBER, message, element, scope)

    # --- tables ------------------------------------------------------------------------------------------------------
    def _read_table(self, table: Element, scope: PageScope) -> None:
        # A table of results has the role of each column in its heading; every other table is read as text.
        roles = [head.get("data-kv-role", "") for head in table.findall("./thead/tr/th")]
        if not roles or not all(roles):
            is_of_words = "kv-words" in table.get("class", "") or not DIGIT.search(_plain_text(table))
            if "kv-table" in table.get("class", "") or not is_of_words:
                message = "A table of results does not say what its columns are."
                self._add_finding(DiagnosticCode.COLUMN_ROLES_MISSING, message, table, scope)
            self._walk_content(table, scope)
            return
        for part in table:
            if part.tag == "tbody":
                for row in part:
                    self._read_row(row, roles, scope)
            elif part.tag == "thead":
                for head in part.iter("th"):
                    self._check_attributes(head, scope)
                    self._walk_content(head, scope._replace(years=True))
            else:
                self.walk(part, scope)

    def _read_row(self, row: Element, roles: list[str], scope: PageScope) -> None:
        scope = self._inner_scope(row, scope)
        self._check_attributes(row, scope)
        if len(row) != len(roles):
            message = "A row of results has other columns than its table's heading."
            self._add_finding(DiagnosticCode.COLUMN_ROLES_MISSING, message, row, scope)
        for cell, role in zip(row, roles, strict=False):
            # A column of texts has elements in it, such as links to units; any other cell is one number or level.
            if role == "text":
                self.walk(cell, scope)
                self.check_text(cell.get("data-sort"), "data-sort", cell, scope._replace(years=True))
            else:
                self._check_attributes(cell, scope)
                language = cell.get("lang")
                self._read_role(cell, role, scope._replace(language=language) if language else scope)

    # --- figures and scripts -----------------------------------------------------------------------------------------
    def _read_figure(self, figure: Element, scope: PageScope) -> None:
        read_figure(figure, RowScope(scope.address, scope.language, figure.sourceline or 0), self.reading)
        for child in figure:
            if child.get("class") == "kv-chart":
                self._check_attributes(child, scope)
            elif child.tag != "script":
                self.walk(child, scope)
            self.check_text(child.tail, "figure", child, scope)

    def _check_script(self, script: Element, scope: PageScope) -> None:
        """Metadata may have names and years; a chart's template has no number, and other scripts have no result."""
        text = script.text or ""
        if script.get("type") == "application/ld+json":
            for value in _metadata_values(strict_json(text)):
                self.check_text(value, "metadata", script, scope._replace(years=True))
        elif script.get("class") == "kv-template":
            if not is_template(text):
                self._add_finding(
                    DiagnosticCode.CELL_ADDRESS_MISSING, "A template of charts has a number.", script, scope
                )
        elif not (script.get("id", "").startswith("quarto") or "quarto" in text.lower()):  # Quarto's own
            self.check_text(text, "script", script, scope._replace(years=True))


def _is_machine_attribute(element: Element, name: str) -> bool:
    if name in _MACHINE_ATTRIBUTES or f"{element.tag} {name}" in _MACHINE_ATTRIBUTES or name.startswith("data-bs-"):
        return True
    about = element.get("name") or element.get("property") or ""
    return element.tag == "meta" and ("http-equiv" in element.attrib or bool(_MACHINE_METAS.match(about)))


def _metadata_values(value: object, key: str = "") -> Iterator[str]:
    """The texts and numbers of metadata, except addresses and dates."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _metadata_values(inner, key if key in _ADDRESS_KEYS else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _metadata_values(inner, key)
    elif key not in _ADDRESS_KEYS or " " in str(value):
        yield str(value).replace("/", " ") if key == "temporalCoverage" else str(value)


def _plain_text(element: Element) -> str:
    return " ".join(str(_TEXT(element)).split())
