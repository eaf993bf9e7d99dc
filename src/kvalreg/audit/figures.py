"""Figures: the file beside a chart, the chart's rows, and the texts of its drawing.

Comes in: a figure of a page, which says what it is about and of which kind it is. Goes out: claims. What a drawing
shows by place and size alone is not read: it is made of the chart's rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from lxml import etree

from kvalreg.audit.claims import Claim, Form, Reading
from kvalreg.audit.schema import (
    FIELDS,
    KEYS,
    Fields,
    Place,
    Row,
    address_of,
    csv_rows,
    read_row,
    rows_of,
    strict_json,
    table_columns,
)
from kvalreg.audit.vocabulary import DIGIT
from kvalreg.diagnostic_codes import DiagnosticCode

_SAID = {"funnel": "verdict", "change": "change"}
"""What the field ``said`` tells, by the kind of figure."""
_PARTS = {"width", "height", "background", "params", "data", "datasets", "layer", "config", "template"}
_OF_TEMPLATES = re.compile(
    r"^(?:var\(|#[0-9a-f]{3,8}$|(?:low|high)\d+(?:$|:)|work\d|60.?%$|[xy]2$|[\w.,()*+/-]*width|M[MLHVAZz\d.,\s-]+$)"
    r"|datum|^kv-template-\d+$"
)
"""What a text with a digit may be in a chart: a colour, a field, a measure, a symbol, coverage's limit, an id."""
_DATA = re.compile(
    r'"(?:values|sequence)":\[|"(?:url|datasets)":|"(?:text|title|description)":(?:[\d\[]|\{"(?:value|datum)":\d)'
)
"""Data, or a number as a text, within layers."""
_BAR = {"year", "at", "from", "to", "middle", "count", "said"}
_LINES, _WORK = {"n", "low95", "high95", "low998", "high998"}, {"year", "to", "lane", "letter"}
"""The fields of a funnel's lines, and of work on quality."""
_MEASURES = {"lowest", "highest", "ticks", "tallest", "most", "patients"}
_MOVE = re.compile(r"translate\([-\d.]+,([-\d.]+)\)")
_LINE, _PILES = 25, 30
"""Pixels of a line of units, and piles across a figure of changes."""


def is_template(layers: str) -> bool:
    """Whether a chart's layers hold measures, colours and fields, and no number of anybody."""
    texts = re.findall(r'"((?:[^"\\]|\\.)*)"', layers)
    own = all(_OF_TEMPLATES.search(text) for text in texts if DIGIT.search(text))
    return own and not _DATA.search(layers.replace(" ", ""))


def read_figure(figure: etree._Element, place: Place, reading: Reading) -> None:
    """Add what a figure's file, chart and drawing say."""
    parts = _Figure(figure, place, reading)
    parts.file()
    parts.chart()
    parts.drawing()


class _Figure:
    """One figure while it is read."""

    def __init__(self, figure: etree._Element, place: Place, reading: Reading) -> None:
        self._figure, self._place, self._reading = figure, place, reading
        self._kind = str(figure.get("data-figure"))
        self._shown: list[dict[str, str]] = []

    def _find(self, what: str, kind: DiagnosticCode = DiagnosticCode.CELL_ADDRESS_MISSING) -> None:
        self._reading.find(kind, what, self._place.line, self._place.address.registry)

    def _claim(self, role: str, value: Any, form: Form, row: Row) -> None:
        text = "" if value is None else str(value)
        address = address_of(row, self._place.address)
        self._reading.claim(Claim(address, role, text, form, self._place.language, self._place.line))

    # --- the file ----------------------------------------------------------------------------------------------------
    def file(self) -> None:
        """Claims of the file in the figure's link."""
        links = self._figure.xpath('.//a[@class="kv-csv"]')
        if len(links) != 1 or not links[0].get("href", "").startswith("data:text/csv"):
            self._find("A figure has not the one file of its numbers.", DiagnosticCode.FILE_UNKNOWN)
            return
        if links[0].get("download") != f"{self._figure.get('id')}.csv":
            self._find("A figure's file has not the figure's name.")
        rows = csv_rows(unquote(links[0].get("href").partition(",")[2]))
        self._shown = [row for row in rows if row.get("shown", "true") == "true"]
        if rows and not set(rows[0]) <= {*KEYS, *FIELDS}:
            self._find("A figure's file has a column of no role.", DiagnosticCode.COLUMN_ROLES_MISSING)
            return
        for row in rows:
            read_row(row, FIELDS, self._place, self._reading)

    # --- the chart ---------------------------------------------------------------------------------------------------
    @cached_property
    def _spec(self) -> dict[str, Any]:
        scripts = self._figure.xpath('.//script[@class="kv-spec"]')
        spec: dict[str, Any] = strict_json(scripts[0].text or "{}") if len(scripts) == 1 else {}
        return spec

    @cached_property
    def _params(self) -> dict[str, Any]:
        return {param["name"]: param.get("value") for param in self._spec.get("params", ())}

    def chart(self) -> None:
        """Claims of the chart's rows, and of what is drawn once."""
        template = {name: self._spec[name] for name in self._spec if name not in ("params", "data", "datasets")}
        if set(self._spec) - _PARTS or not is_template(json.dumps(template, ensure_ascii=False)):
            self._find("The chart has a text of no role.")
        data = self._spec.get("data", {})
        roles = [head.get("data-kv-role") for head in self._figure.findall(".//thead/tr/th")]
        for name, column in {**data.get("table", {}), **data.get("sorts", {})}.items():
            if not 0 < column < len(roles) or roles[column] != self._fields[name][0]:
                self._find(
                    f"The chart takes '{name}' from a column of another role.", DiagnosticCode.COLUMN_ROLES_MISSING
                )
        if set(data) - {"table", "sorts", "columns", "values"}:
            self._find("The chart has data of no known form.", DiagnosticCode.COLUMN_ROLES_MISSING)
        self._rows(data.get("columns", data.get("values", [])))
        for name, rows in self._spec.get("datasets", {}).items():
            self._dataset(name, list(rows_of(rows)))
        for name, value in self._params.items():
            self._param(name, value)

    @cached_property
    def _fields(self) -> Fields:
        return {**FIELDS, "said": (_SAID.get(self._kind, "?"), "text")}

    def _rows(self, rows: Any) -> None:
        for row in map(dict, rows_of(rows)):
            if self._kind == "levels":
                self._bar(row)
                continue
            if {row.pop("long", None), row.pop("last", None)} - {None, 1, 2}:
                self._find("A name has a number of lines that none has.")
            if self._kind == "change":
                self._dot(row)
            read_row(row, self._fields, self._place, self._reading)

    def _bar(self, row: dict[str, Any]) -> None:
        """A part of a bar: how many units are at a level."""
        if set(row) != _BAR or not all(0 <= float(row[end]) <= 1 for end in ("from", "to", "middle")):
            self._find("A part of a bar is no part of a bar.")
        for text in filter(None, (row["count"], row["said"])):
            count = re.fullmatch(r"\D*(\d+)\D*", text)
            self._claim(f"units-{row['at']}", count[1] if count else text, "number", row)

    def _dot(self, row: dict[str, Any]) -> None:
        """Where a dot of changes stands: near its difference, on a pile."""
        width = (float(self._params["highest"]) - float(self._params["lowest"])) / _PILES
        self._claim("difference", f"{float(row.pop('difference'))}~{width}", "number", row)
        if not 1 <= int(row.pop("pile")) <= 1000:
            self._find("A dot lies on no pile.", DiagnosticCode.WRONG_NUMBER)

    def _dataset(self, name: str, rows: list[dict[str, Any]]) -> None:
        if name == "units":
            self._rows(rows)
        elif name == "zones":
            ends = (self._params.get("lowest"), self._params.get("highest"))
            for row in rows:
                for end in {*row} - {"zone"}:
                    if row[end] not in ends:
                        self._claim("zone", row[end], "number", {})
        elif name == "limits" and all(set(row) == _LINES for row in rows):
            self._claim("funnel", json.dumps(table_columns(rows)), "number", {})
        elif name == "works" and all(set(row) == _WORK and row["letter"].isalpha() for row in rows):
            if {str(row[end]) for row in rows for end in ("year", "to")} - self._reading.vocabulary.years:
                self._find("Work on quality has a year that is none of the registry's.")
        elif name not in ("chosen", "once") or any(rows):
            self._find(f"The chart has a dataset '{name}' of no role.")

    def _param(self, name: str, value: Any) -> None:
        if name == "target" and self._kind != "coverage":
            self._claim("target", value, "number", {})
        elif name == "centre":
            self._claim("common", value, "number", {})
        elif name in ("first", "chosen"):
            if value:
                self._claim("shown", "true", "code", {"orgnr": value})
        elif name in ("labels", "names"):
            if not all(_is_label(tick, text, self._place.language) for tick, text in value.items()):
                self._find("A label of an axis is not its tick.", DiagnosticCode.WRONG_NUMBER)
        elif name not in _MEASURES and name != "target":
            self._find(f"The chart has a parameter '{name}' of no role.")
        elif not all(isinstance(number, int | float) for number in (value if isinstance(value, list) else [value])):
            self._find(f"The chart's measure '{name}' is no number.")

    # --- the drawing -------------------------------------------------------------------------------------------------
    def drawing(self) -> None:
        """Claims of the drawing's texts: those of units stand on the lines of the file's rows."""
        for chart in self._figure.xpath('.//*[@class="kv-chart"]'):
            for group in chart.xpath('.//*[local-name()="g"][@data-kv-role]'):
                for text, down in _placed(group):
                    self._drawn(group.get("data-kv-role"), text, down)
            loose = chart.xpath('.//text()[not(ancestor::*[@data-kv-role])] | .//svg//@*[contains(name(), "label")]')
            if any(DIGIT.search(text) for text in loose):
                self._find("A text of the drawing stands in no role.")

    def _drawn(self, role: str, text: str, down: float) -> None:
        if role in ("unit", "value") and self._kind in ("compare", "coverage"):
            line = int(down // _LINE)
            if 0 <= line < len(self._shown):
                self._claim("unit-part" if role == "unit" else "value", text, "text", self._shown[line])
            else:
                self._find("A text of the drawing stands on no line.")
        elif role == "unit":
            if not any(row.get("unit", "").startswith(text.rstrip("…")) for row in self._shown):
                self._find("A text of the drawing names no unit of its file.", DiagnosticCode.WRONG_UNIT)
        elif DIGIT.search(text) and " ".join(text.split()) not in self._known.get(role, ()):
            self._find("A text of the drawing is none of the figure's numbers.", DiagnosticCode.WRONG_NUMBER)

    @cached_property
    def _known(self) -> Mapping[str, set[str]]:
        """What the texts of each role may be: labels and years of the chart, counts of its file, coverage's limit."""
        labels = [word for name in ("labels", "names") for word in (self._params.get(name) or {}).values()]
        years = [row.get("year") for row in rows_of(self._spec.get("data", {}).get("columns", []))]
        counts = {f"{sign}{row.get(f'units_{level}')}" for row in self._shown for sign, level in _SIGNS}
        return {"axis": {" ".join(str(word).split()) for word in labels + years}, "units": counts,
                "limit": {"60 %", "60%"}}  # fmt: skip


_SIGNS = (("●", "high"), ("◐", "moderate"), ("○", "low"))
"""What stands before the number of units at a level."""


def _placed(group: etree._Element) -> Iterator[tuple[str, float]]:
    """The texts of a group, and how far down each one stands."""
    outside = len(list(group.iterancestors()))
    for inner in group.iter("{*}g"):
        around = [inner, *inner.iterancestors()][: -outside or None]
        moves = (_MOVE.match(element.get("transform", "")) for element in around)
        down = sum(float(move[1]) for move in moves if move)
        for text in inner.iterchildren("{*}text"):
            yield "".join(text.itertext()), down + float(text.get("y", 0))


def _is_label(tick: str, text: str, language: str) -> bool:
    """Whether a label of an axis says its tick, as a number or as a percentage."""
    plain = text.replace(",", "" if language == "en" else ".").replace("\N{MINUS SIGN}", "-")
    found = re.fullmatch(r"([\d\s.-]+)( ?%)?", plain)
    if not found:
        return False
    said, meant = float(re.sub(r"\s", "", found[1])), float(tick)
    return any(abs(said - scale * meant) <= 1e-6 * max(1.0, abs(said)) for scale in (1, 100))
