"""A small project on disk, and notebooks to run in it: what several tests build and break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from kvalreg.execution.execute import JobResult

UNITS = """\
orgnr;name;short_name;level;parent;county
0;Nasjonen;Nasjonen;nation;;
1;Nord RHF;Nord;rhf;0;
11;Vik HF;Vik HF;hf;1;
12;Nes HF;Nes HF;hf;1;
111;Vik sykehus;Vik;hospital;11;Vestfylke
112;Li sykehus;Li;hospital;11;Vestfylke
121;Nes sykehus;Nes;hospital;12;Østfylke
122;Å sykehus;Å;hospital;12;Østfylke
"""
DESCRIPTOR = """\
id: {id}
name: Register for {id}
short_name: {id}
language: nb
medical_fields: [Prøver]
synthetic: true
about:
  purpose: Vi prøver.
indicators:
  - id: {id}_a
    title: Andel som fikk hjelp
    type: andel
    level_green: 0.9
    level_yellow: 0.8
    level_direction: 1
"""


class Silence:
    """A progress nobody watches; it keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, text: str) -> None:
        self.said.append(text)

    def start(self, job_count: int) -> None:
        """Nothing to do."""

    def advance(self, job_result: JobResult) -> None:
        """Nothing to do."""

    def finish(self) -> None:
        """Nothing to do."""


def write_registry(root: Path, registry: str, delivery: str) -> None:
    """One registry with one indicator, and its delivery."""
    (root / "registries" / registry).mkdir(parents=True)
    (root / "registries" / registry / "registry.yml").write_text(DESCRIPTOR.format(id=registry), encoding="utf-8")
    (root / "data" / registry).mkdir(parents=True)
    (root / "data" / registry / "a.csv").write_text(delivery, encoding="utf-8")
    listed = "- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: 2024-12-31\n"
    (root / "data" / registry / "deliveries.yml").write_text(listed, encoding="utf-8")


def delivery_of(registry: str, years: tuple[int, ...] = (2023, 2024)) -> str:
    """Four hospitals a year, in imongr's format."""
    rows = ["context;year;orgnr;ind_id;var;denominator"]
    for year in years:
        rows += [
            f"caregiver;{year};{orgnr};{registry}_a;{var};{denominator}"
            for orgnr, var, denominator in (("111", 80, 100), ("112", 45, 50), ("121", 190, 200), ("122", 30, 60))
        ]
    return "\n".join(rows) + "\n"


PARAMETERS = 'registry = "x"\nyear = 2000\nround = "final"\nlanguage = "nb"'


def write_notebook(path: Path, cells: list[str], parameters: str = PARAMETERS) -> Path:
    """A notebook with a parameters cell and these code cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in (parameters, *cells)]
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    return path
