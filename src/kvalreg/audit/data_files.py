"""Data files: what each states about which cell, by its format and its path on the site.

Input: a file's bytes and its path. Output: a `Reading`. Files of results have rows with the keys of cells (`schema`);
all others hold names, definitions and addresses. A file of no known path is a finding: what it states is not checked.
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
from kvalreg.audit.claims import Claim, OpenDataTable, Reading
from kvalreg.audit.pages import letters, page_text, registry_of
from kvalreg.audit.schema import (
    CHANGE_FIELDS,
    FIELDS,
    UNIT_FIELDS,
    RowScope,
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
"""Dates, and names of editions."""
_ADDRESS_FIELDS = {
    *("address", "page", "path", "url", "homepage", "href", "results", "mediatype", "licence", "made", "rname", "loc"),
    *("delivery_latest_update", "delivery_latest_affirm", "encoding", "$schema", "$id", "pattern", "@id", "@context"),
    *("descriptions", "years", "unitNames", "shortName"),
}
_ID_FIELDS = {"id", "number", "kvalreg", "version", "sformat", "registry_id", "orgnr", "parent", "ind_id", "dg_id"}
"""Fields of metadata whose values are addresses and dates, or ids and versions: they have no spaces."""
_DEFINITION_FIELDS = {
    *("min_denominator", "secret_below", "level_green", "level_yellow", "level_direction", "include"),
    *("caregiver_data", "resident_data", "dg_data", "min_value", "max_value"),
}
"""Public numbers of an indicator's definition, and flags of what a registry has."""
_YEAR_ROW_FIELDS = ("orgnr", "year", "value", "low", "high", "provisional", "text")
"""The fields of a row of a unit's year, by position."""


class DataFile:
    """One file while it is read."""

    def __init__(self, path: str, vocabulary: Vocabulary) -> None:
        self.path, self.vocabulary, self.reading = path, vocabulary, Reading(path, vocabulary)
        self.registry, first_folder = registry_of(path), path.split("/")[0]
        # Files outside the folder of a language are in the registry's own, as its pages are.
        language = first_folder if first_folder in LANGUAGES else vocabulary.language_of.get(self.registry, "nb")
        self.scope = RowScope(CellAddress(self.registry), language)

    def add_finding(self, message: str, code: DiagnosticCode = DiagnosticCode.CELL_ADDRESS_MISSING) -> None:
        """Add a finding."""
        self.reading.add_finding(code, message, self.scope.line, self.registry)

    def add_rows(self, rows: Iterable[dict[str, Any]], outer: dict[str, Any]) -> None:
        """Add rows of open data, by registry; `outer` has the fields that all rows share."""
        by_registry: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            row = outer | row
            self.check_metadata({"address": row.pop("address", None)})
            by_registry.setdefault(row.pop("registry_name"), []).append(row)
        self.reading.tables += [
            OpenDataTable(registry, table_columns(group), 1) for registry, group in by_registry.items()
        ]

    def check_metadata(self, value: object, name: str = "") -> None:
        """Metadata may hold names, texts, addresses and dates, and no other number."""
        if isinstance(value, dict):
            for inner_name, inner in value.items():
                self.check_metadata(inner, name if name == "@context" else inner_name)
        elif isinstance(value, list):
            for inner in value:
                self.check_metadata(inner, name)
        elif value is not None and not isinstance(value, bool):
            self._check_value(str(value), name)

    def _check_value(self, text: str, name: str) -> None:
        # An address or id has no spaces and a definition is one number: a sentence in such a field is checked like any.
        is_address = name in _ADDRESS_FIELDS and re.fullmatch(r"\S*[a-z]\S*", text)
        is_id = name in _ID_FIELDS and re.fullmatch(r"\S+", text)
        is_definition = name in _DEFINITION_FIELDS and re.fullmatch(r"-?[\d.,]+", text)
        if is_address or is_id or is_definition:
            return
        if self.vocabulary.has_number(_DATES.sub("", text), years=True):
            self.add_finding(f"A number in '{name}' stands in no role.")


def read_file(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """What a data file states, by the reader of the first path that matches."""
    file = DataFile(path, vocabulary)
    for pattern, read in _FILES:
        if re.fullmatch(pattern, path):
            read(file, content)
            return file.reading
    file.add_finding("No reader of the audit knows a file of this path.", DiagnosticCode.FILE_UNKNOWN)
    return file.reading


# --- files of a page's scripts ---------------------------------------------------------------------------------------
def _unit_cells(file: DataFile, content: bytes) -> None:
    """Blocks of units' cells, loaded when a reader selects a unit."""
    for block in strict_json(content):
        # The block has what its units share: {"registry", "ind_id", "context", "year", "units": {orgnr: {...}}}.
        address = address_of(block, file.scope.address)
        if set(block) - {"registry", "ind_id", "context", "year", "units"}:
            file.add_finding("A block of cells has a field of no role.")
        for orgnr, unit in block["units"].items():
            read_row(unit, UNIT_FIELDS, file.scope._replace(address=address._replace(unit=orgnr)), file.reading)


def _unit_years(file: DataFile, content: bytes) -> None:
    """Every unit's values by year, as arrays in the order of `_YEAR_ROW_FIELDS`."""
    for block in strict_json(content):
        series = block.pop("series")
        for row in series:
            read_row(block | dict(zip(_YEAR_ROW_FIELDS, row, strict=True)), FIELDS, file.scope, file.reading)


def _script_value(content: bytes) -> Any:
    """The value that a script assigns: ``window.kvSearch=[...];``."""
    return strict_json(re.sub(r"^window\.\w+=|;$", "", content.decode().strip()))


def _search_index(file: DataFile, content: bytes) -> None:
    """Names, and words of the registries' own texts."""
    for address, name, kind, below, more in _script_value(content):
        file.check_metadata({"address": address, "name": name, "kind": kind, "below": below})
        if kind not in ("registry", "indicator"):
            file.check_metadata(more, kind)
        # Own texts are in the index as single words: each with a digit must be a word of some registry's texts.
        elif any(DIGIT.search(word) and word not in file.vocabulary.tokens for word in re.findall(r"\w+", more)):
            file.add_finding("A word to search for is none of a registry's own.")


def _number_words(file: DataFile, content: bytes) -> None:
    """Texts of the catalogues, the limit of coverage, and names of registries."""
    parts = _script_value(content)
    if parts.pop("coverage") != round(MIN_COVERAGE * 100):
        file.add_finding("The limit of coverage differs from that of the funnel.")
    file.check_metadata(parts)


# --- open data -------------------------------------------------------------------------------------------------------
def _results_csv(file: DataFile, content: bytes) -> None:
    file.add_rows(csv_rows(content.decode("utf-8-sig")), {"registry_name": file.registry})


def _results_json(file: DataFile, content: bytes) -> None:
    response = strict_json(content)
    columns = {name: values for name, values in response.items() if isinstance(values, list)}
    file.check_metadata({name: value for name, value in response.items() if name not in columns})
    file.reading.tables.append(OpenDataTable(file.registry, columns, 1))


def _api_response(file: DataFile, content: bytes) -> None:
    """An indicator with all its cells, or a unit with its latest cells in every registry."""
    response = strict_json(content)
    cells = response.pop("data")
    file.check_metadata(response)
    file.add_rows(cells, {name: response[name] for name in ("registry_name", "ind_id", "orgnr") if name in response})


def _years(file: DataFile, content: bytes) -> None:
    if {str(year) for year in strict_json(content)} - file.vocabulary.years:
        file.add_finding("A year is none of the registry's.", DiagnosticCode.WRONG_NUMBER)


def _metadata(file: DataFile, content: bytes) -> None:
    file.check_metadata(strict_json(content))


def _definitions(file: DataFile, content: bytes) -> None:
    file.check_metadata(csv_rows(content.decode("utf-8-sig")))


def _turtle(file: DataFile, content: bytes) -> None:
    """A DCAT catalogue in Turtle: texts are quoted, everything else is an address or a typed literal."""
    for text, datatype in re.findall(r'("(?:[^"\\]|\\.)*")(\^\^)?', content.decode()):
        if not datatype:  # dates, numbers of bytes and addresses have one: "2025-06-01"^^xsd:date
            file.check_metadata(strict_json(text), "text")


def _schema(file: DataFile, content: bytes) -> None:
    name = file.reading.path.rpartition("/")[2].removesuffix(".json")
    _require_shipped(file, content, compact_json(SCHEMAS.get(name)))


def _preview(file: DataFile, content: bytes) -> None:
    _require_shipped(file, content, files("kvalreg.site").joinpath(PREVIEW_IMAGE).read_bytes())


def _marker(file: DataFile, content: bytes) -> None:
    _require_shipped(file, content, b"")  # it only marks the folder as a site of kvalreg


def _require_shipped(file: DataFile, content: bytes, shipped: bytes) -> None:
    """A file that is the same on every site must be the one that is shipped with kvalreg."""
    if content != shipped:
        file.add_finding("This is not the file that is shipped with kvalreg.", DiagnosticCode.FILE_UNKNOWN)


# --- changes, feeds and lists ----------------------------------------------------------------------------------------
def _changes(file: DataFile, content: bytes) -> None:
    """A registry's revised cells: as published in an earlier edition, and as they are now."""
    for row in csv_rows(content.decode(), ","):
        file.check_metadata([row.pop("level"), row.pop("what")])
        read_row(row, CHANGE_FIELDS, file.scope, file.reading)


def _feed(file: DataFile, content: bytes) -> None:
    """Entries: a title of names and years, and a sentence whose label names its numbers."""
    # The XML of a site is not trusted: no entity is expanded and nothing is fetched.
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in root.iter():
        # xml:lang is inherited: the nearest one counts.
        languages = (ancestor.get(f"{_XML}lang") for ancestor in (element, *element.iterancestors()))
        file.scope = RowScope(CellAddress(), next(filter(None, languages), "nb"), element.sourceline or 1)
        name, label, text = etree.QName(element).localname, element.get(f"{_KV}label"), element.text or ""
        if label is None:
            file.check_metadata(text, name)
        else:
            address = CellAddress.parse(element.get(f"{_KV}cell", ""))
            file.reading.add_claim(Claim(address, label, text, "sentence", file.scope.language, file.scope.line))
        file.check_metadata(
            [element.tail, *(element.get(attribute) for attribute in ("title", "term", "label"))], "feed"
        )


def _robots(file: DataFile, content: bytes) -> None:
    for line in content.decode().splitlines():
        file.check_metadata({"url" if line.startswith("Sitemap: ") else "robots": line.removeprefix("Sitemap: ")})


_Reader = Callable[[DataFile, bytes], None]
_API = "api/v1"
_FILES: Sequence[tuple[str, _Reader]] = (
    (r"enheter\.json|endringer/utgaver\.json", _metadata),
    (r"(.+/)?enheter\.json|sykehus/[^/]+/tall\.json", _unit_cells),
    (r"(.+/)?utvikling\.json", _unit_years),
    (r"sok\.js", _search_index),
    (r"tall\.js", _number_words),
    (r"data/[^/]+/resultater\.csv", _results_csv),
    (r"data/[^/]+/resultater\.json", _results_json),
    (rf"{_API}/data/[^/]+/indicators/[^/]+\.json|{_API}/units/[^/]+\.json", _api_response),
    (r"data/[^/]+/indikatorer\.csv|data/enheter\.csv|data/fotnoter\.csv", _definitions),
    (rf"{_API}/data/[^/]+/years\.json", _years),
    (rf"{_API}/schema/[^/]+\.json", _schema),
    (re.escape(PREVIEW_IMAGE), _preview),
    (r"\.kvalreg-site", _marker),
    (rf"{_API}/(index|units|info/[a-zA-Z]+|data/[^/]+/[a-zA-Z]+)\.json", _metadata),
    (r"data/[^/]+/datapackage\.json|data/catalog\.jsonld", _metadata),
    (r"data/catalog\.ttl", _turtle),
    (r"endringer/[^/]+\.csv", _changes),
    (r"nytt\.xml|endringer\.xml|sitemap\.xml", _feed),
    (r"robots\.txt", _robots),
)
"""The reader of each kind of file, by its path; the first match counts, so special cases stand above general ones."""


SEARCH = "search.json"
"""Quarto's search index of the pages' texts."""


def read_search(site: Path, vocabulary: Vocabulary) -> Reading:
    """Quarto's search index: every line with a digit must be on the page it links to, where it is checked."""
    reading, pages = Reading(SEARCH, vocabulary), dict[str, str]()
    for entry in strict_json((site / SEARCH).read_bytes()):
        page = str(entry["href"]).partition("#")[0]
        if page not in pages:
            pages[page] = page_text((site / page).read_bytes())
        # Compared by letters and digits alone: Quarto changes spaces and punctuation when it extracts texts.
        texts = (str(entry.get(name, "")) for name in ("title", "section", "text", "crumbs"))
        lines = (line for text in texts for line in text.split("\n") if DIGIT.search(line))
        if any(letters(unescape(line)) not in pages[page] for line in lines):
            message = f"The list for searching has a number that is not on {page}."
            reading.add_finding(DiagnosticCode.CELL_ADDRESS_MISSING, message, 1)
    return reading
