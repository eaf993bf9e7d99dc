"""What a registry-year page weighs, and what its notebook costs: 10 indicators, 35 hospitals, 10 years.

The registry is made up, and goes through the gate like any other. It prints the page's size compressed, before Vega,
and the notebook's processor time after its imports, drawings included, beside what stock tools make of the same
charts: Altair's own page per chart, and Vega drawing them one by one::

    python benchmarks/page.py
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import nbformat
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import RegistrySource, save_published
from kvalreg.execution.markdown_export import export_markdown
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import Level, Units, read_units
from kvalreg.project import Project
from kvalreg.report.drawing import DEFER_CHARTS, STATIC_WIDTH, render_charts
from kvalreg.report.report import PUBLISHED_FOLDER
from kvalreg.site import pandoc
from kvalreg.site.lazy_data import extract_lazy_data
from kvalreg.site.staging import Page, stage
from kvalreg.statistics.aggregation import aggregate

INDICATORS, YEARS = 10, range(2016, 2026)
ROOT = Path(__file__).parents[1]
YEAR_NOTEBOOK = ROOT / "notebooks" / "report" / "year.ipynb"


def made_up(folder: Path) -> Project:
    """A project with one registry: ten shares with targets, and the coverage that all of them have."""
    (folder / "registries" / "bench").mkdir(parents=True)
    (folder / "data" / "bench").mkdir(parents=True)
    units = ROOT / "registries" / "units.csv"
    (folder / "registries" / "units.csv").write_bytes(units.read_bytes())
    indicators: list[dict[str, object]] = [
        {"id": f"bench_{number}", "title": f"Andel som fikk behandling nummer {number}", "type": "andel"}
        | {"level_green": 0.9, "level_yellow": 0.8, "level_direction": 1, "dg_id": "bench_dg"}
        | {"short_description": "Her står det hva tallet viser, og hvorfor det er viktig for dem det gjelder."}
        for number in range(INDICATORS)
    ]
    coverage = {"id": "bench_dg", "title": "Dekningsgrad", "type": "dg_andel", "include": False}
    registry: dict[str, object] = {
        "id": "bench",
        "name": "Register for målinger",
        "short_name": "Måling",
        "language": "nb",
    }
    registry |= {"medical_fields": ["Prøver"], "synthetic": True, "about": {}, "indicators": [*indicators, coverage]}
    text = json.dumps(registry, ensure_ascii=False)
    (folder / "registries" / "bench" / "registry.yml").write_text(text, encoding="utf-8")
    read = read_units(units, "units.csv")
    (folder / "data" / "bench" / "a.csv").write_text(_delivery(read), encoding="utf-8")
    return Project(folder)


def _delivery(units: Units) -> str:
    random = np.random.default_rng(2026)
    rows = ["context;year;orgnr;ind_id;var;denominator"]
    hospitals = units.at_level(Level.HOSPITAL)
    patients = random.integers(20, 400, len(hospitals))
    for number in range(INDICATORS):
        level = random.uniform(0.75, 0.95) + random.normal(0, 0.03, len(hospitals))
        for year in YEARS:
            for hospital, n, share in zip(hospitals, patients, level, strict=True):
                denominator = int(random.poisson(n)) + 5
                var = int(random.binomial(denominator, min(0.995, share + 0.005 * (year - YEARS[0]))))
                rows.append(f"caregiver;{year};{hospital.orgnr};bench_{number};{var};{denominator}")
    for hospital, n in zip(hospitals, patients, strict=True):
        rows.append(f"caregiver;{YEARS[-1]};{hospital.orgnr};bench_dg;{int(n * random.uniform(0.7, 1))};{n}")
    return "\n".join(rows) + "\n"


def published_in(project: Project) -> None:
    """Publish the made-up registry through the gate."""
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0]["bench"]
    delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
    source = RegistrySource(registry, units, delivered.deliveries)
    save_published(apply_gate(aggregate(delivered, registry, units), source).published, project.published)


def run_page(year: int) -> tuple[str, float]:
    """The year notebook's page as Markdown, drawn, and the processor seconds that its cells and drawings take."""
    shell: Any = InteractiveShell.instance()
    notebook = nbformat.read(YEAR_NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells[0].source = f'registry = "bench"\nyear = {year}\nround = "final"\nlanguage = "nb"'
    shell.run_cell("from kvalreg.report import Report")
    start = time.process_time()
    for cell in cells:
        cell.outputs = _outputs(shell, cell.source)
    text = render_charts(export_markdown(notebook))
    return text, time.process_time() - start


def _outputs(shell: Any, source: str) -> list[nbformat.NotebookNode]:
    """What a cell displays, as a kernel would send it."""
    from IPython.utils.capture import capture_output

    with capture_output() as shown:
        result = shell.run_cell(source)
    result.raise_error()
    return [_output(output) for output in shown.outputs]


def _output(output: RichOutput) -> nbformat.NotebookNode:
    shown: nbformat.NotebookNode = nbformat.v4.new_output("display_data", data=dict(output.data))
    return shown


def weight(project: Project, text: str) -> dict[str, int]:
    """Bytes of the rendered page, as it is and compressed."""
    address = f"registre/bench/{YEARS[-1]}/index.qmd"
    pages, files = extract_lazy_data([Page(address, "Register for målinger: resultater", text, "nb", synthetic=True)])
    staged = stage(project, pages, files)
    renderer, said = pandoc.find()
    if renderer is None:
        sys.exit(said)
    renderer.render(staged, project.root / "_site")
    html = (project.root / "_site" / address.replace(".qmd", ".html")).read_bytes()
    return {"page": len(html), "compressed": len(gzip.compress(html, 9)), "figures": text.count('class="kv-spec"')}


def stock(text: str) -> dict[str, float]:
    """What stock tools make of the same charts: compressed bytes, and seconds of drawing."""
    import altair as alt
    import vl_convert

    specs = [json.loads(spec) for spec in re.findall(r'class="kv-spec">(.*?)</script>', text)]
    few = specs[:8]
    sizes = [len(gzip.compress(alt.LayerChart.from_dict(spec).to_html(inline=True).encode())) for spec in few[:2]]
    vl_convert.vegalite_to_svg({**few[0], "width": STATIC_WIDTH})
    start = time.process_time()
    for spec in few:
        vl_convert.vegalite_to_svg({**spec, "width": STATIC_WIDTH})
    per_chart = (time.process_time() - start) / len(few)
    return {"compressed": sum(sizes) / len(sizes) * len(specs), "seconds": per_chart * len(specs)}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        project = made_up(Path(folder))
        published_in(project)
        os.environ |= {PUBLISHED_FOLDER: str(project.published), DEFER_CHARTS: "1"}
        run_page(YEARS[-2])
        text, seconds = run_page(YEARS[-1])
        size, other = weight(project, text), stock(text)
        kilo, packed = size["page"] / 1e3, size["compressed"] / 1e3
        times, faster = other["compressed"] / size["compressed"], other["seconds"] / seconds
        sys.stdout.write(
            f"page: {size['figures']} figures, {kilo:.0f} kB, compressed {packed:.0f} kB before Vega\n"
            f"notebook after imports, drawings included: {seconds:.2f} s CPU\n"
            f"stock: Altair's own page per chart, compressed {other['compressed'] / 1e3:.0f} kB: {times:.0f} x\n"
            f"stock: Vega draws these charts one by one in {other['seconds']:.2f} s CPU: {faster:.1f} x\n"
        )


if __name__ == "__main__":
    main()
