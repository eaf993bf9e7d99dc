"""Files of data: what each says of which cell, by its form and where it lies on the site.

Comes in: a file's bytes and its path. Goes out: a `Reading`. Files of results have rows with the keys of cells
(`schema`); all others hold names, definitions and addresses. A file that nothing here knows is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

from lxml import etree

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.claims import Claim, Reading, Table
from kvalreg.audit.pages import letters, page_text, registry_of
from kvalreg.audit.schema import (
    CHANGE_FIELDS,
    FIELDS,
    UNIT_FIELDS,
    Place,
    address_of,
    csv_rows,
    read_row,
    strict_json,
    table_columns,
)
from kvalreg.audit.vocabulary import DIGIT, Vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.report.translation import LANGUAGES
from kvalreg.site.api_schema import SCHEMAS
from kvalreg.site.open_files import compact_json
from kvalreg.site.staging import PREVIEW_IMAGE
from kvalreg.statistics.funnel import MIN_COVERAGE

_KV, _XML = "{urn:kvalreg}", "{http://www.w3.org/XML/1998/namespace}"
_DATES = re.compile(r"\b\d{4}-\d\d(-\d\d)?(T00:00:00Z)?\b")
"""Days, and names of editions."""
_ADDRESSES = {
    *("address", "page", "path", "url", "homepage", "href", "results", "mediatype", "licence", "made", "rname", "loc"),
    *("delivery_latest_update", "delivery_latest_affirm", "encoding", "$schema", "$id", "pattern", "@id", "@context"),
    *("descriptions", "years", "unitNames", "shortName"),
}
_IDS = {"id", "number", "kvalreg", "version", "sformat", "registry_id", "orgnr", "parent", "ind_id", "dg_id"}
"""Fields of metadata whose values are addresses and dates, or ids and versions: they have no spaces."""
_DEFINITIONS = {
    *("min_denominator", "secret_below", "level_green", "level_yellow", "level_direction", "include"),
    *("caregiver_data", "resident_data", "dg_data", "min_value", "max_value"),
}
"""Numbers of an indicator's definition, which everybody knows, and of what a registry has."""
_SERIES = ("orgnr", "year", "value", "low", "high", "provisional", "text")
"""What the places of a row of units' years hold."""


class DataFile:
    """One file while it is read."""

    def __init__(self, path: str, vocabulary: Vocabulary) -> None:
        self.path, self.vocabulary, self.reading = path, vocabulary, Reading(path, vocabulary)
        self.registry, first = registry_of(path), path.split("/")[0]
        language = first if first in LANGUAGES else vocabulary.language_of.get(self.registry, "nb")
        self.place = Place(CellAddress(self.registry), language)

    def find(self, what: str, kind: DiagnosticCode = DiagnosticCode.CELL_ADDRESS_MISSING) -> None:
        """Add a finding."""
        self.reading.find(kind, what, self.place.line, self.registry)

    def rows(self, rows: Iterable[dict[str, Any]], outer: dict[str, Any]) -> None:
        """Rows of open data, by the registry that each is of; what all rows share stands around them."""
        by_registry: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            row = outer | row
            self.words({"address": row.pop("address", None)})
            by_registry.setdefault(row.pop("registry_name"), []).append(row)
        self.reading.tables += [Table(registry, table_columns(found), 1) for registry, found in by_registry.items()]

    def words(self, value: object, name: str = "") -> None:
        """Metadata: names, texts, addresses and dates, and no number besides."""
        if isinstance(value, dict):
            for inner_name, inner in value.items():
                self.words(inner, name if name == "@context" else inner_name)
        elif isinstance(value, list):
            for inner in value:
                self.words(inner, name)
        elif value is not None and not isinstance(value, bool):
            self._word(str(value), name)

    def _word(self, text: str, name: str) -> None:
        is_address = name in _ADDRESSES and re.fullmatch(r"\S*[a-z]\S*", text)
        is_id = name in _IDS and re.fullmatch(r"\S+", text)
        is_definition = name in _DEFINITIONS and re.fullmatch(r"-?[\d.,]+", text)
        if is_address or is_id or is_definition:
            return
        if self.vocabulary.has_number(_DATES.sub("", text), years=True):
            self.find(f"A number in '{name}' stands in no role.")


def read_file(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """What a file of data says."""
    file = DataFile(path, vocabulary)
    for pattern, read in _FILES:
        if re.fullmatch(pattern, path):
            read(file, content)
            return file.reading
    file.find("Nobody knows what a file here tells.", DiagnosticCode.FILE_UNKNOWN)
    return file.reading


# --- what a page's scripts read --------------------------------------------------------------------------------------
def _unit_cells(file: DataFile, content: bytes) -> None:
    """Blocks of units' cells, beside a page."""
    for block in strict_json(content):
        address = address_of(block, file.place.address)
        if set(block) - {"registry", "ind_id", "context", "year", "units"}:
            file.find("A block of cells has a field of no role.")
        for orgnr, unit in block["units"].items():
            read_row(unit, UNIT_FIELDS, file.place._replace(address=address._replace(unit=orgnr)), file.reading)


def _unit_years(file: DataFile, content: bytes) -> None:
    """Every unit's years."""
    for block in strict_json(content):
        series = block.pop("series")
        for row in series:
            read_row(block | dict(zip(_SERIES, row, strict=True)), FIELDS, file.place, file.reading)


def _script(content: bytes) -> Any:
    """What a script gives to pages: ``window.kvSearch=[...];``."""
    return strict_json(re.sub(r"^window\.\w+=|;$", "", content.decode().strip()))


def _search_list(file: DataFile, content: bytes) -> None:
    """Names, and words of registries' own texts."""
    for address, name, kind, below, more in _script(content):
        file.words({"address": address, "name": name, "kind": kind, "below": below})
        if kind not in ("registry", "indicator"):
            file.words(more, kind)
        elif any(DIGIT.search(word) and word not in file.vocabulary.tokens for word in re.findall(r"\w+", more)):
            file.find("A word to search for is none of a registry's own.")


def _number_words(file: DataFile, content: bytes) -> None:
    """Texts of the catalogues, the limit of coverage, and names of registries."""
    parts = _script(content)
    if parts.pop("coverage") != round(MIN_COVERAGE * 100):
        file.find("The limit of coverage is another.")
    file.words(parts)


# --- open data -------------------------------------------------------------------------------------------------------
def _results_csv(file: DataFile, content: bytes) -> None:
    file.rows(csv_rows(content.decode("utf-8-sig")), {"registry_name": file.registry})


def _results_json(file: DataFile, content: bytes) -> None:
    answer = strict_json(content)
    columns = {name: values for name, values in answer.items() if isinstance(values, list)}
    file.words({name: value for name, value in answer.items() if name not in columns})
    file.reading.tables.append(Table(file.registry, columns, 1))


def _answer(file: DataFile, content: bytes) -> None:
    """An indicator with all its cells, or a unit with its newest cells of every registry."""
    answer = strict_json(content)
    cells = answer.pop("data")
    file.words(answer)
    file.rows(cells, {name: answer[name] for name in ("registry_name", "ind_id", "orgnr") if name in answer})


def _years(file: DataFile, content: bytes) -> None:
    if {str(year) for year in strict_json(content)} - file.vocabulary.years:
        file.find("A year is none of the registry's.", DiagnosticCode.WRONG_NUMBER)


def _metadata(file: DataFile, content: bytes) -> None:
    file.words(strict_json(content))


def _definitions(file: DataFile, content: bytes) -> None:
    file.words(csv_rows(content.decode("utf-8-sig")))


def _turtle(file: DataFile, content: bytes) -> None:
    """A catalogue: its texts stand between quotes, all else are addresses."""
    for text, kind in re.findall(r'("(?:[^"\\]|\\.)*")(\^\^)?', content.decode()):
        if not kind:
            file.words(strict_json(text), "text")


def _schema(file: DataFile, content: bytes) -> None:
    name = file.reading.path.rpartition("/")[2].removesuffix(".json")
    _must_be(file, content, compact_json(SCHEMAS.get(name)))


def _preview(file: DataFile, content: bytes) -> None:
    _must_be(file, content, files("kvalreg.site").joinpath(PREVIEW_IMAGE).read_bytes())


def _mark(file: DataFile, content: bytes) -> None:
    _must_be(file, content, b"")


def _must_be(file: DataFile, content: bytes, shipped: bytes) -> None:
    """A file that is the same for every site."""
    if content != shipped:
        file.find("This is not the file that is shipped with kvalreg.", DiagnosticCode.FILE_UNKNOWN)


# --- changes, feeds and lists ----------------------------------------------------------------------------------------
def _changes(file: DataFile, content: bytes) -> None:
    """A registry's changed cells: as an earlier edition had them, and as they are."""
    for row in csv_rows(content.decode(), ","):
        file.words([row.pop("level"), row.pop("what")])
        read_row(row, CHANGE_FIELDS, file.place, file.reading)


def _feed(file: DataFile, content: bytes) -> None:
    """Entries: a title of names and years, and a sentence that says what its numbers are."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in root.iter():
        languages = (around.get(f"{_XML}lang") for around in (element, *element.iterancestors()))
        file.place = Place(CellAddress(), next(filter(None, languages), "nb"), element.sourceline or 1)
        name, label, text = etree.QName(element).localname, element.get(f"{_KV}label"), element.text or ""
        if label is None:
            file.words(text, name)
        else:
            address = CellAddress.parse(element.get(f"{_KV}cell", ""))
            file.reading.claim(Claim(address, label, text, "sentence", file.place.language, file.place.line))
        file.words([element.tail, *(element.get(attribute) for attribute in ("title", "term", "label"))], "feed")


def _robots(file: DataFile, content: bytes) -> None:
    for line in content.decode().splitlines():
        file.words({"url" if line.startswith("Sitemap: ") else "robots": line.removeprefix("Sitemap: ")})


_Reader = Callable[[DataFile, bytes], None]
_API = "api/v1"
_FILES: Sequence[tuple[str, _Reader]] = (
    (r"enheter\.json|endringer/utgaver\.json", _metadata),
    (r"(.+/)?enheter\.json|sykehus/[^/]+/tall\.json", _unit_cells),
    (r"(.+/)?utvikling\.json", _unit_years),
    (r"sok\.js", _search_list),
    (r"tall\.js", _number_words),
    (r"data/[^/]+/resultater\.csv", _results_csv),
    (r"data/[^/]+/resultater\.json", _results_json),
    (rf"{_API}/data/[^/]+/indicators/[^/]+\.json|{_API}/units/[^/]+\.json", _answer),
    (r"data/[^/]+/indikatorer\.csv|data/enheter\.csv|data/fotnoter\.csv", _definitions),
    (rf"{_API}/data/[^/]+/years\.json", _years),
    (rf"{_API}/schema/[^/]+\.json", _schema),
    (re.escape(PREVIEW_IMAGE), _preview),
    (r"\.kvalreg-site", _mark),
    (rf"{_API}/(index|units|info/[a-zA-Z]+|data/[^/]+/[a-zA-Z]+)\.json", _metadata),
    (r"data/[^/]+/datapackage\.json|data/catalog\.jsonld", _metadata),
    (r"data/catalog\.ttl", _turtle),
    (r"endringer/[^/]+\.csv", _changes),
    (r"nytt\.xml|endringer\.xml|sitemap\.xml", _feed),
    (r"robots\.txt", _robots),
)
"""Every kind of file, by where it lies, and who reads it."""


SEARCH = "search.json"
"""Quarto's list of what stands on pages."""


def read_search(site: Path, vocabulary: Vocabulary) -> Reading:
    """Quarto's list for searching: every line with a digit stands on the page it leads to, where it is checked."""
    reading, pages = Reading(SEARCH, vocabulary), dict[str, str]()
    for entry in strict_json((site / SEARCH).read_bytes()):
        page = str(entry["href"]).partition("#")[0]
        if page not in pages:
            pages[page] = page_text((site / page).read_bytes())
        texts = (str(entry.get(name, "")) for name in ("title", "section", "text", "crumbs"))
        lines = (line for text in texts for line in text.split("\n") if DIGIT.search(line))
        if any(letters(unescape(line)) not in pages[page] for line in lines):
            reading.find(
                DiagnosticCode.CELL_ADDRESS_MISSING, f"The list for searching has a number that is not on {page}.", 1
            )
    return reading
