"""A small registry as its report sees it: nine hospitals, six years, one hidden unit; and a reader of its figures."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import PublishedResults, RegistrySource
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.report.translation import get_translator
from kvalreg.statistics.aggregation import aggregate

UNITS = """\
orgnr;name;short_name;level;parent;county
0;Nasjonen;Nasjonen;nation;;
1;Nord RHF;Nord;rhf;0;
11;Vik HF;Vik HF;hf;1;
12;Nes HF;Nes HF;hf;1;
111;Vik sykehus;Vik;hospital;11;Vest
112;Li sykehus;Li;hospital;11;Vest
113;Dal sykehus;Dal;hospital;11;Vest
114;Berg universitetssykehus, avdeling Bekkestua;Berg universitetssykehus, avdeling Bekkestua;hospital;11;Vest
121;Nes sykehus;Nes;hospital;12;Vest
122;Å sykehus;Å;hospital;12;Vest
123;Elv sykehus;Elv;hospital;12;Vest
124;Fjell sykehus;Fjell;hospital;12;Vest
125;Hav sykehus;Hav;hospital;12;Vest
"""
SHARES = {"111": 96, "112": 90, "113": 85, "114": 78, "121": 92, "122": 91, "123": 60, "124": 88, "125": 93}
"""Of 100 patients in 2024; one less for every year before. Å (122) has 3 patients in 2024, and Vik (111) 2 in 2021."""
YEARS = range(2019, 2025)
DESCRIPTOR = """\
id: alfa
name: Register for alfa
short_name: Alfa
language: nb
medical_fields: [Prøver]
synthetic: true
about: {purpose: Vi prøver.}
indicators:
  - {id: a_hjelp, title: Fikk <hjelp> & støtte, type: andel, level_green: 0.9, level_yellow: 0.8, level_direction: 1,
     dg_id: a_dg}
  - {id: a_dager, title: Ventetid, type: median, sformat: ",.1f", measure_unit: dager, level_green: 2,
     level_direction: 0}
  - {id: a_dg, title: Dekningsgrad, type: dg_andel, include: false}
"""


def _delivery() -> str:
    rows = ["context;year;orgnr;ind_id;var;denominator"]
    for year in YEARS:
        for orgnr, share in SHARES.items():
            few = {(2024, "122"): 3, (2021, "111"): 2}.get((year, orgnr))
            var, denominator = (few - 1, few) if few else (share - (2024 - year), 100)
            rows.append(f"caregiver;{year};{orgnr};a_hjelp;{var};{denominator}")
            rows.append(f"caregiver;{year};{orgnr};a_dager;1,{int(orgnr) % 10};100")
    rows += [f"caregiver;2023;{orgnr};a_dg;{share};100" for orgnr, share in SHARES.items()]
    return "\n".join(rows) + "\n"


@cache
def example(complete_to: str = "2024-12-31") -> PublishedResults:
    """The registry after the gate; years after `complete_to` are provisional."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("registries", "data"):
            (root / name / "alfa").mkdir(parents=True)
        (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
        (root / "registries" / "alfa" / "registry.yml").write_text(DESCRIPTOR, encoding="utf-8")
        (root / "data" / "alfa" / "a.csv").write_text(_delivery(), encoding="utf-8")
        listed = f"- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: {complete_to}\n"
        (root / "data" / "alfa" / "deliveries.yml").write_text(listed, encoding="utf-8")
        project = Project(root)
        units = read_units(project.units, "units.csv")
        registry = read_descriptors(project)[0]["alfa"]
        delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
        return apply_gate(
            aggregate(delivered, registry, units), RegistrySource(registry, units, delivered.deliveries)
        ).published


def report(year: int = 2024, language: str = "nb") -> Report:
    """The report of one year, all of them final."""
    return Report(example(), year, "final", get_translator(language, "nb"))


def spec_of(html: str) -> dict[str, Any]:
    """The chart of a figure, whole: put together again from its spec, its file and its table, as the page does it."""
    found = re.search(r'class="kv-spec">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    spec: dict[str, Any] = json.loads(found[1])
    if "values" not in spec["data"]:
        spec["data"] = {"values": _rows(html, **spec["data"])}
        spec["datasets"] = {name: _whole(rows) for name, rows in spec["datasets"].items()}
    return spec


def csv_of(html: str) -> list[dict[str, str]]:
    """The rows of a figure's file."""
    address = re.search(r'href="data:text/csv;charset=utf-8,([^"]*)"', html)
    assert address is not None
    text = unquote(unescape(address[1])).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def _rows(
    html: str,
    table: dict[str, int] | None = None,
    sorts: dict[str, int] | None = None,
    columns: dict[str, list[Any]] | None = None,
) -> list[dict[str, Any]]:
    own = _whole(columns or [])
    if table is None:
        return own
    shown = [row for row in csv_of(html) if row.get("shown") != "false"]
    rows = [{name: _value(name, text) for name, text in row.items() if text} for row in shown]
    for at, row in enumerate(rows):
        line = re.search(rf'<tr data-unit="{row["orgnr"]}"[^>]*>(.*?)</tr>', html, re.DOTALL)
        assert line is not None
        cells = re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", line[1], re.DOTALL)
        row |= {name: unescape(cells[place][1]) for name, place in table.items()}
        for name, place in (sorts or {}).items():
            sort = re.search(r'data-sort="([^"]*)"', cells[place][0])
            row[name] = float(sort[1] if sort else cells[place][1])
        row |= own[at] if own else {}
    return rows


def _value(name: str, text: str) -> Any:
    if name in ("orgnr", "unit"):
        return text
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _whole(columns: Any) -> list[dict[str, Any]]:
    """Rows from columns; what a row has not is left out."""
    if isinstance(columns, list):
        return columns
    rows = zip(*columns.values(), strict=True)
    return [{name: one for name, one in zip(columns, row, strict=True) if one is not None} for row in rows]
