"""Files of data: what each tells of which cell, by its schema and its address on the site.

Comes in: a file's bytes and where it lies. Goes out: a `Reading`. A file of no known schema is a fault: nobody knows
what it tells. JSON and CSV have the keys of cells in every row; feeds and the list for searching have names alone.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from lxml import etree

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.charts import strict_json
from kvalreg.audit.claims import Claim, Form, Reading, Table
from kvalreg.audit.pages import letters, page_text, registry_of
from kvalreg.audit.vocabulary import DIGIT, Vocabulary
from kvalreg.kinds import Kind
from kvalreg.report.wording import LANGUAGES, words
from kvalreg.statistics.funnel import MIN_COVERAGE

_KV = "{urn:kvalreg}"
_EDITION = re.compile(r"(\d{4}-\d\d[a-z0-9-]*)?")
_DATES = re.compile(r"\d{4}-\d\d-\d\d(T00:00:00Z)?")
_PLACES = {"address", "page", "path", "url", "homepage", "href", "results", "mediatype", "licence", "id", "number"}
_PLACES |= {"made", "kvalreg", "version", "delivery_latest_update", "delivery_latest_affirm", "sformat", "rname"}
_PLACES |= {
    "encoding",
    "$schema",
    "$id",
    "pattern",
    "@id",
    "@context",
    "registry_id",
    "descriptions",
    "years",
    "unitNames",
    "shortName",
}
"""Keys of metadata whose values are addresses, dates, versions and numbers of lists."""
_DEFINITIONS = {"min_denominator", "secret_below", "level_green", "level_yellow", "level_direction", "include"}
_DEFINITIONS |= {"caregiver_data", "resident_data", "dg_data", "min_value", "max_value"}
"""Keys of an indicator's definition, which everybody knows, and of what a registry has."""
_UNIT_FIELDS = {
    "name": ("unit", Form.TEXT),
    "value": ("value", Form.TEXT),
    "cell": ("value", Form.TEXT),
    "patients": ("n", Form.TEXT),
    "level": ("achievement", Form.CODE),
    "levelText": ("achievement", Form.TEXT),
    "note": ("limit", Form.TEXT),
    "shown": ("shown", Form.CODE),
}
"""What pages know of a unit, for a reader who picks it: see `kvalreg.report.yours`."""
_SERIES = (("value", Form.NUMBER), ("low", Form.NUMBER), ("high", Form.NUMBER), ("provisional", Form.NUMBER))


class DataFile:
    """One file while it is read."""

    def __init__(self, path: str, vocabulary: Vocabulary) -> None:
        self.path, self.vocabulary, self.reading = path, vocabulary, Reading()
        first = path.split("/")[0]
        self.registry = registry_of(path)
        own = vocabulary.lang_of.get(self.registry, "nb")
        self.language = first if first in LANGUAGES else own

    def fault(self, what: str, kind: Kind = Kind.NO_ADDRESS, line: int = 1, registry: str = "") -> None:
        """Something wrong with the file."""
        self.reading.fault(kind, what, line, registry or self.registry)

    def claim(self, address: CellAddress, role: str, told: Any, form: Form) -> None:
        """One thing that it tells."""
        text = str(told).lower() if isinstance(told, bool) else "" if told is None else str(told)
        language = self.language if self.registry else "nb"
        self.reading.claim(Claim(address, role, text, form, language, 1))

    def words(self, value: object, key: str = "") -> None:
        """Metadata: names, texts, addresses and dates, and no number besides."""
        if isinstance(value, dict):
            for name, inner in value.items():
                if name not in _PLACES | _DEFINITIONS:
                    self.words(inner, name)
        elif isinstance(value, list):
            for inner in value:
                self.words(inner, key)
        elif value is not None and DIGIT.search(str(value)) and not isinstance(value, bool):
            text = _DATES.sub("", str(value))
            if self.vocabulary.has_number(text, self.language, years=True):
                self.fault(f"A number in '{key}' stands in no role.")


def read_file(content: bytes, path: str, vocabulary: Vocabulary) -> Reading:
    """What a file of data tells."""
    file = DataFile(path, vocabulary)
    reader = next((reader for pattern, reader in _READERS if re.fullmatch(pattern, path)), None)
    if reader is None:
        file.fault("Nobody knows what a file here tells.", Kind.FILE_UNKNOWN)
        return file.reading
    try:
        reader(file, content)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, etree.XMLSyntaxError):
        file.fault("This file is not of its schema.", Kind.FILE_UNKNOWN)
    return file.reading


# --- what a page's scripts read --------------------------------------------------------------------------------------
def _unit_cells(file: DataFile, content: bytes) -> None:
    """Blocks of units' cells, beside a page."""
    for block in strict_json(content):
        registry = block.get("registry", file.registry)
        if set(block) - {"registry", "ind_id", "context", "year", "units"}:
            file.fault("A block of cells has a key of no role.", registry=registry)
        for orgnr, told in block["units"].items():
            address = CellAddress(registry, block["ind_id"], block["context"], str(block["year"]), orgnr)
            _unit(file, address, told)


def _unit(file: DataFile, address: CellAddress, told: Mapping[str, Any]) -> None:
    for name, value in told.items():
        if name == "text":
            file.claim(address, "unit-sentence", value, Form.SENTENCE)
        elif name in _UNIT_FIELDS:
            role, form = _UNIT_FIELDS[name]
            file.claim(address, role, value, form)
        else:
            file.fault(f"A unit has a field '{name}' of no role.", registry=address.registry)


def _series(file: DataFile, content: bytes) -> None:
    """Every unit's years."""
    for block in strict_json(content):
        if set(block) != {"ind_id", "context", "series"}:
            file.fault("A block of years has a key of no role.")
        for orgnr, year, *numbers, text in block["series"]:
            address = CellAddress(file.registry, block["ind_id"], block["context"], str(year), orgnr)
            for (role, form), number in zip(_SERIES, numbers, strict=True):
                file.claim(address, role, number, form)
            file.claim(address, "value", text, Form.TEXT)


def _unit_list(file: DataFile, content: bytes) -> None:
    """The units that a reader may pick."""
    for unit in strict_json(content):
        if set(unit) != {"orgnr", "name", "level", "parent", "page"}:
            file.fault("A unit of the list has a key of no role.")
        file.words(unit["name"], "name")


def _search_list(file: DataFile, content: bytes) -> None:
    """Names, and words of registries' own texts."""
    text = content.decode().strip().removeprefix("window.kvSearch=").removesuffix(";")
    for _address, name, kind, below, more in strict_json(text):
        file.words([name, below], "name")
        if kind not in ("registry", "indicator"):
            file.words(more, kind)
        elif any(DIGIT.search(word) and word not in file.vocabulary.tokens for word in re.findall(r"\w+", more)):
            file.fault("A word to search for is none of a registry's own.")


def _number_words(file: DataFile, content: bytes) -> None:
    """Texts of the catalogues as they are, the limit of coverage, and names of registries."""
    told = strict_json(content.decode().strip().removeprefix("window.kvNumbers=").removesuffix(";"))
    if set(told) != {"words", "coverage", "registries"} or told["coverage"] != round(MIN_COVERAGE * 100):
        file.fault("The words about numbers have a key of no role.")
    for language, texts in told["words"].items():
        sections = words(language).catalogue.values()
        known = {form for section in sections for text in section.values() for form in _forms(text)}
        if not known.issuperset(texts.values()):
            file.fault("A text about numbers is none of the catalogues'.")
    file.words([registry["name"] for registry in told["registries"].values()], "name")


def _forms(text: str | dict[str, str]) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text.values()


# --- open data -------------------------------------------------------------------------------------------------------
def _results_csv(file: DataFile, content: bytes) -> None:
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    columns = dict(zip(lines[0], zip(*lines[1:], strict=True), strict=True)) if lines[1:] else {}
    file.reading.tables.append(Table(file.registry, columns, 2))


def _results_json(file: DataFile, content: bytes) -> None:
    answer = strict_json(content)
    columns = {name: values for name, values in answer.items() if isinstance(values, list)}
    file.words({name: value for name, value in answer.items() if name not in columns})
    file.reading.tables.append(Table(file.registry, columns, 1))


def _indicator_json(file: DataFile, content: bytes) -> None:
    answer = strict_json(content)
    cells = answer.pop("data")
    file.words(answer)
    file.reading.tables.append(_records([cell | {"ind_id": answer["ind_id"]} for cell in cells], file.registry))


def _unit_json(file: DataFile, content: bytes) -> None:
    """A unit's newest cells of every registry."""
    answer = strict_json(content)
    by_registry: dict[str, list[dict[str, Any]]] = {}
    for cell in answer.pop("data"):
        own = {name: value for name, value in cell.items() if name not in ("registry_name", "address")}
        by_registry.setdefault(cell["registry_name"], []).append(own | {"orgnr": answer["orgnr"]})
    file.words({name: value for name, value in answer.items() if name not in ("orgnr", "parent")})
    for registry, cells in by_registry.items():
        file.reading.tables.append(_records(cells, registry))


def _records(cells: Sequence[Mapping[str, Any]], registry: str) -> Table:
    names = dict.fromkeys(name for cell in cells for name in cell)
    return Table(registry, {name: [cell.get(name) for cell in cells] for name in names}, 1)


def _definitions_csv(file: DataFile, content: bytes) -> None:
    """Indicators, units or footnotes: definitions, names and fixed texts."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    for row in rows:
        for name, value in row.items():
            if name in ("short_description", "long_description"):
                is_own = " ".join(value.split()) in file.vocabulary.texts
                if not is_own:
                    file.fault("A description is none of a registry's own.")
            elif name not in _PLACES | _DEFINITIONS | {"orgnr", "parent", "ind_id", "dg_id"}:
                file.words(value, str(name))


def _metadata(file: DataFile, content: bytes) -> None:
    file.words(_without_descriptions(file, strict_json(content)))


def _without_descriptions(file: DataFile, value: object) -> object:
    """The same without descriptions that are a registry's own, and without ids."""
    if isinstance(value, dict):
        return {
            name: _without_descriptions(file, inner)
            for name, inner in value.items()
            if name not in ("orgnr", "parent", "value", "ind_id", "dg_id", "@type")
            and not (isinstance(inner, str) and " ".join(inner.split()) in file.vocabulary.texts)
        }
    return [_without_descriptions(file, one) for one in value] if isinstance(value, list) else value


def _years(file: DataFile, content: bytes) -> None:
    if {str(year) for year in strict_json(content)} - file.vocabulary.years:
        file.fault("A year is none of the registry's.", Kind.NUMBER_WRONG)


def _fixed(_file: DataFile, _content: bytes) -> None:
    """A schema is shipped with kvalreg, and a picture is none of results."""


def _turtle(file: DataFile, content: bytes) -> None:
    """A catalogue: its texts stand between quotes, all else are addresses."""
    for text, kind in re.findall(r'("(?:[^"\\]|\\.)*")(\^\^)?', content.decode()):
        if not kind:
            file.words(json.loads(text), "text")


# --- changes and feeds -----------------------------------------------------------------------------------------------
_CHANGED = {"value": "value", "denominator": "n", "footnote": "footnote"}


def _changes_csv(file: DataFile, content: bytes) -> None:
    """A registry's changed cells: as an earlier edition had them, and as they are."""
    for row in csv.DictReader(io.StringIO(content.decode())):
        address = CellAddress(row["registry"], row["ind_id"], row["context"], row["year"], row["orgnr"])
        file.claim(address, "unit", row["unit"], Form.TEXT)
        for name, role in _CHANGED.items():
            form = Form.CODE if name == "footnote" else Form.NUMBER
            file.claim(address, f"past-{role}", row[f"{name}_before"], form)
            file.claim(address, role, row[name], form)


def _edition_list(file: DataFile, content: bytes) -> None:
    """Names of editions and ids of registries."""
    told = strict_json(content)
    editions = told.pop("editions")
    for one in [told, *editions]:
        names = [one[name] for name in ("name", "since") if name in one]
        sound = set(one) <= {"name", "since", "changed"} and all(_EDITION.fullmatch(name) for name in names)
        if not sound or set(one["changed"]) - set(file.vocabulary.lang_of):
            file.fault("The list of editions has more than names of editions and registries.")


def _feed(file: DataFile, content: bytes) -> None:
    """Entries: a title of names and years, and a sentence that says what its numbers are."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    language = root.get("{http://www.w3.org/XML/1998/namespace}lang", "nb")
    for element in root.iter():
        name, text = etree.QName(element).localname, (element.text or "").strip()
        own = element.getparent() is not None and element.getparent().get("{http://www.w3.org/XML/1998/namespace}lang")
        if name in ("id", "updated", "loc", "lastmod") or not text:
            continue
        label = element.get(f"{_KV}label")
        if label is not None:
            address = CellAddress.parse(element.get(f"{_KV}cell", ""))
            line = element.sourceline or 1
            file.reading.claim(Claim(address, label, text, Form.SENTENCE, own or language, line))
        elif file.vocabulary.has_number(text, own or language, years=True):
            file.fault(f"A number in <{name}> stands in no role.", line=element.sourceline or 1)


def _robots(file: DataFile, content: bytes) -> None:
    for line in content.decode().splitlines():
        if not line.startswith("Sitemap:"):
            file.words(line, "robots")


_Reader = Callable[[DataFile, bytes], None]
_API = "api/v1"
_READERS: Sequence[tuple[str, _Reader]] = (
    (r"enheter\.json", _unit_list),
    (r"(.+/)?enheter\.json", _unit_cells),
    (r"sykehus/[^/]+/tall\.json", _unit_cells),
    (r"(.+/)?utvikling\.json", _series),
    (r"sok\.js", _search_list),
    (r"tall\.js", _number_words),
    (r"data/[^/]+/resultater\.csv", _results_csv),
    (r"data/[^/]+/resultater\.json", _results_json),
    (rf"{_API}/data/[^/]+/indicators/[^/]+\.json", _indicator_json),
    (rf"{_API}/units/[^/]+\.json", _unit_json),
    (r"data/[^/]+/indikatorer\.csv|data/enheter\.csv|data/fotnoter\.csv", _definitions_csv),
    (rf"{_API}/data/[^/]+/years\.json", _years),
    (rf"{_API}/schema/[^/]+\.json|forhandsvisning\.png|\.kvalreg-site", _fixed),
    (rf"{_API}/.+\.json|data/[^/]+/datapackage\.json|data/catalog\.jsonld", _metadata),
    (r"data/catalog\.ttl", _turtle),
    (r"endringer/[^/]+\.csv", _changes_csv),
    (r"endringer/utgaver\.json", _edition_list),
    (r"nytt\.xml|endringer\.xml|sitemap\.xml", _feed),
    (r"robots\.txt", _robots),
)
"""Every kind of file, by where it lies, and who reads it."""


SEARCH = "search.json"
"""Quarto's list of what stands on pages."""


def read_search(site: Path) -> Reading:
    """Quarto's list for searching: every line with a digit stands on the page it leads to, where it is checked."""
    reading, pages = Reading(), dict[str, str]()
    for entry in strict_json((site / SEARCH).read_bytes()):
        page = str(entry["href"]).partition("#")[0]
        if page not in pages:
            pages[page] = page_text((site / page).read_bytes())
        told = (str(entry.get(name, "")) for name in ("title", "section", "text", "crumbs"))
        lines = (line for text in told for line in text.split("\n") if DIGIT.search(line))
        if any(letters(unescape(line)) not in pages[page] for line in lines):
            reading.fault(Kind.NO_ADDRESS, f"The list for searching has a number that is not on {page}.", 1)
    return reading


def is_shipped(path: str) -> bool:
    """Whether a file is a renderer's or kvalreg's own program, the same for every site."""
    return path.startswith("site_libs/")
