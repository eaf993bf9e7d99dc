"""Tiny sites by hand for the attacker's own tests: the three files of open data that it needs.

The tree is the nation 1, RHF 10, HF 11 with hospitals 111, 112, 113, HF 12 with 121, 122.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

UNITS = """\
orgnr;unit_name;full_name;unit_level;parent;county
1;Landet;Landet;nation;;
10;Nord;Nord RHF;rhf;1;
11;Vik HF;Vik HF;hf;10;
12;Nes HF;Nes HF;hf;10;
111;A;A;hospital;11;
112;B;B;hospital;11;
113;C;C;hospital;11;
121;D;D;hospital;12;
122;E;E;hospital;12;
"""
LEVELS = {1: "nation", 2: "hf", 3: "hospital"}
HIDDEN = "-"
"""A secret cell."""


def write_site(folder: Path, cells: Mapping[str, str], types: Mapping[str, str], units: str = UNITS) -> Path:
    """A site with one registry ``r``.

    Parameters
    ----------
    cells
        Cells of each indicator, year by year: ``{"a 2025": "11 30/40, 111 -, 112 8/12 0.9"}``: the unit; numerator and
        denominator, ``-`` for a hidden cell, or ``few n``, ``low n``; and the coverage printed beside it. A word after
        the year is the context: ``a 2025 resident``.
    types
        The type of each indicator, and the indicator that holds its coverage: ``{"a": "andel dg"}``.
    """
    rows = ["context;year;unit_level;orgnr;ind_id;var;denominator;value;dg;dg_year;footnote"]
    for named, told in cells.items():
        ind_id, year, context = (*named.split(), "caregiver")[:3]
        for cell in told.split(", "):
            orgnr, *words = cell.split()
            rows.append(f"{context};{year};{_level(orgnr)};{orgnr};{ind_id};{_numbers(words, year)}")
    about = ["ind_id;type;dg_id"]
    about += [";".join((ind_id, *(*kind.split(), "")[:2])) for ind_id, kind in types.items()]
    files = {"r/resultater.csv": "\n".join(rows), "r/indikatorer.csv": "\n".join(about), "enheter.csv": units}
    for name, text in files.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8-sig")
    return folder


def _level(orgnr: str) -> str:
    if not orgnr.isdigit():
        return "county"
    return "rhf" if orgnr == "10" else LEVELS[len(orgnr)]


def _numbers(words: Iterable[str], year: str) -> str:
    """The columns from ``var`` on."""
    first, *rest = words
    if first == HIDDEN:
        return ";;;;;hidden"
    if first in ("few", "low"):
        mark = {"few": "few_patients", "low": "low_coverage"}[first]
        return f";{rest[0]};;;;{mark}"
    var, _, n = first.replace(".", ",").partition("/")
    dg = f"{rest[0].replace('.', ',')};{year}" if rest else ";"
    return f"{var};{n};{var};{dg};"
