"""Figures: the rows of a chart, the file beside it, and the texts of its drawing.

Comes in: a figure of a page, which says what it is about and of which kind it is. Goes out: claims, by the schema
of its kind. What a drawing shows by place and size alone is not read: it is made of the chart's rows.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from lxml import etree

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.claims import Claim, Form, Reading
from kvalreg.audit.vocabulary import DIGIT
from kvalreg.kinds import Kind

Where = tuple[CellAddress, str]
"""What a figure is about, and the language around it."""
Row = Mapping[str, Any]
_NUMBERS, _TEXTS, _CODES = Form.NUMBER, Form.TEXT, Form.CODE
FILE = {
    "unit": ("unit", _TEXTS),
    "value": ("value", _NUMBERS),
    "low": ("low", _NUMBERS),
    "high": ("high", _NUMBERS),
    "denominator": ("n", _NUMBERS),
    "achievement": ("achievement", _CODES),
    "provisional": ("provisional", _CODES),
    "shown": ("shown", _CODES),
    "footnote": ("footnote", _CODES),
    "verdict": ("verdict", _CODES),
    "value_before": ("value-before", _NUMBERS),
    "change": ("change", _CODES),
    "units_high": ("units-high", _NUMBERS),
    "units_moderate": ("units-moderate", _NUMBERS),
    "units_low": ("units-low", _NUMBERS),
}
"""The columns of figures' files: the role of each, and how it is written."""
ROWS = {
    "value": ("value", _NUMBERS),
    "low": ("low", _NUMBERS),
    "high": ("high", _NUMBERS),
    "text": ("value", _TEXTS),
    "unit": ("unit", _TEXTS),
    "n": ("n", _NUMBERS),
    "level": ("achievement", _TEXTS),
    "achievement": ("achievement", _CODES),
    "rank": ("achievement", Form.SORT),
    "verdict": ("drawn-verdict", _CODES),
    "change": ("change", _CODES),
    "provisional": ("provisional", _NUMBERS),
}
"""The fields of charts' rows."""
_SAID = {"funnel": "verdict", "change": "change"}
_KEYS = {"orgnr", "year", "long", "last"}
_OF_TABLE = {"text": "value", "level": "achievement", "rank": "achievement", "n": "n", "said": ""}
"""Fields that a chart may take from a column of the table beside it, and that column's role."""
_PARTS = {"width", "height", "background", "params", "data", "datasets", "layer", "config", "template"}
_OF_TEMPLATES = re.compile(
    r"^(?:var\(|#[0-9a-f]{3,8}$|(?:low|high)\d+(?:$|:)|work\d|60.?%$|[xy]2$|[\w.,()*+/-]*width|M[MLHVAZz\d.,\s-]+$)|datum"
)
"""What a text with a digit may be in a chart's layers: a colour, a field, a measure, a symbol, coverage's limit."""
_LIMITS = {"n", "low95", "high95", "low998", "high998"}
_MEASURES = {"chosen", "lowest", "highest", "ticks", "tallest", "most", "patients"}


def strict_json(text: str | bytes) -> Any:
    """JSON in which no key of an object is told twice: readers of programs would see one of them alone."""
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key is told twice.")
    return found


def is_template(layers: str) -> bool:
    """Whether the texts of a chart's layers are those of measures, colours and fields, and no number of anybody."""
    texts = re.findall(r'"((?:[^"\\]|\\.)*)"', layers)
    return all(_OF_TEMPLATES.search(text) for text in texts if DIGIT.search(text))


def read_figure(figure: etree._Element, where: Where, reading: Reading) -> None:
    """Add what a figure's file, chart and drawing tell."""
    one = _Figure(figure, where, reading)
    rows = one.file()
    one.chart()
    one.drawing(rows)


class _Figure:
    """One figure while it is read."""

    def __init__(self, figure: etree._Element, where: Where, reading: Reading) -> None:
        self.figure, self.reading = figure, reading
        self.kind = str(figure.get("data-figure"))
        self.address, self.language = where
        self.line = figure.sourceline or 0

    def _fault(self, what: str, kind: Kind = Kind.NO_ADDRESS) -> None:
        self.reading.fault(kind, what, self.line, self.address.registry)

    def _claim(self, address: CellAddress, role: str, told: Any, form: Form) -> None:
        text = "" if told is None else str(told)
        self.reading.claim(Claim(address, role, text, form, self.language, self.line))

    def _of(self, row: Row) -> CellAddress:
        """The address of a row: its unit, and its year where it has one."""
        year, unit = row.get("year"), row.get("orgnr")
        year = str(year).rstrip("*") if year is not None else self.address.year
        return self.address._replace(year=year, unit=str(unit) if unit else self.address.unit)

    # --- the file ----------------------------------------------------------------------------------------------------
    def file(self) -> list[dict[str, str]]:
        """Claims of the file in the figure's link; its rows."""
        links = self.figure.xpath('.//a[@class="kv-csv"]/@href')
        if len(links) != 1 or not str(links[0]).startswith("data:text/csv"):
            self._fault("A figure has not the one file of its numbers.", Kind.FILE_UNKNOWN)
            return []
        text = unquote(str(links[0]).partition(",")[2]).removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        for row in rows:
            self._file_row(row)
        return rows

    def _file_row(self, row: dict[str, str]) -> None:
        address = self._of(row)
        for name, told in row.items():
            if name in FILE:
                role, form = FILE[name]
                self._claim(address, role, told, form)
            elif name not in ("orgnr", "year"):
                self._fault("A figure's file has a column of no role.", Kind.NO_ROLES)

    # --- the chart ---------------------------------------------------------------------------------------------------
    def chart(self) -> None:
        """Claims of the chart's rows, and of what is drawn once."""
        for script in self.figure.xpath('.//script[@class="kv-spec"]'):
            try:
                spec = strict_json(script.text or "{}")
            except ValueError:
                self._fault("The chart cannot be read.", Kind.FILE_UNKNOWN)
                continue
            ends = {one["name"]: one.get("value") for one in spec.get("params", ())}
            self._width = (float(ends.get("highest") or 0) - float(ends.get("lowest") or 0)) / _BINS
            if set(spec) - _PARTS or not is_template(json.dumps(spec.get("layer", []), ensure_ascii=False)):
                self._fault("The chart has a text of no role.")
            self._data(spec.get("data", {}))
            for name, rows in spec.get("datasets", {}).items():
                self._dataset(name, list(_rows(rows)), spec)
            self._params({one["name"]: one.get("value") for one in spec.get("params", ())})

    def _data(self, data: Mapping[str, Any]) -> None:
        roles = [head.get("data-kv-role") for head in self.figure.findall(".//thead/tr/th")]
        for name, column in {**data.get("table", {}), **data.get("sorts", {})}.items():
            wanted = _OF_TABLE.get(name, "?") or _SAID.get(self.kind)
            if not 0 < column < len(roles) or roles[column] != wanted:
                self._fault(f"The chart takes '{name}' from a column of another role.", Kind.NO_ROLES)
        if set(data) - {"table", "sorts", "columns", "values"}:
            self._fault("The chart has data of no known form.", Kind.NO_ROLES)
        for row in _rows(data.get("columns", data.get("values", []))):
            self._chart_row(row)

    def _chart_row(self, row: Row) -> None:
        address, gap = self._of(row), row.get("value", 0) is None and "text" not in row
        for name, told in row.items():
            if name in _KEYS or told is None or gap:
                continue
            if self.kind == "levels":
                self._level_field(address, row, name)
            elif name == "said":
                self._claim(address, _SAID.get(self.kind, "?"), told, Form.TEXT)
            elif name in ROWS:
                role, form = ROWS[name]
                self._claim(address, role, " ".join(str(told).split()) if name == "unit" else told, form)
            elif self.kind == "change" and name in ("difference", "pile"):
                self._position(address, row, name)
            else:
                self._fault(f"The chart has a field '{name}' of no role.")

    def _level_field(self, address: CellAddress, row: Row, name: str) -> None:
        """A part of a bar: how many units are at a level."""
        role = f"units-{row.get('at')}"
        if name in ("count", "said"):
            number = re.search(r"\d+", str(row[name]))
            if number or name == "said":
                self._claim(address, role, number[0] if number else "", Form.NUMBER)
        elif name in ("from", "to", "middle"):
            if not 0 <= float(row[name]) <= 1:
                self._fault("A part of a bar is no part of a bar.", Kind.NUMBER_WRONG)
        elif name != "at":
            self._fault(f"The chart has a field '{name}' of no role.")

    def _position(self, address: CellAddress, row: Row, name: str) -> None:
        """Where a dot of changes stands: near its difference, on a pile."""
        if name == "difference":
            self._claim(address, "difference", f"{row[name]}~{self._width}", Form.NUMBER)
        elif not 1 <= int(row[name]) <= 1000:
            self._fault("A dot lies on no pile.", Kind.NUMBER_WRONG)

    def _dataset(self, name: str, rows: list[Row], spec: Mapping[str, Any]) -> None:
        if name == "units" and self.kind == "trend":
            for row in rows:
                self._chart_row(row)
        elif name == "limits":
            if any(set(row) != _LIMITS for row in rows) or [row["n"] for row in rows] != sorted(
                row["n"] for row in rows
            ):
                self._fault("The funnel's limits are of no known form.")
        elif name == "zones":
            self._zones(rows, {one["name"]: one.get("value") for one in spec.get("params", ())})
        elif name == "works":
            if any(set(row) != {"year", "to", "lane", "letter"} for row in rows):
                self._fault("The bars of work are of no known form.")
        elif name not in ("chosen", "once") or any(rows):
            self._fault(f"The chart has a dataset '{name}' of no role.")

    def _zones(self, rows: list[Row], params: Mapping[str, Any]) -> None:
        """High, moderate and low as parts of the axis: from limits of levels to its ends."""
        for row in rows:
            if set(row) != {"zone", "from", "to"}:
                self._fault("The zones are of no known form.")
            for end in ("from", "to"):
                if row.get(end) not in (params.get("lowest"), params.get("highest")):
                    self._claim(self.address, "zone", row.get(end), Form.NUMBER)

    def _params(self, params: Mapping[str, Any]) -> None:
        for name, value in params.items():
            if name == "target" and self.kind != "coverage":
                self._claim(self.address, "target", value, Form.NUMBER)
            elif name == "centre":
                self._claim(self.address, "common", value, Form.NUMBER)
            elif name == "first":
                if value:
                    self._claim(self.address._replace(unit=str(value)), "shown", "true", Form.CODE)
            elif name in ("labels", "names"):
                if not all(_is_label(tick, text, self.language) for tick, text in value.items()):
                    self._fault("A label of an axis is not its tick.", Kind.NUMBER_WRONG)
            elif name not in _MEASURES and not (self.kind == "coverage" and name == "target"):
                self._fault(f"The chart has a parameter '{name}' of no role.")

    # --- the drawing -------------------------------------------------------------------------------------------------
    def drawing(self, rows: Sequence[dict[str, str]]) -> None:
        """Claims of the drawing's texts: those of units stand on the lines of the file's rows."""
        shown = [row for row in rows if row.get("shown", "true") == "true"]
        for group in self.figure.xpath('.//*[@class="kv-chart"]//*[local-name()="g"][@data-kv-role]'):
            role = group.get("data-kv-role")
            for text, across, down in _placed(group):
                self._drawn(role, text, (across, down), shown)
        loose = './/*[@class="kv-chart"]//*[local-name()="text"][not(ancestor::*[@data-kv-role])]'
        if any(DIGIT.search(text.text or "") for text in self.figure.xpath(loose)):
            self._fault("A text of the drawing stands in no role.")

    def _drawn(self, role: str, text: str, at: tuple[float, float], shown: Sequence[dict[str, str]]) -> None:
        if role == "axis":
            if DIGIT.search(text) and not self._on_axis(text):
                self._fault("A text of the drawing's axis is none of its labels.", Kind.NUMBER_WRONG)
        elif self.kind in ("compare", "coverage") and role != "limit":
            row = int(at[1] // _ROW)
            if not 0 <= row < len(shown):
                self._fault("A text of the drawing stands on no line.")
                return
            form = Form.TEXT
            self._claim(self._of(shown[row]), "unit-part" if role == "unit" else "value", text, form)
        elif role == "limit":
            if DIGIT.search(text) and " ".join(text.split()) not in ("60 %", "60%"):
                self._fault("A text of the drawing is another limit than everybody's.", Kind.NUMBER_WRONG)
        elif role == "unit":
            if not any(row.get("unit", "").startswith(text.rstrip("…")) for row in shown):
                self._fault("A text of the drawing names no unit of its file.", Kind.UNIT_WRONG)
        elif self.kind == "levels":
            if not any(text.lstrip("●◐○") == row.get(f"units_{name}") for row in shown for name in _LEVEL_NAMES):
                self._fault("A number of the drawing is none of its file.", Kind.NUMBER_WRONG)
        elif DIGIT.search(text):
            self._fault("A text of the drawing stands in no role.")

    def _on_axis(self, text: str) -> bool:
        """Whether a text is a label or a year of the figure's own chart."""
        if not hasattr(self, "_axis"):
            spec = "".join(script.text or "" for script in self.figure.xpath('.//script[@class="kv-spec"]'))
            given = strict_json(spec or "{}")
            params = {one["name"]: one.get("value") for one in given.get("params", ())}
            labels = {str(word) for name in ("labels", "names") for word in (params.get(name) or {}).values()}
            years = {str(row.get("year")) for row in _rows(given.get("data", {}).get("columns", []))}
            self._axis = {" ".join(one.split()) for one in labels | years}
        return " ".join(text.split()) in self._axis


_BINS = 30
"""Piles across a figure of changes."""
_ROW = 25
"""Pixels of a line of units."""
_LEVEL_NAMES = ("high", "moderate", "low")


def _rows(told: Any) -> Iterator[Row]:
    """Rows, told as they are or as columns."""
    if isinstance(told, dict):
        for values in zip(*told.values(), strict=True):
            yield dict(zip(told, values, strict=True))
    else:
        yield from told


def _placed(group: etree._Element) -> Iterator[tuple[str, float, float]]:
    """The texts of a group and where they stand."""
    for text in group.iter():
        if not str(text.tag).endswith("text"):
            continue
        across, down = float(text.get("x", 0)), float(text.get("y", 0))
        for around in (text, *text.iterancestors()):
            moved = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", around.get("transform", ""))
            if moved and around is not group:
                across, down = across + float(moved[1]), down + float(moved[2])
            if around is group:
                break
        yield text.text or "", across, down


def _is_label(tick: str, text: str, language: str) -> bool:
    """Whether a label of an axis says its tick, as a number or as a percentage."""
    plain = text.replace(",", "" if language == "en" else ".").replace("\N{MINUS SIGN}", "-")
    number = re.sub(r"[^\d.-]", "", plain)
    try:
        said, meant = float(number), float(tick)
    except ValueError:
        return False
    return any(abs(said - scale * meant) <= 1e-6 * max(1.0, abs(said)) for scale in (1, 100))
