"""A site that the audit's tests spoil: every kind of page and file, hidden cells, and names that readers mistake.

Input: a folder. Output: a project of two registries with an edition behind it and changed numbers since, built. Names
are shared, of one letter, the beginning of others, long, and with digits; ids of units are as short as ``10``.
"""

from __future__ import annotations

from pathlib import Path

from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.publish import publish_edition
from small_project import Silence

UNITS = """\
orgnr;name;short_name;level;parent;county
1;Nasjonen;Nasjonen;nation;;
10;Nord RHF;Nord;rhf;1;
100;HF 100;HF 100;hf;10;
101;Vik HF;Vik;hf;10;
11;A;A;hospital;100;Vestfylke
12;Vik sykehus;Vik;hospital;100;Vestfylke
13;Sykehus 1013;Sykehus 1013;hospital;101;Vestfylke
14;Nes;Nes;hospital;101;Østfylke
15;Nes øst;Nes øst;hospital;101;Østfylke
16;Li universitetssykehus, avdeling for de aller minste;Li universitetssykehus, avdeling Småstad;hospital;100;Østfylke
17;Ås sykehus;Ås;hospital;100;Østfylke
18;Ås sykehus nord;Ås nord;hospital;101;Østfylke
19;To;To;hospital;101;Østfylke
20;Øy;Øy;hospital;100;Østfylke
"""
DESCRIPTOR = """\
id: {id}
name: Register for {id}, type 1
short_name: {id} 1
language: nb
also_in: [en]
medical_fields: [Prøver 2]
keywords: [b12]
synthetic: true
about:
  purpose: Vi har prøvd siden 1987, på 12 sykehus.
  phone: "12 34 56 78"
  reviewed: 2024-05-06
quality_improvement:
  - title: Bedre på 3 måneder
    description: Fra 12 til 7 dager.
    status: completed
    initiated_by: Fagrådet
    period: 2022-2023
    indicators: [{id}_a]
evaluations:
  - year: 2023
    stage: 3
    level: B
    text: Best av 51.
indicators:
  - id: {id}_a
    central: true
    title: Fikk hjelp innen 30 dager
    type: andel
    short_description: Minst 3 av 4 skal få hjelp.
    long_description: Vi teller alle på 18 år og mer.
    target_source: Fagrådet, 2019
    level_green: 0.9
    level_yellow: 0.8
    level_direction: 1
    dg_id: {id}_dg
  - id: {id}_antall
    title: Behandlede
    type: antall
    sformat: ",.0f"
  - id: {id}_dg
    title: Dekningsgrad
    type: dg_andel
    level_green: 0.8
    level_direction: 1
"""
SHARES = {"11": (95, 100), "12": (170, 200), "13": (88, 110), "14": (3, 4), "15": (140, 150), "16": (61, 90)}
SHARES |= {"17": (77, 80), "18": (2, 3), "19": (50, 60), "20": (118, 120)}
"""Numerators and denominators in 2024; those of 14 and 18 are secret."""


def built_site(root: Path) -> Project:
    """The project with its site: an edition of other numbers has been published before."""
    for registry in ("alfa", "beta"):
        for folder in ("registries", "data"):
            (root / folder / registry).mkdir(parents=True)
        (root / "registries" / registry / "registry.yml").write_text(DESCRIPTOR.format(id=registry), "utf-8")
        listed = "- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: 2024-12-31\n  remark: {}\n"
        (root / "data" / registry / "deliveries.yml").write_text(listed.format("Rettet 4 rader."), "utf-8")
    (root / "registries" / "units.csv").write_text(UNITS, "utf-8")
    (root / "registries" / "site.yml").write_text("url: https://example.org/\npublisher: Forlaget\n", "utf-8")
    project = Project(root)
    _deliver(root, 1)
    assert build(project, BuildRequest(renderer="pandoc", workers=2), Silence()).exit_code == 0
    publish_edition("2025-02", project)
    _deliver(root, 0)
    assert build(project, BuildRequest(renderer="pandoc", workers=2), Silence()).exit_code == 0
    return project


def _deliver(root: Path, less: int) -> None:
    """Every hospital in three years; `less` is what one numerator was lower by."""
    for registry in ("alfa", "beta"):
        rows = ["context;year;orgnr;ind_id;var;denominator"]
        for year in (2022, 2023, 2024):
            for orgnr, (x, n) in SHARES.items():
                lower = (2024 - year) * 3 if n > 10 else 0
                var = x - lower - (less if (orgnr, year) == ("12", 2023) else 0)
                rows.append(f"caregiver;{year};{orgnr};{registry}_a;{var};{n}")
                rows.append(f"caregiver;{year};{orgnr};{registry}_antall;{n};1")
                rows.append(f"caregiver;{year};{orgnr};{registry}_dg;{n};{n + (n > 10) * 10}")
        (root / "data" / registry / "a.csv").write_text("\n".join(rows) + "\n", "utf-8")
