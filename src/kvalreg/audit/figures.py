"""Figures: the CSV file of a chart, the rows of its specification, and the texts of its drawing.

Input: a figure of a page, with its address and its kind. Output: claims. Positions and sizes in a drawing are not read:
Vega draws them from the chart's rows, which are.
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
    Row,
    RowScope,
    address_of,
    csv_rows,
    read_row,
    rows_of,
    strict_json,
    table_columns,
)
from kvalreg.audit.vocabulary import DIGIT
from kvalreg.diagnostic_codes import DiagnosticCode

_SAID_ROLES = {"funnel": "verdict", "change": "change"}
"""The role of the field ``said``, by the kind of figure."""
_SPEC_KEYS = {"width", "height", "background", "params", "data", "datasets", "layer", "config", "template"}
_TEMPLATE_TEXT = re.compile(
    r"^(?:var\(|#[0-9a-f]{3,8}$|(?:low|high)\d+(?:$|:)|work\d|60.?%$|[xy]2$|[\w.,()*+/-]*width|M[MLHVAZz\d.,\s-]+$)"
    r"|datum|^kv-template-\d+$"
)
"""A text with a digit in a chart's layers: a colour, a field, a measure, a symbol, the limit of coverage, an id."""
_TEMPLATE_DATA = re.compile(
    r'"(?:values|sequence)":\[|"(?:url|datasets)":|"(?:text|title|description)":(?:[\d\[]|\{"(?:value|datum)":\d)'
)
"""Data, or a number as a text, inside layers."""
_BAR_FIELDS = {"year", "at", "from", "to", "middle", "count", "said"}
_LINE_FIELDS, _PROJECT_FIELDS = {"n", "low95", "high95", "low998", "high998"}, {"year", "to", "lane", "letter"}
"""The fields of a funnel's lines, and of improvement projects."""
_MEASURES = {"lowest", "highest", "ticks", "tallest", "most", "patients"}
_TRANSLATION = re.compile(r"translate\([-\d.]+,([-\d.]+)\)")
_LINE_HEIGHT, _PILES = 25, 30
"""Height of a unit's line in pixels, and the number of piles (bins) across a figure of changes."""


def is_template(layers: str) -> bool:
    """Whether a chart's layers hold measures, colours and fields, and no result.

    Layers are the same for all charts of a kind; results are in ``data``, ``datasets`` and ``params``, which are read
    as claims. Numbers outside texts (sizes, opacities) are drawn as marks and never written, so only texts are checked.
    """
    texts = re.findall(r'"((?:[^"\\]|\\.)*)"', layers)
    has_template_texts = all(_TEMPLATE_TEXT.search(text) for text in texts if DIGIT.search(text))
    return has_template_texts and not _TEMPLATE_DATA.search(layers.replace(" ", ""))


def read_figure(figure: etree._Element, scope: RowScope, reading: Reading) -> None:
    """Add the claims of a figure's file, chart and drawing."""
    parts = _Figure(figure, scope, reading)
    parts.read_file()  # first: the drawing's texts are compared with the file's rows
    parts.read_chart()
    parts.read_drawing()


class _Figure:
    """One figure while it is read."""

    def __init__(self, figure: etree._Element, scope: RowScope, reading: Reading) -> None:
        self._figure, self._scope, self._reading = figure, scope, reading
        self._kind = str(figure.get("data-figure"))
        self._shown: list[dict[str, str]] = []

    def _add_finding(self, message: str, code: DiagnosticCode = DiagnosticCode.CELL_ADDRESS_MISSING) -> None:
        self._reading.add_finding(code, message, self._scope.line, self._scope.address.registry)

    def _add_claim(self, role: str, value: Any, form: Form, row: Row) -> None:
        text = "" if value is None else str(value)
        address = address_of(row, self._scope.address)
        self._reading.add_claim(Claim(address, role, text, form, self._scope.language, self._scope.line))

    # --- the file ----------------------------------------------------------------------------------------------------
    def read_file(self) -> None:
        """Add the claims of the CSV file in the figure's link."""
        links = self._figure.xpath('.//a[@class="kv-csv"]')
        if len(links) != 1 or not links[0].get("href", "").startswith("data:text/csv"):
            self._add_finding("A figure has not the one file of its numbers.", DiagnosticCode.FILE_UNKNOWN)
            return
        if links[0].get("download") != f"{self._figure.get('id')}.csv":
            self._add_finding("A figure's file has not the figure's name.")
        rows = csv_rows(unquote(links[0].get("href").partition(",")[2]))
        self._shown = [row for row in rows if row.get("shown", "true") == "true"]
        # Unknown columns stop here: a number in one would be compared with no cell.
        if rows and not set(rows[0]) <= {*KEYS, *FIELDS}:
            self._add_finding("A figure's file has a column of no role.", DiagnosticCode.COLUMN_ROLES_MISSING)
            return
        for row in rows:
            read_row(row, FIELDS, self._scope, self._reading)

    # --- the chart ---------------------------------------------------------------------------------------------------
    @cached_property
    def _spec(self) -> dict[str, Any]:
        scripts = self._figure.xpath('.//script[@class="kv-spec"]')
        spec: dict[str, Any] = strict_json(scripts[0].text or "{}") if len(scripts) == 1 else {}
        return spec

    @cached_property
    def _params(self) -> dict[str, Any]:
        return {param["name"]: param.get("value") for param in self._spec.get("params", ())}

    def read_chart(self) -> None:
        """Add the claims of the chart's rows, datasets and parameters."""
        template = {name: self._spec[name] for name in self._spec if name not in ("params", "data", "datasets")}
        if set(self._spec) - _SPEC_KEYS or not is_template(json.dumps(template, ensure_ascii=False)):
            self._add_finding("The chart has a text of no role.")
        # The page's script fills a chart from the figure's table: each field by the number of a column, whose role must
        # be that of the field. {"table": {"value": 2}} needs the role "value" in the heading of the third column.
        data = self._spec.get("data", {})
        roles = [head.get("data-kv-role") for head in self._figure.findall(".//thead/tr/th")]
        for name, column in {**data.get("table", {}), **data.get("sorts", {})}.items():
            if not 0 < column < len(roles) or roles[column] != self._fields[name][0]:
                message = f"The chart takes '{name}' from a column of another role."
                self._add_finding(message, DiagnosticCode.COLUMN_ROLES_MISSING)
        if set(data) - {"table", "sorts", "columns", "values"}:
            self._add_finding("The chart has data of no known form.", DiagnosticCode.COLUMN_ROLES_MISSING)
        self._read_rows(data.get("columns", data.get("values", [])))
        for name, rows in self._spec.get("datasets", {}).items():
            self._read_dataset(name, list(rows_of(rows)))
        for name, value in self._params.items():
            self._read_parameter(name, value)

    @cached_property
    def _fields(self) -> Fields:
        return {**FIELDS, "said": (_SAID_ROLES.get(self._kind, "?"), "text")}

    def _read_rows(self, rows: Any) -> None:
        for row in map(dict, rows_of(rows)):
            if self._kind == "levels":
                self._read_bar(row)
                continue
            # Layout: "long" is the number of lines of a unit's name, and "last" marks the point that has the label.
            if {row.pop("long", None), row.pop("last", None)} - {None, 1, 2}:
                self._add_finding("A name has a number of lines that none has.")
            if self._kind == "change":
                self._read_dot(row)
            read_row(row, self._fields, self._scope, self._reading)

    def _read_bar(self, row: dict[str, Any]) -> None:
        """A segment of a bar: the number of units at a level."""
        if set(row) != _BAR_FIELDS or not all(0 <= float(row[end]) <= 1 for end in ("from", "to", "middle")):
            self._add_finding("A part of a bar is no part of a bar.")
        # The number of units, alone and within a text such as "12 enheter".
        for text in filter(None, (row["count"], row["said"])):
            count = re.fullmatch(r"\D*(\d+)\D*", text)
            self._add_claim(f"units-{row['at']}", count[1] if count else text, "number", row)

    def _read_dot(self, row: dict[str, Any]) -> None:
        """A dot of the figure of changes: in the bin of its difference, on a pile of dots."""
        # Bins round differences, so the claim is an interval: its middle and its width.
        width = (float(self._params["highest"]) - float(self._params["lowest"])) / _PILES
        self._add_claim("difference", f"{float(row.pop('difference'))}~{width}", "number", row)
        if not 1 <= int(row.pop("pile")) <= 1000:
            self._add_finding("A dot lies on no pile.", DiagnosticCode.WRONG_NUMBER)

    def _read_dataset(self, name: str, rows: list[dict[str, Any]]) -> None:
        if name == "units":
            self._read_rows(rows)
        elif name == "zones":
            # The zones of levels reach from the axis' end to a limit of a level, which is a number of the indicator.
            ends = (self._params.get("lowest"), self._params.get("highest"))
            for row in rows:
                for end in {*row} - {"zone"}:
                    if row[end] not in ends:
                        self._add_claim("zone", row[end], "number", {})
        elif name == "limits" and all(set(row) == _LINE_FIELDS for row in rows):
            self._add_claim("funnel", json.dumps(table_columns(rows)), "number", {})
        elif name == "works" and all(set(row) == _PROJECT_FIELDS and row["letter"].isalpha() for row in rows):
            if {str(row[end]) for row in rows for end in ("year", "to")} - self._reading.vocabulary.years:
                self._add_finding("Work on quality has a year that is none of the registry's.")
        elif name not in ("chosen", "once") or any(rows):  # the page's script fills these two
            self._add_finding(f"The chart has a dataset '{name}' of no role.")

    def _read_parameter(self, name: str, value: Any) -> None:
        # Coverage has a target of its own, the same for all indicators: a measure of the chart.
        if name == "target" and self._kind != "coverage":
            self._add_claim("target", value, "number", {})
        elif name == "centre":
            self._add_claim("common", value, "number", {})
        elif name in ("first", "chosen"):
            if value:
                self._add_claim("shown", "true", "code", {"orgnr": value})
        elif name in ("labels", "names"):
            if not all(_is_label(tick, text, self._scope.language) for tick, text in value.items()):
                self._add_finding("A label of an axis is not its tick.", DiagnosticCode.WRONG_NUMBER)
        elif name not in _MEASURES and name != "target":
            self._add_finding(f"The chart has a parameter '{name}' of no role.")
        elif not all(isinstance(number, int | float) for number in (value if isinstance(value, list) else [value])):
            self._add_finding(f"The chart's measure '{name}' is no number.")

    # --- the drawing -------------------------------------------------------------------------------------------------
    def read_drawing(self) -> None:
        """Add the claims of the drawing's texts; texts of units are matched to the file's rows by their line."""
        for chart in self._figure.xpath('.//*[@class="kv-chart"]'):
            for group in chart.xpath('.//*[local-name()="g"][@data-kv-role]'):
                for text, y in _positioned_texts(group):
                    self._check_drawn_text(group.get("data-kv-role"), text, y)
            texts_without_role = chart.xpath(
                './/text()[not(ancestor::*[@data-kv-role])] | .//svg//@*[contains(name(), "label")]'
            )
            if any(DIGIT.search(text) for text in texts_without_role):
                self._add_finding("A text of the drawing stands in no role.")

    def _check_drawn_text(self, role: str, text: str, y: float) -> None:
        if role in ("unit", "value") and self._kind in ("compare", "coverage"):
            # These two figures draw one line for each shown row of the file, in its order.
            line = int(y // _LINE_HEIGHT)
            if 0 <= line < len(self._shown):
                self._add_claim("unit-part" if role == "unit" else "value", text, "text", self._shown[line])
            else:
                self._add_finding("A text of the drawing stands on no line.")
        # Other figures place names freely, so that a name is compared with all units of the file.
        elif role == "unit":
            if not any(row.get("unit", "").startswith(text.rstrip("…")) for row in self._shown):
                self._add_finding("A text of the drawing names no unit of its file.", DiagnosticCode.WRONG_UNIT)
        elif DIGIT.search(text) and " ".join(text.split()) not in self._drawing_texts.get(role, ()):
            self._add_finding("A text of the drawing is none of the figure's numbers.", DiagnosticCode.WRONG_NUMBER)

    @cached_property
    def _drawing_texts(self) -> Mapping[str, set[str]]:
        """The texts that each role may have: labels and years of the chart, counts of its file, a limit of coverage."""
        labels = [label for name in ("labels", "names") for label in (self._params.get(name) or {}).values()]
        years = [row.get("year") for row in rows_of(self._spec.get("data", {}).get("columns", []))]
        counts = {f"{sign}{row.get(f'units_{level}')}" for row in self._shown for sign, level in _LEVEL_SIGNS}
        return {"axis": {" ".join(str(label).split()) for label in labels + years}, "units": counts,
                "limit": {"60 %", "60%"}}  # fmt: skip


_LEVEL_SIGNS = (("●", "high"), ("◐", "moderate"), ("○", "low"))
"""The sign before the number of units at each level."""


def _positioned_texts(group: etree._Element) -> Iterator[tuple[str, float]]:
    """The texts of an SVG group, each with its vertical position in the group.

    SVG adds up the translations of nested groups: a text with ``y="4"`` in ``translate(0,12)`` in ``translate(0,50)``
    is at 66.
    """
    depth = len(list(group.iterancestors()))
    for inner in group.iter("{*}g"):
        nested_groups = [inner, *inner.iterancestors()][: -depth or None]
        translations = (_TRANSLATION.match(nested.get("transform", "")) for nested in nested_groups)
        offset = sum(float(translation[1]) for translation in translations if translation)
        for text in inner.iterchildren("{*}text"):
            yield "".join(text.itertext()), offset + float(text.get("y", 0))


def _is_label(tick: str, text: str, language: str) -> bool:
    """Whether a label of an axis is its tick, as a number or as a percentage: "20 %" or "20" for 0.2 or 20."""
    plain = text.replace(",", "" if language == "en" else ".").replace("\N{MINUS SIGN}", "-")
    match = re.fullmatch(r"([\d\s.-]+)( ?%)?", plain)
    if not match:
        return False
    number, position = float(re.sub(r"\s", "", match[1])), float(tick)
    return any(abs(number - scale * position) <= 1e-6 * max(1.0, abs(number)) for scale in (1, 100))
