"""Pages: which cell each number is, by the addresses and roles around it.

Comes in: a page of the site. Goes out: a `Reading`: a claim for each number in a role, and a fault for each digit that
stands in none. A registry's own words, which say so, are passed over; kvalreg escapes them, so they cannot say
anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, TypeAlias

from lxml import etree, html

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.charts import is_template, read_figure
from kvalreg.audit.claims import Claim, Form, Reading, is_of_the_site
from kvalreg.audit.vocabulary import DIGIT, YEAR, Vocabulary
from kvalreg.kinds import Kind
from kvalreg.report.wording import LANGUAGES, words

Element: TypeAlias = etree._Element
_PARSER = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
_TEXT = etree.XPath("string()")
_ID = re.compile(r"[\w./{}:-]*[A-Za-z][\w./{}:-]*")
"""What stands in `<code>`: a name of a file, a column or a key."""
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_SYMBOL = {"svg", "circle", "path"}
"""Parts of a level's symbol."""
_YEARS_ALONE = {"a", "title", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "figcaption", "th", "option", "cite"}
"""Elements that name something: a year may stand in them without `<time>`, and nothing else with a digit."""
_PROGRAMS = {
    *("id", "class", "href", "src", "for", "name", "style", "width", "height", "viewbox", "tabindex", "colspan"),
    *("rowspan", "datetime", "http-equiv", "integrity", "action", "download", "headers", "aria-labelledby"),
    *("aria-controls", "aria-describedby", "data-kv-cell", "data-kv-label", "data-kv-role", "data-unit", "data-ind"),
    *("data-src", "data-series", "data-for", "data-page", "data-scroll-target", "data-toc-expanded"),
}
"""Attributes that no reader sees: ids, addresses and measures."""
_PROGRAM_METAS = re.compile(r"viewport|generator|og:(url|image)|twitter:|quarto:|citation_")
_FILTERS = ("niva", "sikkerhet", "endring")


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
    """What a page tells.

    Parameters
    ----------
    path
        Where it lies on the site: below ``registre/<id>/`` and ``data/<id>/`` all of it is of that registry.
    """
    reading = Reading()
    try:
        root = html.document_fromstring(content, parser=_PARSER)
    except (etree.ParserError, ValueError):
        reading.fault(Kind.FILE_UNKNOWN, "This page cannot be read.", 1)
        return reading
    page = _Page(reading, path, vocabulary)
    page.walk(root, Scope(CellAddress(registry_of(path)), root.get("lang", "nb")))
    if b"<!--" in content:
        page.comments(content.decode("utf-8", "replace"), root.get("lang", "nb"))
    return reading


def page_text(content: bytes) -> str:
    """All that a reader sees of a page: its letters and digits, one after the other."""
    root = html.document_fromstring(content, parser=_PARSER)
    etree.strip_elements(root, "script", "style", with_tail=False)
    return letters(str(_TEXT(root)))


def letters(text: str) -> str:
    """The letters and digits of a text."""
    return re.sub(r"[\W_]+", "", text)


def registry_of(path: str) -> str:
    """The registry that a file belongs to by where it lies; empty for those of all registries."""
    parts = path.split("/")
    parts = parts[1:] if parts[0] in LANGUAGES else parts
    if parts[:3] == ["api", "v1", "data"] and len(parts) > 4:
        return parts[3]
    if parts[0] == "endringer" and parts[-1].endswith(".csv"):
        return parts[-1].removesuffix(".csv")
    return parts[1] if parts[0] in ("registre", "data") and len(parts) > 2 else ""


class _Page:
    """One page while it is read."""

    def __init__(self, reading: Reading, path: str, vocabulary: Vocabulary) -> None:
        self.reading, self.vocabulary = reading, vocabulary
        parts = path.split("/")
        self._is_guide = "om" in parts[:2]

    def walk(self, element: Element, scope: Scope) -> None:
        """An element that says nothing of its own role, and all in it."""
        attributes, tag = element.attrib, element.tag
        if attributes.get("data-kv-text") == "registry" or tag == "style" or _is_of_the_project(element):
            return
        scope = self._inside(element, scope)
        self._attributes(element, scope)
        if tag == "table":
            self._table(element, scope)
        elif tag == "script":
            self._script(element, scope)
        elif tag == "time":
            self._time(element, scope)
        elif tag == "code":
            if DIGIT.search(_plain(element)) and not _ID.fullmatch(_plain(element)):
                self._no_address(element, scope)
        elif tag == "data" or "data-kv-role" in attributes:
            self._role(element, attributes.get("data-kv-role", "value"), scope)
        elif attributes.get("class") == "kv-symbol":
            return
        elif tag == "figure" and "data-figure" in attributes:
            self._figure(element, scope)
        else:
            self._content(element, scope)

    def _inside(self, element: Element, scope: Scope) -> Scope:
        """What holds inside an element."""
        attributes = element.attrib
        address = scope.address
        if "data-kv-cell" in attributes:
            try:
                address = CellAddress.parse(attributes["data-kv-cell"]).within(address)
            except ValueError:
                self.reading.fault(Kind.CELL_UNKNOWN, "This address has too many parts.", _line(element))
        elif "data-unit" in attributes:
            address = address._replace(unit=attributes["data-unit"])
        years = scope.years if element.tag in ("span", "strong", "em", "svg") else element.tag in _YEARS_ALONE
        return Scope(address, attributes.get("lang", scope.language), years)

    def _content(self, element: Element, scope: Scope) -> None:
        if element.get("class", "").startswith("kv-level"):
            self._no_address(element, scope)
        self._text(element.text, element, scope)
        for child in element:
            self.walk(child, scope)
            self._text(child.tail, child, scope)

    def _text(self, text: str | None, element: Element, scope: Scope) -> None:
        """A text that stands in no role."""
        if not text or not DIGIT.search(text):
            return
        if self._is_guide and self.vocabulary.in_guide(text, scope.language):
            return
        if self.vocabulary.has_number(text, scope.language, years=scope.years):
            self._no_address(element, scope)

    def _no_address(self, element: Element, scope: Scope) -> None:
        what = f"A number or a level in <{element.tag}> stands in no role."
        self.reading.fault(Kind.NO_ADDRESS, what, _line(element), scope.address.registry)

    # --- attributes --------------------------------------------------------------------------------------------------
    def _attributes(self, element: Element, scope: Scope) -> None:
        for name, value in element.attrib.items():
            if name.startswith("data-f-"):
                self._filter(element, name.removeprefix("data-f-"), value, scope)
            elif name == "aria-label" and "data-kv-label" in element.attrib:
                label = element.attrib["data-kv-label"]
                self.reading.claim(Claim(scope.address, label, value, Form.SENTENCE, scope.language, _line(element)))
            elif not DIGIT.search(value):
                continue
            elif value.startswith("data:"):
                self._data_address(element, name, scope)
            elif not self._is_for_programs(element, name) and self.vocabulary.has_number(
                value, scope.language, years=True
            ):
                what = f"A number in the attribute '{name}' stands in no role."
                self.reading.fault(Kind.NO_ADDRESS, what, _line(element), scope.address.registry)

    def _is_for_programs(self, element: Element, name: str) -> bool:
        if name in _PROGRAMS or name.startswith("data-bs-"):
            return True
        if element.tag in ("td", "th"):  # judged with the role of its column
            return name == "data-sort"
        if element.tag == "data":
            return name == "value"
        if element.tag == "meta":
            about = element.get("name") or element.get("property") or ""
            return name == "charset" or "http-equiv" in element.attrib or bool(_PROGRAM_METAS.match(about))
        return False

    def _data_address(self, element: Element, name: str, scope: Scope) -> None:
        """A file in an attribute: an icon is none of results; a figure's own file is read with the figure."""
        is_icon = element.tag == "link" and element.get("rel") == "icon"
        is_file = name == "href" and element.get("class") == "kv-csv"
        if not is_icon and not is_file:
            self.reading.fault(
                Kind.FILE_UNKNOWN, f"The attribute '{name}' holds a file.", _line(element), scope.address.registry
            )

    def _filter(self, element: Element, name: str, value: str, scope: Scope) -> None:
        """What a row is found by."""
        if name in _FILTERS:
            self.reading.claim(Claim(scope.address, f"filter-{name}", value, Form.CODE, scope.language, _line(element)))
        elif DIGIT.search(value) and self.vocabulary.has_number(value.replace("|", " | "), scope.language, years=True):
            self._no_address(element, scope)

    # --- roles -------------------------------------------------------------------------------------------------------
    def _role(self, element: Element, role: str, scope: Scope) -> None:
        """An element whose text is one number, or one level."""
        text, line = _plain(element), _line(element)
        if role == "size":
            if not re.fullmatch(r"\d[\d ,.]* ?[kM]B", text):
                self._no_address(element, scope)
            return
        claim = Claim(scope.address, role, text, Form.TEXT, scope.language, line)
        of_site = is_of_the_site(claim)
        if of_site is not None:
            if not of_site:
                self.reading.fault(Kind.NUMBER_WRONG, f"This is no '{role}'.", line)
            return
        self.reading.claim(claim)
        if element.tag == "data":
            exact = element.get("value", "")
            self.reading.claim(Claim(scope.address, role, exact, Form.NUMBER, scope.language, line))
        self._parts(element, scope)

    def _parts(self, element: Element, scope: Scope) -> None:
        """What stands in an element whose whole text is judged: its levels' signs, and its attributes."""
        for part in element.iter():
            if part is not element and part.get("data-kv-text") != "registry" and part.tag not in _SYMBOL:
                self._attributes(part, scope)
            level = re.search(r"\bkv-level kv-(\w+)", part.get("class", ""))
            if level:
                claim = Claim(scope.address, "achievement", level[1], Form.CODE, scope.language, _line(part))
                self.reading.claim(claim)

    def _time(self, element: Element, scope: Scope) -> None:
        text, day = _plain(element), element.get("datetime")
        if day is None:
            sound = bool(YEAR.fullmatch(text)) and text in self.vocabulary.years
        else:
            sound = _date_text(day, scope.language) == text
        if not sound or len(element):
            what = "This is no year that any registry has numbers from, and no day."
            self.reading.fault(Kind.NUMBER_WRONG, what, _line(element), scope.address.registry)

    # --- tables ------------------------------------------------------------------------------------------------------
    def _table(self, table: Element, scope: Scope) -> None:
        heads = table.findall("./thead/tr/th")
        roles = [head.get("data-kv-role") for head in heads]
        if not roles or None in roles:
            if "kv-table" in table.get("class", "") or not _is_of_words(table):
                what = "A table of results does not say what its columns are."
                self.reading.fault(Kind.NO_ROLES, what, _line(table), scope.address.registry)
            self._content(table, scope)
            return
        for part in table:
            if part.tag == "tbody":
                for row in part:
                    self._row(row, [role or "" for role in roles], scope)
            elif part.tag == "thead":
                for head in heads:
                    self._attributes(head, scope)
                    self._content(head, scope._replace(years=True))
            else:
                self.walk(part, scope)

    def _row(self, row: Element, roles: list[str], scope: Scope) -> None:
        scope = self._inside(row, scope)
        self._attributes(row, scope)
        cells = list(row)
        if len(cells) != len(roles):
            what = "A row of results has other columns than its table's heading."
            self.reading.fault(Kind.NO_ROLES, what, _line(row), scope.address.registry)
        for cell, role in zip(cells, roles, strict=False):
            self._cell(cell, role, scope)

    def _cell(self, cell: Element, role: str, scope: Scope) -> None:
        if role == "text":
            self.walk(cell, scope)
            self._sorted_text(cell, scope)
            return
        self._attributes(cell, scope)
        language, line = cell.get("lang", scope.language), _line(cell)
        self.reading.claim(Claim(scope.address, role, _plain(cell), Form.TEXT, language, line))
        sort = cell.get("data-sort")
        if sort is not None:
            self.reading.claim(Claim(scope.address, role, sort, Form.SORT, language, line))
        self._parts(cell, scope)

    def _sorted_text(self, cell: Element, scope: Scope) -> None:
        sort = cell.get("data-sort", "")
        if DIGIT.search(sort) and self.vocabulary.has_number(sort, scope.language, years=True):
            self._no_address(cell, scope)

    # --- figures and scripts -----------------------------------------------------------------------------------------
    def _figure(self, figure: Element, scope: Scope) -> None:
        read_figure(figure, (scope.address, scope.language), self.reading)
        for child in figure:
            if child.get("class") == "kv-chart":
                self._attributes(child, scope)
            elif child.tag != "script":
                self.walk(child, scope)
            self._text(child.tail, child, scope)

    def _script(self, script: Element, scope: Scope) -> None:
        """Metadata may name what it is about; a template of charts holds no number; other scripts have no text."""
        text, kind = script.text or "", script.get("class", "")
        if script.get("type") == "application/ld+json":
            texts: Iterator[str] = _strings(json.loads(text))
        elif kind == "kv-template":
            if '"values":[{' in text or '"datasets"' in text or not is_template(text):
                self._no_address(script, scope)
            return
        elif text.strip() and script.getparent() is not None and not _is_quartos(script):
            texts = iter([text])
        else:
            return
        if any(self.vocabulary.has_number(one, scope.language, years=True) for one in texts):
            self._no_address(script, scope)

    def comments(self, text: str, language: str) -> None:
        """Comments are no place for numbers."""
        for comment in _COMMENT.finditer(text):
            if DIGIT.search(comment[1]) and self.vocabulary.has_number(comment[1], language):
                line = text.count("\n", 0, comment.start()) + 1
                self.reading.fault(Kind.NO_ADDRESS, "A number in a comment stands in no role.", line)


def _strings(value: object, key: str = "") -> Iterator[str]:
    """Every text and number of metadata that is no address and no date."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("@context", "@id", "url", "contentUrl", "license", "dateModified"):
                yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif value is not None:
        yield str(value).replace("/", " ") if key == "temporalCoverage" else str(value)


def _is_of_the_project(element: Element) -> bool:
    """A part of a page whose words are the project's own, from ``_quarto.yml``."""
    if element.tag == "footer":
        return "footer" in str(element.get("class", ""))
    return bool(element.tag == "header" and element.get("id") == "quarto-header")


def _is_of_words(table: Element) -> bool:
    return "kv-words" in table.get("class", "") or not DIGIT.search(str(_TEXT(table)))


def _is_quartos(script: Element) -> bool:
    """A script that Quarto writes into every page: it is the same whatever the page tells."""
    return script.get("id", "").startswith("quarto") or "quarto" in (script.text or "").lower()


def _date_text(day: str, language: str) -> str:
    try:
        return words(language).date(date.fromisoformat(day))
    except (ValueError, KeyError):
        return ""


def _plain(element: Element) -> str:
    return " ".join(str(_TEXT(element)).split())


def _line(element: Element) -> int:
    return element.sourceline or 0
