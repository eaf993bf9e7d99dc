"""Scaffolding of notebooks: a report notebook of a registry's own, or an analysis notebook to begin with.

Input: a registry and the kind. Output: the notebook that was written, with default parameters for running it by hand.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat

from kvalreg.inputs.delivery_list import DeliveryList
from kvalreg.inputs.descriptor_file import read_descriptor
from kvalreg.inputs.registry_deliveries import last_complete_year
from kvalreg.inputs.validation import validate
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project, shared_root
from kvalreg.workbench.registry_ids import require_registry
from kvalreg.workbench.scaffold import write_new_files


def create_notebook(registry: str, kind: str, project: Project, today: date) -> Path:
    """Write a notebook for a registry, and return its path.

    Parameters
    ----------
    kind
        ``year`` or ``registry``: the report notebook of that page; ``analysis``: from an extract to a delivery.

    Raises
    ------
    UsageError
        When there is no such registry, or the notebook exists.
    ConfigurationError
        When the registry's descriptor has errors.
    """
    require_registry(registry, project)
    if kind == "analysis":
        path = project.root / "notebooks" / "analysis" / f"{registry}.ipynb"
        notebook = _analysis_notebook(registry, today)
    else:
        path = project.root / "notebooks" / "report" / registry / f"{kind}.ipynb"
        notebook = _report_notebook(registry, kind, project, today)
    return write_new_files({path: nbformat.writes(notebook) + "\n"})[0]


def _analysis_notebook(registry: str, today: date) -> Any:
    text = files("kvalreg.workbench").joinpath("templates", "analysis.ipynb").read_text(encoding="utf-8")
    # By plain text, in the JSON: the template has the placeholders in Markdown cells as well as in code.
    replacements = {"REGISTRY": registry, "TODAY": today.isoformat(), "AFFIRM": f"{today.year - 1}-12-31"}
    for placeholder, value in replacements.items():
        text = text.replace(placeholder, value)
    return nbformat.reads(text, as_version=4)


def _report_notebook(registry: str, kind: str, project: Project, today: date) -> Any:
    """The shared notebook, with the registry's latest complete year as its default parameter."""
    descriptor = project.descriptor(registry)
    language = read_descriptor(descriptor, project.display_path(descriptor)).language
    notebook = nbformat.read(shared_root() / "notebooks" / "report" / f"{kind}.ipynb", as_version=4)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    year = _newest_year(registry, project, today)
    # The cell that papermill replaces at a build; by hand, these values are used.
    parameters.source = f'registry = "{registry}"\nyear = {year}\nround = "final"\nlanguage = "{language}"'
    return notebook


def _newest_year(registry: str, project: Project, today: date) -> int:
    """The latest year that is complete according to `deliveries.yml`; the previous year where it has no date."""
    path = project.delivery_list(registry)
    delivery_list = validate(read_yaml(path, project.display_path(path)), DeliveryList)[0] if path.is_file() else None
    affirmed_dates = (
        [delivery.latest_affirm for delivery in delivery_list.root if delivery.latest_affirm]
        if delivery_list is not None
        else []
    )
    return last_complete_year(max(affirmed_dates)) if affirmed_dates else today.year - 1
