"""Pages: which cell each number is, by the addresses and roles around it.

Comes in: a page of the site. Goes out: a `Reading`: a claim for each number in a role, and a finding for each digit
that stands in none. A registry's own words, which say so, are passed over; kvalreg escapes them, so they cannot say
anything else.
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
from kvalreg.audit.schema import Place, strict_json
from kvalreg.audit.vocabulary import DIGIT, YEAR, Vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.report.translation import LANGUAGES, get_translator

Element: TypeAlias = etree._Element
_PARSER = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
_TEXT = etree.XPath("string()")
_COMMENT = re.compile(r"<!--.*?-->|<\?.*?>", re.DOTALL)
_API_ADDRESS = re.compile(r"/?api/v1/[\w./{}]*")
"""What stands in `<code>` with a digit."""
_LEVEL = re.compile(r"\bkv-level kv-(\w+)")
_CSS_TEXT, _GLYPH = re.compile(r"(?<![\w-])content\s*:([^;}]*)", re.IGNORECASE), re.compile(r"\\(?!0)[0-9a-f]{4,5}")
"""What style writes on a page, and a sign in it that is neither a letter nor a digit."""
_NAMES = {"a", "title", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "figcaption", "th", "option", "cite"}
"""Elements that name something: a year may stand in them without `<time>`, and nothing else with a digit."""
_WITHIN_NAMES = {"span", "strong", "em", "svg"}
_PROGRAMS = {
    *("id", "class", "href", "src", "for", "name", "width", "height", "viewbox", "tabindex", "colspan", "rowspan"),
    *("datetime", "http-equiv", "charset", "integrity", "action", "download", "headers", "aria-labelledby"),
    *("aria-controls", "aria-describedby", "data-kv-cell", "data-kv-label", "data-kv-role", "data-unit", "data-ind"),
    *("data-src", "data-series", "data-for", "data-page", "data-scroll-target", "data-toc-expanded", "data-anchor-id"),
    *("td data-sort", "th data-sort", "data value", "cx", "cy", "r", "d", "stroke-width"),
}
"""Attributes that no reader sees, or that are judged with their element: ids, addresses and measures."""
_PROGRAM_METAS = re.compile(r"viewport|generator|og:(url|image)|twitter:(card|image)|quarto:|citation_.*(url|date)")
_ADDRESSES = {"@context", "@id", "url", "contentUrl", "license", "dateModified"}
"""Keys of metadata that are addresses and dates."""
_FILTERS = {f"data-f-{name}": f"filter-{name}" for name in ("niva", "sikkerhet", "endring")}
"""Attributes that a row is found by, and what each one says of its cell."""
OF_THE_SITE: Mapping[str, Callable[[str, Vocabulary], object]] = {
    "size": lambda text, _: re.fullmatch(r"\d[\d ,.]* ?[kM]B", text),
    "version": lambda text, _: text == __version__,
    "url": lambda text, known: re.fullmatch(rf"{re.escape(known.url)}([a-z]\S*)?", text),
    "registries": lambda text, known: text.isdigit() and int(text) <= len(known.language_of),
}
"""Roles of no cell, and what is true of each."""


class Scope(NamedTuple):
    """What holds where an element stands.

    Parameters
    ----------
    years
        Whether a year may stand here by itself.
    """

    address: CellAddress
    language: str
    years: bool = False


def read_page(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """What a page says.

    Parameters
    ----------
    path
        Where it lies on the site: below ``registre/<id>/`` and ``data/<id>/`` all of it is of that registry.
    """
    page, root = _Page(Reading(path, vocabulary)), html.document_fromstring(content, parser=_PARSER)
    scope = Scope(CellAddress(registry_of(path)), root.get("lang", "nb"))
    page.walk(root, scope)
    for comment in (
        _COMMENT.findall(content.decode("utf-8", "replace")) if b"<!--" in content or b"<?" in content else ()
    ):
        page.text(comment, "a comment", root, scope)
    return page.reading


def read_shipped(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """A renderer's or kvalreg's own program or style, the same for every site."""
    reading = Reading(path, vocabulary)
    if not path.endswith((".js", ".css", ".map", ".woff", ".woff2", ".ttf", ".eot", ".svg", ".txt")):
        reading.find(DiagnosticCode.FILE_UNKNOWN, "This is no program, style or font.", 1)
    elif path.endswith(".css") and DIGIT.search(css_text(content.decode())):
        reading.find(DiagnosticCode.CELL_ADDRESS_MISSING, "A number in a style stands in no role.", 1)
    return reading


def page_text(content: bytes) -> str:
    """All that a reader sees of a page: its letters and digits, one after the other."""
    root = html.document_fromstring(content, parser=_PARSER)
    etree.strip_elements(root, "script", "style", with_tail=False)
    return letters(str(_TEXT(root)))


def css_text(css: str) -> str:
    """What style writes on a page."""
    return _GLYPH.sub("", "".join(_CSS_TEXT.findall(css)))


def letters(text: str) -> str:
    """The letters and digits of a text."""
    return re.sub(r"[\W_]+", "", text)


def registry_of(path: str) -> str:
    """The registry that a file belongs to by where it lies; empty for those of all registries."""
    found = re.match(
        rf"(?:(?:{'|'.join(LANGUAGES)})/)?(?:registre|data)/([^/]+)/|api/v1/data/([^/]+)/|endringer/([^/]+)\.csv$", path
    )
    return next(filter(None, found.groups()), "") if found else ""


class _Page:
    """One page while it is read."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self._vocabulary = reading, reading.vocabulary
        self._is_guide = "om" in reading.path.split("/")[:2]

    def walk(self, element: Element, scope: Scope) -> None:
        """An element, and all in it."""
        attributes, tag = element.attrib, element.tag
        if attributes.get("data-kv-text") == "registry":
            return
        scope = self._inside(element, scope)
        self._attributes(element, scope)
        if tag == "table":
            self._table(element, scope)
        elif tag == "script":
            self._script(element, scope)
        elif tag == "style":
            self.text(css_text(element.text or ""), tag, element, scope)
        elif tag == "time":
            self._time(element, scope)
        elif tag == "data" or "data-kv-role" in attributes:
            self._in_role(element, attributes.get("data-kv-role", "value"), scope)
        elif tag == "figure" and "data-figure" in attributes:
            self._figure(element, scope)
        elif tag in ("header", "footer", "code"):
            self._fixed(element, scope)
        else:
            self._content(element, scope)

    def _inside(self, element: Element, scope: Scope) -> Scope:
        """What holds inside an element."""
        attributes, address = element.attrib, scope.address
        if "data-kv-cell" in attributes:
            address = CellAddress.parse(attributes["data-kv-cell"]).within(address)
        elif "data-unit" in attributes:
            address = address._replace(unit=attributes["data-unit"])
        years = scope.years if element.tag in _WITHIN_NAMES else element.tag in _NAMES
        return Scope(address, attributes.get("lang", scope.language), years)

    def _content(self, element: Element, scope: Scope) -> None:
        if element.get("class", "").startswith("kv-level"):
            self._find(DiagnosticCode.CELL_ADDRESS_MISSING, "A level stands in no role.", element, scope)
        self.text(element.text, element.tag, element, scope)
        for child in element:
            self.walk(child, scope)
            self.text(child.tail, element.tag, child, scope)

    def text(self, text: str | None, where: str, element: Element, scope: Scope) -> None:
        """A text that stands in no role."""
        if not text or not DIGIT.search(text) or (self._is_guide and self._vocabulary.in_guide(text)):
            return
        if self._vocabulary.has_number(text, years=scope.years):
            self._find(DiagnosticCode.CELL_ADDRESS_MISSING, f"A number in {where} stands in no role.", element, scope)

    def _fixed(self, element: Element, scope: Scope) -> None:
        """What does not follow from results: the project's own words around a page, and addresses of the API."""
        if element.tag == "code":
            self.text(_API_ADDRESS.sub("", _plain(element)), "code", element, scope)
        elif element.get("id") == "quarto-header" or "footer" in element.get("class", ""):
            for text in element.itertext():
                if not self._vocabulary.in_project(text):
                    self.text(text, element.tag, element, scope)
        else:
            self._content(element, scope)

    def _find(self, kind: DiagnosticCode, what: str, element: Element, scope: Scope) -> None:
        self.reading.find(kind, what, element.sourceline or 0, scope.address.registry)

    def _claim(self, role: str, text: str, form: Form, element: Element, scope: Scope) -> None:
        self.reading.claim(Claim(scope.address, role, text, form, scope.language, element.sourceline or 0))

    def _attributes(self, element: Element, scope: Scope) -> None:
        """What readers hear or see of attributes."""
        for name, value in element.attrib.items():
            if name == "aria-label" and "data-kv-label" in element.attrib:
                self._claim(element.attrib["data-kv-label"], value, "sentence", element, scope)
            elif name in _FILTERS:
                self._claim(_FILTERS[name], value, "code", element, scope)
            elif not DIGIT.search(value):
                continue
            elif value.startswith("data:"):
                is_file = name == "href" and element.get("class") == "kv-csv"  # it is read with its figure
                if not is_file and element.get("rel") != "icon":
                    self._find(DiagnosticCode.FILE_UNKNOWN, f"The attribute '{name}' holds a file.", element, scope)
            elif name == "style":
                self.text(css_text(value), name, element, scope)
            elif not _is_for_programs(element, name):
                self.text(value.replace("|", " | "), f"the attribute '{name}'", element, scope._replace(years=True))

    # --- roles -------------------------------------------------------------------------------------------------------
    def _in_role(self, element: Element, role: str, scope: Scope) -> None:
        """An element whose text is one number, or one level; with the levels' signs and the attributes in it."""
        text = _plain(element)
        if role in OF_THE_SITE:
            if not OF_THE_SITE[role](text, self._vocabulary):
                self._find(DiagnosticCode.WRONG_NUMBER, f"This is no '{role}'.", element, scope)
            return
        self._claim(role, text, "text", element, scope)
        if element.tag == "data":
            self._claim(role, element.get("value", ""), "number", element, scope)
        elif "data-sort" in element.attrib:
            self._claim(role, element.attrib["data-sort"], "sort", element, scope)
        for part in element.iter() if len(element) or "class" in element.attrib else ():
            level = _LEVEL.search(part.get("class", ""))
            if level:
                self._claim("achievement", level[1], "code", part, scope)
            if part is not element:
                self._attributes(part, scope)

    def _time(self, element: Element, scope: Scope) -> None:
        text, day = _plain(element), element.get("datetime")
        is_year = YEAR.fullmatch(text) is not None and text in self._vocabulary.years
        if len(element) or not (
            is_year if day is None else get_translator(scope.language).format_date(date.fromisoformat(day)) == text
        ):
            what = "This is no year that any registry has numbers from, and no day."
            self._find(DiagnosticCode.WRONG_NUMBER, what, element, scope)

    # --- tables ------------------------------------------------------------------------------------------------------
    def _table(self, table: Element, scope: Scope) -> None:
        roles = [head.get("data-kv-role", "") for head in table.findall("./thead/tr/th")]
        if not roles or not all(roles):
            is_of_words = "kv-words" in table.get("class", "") or not DIGIT.search(_plain(table))
            if "kv-table" in table.get("class", "") or not is_of_words:
                self._find(
                    DiagnosticCode.COLUMN_ROLES_MISSING,
                    "A table of results does not say what its columns are.",
                    table,
                    scope,
                )
            self._content(table, scope)
            return
        for part in table:
            if part.tag == "tbody":
                for row in part:
                    self._row(row, roles, scope)
            elif part.tag == "thead":
                for head in part.iter("th"):
                    self._attributes(head, scope)
                    self._content(head, scope._replace(years=True))
            else:
                self.walk(part, scope)

    def _row(self, row: Element, roles: list[str], scope: Scope) -> None:
        scope = self._inside(row, scope)
        self._attributes(row, scope)
        if len(row) != len(roles):
            self._find(
                DiagnosticCode.COLUMN_ROLES_MISSING,
                "A row of results has other columns than its table's heading.",
                row,
                scope,
            )
        for cell, role in zip(row, roles, strict=False):
            if role == "text":
                self.walk(cell, scope)
                self.text(cell.get("data-sort"), "data-sort", cell, scope._replace(years=True))
            else:
                self._attributes(cell, scope)
                language = cell.get("lang")
                self._in_role(cell, role, scope._replace(language=language) if language else scope)

    # --- figures and scripts -----------------------------------------------------------------------------------------
    def _figure(self, figure: Element, scope: Scope) -> None:
        read_figure(figure, Place(scope.address, scope.language, figure.sourceline or 0), self.reading)
        for child in figure:
            if child.get("class") == "kv-chart":
                self._attributes(child, scope)
            elif child.tag != "script":
                self.walk(child, scope)
            self.text(child.tail, "figure", child, scope)

    def _script(self, script: Element, scope: Scope) -> None:
        """Metadata may name what it is about; a template of charts holds no number; other scripts have no text."""
        text = script.text or ""
        if script.get("type") == "application/ld+json":
            for value in _values(strict_json(text)):
                self.text(value, "metadata", script, scope._replace(years=True))
        elif script.get("class") == "kv-template":
            if not is_template(text):
                self._find(DiagnosticCode.CELL_ADDRESS_MISSING, "A template of charts has a number.", script, scope)
        elif not (script.get("id", "").startswith("quarto") or "quarto" in text.lower()):  # Quarto's are all alike
            self.text(text, "script", script, scope._replace(years=True))


def _is_for_programs(element: Element, name: str) -> bool:
    if name in _PROGRAMS or f"{element.tag} {name}" in _PROGRAMS or name.startswith("data-bs-"):
        return True
    about = element.get("name") or element.get("property") or ""
    return element.tag == "meta" and ("http-equiv" in element.attrib or bool(_PROGRAM_METAS.match(about)))


def _values(value: object, key: str = "") -> Iterator[str]:
    """Every text and number of metadata that is no address and no date."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, key if key in _ADDRESSES else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, key)
    elif key not in _ADDRESSES or " " in str(value):
        yield str(value).replace("/", " ") if key == "temporalCoverage" else str(value)


def _plain(element: Element) -> str:
    return " ".join(str(_TEXT(element)).split())
